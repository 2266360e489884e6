"""Pitched sounds by additive synthesis: struck and plucked notes, bass, and endless pad tones. One note at a time;
who plays what and when is in parts.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer import SAMPLE_RATE

Sound = NDArray[np.float32]

LOOP_SAMPLES = 2**17  # a pad tone repeats after 2.7 seconds, too long to be heard as a repeat
_HIGHEST_HERTZ = 15_000.0
_RELEASE_SECONDS = 0.06


def hertz(pitch: float) -> float:
    return float(440.0 * 2 ** ((pitch - 69) / 12))


@dataclass(frozen=True)
class Timbre:
    """How a struck or plucked note is built from partials.

    ``ratios`` of the fundamental, their ``levels``, how fast each fades (``fade`` per second for the first, growing by
    ``fade_growth`` with the ratio), ``attack`` in seconds, ``detune`` in cents between two copies, ``vibrato`` in
    cents. ``held`` notes last as long as written, others ring out for ``ring`` seconds.
    """

    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    fade: float
    fade_growth: float
    attack: float
    ring: float
    detune: float = 0.0
    vibrato: float = 0.0
    held: bool = False
    drive: float = 0.0


def _strings(count: int, slope: float, stretch: float = 0.0) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Ratios and levels of harmonics that fall by ``slope``; ``stretch`` is the stiffness of the string."""
    numbers = range(1, count + 1)
    return tuple(n * (1 + stretch * n * n) ** 0.5 for n in numbers), tuple(1 / n**slope for n in numbers)


TIMBRES = {
    "piano": Timbre(*_strings(14, 1.25, stretch=4e-4), fade=1.1, fade_growth=0.55, attack=0.003, ring=3.0, detune=1.5),
    "bell": Timbre(
        ratios=(0.5, 1, 2.0, 2.76, 4.07, 5.43),
        levels=(0.25, 1, 0.4, 0.28, 0.15, 0.1),
        fade=1.2,
        fade_growth=0.9,
        attack=0.002,
        ring=3.2,
        detune=3,
    ),
    "glass": Timbre(
        ratios=(1, 2.01, 3.03, 5.9),
        levels=(1, 0.2, 0.3, 0.06),
        fade=1.0,
        fade_growth=0.6,
        attack=0.03,
        ring=3.0,
        detune=7,
    ),
    "pluck": Timbre(*_strings(24, 1.0), fade=3.2, fade_growth=0.9, attack=0.002, ring=1.1, detune=9),
    "marimba": Timbre(ratios=(1, 3.93, 9.2), levels=(1, 0.3, 0.09), fade=6.0, fade_growth=2.5, attack=0.002, ring=0.8),
    "marcato": Timbre(*_strings(20, 1.15), fade=4.5, fade_growth=0.25, attack=0.018, ring=0.7, detune=14),
    "flute": Timbre(
        ratios=(1, 2, 3, 4),
        levels=(1, 0.35, 0.16, 0.05),
        fade=0.15,
        fade_growth=0.1,
        attack=0.09,
        ring=0,
        vibrato=9,
        held=True,
    ),
    "brass": Timbre(
        *_strings(16, 1.1), fade=0.25, fade_growth=0.12, attack=0.07, ring=0, detune=8, vibrato=5, held=True
    ),
    "bass": Timbre(
        *_strings(12, 1.35), fade=0.5, fade_growth=0.5, attack=0.006, ring=0, detune=4, held=True, drive=1.6
    ),
    "sub": Timbre(
        ratios=(1, 2, 3), levels=(1, 0.4, 0.14), fade=0.2, fade_growth=0.2, attack=0.05, ring=0, held=True, drive=1.2
    ),
}


def note(timbre: Timbre, pitch: int, seconds: float) -> Sound:
    """One note at full level, mono; ``seconds`` is heeded by held timbres only."""
    length = max(0.05, seconds + _RELEASE_SECONDS if timbre.held else timbre.ring)
    time = np.arange(int(length * SAMPLE_RATE)) / SAMPLE_RATE
    cents = (-timbre.detune / 2, timbre.detune / 2) if timbre.detune else (0.0,)
    sound = np.zeros(len(time), dtype=np.float32)
    for number, cent in enumerate(cents):
        sound += _partials(timbre, time, hertz(pitch + cent / 100), 0.25 * number)
    if timbre.drive:
        sound = np.tanh(sound * np.float32(timbre.drive / len(cents)))
        sound -= sound.mean()
    peak = max(1e-9, float(np.abs(sound).max()))
    return _shaped((sound / peak).astype(np.float32), timbre.attack)


def _partials(timbre: Timbre, time: NDArray[np.float64], frequency: float, phase: float) -> Sound:
    """All partials below 15 kHz, each fading at its own speed; high notes ring shorter, as on real instruments."""
    fade = timbre.fade * (frequency / 262.0) ** 0.35
    turns = _turns(time, frequency, timbre.vibrato)
    clock = time.astype(np.float32)
    sound = np.zeros(len(time), dtype=np.float32)
    for ratio, level in zip(timbre.ratios, timbre.levels, strict=True):
        if frequency * ratio > _HIGHEST_HERTZ:
            break
        angle = (2 * np.pi * ((turns * ratio + 0.37 * ratio + phase) % 1.0)).astype(np.float32)
        sound += np.sin(angle) * np.exp(-clock * np.float32(fade + timbre.fade_growth * ratio)) * np.float32(level)
    return sound


