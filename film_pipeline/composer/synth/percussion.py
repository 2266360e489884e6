"""Drums and effects without a pitch, each one stroke, mono, peak 1; and the patterns they play."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer import SAMPLE_RATE
from film_pipeline.composer.synth.tones import Sound, half_cosine

VARIANTS = 3  # no two strokes of a drummer are the same


@dataclass(frozen=True)
class Lane:
    """What one drum plays: 16 steps a bar, ``.`` silence, 1 to 9 how hard; from which intensity on."""

    drum: str
    steps: str
    above: float


BEATS: dict[str, tuple[Lane, ...]] = {
    "synthwave": (
        Lane("kick", "9.......9.......", 0.3),
        Lane("kick", "....8.......8...", 0.62),
        Lane("clap", "....8.......8...", 0.42),
        Lane("hat", "..6...6...6...6.", 0.34),
        Lane("hat", "4..34..34..34..3", 0.58),
        Lane("open", "..............6.", 0.66),
        Lane("tom", "..........5..64.", 0.82),
    ),
    "pulse": (
        Lane("tick", "7..5..4.7..5..4.", 0.22),
        Lane("kick", "9.....7...9.....", 0.36),
        Lane("shaker", "5.3.5.3.5.3.5.3.", 0.46),
        Lane("snare", "....8.......8..3", 0.58),
        Lane("hat", "5353535353535353", 0.68),
        Lane("tom", "......7..6.....7", 0.74),
        Lane("taiko", "9.......8.....6.", 0.82),
    ),
    "light": (
        Lane("shaker", "5.3.6.3.5.3.6.3.", 0.28),
        Lane("kick", "9.......8.5.....", 0.42),
        Lane("clap", "....6.......6...", 0.54),
        Lane("hat", "..5...5...5...5.", 0.6),
        Lane("tom", "............5.64", 0.78),
    ),
    "soft": (
        Lane("shaker", "4.......3.......", 0.34),
        Lane("kick", "7...............", 0.42),
        Lane("tick", "....4.......4...", 0.52),
        Lane("shaker", "..3...3...3...3.", 0.62),
        Lane("taiko", "8.........5.....", 0.74),
        Lane("snare", "............5...", 0.82),
    ),
    "taiko": (
        Lane("taiko", "9.......6.......", 0.26),
        Lane("taiko", "......6...5.7...", 0.5),
        Lane("shaker", "4.3.4.3.4.3.4.3.", 0.46),
        Lane("tom", "..5..5....5..5.5", 0.62),
        Lane("snare", "....7..3....7.35", 0.7),
        Lane("kick", "9...7...9...7...", 0.74),
        Lane("hat", "4242424242424242", 0.84),
    ),
    "bouncy": (
        Lane("tick", "6...4...6...4...", 0.2),
        Lane("kick", "8.......8.......", 0.3),
        Lane("shaker", "..5...5...5...5.", 0.36),
        Lane("clap", "....7.......7...", 0.44),
        Lane("tick", "..3..4....3..4..", 0.56),
        Lane("hat", "4.3.4.3.4.3.4.3.", 0.66),
        Lane("tom", "...........5.6.4", 0.76),
    ),
    "heart": (
        Lane("heart", "8..6............", 0.18),
        Lane("tick", "..........3.....", 0.36),
        Lane("taiko", "9...............", 0.52),
        Lane("heart", "........8..6....", 0.56),
        Lane("shaker", "4.2.4.2.4.2.4.2.", 0.66),
        Lane("tom", "........6..5.7..", 0.74),
        Lane("snare", "....6.......6...", 0.86),
    ),
}
FILL = "........5.6.7789"


def stroke(drum: str, random: np.random.Generator) -> Sound:
    """One stroke of ``drum``, a little different for every state of ``random``."""
    bend = float(random.uniform(0.97, 1.03))
    return _finished(_DRUMS[drum](bend, random))


def _finished(sound: NDArray[np.float64]) -> Sound:
    """Silent at both ends, without offset, peak 1."""
    weight = np.sin(np.linspace(0, np.pi, len(sound))) ** 2
    sound -= weight * (sound.sum() / weight.sum())
    fall = min(len(sound) // 3, SAMPLE_RATE // 50)
    sound[len(sound) - fall :] *= half_cosine(fall)[::-1]
    rise = min(24, len(sound))
    sound[:rise] *= half_cosine(rise)
    return np.asarray(sound / np.abs(sound).max(), dtype=np.float32)


def riser(seconds: float, random: np.random.Generator) -> Sound:
    """Wind that climbs and swells for ``seconds``, then stops: where the next scene begins."""
    share = _time(seconds) / seconds
    sound = np.zeros(len(share))
    for number, centre in enumerate((350, 600, 1_000, 1_700, 2_900, 4_800)):
        weight = np.exp(-(((share - 0.25 - number * 0.15) / 0.22) ** 2)) / (1 + number * 0.35)
        sound += weight * _noise(seconds, centre / 1.4, centre * 1.4, random)
    return _finished(sound * share**2.2)


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def _noise(seconds: float, low: float, high: float, random: np.random.Generator) -> NDArray[np.float64]:
    """White noise between two frequencies with soft edges, level 1 (RMS)."""
    samples = int(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(random.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    safe = np.maximum(frequency, 1.0)
    spectrum *= 1 / np.sqrt((1 + (low / safe) ** 6) * (1 + (safe / high) ** 6))
    sound = np.fft.irfft(spectrum, samples)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)))


def _drop(start: float, end: float, speed: float, fade: float, seconds: float) -> NDArray[np.float64]:
    """A tone that falls from one frequency to another while it fades: the body of every drum."""
    time = _time(seconds)
    turns = end * time + (start - end) / speed * (1 - np.exp(-speed * time))
    return np.asarray(np.sin(2 * np.pi * turns) * np.exp(-fade * time))


def _kick(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    body = np.tanh(1.8 * _drop(160 * bend, 47 * bend, 38, 7.5, 0.5))
    click = _noise(0.5, 1_500, 6_000, random) * np.exp(-_time(0.5) * 260)
    return body + 0.12 * click


def _snare(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    body = _drop(260 * bend, 185 * bend, 40, 18, 0.35)
    rattle = _noise(0.35, 1_200, 8_000, random) * np.exp(-_time(0.35) * 16)
    return body + 0.45 * rattle


def _clap(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    time = _time(0.4)
    hands = sum(np.exp(-np.maximum(0, time - at) * 190) * (time >= at) for at in (0.0, 0.011 * bend, 0.023))
    return np.asarray(_noise(0.4, 900, 4_500, random) * (hands + 0.55 * np.exp(-time * 14)))


def _hat(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    return _noise(0.12, 7_000 * bend, 13_000, random) * np.exp(-_time(0.12) * 55)


def _open(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    return _noise(0.45, 6_500 * bend, 12_500, random) * np.exp(-_time(0.45) * 9)


def _shaker(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    time = _time(0.16)
    swing = np.sin(np.pi * np.minimum(1, time / 0.09)) ** 2
    return np.asarray(_noise(0.16, 4_500 * bend, 10_000, random) * swing)


def _tick(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    return _drop(1_900 * bend, 1_250 * bend, 90, 55, 0.12) + 0.1 * _noise(0.12, 2_000, 7_000, random) * np.exp(
        -_time(0.12) * 120
    )


def _tom(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    skin = _noise(0.5, 300, 3_000, random) * np.exp(-_time(0.5) * 60)
    return _drop(175 * bend, 98 * bend, 18, 8, 0.5) + 0.12 * skin


def _taiko(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    skin = _noise(1.1, 120, 2_200, random) * np.exp(-_time(1.1) * 24)
    return _drop(120 * bend, 62 * bend, 22, 4.2, 1.1) + 0.5 * _drop(230 * bend, 148, 30, 11, 1.1) + 0.3 * skin


def _heart(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    return _drop(90 * bend, 44 * bend, 25, 11, 0.4)


def _boom(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    air = _noise(2.6, 60, 700, random) * np.exp(-_time(2.6) * 3)
    return np.tanh(1.5 * _drop(95 * bend, 36, 5, 1.7, 2.6)) + 0.16 * air


def _crash(bend: float, random: np.random.Generator) -> NDArray[np.float64]:
    return _noise(2.4, 3_500 * bend, 12_000, random) * np.exp(-_time(2.4) * 2.1)


_DRUMS = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "hat": _hat,
    "open": _open,
    "shaker": _shaker,
    "tick": _tick,
    "tom": _tom,
    "taiko": _taiko,
    "heart": _heart,
    "boom": _boom,
    "crash": _crash,
}
