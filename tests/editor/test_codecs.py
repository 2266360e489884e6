"""A movie may be H.264, HEVC or AV1: its parts are alike to the byte in their headers, whatever they show."""

import av
import pytest
from barcode import code_of, decoded_cells, timeline_clip, write_clip

from film_pipeline.editor.movie import prepare
from film_pipeline.editor.tracks import read_track
from film_pipeline.errors import FFmpegMissingError
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.models.timeline import Timeline

ENTRIES = {"h264": b"avc1", "hevc": b"hvc1", "av1": b"av01"}
KINDS = ["fade", "dissolve", "cut", "wipe_left", "fade_white", "cut"]
TOP_LEFT = ("-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", "-bsf:v", "h264_metadata=chroma_sample_loc_type=2")


@pytest.fixture
def timeline(workshop) -> Timeline:
    """Long and short clips, a single frame, and one whose colour samples lie elsewhere."""
    odd = timeline_clip(write_clip(workshop.folder / "odd.mp4", 6, 20, options=TOP_LEFT), 6, 20)
    clips = [workshop.clip(scene, frames) for scene, frames in ((1, 24), (2, 30), (3, 260), (4, 13), (5, 1))]
    return workshop.timeline([*clips, odd], KINDS)


@pytest.mark.parametrize("codec", ENTRIES)
def test_a_movie_of_each_codec_is_joined_of_like_parts(workshop, timeline, codec) -> None:
    facts = workshop.cut(timeline, encoding=Encoding(codec=codec))

    assert facts.codec == codec
    picture = read_track(workshop.movie)
    assert picture.description[4:8] == ENTRIES[codec]
    with av.open(str(workshop.movie)) as container:
        frame = next(container.decode(video=0))
        assert (frame.format.name, frame.color_range) == ("yuv420p", 1)
        assert {frame.colorspace, frame.color_primaries, frame.color_trc} == {1}
    codes = [code_of(cells) for _, cells in decoded_cells(workshop.movie)]
    for clip, span in zip(timeline.clips, timeline.spans(), strict=True):
        shown = range(span.head, clip.frames - span.tail)
        assert codes[span.start + span.head : span.start + clip.frames - span.tail] == [
            (int(clip.scene), frame) for frame in shown
        ]


PRESETS = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]


@pytest.mark.parametrize("preset", PRESETS)
def test_blends_are_searched_less_and_have_the_headers_of_all_else(workshop, preset) -> None:
    timeline = workshop.timeline([workshop.clip(scene) for scene in (1, 2)], ["cut", "dissolve"])

    assert workshop.cut(timeline, encoding=Encoding(preset=preset)).encoded_parts == 4


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_a_recut_encodes_what_changed_and_an_empty_cache_gives_the_same(workshop, timeline, codec) -> None:
    encoding = Encoding(codec=codec)
    for number in range(len(timeline.clips)):
        prepare(timeline, number, cache=workshop.cache, encoding=encoding)
    first = workshop.cut(timeline, encoding=encoding)
    assert first.reused_parts == len(timeline.clips)
    assert workshop.cut(timeline, encoding=encoding).encoded_parts == 0
    assert workshop.cut(timeline, encoding=encoding, cache=workshop.folder / "other").sha256 == first.sha256
    assert workshop.cut(timeline).encoded_parts > len(timeline.clips)


def test_a_codec_that_ffmpeg_cannot_write_is_refused_by_name(workshop, timeline, monkeypatch) -> None:
    program = workshop.folder / "ffmpeg"
    program.write_text("#!/bin/sh\necho ffmpeg version 5 >&2\necho ' V....D libx264              libx264 H.264'\n")
    program.chmod(0o755)
    monkeypatch.setenv("FFMPEG_BINARY", str(program))

    with pytest.raises(FFmpegMissingError, match=r"cannot encode AV1 .*built without libsvtav1.*FILM_CODEC"):
        workshop.cut(timeline, encoding=Encoding(codec="av1"))
    with pytest.raises(FFmpegMissingError, match="cannot encode HEVC"):
        prepare(timeline, 0, cache=workshop.cache, encoding=Encoding(codec="hevc"))
