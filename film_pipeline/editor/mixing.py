"""Mixes the film's sound: scene sound at exact samples with ramps at joins, the soundtrack ducked under it.

Any part of the film can be mixed by itself and is what it would be in the whole: nothing reaches further than
``MEMORY`` samples back.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from film_pipeline.editor.ducking import HOP, MEMORY, Ducking
from film_pipeline.editor.samples import BLOCK, Sound, SoundFile, silence
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE

FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.3, 1.5
CLICK_FADE_SAMPLES = SAMPLE_RATE // 100
"""At a hard cut sound goes up and down within 10 ms: too quick to hear, slow enough not to click."""

Gain = NDArray[np.float32]


@dataclass(frozen=True)
class SceneSound:
    """One clip's sound in the film, in samples: heard from ``start`` to ``end``, ramped at both ends.

    ``content`` is the SHA-256 of the clip; ``opened`` gives its raw sound, which may have to be decoded first.
    """

    content: str
    opened: Callable[[], SoundFile]
    start: int
    end: int
    ramp_in: int
    ramp_out: int

    def block(self, file: SoundFile, start: int, count: int) -> Sound | None:
        """Its share of the film's samples from ``start`` on, or None where it is not heard."""
        if start >= self.end or start + count <= self.start:
            return None
        sound = file.read(start - self.start, count)
        full_until = min(self.end - self.ramp_out, self.start + file.samples - CLICK_FADE_SAMPLES)
        if start >= self.start + self.ramp_in and start + count <= full_until:
            return sound
        sound *= self._gain(np.arange(start - self.start, start - self.start + count), file.samples)[:, None]
        return sound

    def _gain(self, position: NDArray[np.int64], samples: int) -> Gain:
        """For a sound of so many samples: where it ends before its picture, that shall not click either."""
        # Equal power: two unrelated sounds keep their loudness while one turns into the other.
        rise = np.clip((position + 0.5) / max(1, self.ramp_in), 0, 1)
        ending = (self.end - self.start - position - 0.5) / max(1, self.ramp_out)
        fall = np.clip(np.minimum(ending, (samples - position - 0.5) / CLICK_FADE_SAMPLES), 0, 1)
        gain: Gain = (np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2)).astype(np.float32)
        return gain


@dataclass(frozen=True)
class Music:
    """The soundtrack, heard from the film's start on; ``content`` is its SHA-256, ``opened`` gives its raw sound."""

    content: str
    opened: Callable[[], SoundFile]
    samples: int


@dataclass(frozen=True)
class Mix:
    """All that is heard in a film of so many samples; scenes as they follow each other."""

    scenes: Sequence[SceneSound]
    music: Music | None
    samples: int

    def blocks(self, first: int, end: int) -> Iterator[Sound]:
        """The film's sound from ``first`` to ``end``, in blocks, faded at the film's start and end."""
        music, begin = self._music_at(first), self._begin(first)
        score = music.opened() if music else None
        scenes = [(scene, scene.opened()) for scene in self._heard(begin, end)]
        ducking = Ducking()
        for start in range(begin, end, BLOCK):
            count = min(BLOCK, end - start)
            block = silence(count)
            for scene, file in scenes:
                share = scene.block(file, start, count)
                if share is not None:
                    block += share
            ducked = ducking.gain(block) if music else None
            if start + count <= first:
                continue
            if music and score and ducked is not None:
                played = _faded(score.read(start, count), start, music.samples, 0.0, FADE_OUT_SECONDS)
                block += played * ducked[:, None]
            yield _faded(block, start, self.samples, FADE_IN_SECONDS, FADE_OUT_SECONDS)[max(0, first - start) :]

    def content(self, first: int, end: int) -> dict[str, Any]:
        """All that decides what :meth:`blocks` gives, wherever in a film that is; nothing else does."""
        music = self._music_at(first)
        scenes = [
            [scene.content, scene.start - first, scene.end - first, scene.ramp_in, scene.ramp_out]
            for scene in self._heard(self._begin(first), end)
        ]
        faded = [] if self.is_silent(first, end) else [*self._fades(first, end)]
        return {
            "samples": end - first,
            "scenes": scenes,
            "music": [music.content, first] if music else None,
            "fades": faded,
        }

    def is_silent(self, first: int, end: int) -> bool:
        """Whether there is nothing to be heard from ``first`` to ``end``."""
        return self._music_at(first) is None and not self._heard(first, end)

    def _music_at(self, first: int) -> Music | None:
        return self.music if self.music is not None and first < self.music.samples else None

    def _begin(self, first: int) -> int:
        """Where mixing has to begin so that music is ducked at ``first`` as in the whole film."""
        return max(0, first - MEMORY) // HOP * HOP if self._music_at(first) else first

    def _heard(self, first: int, end: int) -> Sequence[SceneSound]:
        # No scene ends before the one before it does, as only neighbours overlap.
        return self.scenes[bisect_right(self._ends, first) : bisect_left(self._starts, end)]

    def _fades(self, first: int, end: int) -> Iterator[list[Any]]:
        rise, fall = (_fade_samples(seconds, self.samples) for seconds in (FADE_IN_SECONDS, FADE_OUT_SECONDS))
        if first < rise:
            yield ["in", rise, -first]
        if end > self.samples - fall:
            yield ["out", fall, self.samples - first]

    @cached_property
    def _starts(self) -> list[int]:
        return [scene.start for scene in self.scenes]

    @cached_property
    def _ends(self) -> list[int]:
        return [scene.end for scene in self.scenes]


def _faded(block: Sound, start: int, samples: int, in_seconds: float, out_seconds: float) -> Sound:
    """A block of a sound of ``samples`` that fades at both ends, in a straight line."""
    rise, fall = _fade_samples(in_seconds, samples), _fade_samples(out_seconds, samples)
    if start >= rise and start + len(block) <= samples - fall:
        return block
    position = np.arange(start, start + len(block))
    gain = np.clip((position + 0.5) / max(1.0, rise), 0, 1) * np.clip((samples - position - 0.5) / max(1.0, fall), 0, 1)
    block *= gain.astype(np.float32)[:, None]
    return block


def _fade_samples(seconds: float, samples: int) -> float:
    """The length of a fade: at most a quarter of the sound."""
    return min(seconds * SAMPLE_RATE, samples / 4)
