"""A movie of more than four gigabytes is indexed with 64 bits; it is mostly hole here, as nobody decodes it."""

import os

import av
import numpy as np
from barcode import write_clip

from film_pipeline.editor.index import Chunk, FilmIndex, PictureTable, SoundTable
from film_pipeline.editor.tracks import read_track

HUGE = 1_700_000_000


def test_places_beyond_four_gigabytes_are_found_again(tmp_path) -> None:
    sound = ("-f", "lavfi", "-t", "1", "-i", "sine")
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    clip = write_clip(tmp_path / "clip.mp4", 1, 24, inputs=sound, options=options)
    zeros = np.zeros(3, np.int64)
    picture = PictureTable(read_track(clip, 0).description, 12288, 512, zeros + HUGE, np.arange(3), zeros, 0)
    heard = SoundTable(read_track(clip, 1).description, 48_000, 1024, zeros + 400, 3 * 1024, 1024)
    chunks = [Chunk(is_sound, 1, 400 if is_sound else HUGE) for _ in range(3) for is_sound in (False, True)]
    head = FilmIndex(picture, heard, chunks, {"title": "Large"}).head()
    movie = tmp_path / "movie.mp4"
    movie.write_bytes(head)
    os.truncate(movie, len(head) + 3 * (HUGE + 400))

    starts = len(head) + np.arange(3) * (HUGE + 400)
    assert read_track(movie, 0).offsets.tolist() == starts.tolist()
    assert read_track(movie, 1).offsets.tolist() == (starts + HUGE).tolist()
    with av.open(str(movie)) as container:
        assert [stream.frames for stream in container.streams] == [3, 3]
        assert container.metadata["title"] == "Large"
        sounds = [packet.pos for packet in container.demux(container.streams.audio[0]) if packet.size]
    assert sounds == (starts + HUGE).tolist()
