"""How loud the music is under the scenes: 10 dB less while they are heard, slowly up again after.

What was heard more than ``MEMORY`` samples ago changes nothing, so that any part of a film can be mixed by itself.
"""

import numpy as np
from numpy.typing import NDArray

from film_pipeline.editor.samples import Sound
from film_pipeline.ffmpeg.graphs import CHANNELS, SAMPLE_RATE

HOP = SAMPLE_RATE // 100
"""Samples for which it is decided whether a scene is heard."""

_DUCKED = 10 ** (-10 / 20)
_HEARD_RMS = 10 ** (-45 / 20)
_RETURN_HOPS, _RETURN_SLOWNESS = 250, 50
_SMOOTH_HOPS = 16

MEMORY = (_RETURN_HOPS + _SMOOTH_HOPS) * HOP
"""How far back it looks, in samples."""


def _levels_after() -> NDArray[np.float64]:
    """The level so many hops after a scene was last heard; from the last one on, music is as it was."""
    levels = 1 - (1 - _DUCKED) * np.exp(-np.arange(_RETURN_HOPS + 1) / _RETURN_SLOWNESS)
    levels[-1] = 1.0
    return levels


_AFTER = _levels_after()
_SMOOTHING = np.hanning(_SMOOTH_HOPS + 2)[1:-1] / np.hanning(_SMOOTH_HOPS + 2)[1:-1].sum()


class Ducking:
    """Goes through the scenes' sound in blocks of whole hops; only the last block may be another length."""

    def __init__(self) -> None:
        self._since = _RETURN_HOPS
        self._wanted = np.ones(_SMOOTH_HOPS)

    def gain(self, scenes: Sound) -> NDArray[np.float32]:
        """The gain of the music under a block of what the scenes sound like together."""
        count = len(scenes)
        hops = -(-count // HOP)
        since = self._since_heard(scenes, hops)
        wanted = np.concatenate([self._wanted, _AFTER[since]])
        levels = np.convolve(wanted, _SMOOTHING, mode="valid")
        self._since, self._wanted = int(since[-1]), wanted[-_SMOOTH_HOPS:]
        return np.interp(np.arange(count), np.arange(hops + 1) * HOP, levels).astype(np.float32)

    def _since_heard(self, scenes: Sound, hops: int) -> NDArray[np.int64]:
        """For each hop, how many hops ago a scene was heard, up to where that no longer matters."""
        padded = np.zeros((hops * HOP, CHANNELS), np.float32)
        padded[: len(scenes)] = scenes
        loud = np.sqrt((padded.reshape(hops, -1) ** 2).mean(axis=1)) > _HEARD_RMS
        number = np.arange(hops)
        last = np.maximum.accumulate(np.where(loud, number, -1 - self._since))
        return np.minimum(number - last, _RETURN_HOPS)
