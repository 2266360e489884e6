"""What is heard where one stretch of sound becomes the next: the end of the one and the start of the other, overlaid.

An AAC frame overlaps the next one, so the first frame of a stretch sounds a little different after another stretch than
after what it was encoded with.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from film_pipeline.editor.aac import decoded, encoded_frames
from film_pipeline.editor.cache import Order
from film_pipeline.editor.limiter import true_peaks
from film_pipeline.editor.parts import SoundPart
from film_pipeline.editor.records import Facts
from film_pipeline.editor.samples import Sound
from film_pipeline.editor.stretches import AAC_FRAME
from film_pipeline.editor.tracks import read_track
from film_pipeline.models.digests import digest_of

_AROUND = 128  # samples on both sides, where the peaks of the stretches themselves are measured softly


def join_peaks(parts: list[SoundPart]) -> list[Order[float]]:
    """The true peak (dBTP) in the first AAC frame of each stretch but the first one, after the stretch before it."""
    return [_join_peak(before, after) for before, after in pairwise(parts)]


def _join_peak(before: SoundPart, after: SoundPart) -> Order[float]:
    def make(folder: Path) -> Facts:
        before.require_content()
        after.require_content()
        around = joined(before, after)[AAC_FRAME - _AROUND : 2 * AAC_FRAME + _AROUND]
        return {"true_peak_db": _peak_db(around)}

    key = digest_of({"kind": "sound join", "version": 1, "before": before.sha256, "after": after.sha256})
    return Order(key, make, lambda entry: float(entry.facts["true_peak_db"]))


def _peak_db(sound: Sound) -> float:
    return float(20 * np.log10(max(true_peaks(sound).max(), 1e-6)))


def joined(before: SoundPart, after: SoundPart) -> Sound:
    """Three AAC frames of sound, of which the second is the first of ``after``."""
    ending, beginning = read_track(before.path), read_track(after.path)
    last = before.first + before.frames
    frames = [
        *encoded_frames(ending, last - 2, last),
        *encoded_frames(beginning, after.first, after.first + 2),
    ]
    return np.concatenate(list(decoded(ending, frames)))
