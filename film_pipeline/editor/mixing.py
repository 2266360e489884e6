"""Mixes the film's sound: scene sound at exact samples with ramps at joins, the soundtrack ducked under it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from film_pipeline.editor.samples import BLOCK, Sound, SoundFile
from film_pipeline.ffmpeg.graphs import CHANNELS, SAMPLE_RATE

FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.3, 1.5
CLICK_FADE_SAMPLES = SAMPLE_RATE // 100
"""At a hard cut sound goes up and down within 10 ms: too quick to hear, slow enough not to click."""

_DUCKED = 10 ** (-10 / 20)
_HEARD_RMS = 10 ** (-45 / 20)
_HOP = SAMPLE_RATE // 100
_DOWN, _UP = 1 - np.exp(-0.01 / 0.08), 1 - np.exp(-0.01 / 0.5)

Gain = NDArray[np.float32]


@dataclass(frozen=True)
class SceneSound:
    """One clip's sound in the film, in samples: heard from ``start`` to ``end``, ramped at both ends."""

    file: SoundFile
    start: int
    end: int
    ramp_in: int
    ramp_out: int

    def block(self, start: int, count: int) -> Sound | None:
        """Its share of the film's samples from ``start`` on, or None where it is not heard."""
        if start >= self.end or start + count <= self.start:
            return None
        position = np.arange(start - self.start, start - self.start + count)
        return self.file.read(start - self.start, count) * self._gain(position)[:, None]

    def _gain(self, position: NDArray[np.int64]) -> Gain:
        # Equal power: two unrelated sounds keep their loudness while one turns into the other.
        rise = np.clip((position + 0.5) / max(1, self.ramp_in), 0, 1)
        fall = np.clip((self.end - self.start - position - 0.5) / max(1, self.ramp_out), 0, 1)
        gain: Gain = (np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2)).astype(np.float32)
        return gain


def mix(scenes: Sequence[SceneSound], music: SoundFile | None, samples: int) -> Iterator[Sound]:
    """The film's sound in blocks, ``samples`` in all, with a fade at its start and end."""
    ducking = _Ducking()
    waiting = sorted(scenes, key=lambda scene: scene.start)
    heard: list[SceneSound] = []
    for start in range(0, samples, BLOCK):
        count = min(BLOCK, samples - start)
        while waiting and waiting[0].start < start + count:
            heard.append(waiting.pop(0))
        heard = [scene for scene in heard if scene.end > start]
        block = np.zeros((count, CHANNELS), np.float32)
        for scene in heard:
            share = scene.block(start, count)
            if share is not None:
                block += share
        if music is not None:
            gain = ducking.gain(block) * _fade(start, count, music.samples, 0.0, FADE_OUT_SECONDS)
            block += music.read(start, count) * gain[:, None]
        yield block * _fade(start, count, samples, FADE_IN_SECONDS, FADE_OUT_SECONDS)[:, None]


def _fade(start: int, count: int, samples: int, in_seconds: float, out_seconds: float) -> Gain:
    """Straight fades at both ends of a sound of ``samples``, each at most a quarter of it."""
    position = np.arange(start, start + count)
    rise_samples = min(in_seconds * SAMPLE_RATE, samples / 4)
    fall_samples = min(out_seconds * SAMPLE_RATE, samples / 4)
    rise = np.clip((position + 0.5) / max(1.0, rise_samples), 0, 1)
    fall = np.clip((samples - position - 0.5) / max(1.0, fall_samples), 0, 1)
    gain: Gain = (rise * fall).astype(np.float32)
    return gain


@dataclass
class _Ducking:
    """How loud the music is under the scenes: 10 dB less while they are heard, slowly up again after."""

    level: float = 1.0
    _last: float = field(default=1.0)

    def gain(self, scene: Sound) -> Gain:
        count = len(scene)
        hops = -(-count // _HOP)
        if not scene.any() and self.level > 0.999:
            self.level = 1.0
            return np.ones(count, np.float32)
        padded = np.zeros((hops * _HOP, CHANNELS), np.float32)
        padded[:count] = scene
        loud = np.sqrt((padded.reshape(hops, -1) ** 2).mean(axis=1)) > _HEARD_RMS
        levels = [self.level]
        for is_heard in loud:
            wanted = _DUCKED if is_heard else 1.0
            levels.append(levels[-1] + (wanted - levels[-1]) * (_DOWN if wanted < levels[-1] else _UP))
        self.level = float(levels[-1])
        ramp = np.interp(np.arange(count), np.arange(hops + 1) * _HOP, levels)
        return ramp.astype(np.float32)
