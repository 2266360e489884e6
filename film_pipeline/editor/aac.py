"""Decodes AAC frames of a stretch of sound, taken by its tables; the whole film's are decoded in its proof."""

from collections.abc import Iterable, Iterator

import av
import numpy as np

from film_pipeline.editor.samples import Sound
from film_pipeline.editor.tracks import Track, decoder_settings


def encoded_frames(track: Track, first: int, end: int) -> Iterator[bytes]:
    """The encoded frames of those numbers."""
    with track.path.open("rb") as file:
        for offset, size in zip(track.offsets[first:end].tolist(), track.sizes[first:end].tolist(), strict=True):
            file.seek(offset)
            yield file.read(size)


def decoded(track: Track, frames: Iterable[bytes]) -> Iterator[Sound]:
    """What each frame but the first becomes after the one before it; ``track`` tells how they are encoded."""
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = decoder_settings(track.description)
    is_first = True
    for data in frames:
        for frame in decoder.decode(av.Packet(data)):
            if not is_first:
                yield np.ascontiguousarray(frame.to_ndarray().T, np.float32)
            is_first = False