def _turns(time: NDArray[np.float64], frequency: float, vibrato: float) -> NDArray[np.float64]:
    """How often the fundamental has turned at each moment; vibrato comes in after the attack."""
    turns = time * frequency
    if vibrato:
        depth = frequency * (2 ** (vibrato / 1200) - 1) / (2 * np.pi * 5.2)
        turns += depth * np.clip(time * 3, 0, 1) * np.sin(2 * np.pi * 5.2 * time)
    return turns


def _shaped(sound: Sound, attack: float) -> Sound:
    """Rise within ``attack`` seconds and end in silence: no note may click."""
    rise = min(len(sound) // 2, max(1, int(attack * SAMPLE_RATE)))
    fall = min(len(sound) // 2, int(_RELEASE_SECONDS * SAMPLE_RATE))
    sound[:rise] *= half_cosine(rise)
    sound[len(sound) - fall :] *= half_cosine(fall)[::-1]
    return sound


@cache
def half_cosine(samples: int) -> Sound:
    """A smooth rise from 0 to 1."""
    ramp = np.sin(np.linspace(0, np.pi / 2, samples, endpoint=False, dtype=np.float64)) ** 2
    return ramp.astype(np.float32)


@dataclass(frozen=True)
class PadTimbre:
    """How a pad tone is built: harmonics fall by ``slope``, each smeared by ``width`` cents, even ones at ``even``."""

    slope: float
    width: float
    even: float = 1.0
    voice: Callable[[NDArray[Any]], NDArray[Any]] | None = None


def _vowel(frequency: NDArray[Any]) -> NDArray[Any]:
    """The two lowest resonances of a sung *ah*, over a floor."""
    return np.asarray(
        0.2 + np.exp(-(((frequency - 650) / 220) ** 2)) + 0.6 * np.exp(-(((frequency - 1100) / 260) ** 2))
    )


PADS = {
    "warm": PadTimbre(slope=1.45, width=28),
    "strings": PadTimbre(slope=1.2, width=22),
    "glass": PadTimbre(slope=1.7, width=16, even=0.25),
    "dark": PadTimbre(slope=1.3, width=45, voice=_vowel),
}
AIR = "air"  # a pad without pitch: what a room breathes


def pad_tone(name: str, pitch: int, bright: bool, random: np.random.Generator) -> Sound:
    """One endless pad tone, mono, level 1 (RMS), as a loop of ``LOOP_SAMPLES``.

    Built in the spectrum: each harmonic is a small hill with random phases, which sounds like many players at once
    and loops without a seam. Read it half a loop apart for an independent second channel.
    """
    frequency = np.fft.rfftfreq(LOOP_SAMPLES, 1 / SAMPLE_RATE)
    if name == AIR:
        low, high = (900.0, 9_000.0) if bright else (500.0, 5_000.0)
        spectrum = 1 / (np.sqrt(1 + (low / np.maximum(frequency, 1)) ** 4) * (1 + (frequency / high) ** 2))
    else:
        corner = 5_500.0 if bright else 900.0
        spectrum = _hills(PADS[name], hertz(pitch), frequency) / np.sqrt(1 + (frequency / corner) ** 4)
    phases = np.exp(1j * random.uniform(0, 2 * np.pi, len(spectrum)))
    sound = np.fft.irfft(spectrum * phases, LOOP_SAMPLES)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def _hills(timbre: PadTimbre, fundamental: float, frequency: NDArray[Any]) -> NDArray[Any]:
    """The spectrum of a pad: one hill of equal energy for each harmonic, by ``timbre``."""
    spectrum = np.zeros(len(frequency))
    resolution = SAMPLE_RATE / LOOP_SAMPLES
    for number in range(1, min(47, int(_HIGHEST_HERTZ / fundamental)) + 1):
        centre = fundamental * number / resolution
        spread = max(0.5, centre * (2 ** (timbre.width / 1200) - 1))
        bins = np.arange(max(1, int(centre - 4 * spread)), min(len(spectrum), int(centre + 4 * spread) + 2))
        hill = np.exp(-0.5 * ((bins - centre) / spread) ** 2) / np.sqrt(spread)
        spectrum[bins] += hill * number**-timbre.slope * (1.0 if number % 2 else timbre.even)
    return spectrum * timbre.voice(frequency) if timbre.voice else spectrum


def looped(loop: Sound, at: int, samples: int) -> Sound:
    """``samples`` of a loop from position ``at`` on (a copy)."""
    at %= len(loop)
    if at + samples <= len(loop):
        return loop[at : at + samples].copy()
    return np.resize(np.roll(loop, -at), samples)
