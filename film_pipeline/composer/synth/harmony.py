"""Keys, chords from Roman numerals, and voice leading. Pitches are MIDI numbers (69 = 440 Hz); no sound here."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_STEPS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_NUMERAL = re.compile(r"([iv]+|[IV]+)(.*)")
_MINOR = {"": (0, 3, 7), "7": (0, 3, 7, 10), "add9": (0, 3, 7, 14), "°": (0, 3, 6)}
_MAJOR = {
    "": (0, 4, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "add9": (0, 4, 7, 14),
    "sus4": (0, 5, 7),
}
_LOW, _CENTRE, _HIGH = 50, 62, 76


@dataclass(frozen=True)
class Key:
    """A tonic (0 = C to 11 = B) and a scale."""

    tonic: int
    scale: str

    @property
    def name(self) -> str:
        return f"{_NAMES[self.tonic]} {self.scale}"

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        return tuple((self.tonic + step) % 12 for step in SCALES[self.scale])

    def related(self, scale: str) -> "Key":
        """The key of another scale nearest to this one: the same tonic, or the relative major or minor."""
        shift = (scale == "major") - (self.scale == "major")
        return Key((self.tonic + 3 * shift) % 12, scale)

    def step_from(self, pitch: int, steps: int) -> int:
        """``steps`` scale steps above (or below) the scale pitch nearest to ``pitch``."""
        ladder = _ladder(self)
        nearest = min(range(len(ladder)), key=lambda index: abs(ladder[index] - pitch))
        return ladder[max(0, min(len(ladder) - 1, nearest + steps))]


@cache
def _ladder(key: Key) -> tuple[int, ...]:
    return tuple(pitch for pitch in range(24, 109) if pitch % 12 in key.pitch_classes)


@dataclass(frozen=True)
class Chord:
    """A chord by its numeral, root and all pitch classes (0 = C)."""

    numeral: str
    root: int
    pitch_classes: tuple[int, ...]

    def nearest(self, pitch: int) -> int:
        """The chord tone nearest to ``pitch``."""
        return min(
            range(pitch - 6, pitch + 7), key=lambda near: (near % 12 not in self.pitch_classes, abs(near - pitch))
        )

    def ladder(self, low: int, count: int) -> list[int]:
        """The first ``count`` chord tones from ``low`` upwards."""
        found = [pitch for pitch in range(low, low + 12 * count) if pitch % 12 in self.pitch_classes]
        return found[:count]


@cache
def chord(numeral: str, key: Key) -> Chord:
    """The chord that a numeral such as ``VImaj7`` names in ``key``; capitals are major, ``°`` is diminished."""
    match = _NUMERAL.fullmatch(numeral)
    assert match is not None, numeral
    step, ending = match[1], match[2]
    root = (key.tonic + SCALES[key.scale][_STEPS.index(step.lower())]) % 12
    intervals = (_MAJOR if step.isupper() else _MINOR)[ending]
    return Chord(numeral, root, tuple((root + interval) % 12 for interval in intervals))


def voicing(chord: Chord, before: tuple[int, ...]) -> tuple[int, ...]:
    """Four voices for ``chord``, lowest first, that move as little as possible from the voices ``before``."""
    return min(_voicings(chord), key=lambda voices: (_movement(voices, before), voices))


@cache
def _voicings(chord: Chord) -> tuple[tuple[int, ...], ...]:
    tones = [pitch for pitch in range(_LOW, _HIGH + 1) if pitch % 12 in chord.pitch_classes]
    size = len(chord.pitch_classes)
    # Close position, or the second voice from the top dropped by an octave, as string players are written.
    close = [tuple(tones[start : start + 4]) for start in range(len(tones) - 3)]
    dropped = [tuple(sorted((a, b, c - 12, d))) for a, b, c, d in close if c - 12 >= _LOW]
    whole = [voices for voices in close + dropped if len({pitch % 12 for pitch in voices}) == size]
    return tuple(voices for voices in whole if all(high - low > 1 for low, high in pairwise(voices))) or tuple(whole)


def _movement(voices: tuple[int, ...], before: tuple[int, ...]) -> float:
    """Semitones moved in all, with a slight pull to the middle so that long films do not drift away."""
    pull = abs(sum(voices) / len(voices) - _CENTRE)
    return sum(abs(new - old) for new, old in zip(voices, before, strict=True)) + 0.4 * pull if before else pull
