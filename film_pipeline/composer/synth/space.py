"""Room and echo: effects that carry their sound from block to block, so that a film may be of any length."""

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer import SAMPLE_RATE
from film_pipeline.composer.synth.tones import Sound

_DELAYS = (1_447, 1_669, 1_931, 2_203, 2_521, 2_833, 3_187, 3_559)  # samples; primes, so that echoes do not pile up
_EARLY = ((331, 0.62), (743, -0.48), (1_181, 0.4), (1_697, -0.33), (2_287, 0.27))


class Reverb:
    """A feedback network of eight delay lines: mono in, stereo out.

    ``seconds`` is the time to fall by 60 dB; each pass through a line also loses treble.
    """

    def __init__(self, seconds: float, damping: float) -> None:
        self._gains = np.asarray([10 ** (-3 * delay / SAMPLE_RATE / seconds) for delay in _DELAYS], dtype=np.float32)
        self._damping = np.float32(damping)
        self._history = max(_DELAYS) + 1
        self._lines: NDArray[np.float32] = np.zeros((len(_DELAYS), self._history), dtype=np.float32)
        self._input: Sound = np.zeros(_EARLY[-1][0], dtype=np.float32)

    def process(self, sound: Sound) -> Sound:
        """The wet sound, shape (2, n), of ``sound``, shape (n,)."""
        struck = self._early(sound)
        samples, step, history = len(sound), min(_DELAYS), self._history
        lines = np.concatenate((self._lines, np.empty((len(_DELAYS), samples), dtype=np.float32)), axis=1)
        heard: Sound = np.empty((len(_DELAYS), step), dtype=np.float32)
        for start in range(0, samples, step):
            count = min(step, samples - start)
            now = heard[:, :count]
            for row, delay in enumerate(_DELAYS):
                at = history + start - delay
                np.subtract(lines[row, at - 1 : at - 1 + count], lines[row, at : at + count], out=now[row])
                now[row] *= self._damping
                now[row] += lines[row, at : at + count]
            now *= self._gains[:, None]
            # A Householder mix feeds every line from all others without gain or loss.
            now -= now.sum(axis=0) * np.float32(2 / len(_DELAYS))
            now += struck[start : start + count]
            lines[:, history + start : history + start + count] = now
        self._lines = lines[:, samples:].copy()
        body = lines[:, history:]
        left = body[0] - body[2] + body[4] - body[6]
        right = body[1] - body[3] + body[5] - body[7]
        return np.stack((left, right)) * np.float32(0.35)

    def _early(self, sound: Sound) -> Sound:
        """The sound and its first reflections, which blur single strokes before they enter the network."""
        past = len(self._input)
        whole = np.concatenate((self._input, sound))
        blurred = sound.copy()
        for delay, level in _EARLY:
            blurred += np.float32(level) * whole[past - delay : past - delay + len(sound)]
        self._input = whole[len(whole) - past :].copy()
        return blurred


class PingPongEcho:
    """Repeats that jump from side to side and lose treble; mono in, stereo out."""

    def __init__(self, seconds: float, feedback: float) -> None:
        self._delay = max(64, int(seconds * SAMPLE_RATE))
        self._feedback = np.float32(feedback)
        self._lines: Sound = np.zeros((2, self._delay + 2), dtype=np.float32)

    def process(self, sound: Sound) -> Sound:
        """The repeats, shape (2, n), of ``sound``, shape (n,)."""
        samples, history = len(sound), self._lines.shape[1]
        lines = np.concatenate((self._lines, np.empty((2, samples), dtype=np.float32)), axis=1)
        for start in range(0, samples, self._delay):
            count = min(self._delay, samples - start)
            at = history + start - self._delay
            late = lines[:, at - 2 : at - 2 + count] + lines[:, at : at + count]
            late += 2 * lines[:, at - 1 : at - 1 + count]
            late *= self._feedback / np.float32(4)
            lines[0, history + start : history + start + count] = sound[start : start + count] + late[1]
            lines[1, history + start : history + start + count] = late[0]
        self._lines = lines[:, samples:].copy()
        repeats = lines[:, history - self._delay : history - self._delay + samples]
        return repeats.copy()
