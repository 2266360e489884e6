"""What is heard where one stretch of sound becomes the next: the end of the one and the start of the other, overlaid.

An AAC frame overlaps the next one, so the first frame of a stretch sounds a little different after another stretch than
after what it was encoded with.
"""

from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np

from film_pipeline.editor.cache import Order
from film_pipeline.editor.limiter import true_peaks
from film_pipeline.editor.parts import SoundPart
from film_pipeline.editor.samples import Sound
from film_pipeline.editor.stretches import AAC_FRAME
from film_pipeline.editor.tracks import decoder_settings, read_track
from film_pipeline.models.take import digest_of

_AROUND = 48  # samples on both sides, for what lies between samples


def join_peaks(parts: list[SoundPart]) -> list[Order[float]]:
    """The true peak (dBTP) in the first AAC frame of each stretch but the first one, after the stretch before it."""
    return [_join_peak(before, after) for before, after in pairwise(parts)]


def _join_peak(before: SoundPart, after: SoundPart) -> Order[float]:
    key = digest_of({"kind": "sound join", "version": 1, "before": before.sha256, "after": after.sha256})
    return Order(
        key,
        lambda folder: {"true_peak_db": _peak_db(joined(before, after)[AAC_FRAME - _AROUND : 2 * AAC_FRAME + _AROUND])},
        lambda entry: float(entry.facts["true_peak_db"]),
    )


def _peak_db(sound: Sound) -> float:
    return float(20 * np.log10(max(true_peaks(sound).max(), 1e-6)))


def joined(before: SoundPart, after: SoundPart) -> Sound:
    """Three AAC frames of sound, of which the second is the first of ``after``."""
    track = read_track(before.path)
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = decoder_settings(track.description)
    data = [*_frames(before, before.frames - 2, 2), *_frames(after, 0, 2)]
    blocks = [frame.to_ndarray() for packet in data for frame in decoder.decode(av.Packet(packet))]
    blocks += [frame.to_ndarray() for frame in decoder.decode(None)]
    return np.concatenate(blocks[1:], axis=1).T.astype(np.float32)


def _frames(part: SoundPart, number: int, count: int) -> Iterator[bytes]:
    """So many encoded frames from one of the film's on."""
    track = read_track(part.path)
    with part.path.open("rb") as file:
        for sample in range(part.first + number, min(part.first + number + count, len(track.sizes))):
            file.seek(int(track.offsets[sample]))
            yield file.read(int(track.sizes[sample]))
