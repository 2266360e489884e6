"""Decodes AAC frames of a stretch of sound, taken by its tables; the whole film's are decoded in its proof."""

from collections.abc import Iterable, Iterator

import av
import numpy as np

from film_pipeline.editor.samples import Sound
from film_pipeline.editor.tracks import Track, decoder_settings
from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.opening import named


def encoded_frames(track: Track, first: int, end: int) -> Iterator[bytes]:
    """The encoded frames of those numbers."""
    with track.path.open("rb") as file:
        for offset, size in zip(track.offsets[first:end].tolist(), track.sizes[first:end].tolist(), strict=True):
            file.seek(offset)
            yield file.read(size)


def decoded(track: Track, frames: Iterable[bytes]) -> Iterator[Sound]:
    """What each frame but the first becomes after the one before it; ``track`` tells how they are encoded.

    Raises:
        UnreadableMediaError: one does not decode.
    """
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = decoder_settings(track.description)
    is_first = True
    for data in frames:
        try:
            made = decoder.decode(av.Packet(data))
        except av.FFmpegError as error:
            raise UnreadableMediaError(
                "A stretch of sound cannot be decoded", where=named(track.path), why=str(error)
            ) from error
        for frame in made:
            if not is_first:
                yield np.ascontiguousarray(frame.to_ndarray().T, np.float32)
            is_first = False
