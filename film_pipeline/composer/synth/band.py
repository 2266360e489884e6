"""Notes to sound: every instrument's tones, made once and kept, mixed into buses that hold what is still ringing."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from film_pipeline.composer import SAMPLE_RATE
from film_pipeline.composer.synth.form import Form
from film_pipeline.composer.synth.parts import Note
from film_pipeline.composer.synth.percussion import riser, stroke
from film_pipeline.composer.synth.tones import (
    LOOP_SAMPLES,
    TIMBRES,
    Sound,
    half_cosine,
    looped,
    note,
    pad_tone,
)

_KEPT_BYTES = 40 * 1024 * 1024
_PAD_ATTACK_SECONDS, _PAD_RELEASE_SECONDS = 0.35, 0.9
_SIDE = 0.6  # how much of a pad differs between left and right; 1 would be two unrelated channels


class Shelf:
    """Keeps the sounds used last, up to a number of bytes, so that a note that returns is not made again."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._sounds: OrderedDict[tuple[str | int | bool, ...], Sound] = OrderedDict()

    def get(self, key: tuple[str | int | bool, ...], make: Callable[[], Sound]) -> Sound:
        if key in self._sounds:
            self._sounds.move_to_end(key)
            return self._sounds[key]
        sound = self._sounds[key] = make()
        self._bytes += sound.nbytes
        while self._bytes > self._limit and len(self._sounds) > 1:
            self._bytes -= self._sounds.popitem(last=False)[1].nbytes
        return sound


class Bus:
    """Two channels of sound that has been played but not yet been taken."""

    def __init__(self) -> None:
        self._sound: Sound = np.zeros((2, 0), dtype=np.float32)

    def add(self, at: int, left: Sound, right: Sound) -> None:
        """Mix a sound in, ``at`` samples from the next one to be taken."""
        self._reach(at + len(left))
        self._sound[0, at : at + len(left)] += left
        self._sound[1, at : at + len(right)] += right

    def take(self, samples: int) -> Sound:
        """The next ``samples``, shape (2, n)."""
        self._reach(samples)
        taken = self._sound[:, :samples]
        self._sound = self._sound[:, samples:].copy()
        return taken

    def _reach(self, samples: int) -> None:
        missing = samples - self._sound.shape[1]
        if missing > 0:
            self._sound = np.pad(self._sound, ((0, 0), (0, missing)))


@dataclass
class Band:
    """All instruments of one film and the buses they play into.

    ``pad`` and ``pad_bright`` hold middle and side, all others left and right; ``duck`` is how far the kick presses
    the sustained sounds down.
    """

    form: Form
    pad: Bus = field(default_factory=Bus)
    pad_bright: Bus = field(default_factory=Bus)
    bass: Bus = field(default_factory=Bus)
    tonal: Bus = field(default_factory=Bus)
    drums: Bus = field(default_factory=Bus)
    duck: Bus = field(default_factory=Bus)
    taken: int = 0
    _shelf: Shelf = field(default_factory=lambda: Shelf(_KEPT_BYTES))

    def play(self, note: Note) -> None:
        """Mix a note into its bus; it begins no earlier than the next sample to be taken."""
        at = max(0, round(note.at * SAMPLE_RATE) - self.taken)
        if note.part == "pad":
            self._play_pad(note, at)
        elif note.part == "drums":
            self._play_drum(note, at)
        else:
            self._play_tone(note, at)

    def advance(self, samples: int) -> None:
        self.taken += samples

    def _play_pad(self, note: Note, at: int) -> None:
        """Sounds of one pitch read the same loop at the film's time, so a held voice passes on without a seam."""
        length = max(2, int((note.seconds + _PAD_RELEASE_SECONDS) * SAMPLE_RATE))
        attack = half_cosine(min(length // 2, int(_PAD_ATTACK_SECONDS * SAMPLE_RATE)))
        release = half_cosine(min(length // 2, int(_PAD_RELEASE_SECONDS * SAMPLE_RATE)))[::-1]
        for bright, bus in ((False, self.pad), (True, self.pad_bright)):
            loop = self._shelf.get(("pad", note.what, note.pitch, bright), partial(self._pad_tone, note, bright))
            middle = looped(loop, self.taken + at, length) * np.float32(note.level)
            side = looped(loop, self.taken + at + LOOP_SAMPLES // 2, length) * np.float32(note.level * _SIDE * note.pan)
            for sound in (middle, side):
                sound[: len(attack)] *= attack
                sound[length - len(release) :] *= release
            bus.add(at, middle, side)

    def _pad_tone(self, note: Note, bright: bool) -> Sound:
        return pad_tone(note.what, note.pitch, bright, self.form.random("pad", note.what, note.pitch))

    def _play_tone(self, played: Note, at: int) -> None:
        timbre = TIMBRES[played.what]
        hundredths = round(played.seconds * 100) if timbre.held else 0
        key = (played.what, played.pitch, hundredths)
        sound = self._shelf.get(key, lambda: note(timbre, played.pitch, hundredths / 100))
        bus = self.bass if played.part == "bass" else self.tonal
        self._pan(bus, at, sound, played.level * _TONE_LEVELS[played.what], played.pan)

    def _play_drum(self, note: Note, at: int) -> None:
        hundredths = round(note.seconds * 100)  # risers only: they are as long as their bar
        key = ("drum", note.what, note.pitch, hundredths)
        sound = self._shelf.get(key, lambda: self._stroke(note))
        self._pan(self.drums, at, sound, note.level * _DRUM_LEVELS[note.what], note.pan)
        if note.what == "kick":
            dip = _duck() * np.float32(min(1.0, note.level))
            self.duck.add(at, dip, dip)

    def _stroke(self, note: Note) -> Sound:
        random = self.form.random("drum", note.what, note.pitch)
        return riser(note.seconds, random) if note.what == "riser" else stroke(note.what, random)

    @staticmethod
    def _pan(bus: Bus, at: int, sound: Sound, level: float, pan: float) -> None:
        """Equal power from left (-1) to right (1)."""
        angle = (pan + 1) * np.pi / 4
        bus.add(at, sound * np.float32(level * np.cos(angle)), sound * np.float32(level * np.sin(angle)))


def _duck() -> Sound:
    """Down in 8 ms, back within a quarter of a second."""
    down, up = int(0.008 * SAMPLE_RATE), int(0.24 * SAMPLE_RATE)
    return np.concatenate((half_cosine(down), half_cosine(up)[::-1]))


# How loud each sound is in the mix; peaks are 1 before.
_TONE_LEVELS = {
    "piano": 1.3,
    "bell": 1.0,
    "glass": 0.8,
    "pluck": 1.3,
    "marimba": 1.2,
    "marcato": 1.1,
    "flute": 0.6,
    "brass": 0.55,
    "bass": 0.5,
    "sub": 0.45,
}
_DRUM_LEVELS = {
    "kick": 0.72,
    "snare": 0.56,
    "clap": 0.58,
    "hat": 0.36,
    "open": 0.34,
    "shaker": 0.38,
    "tick": 0.3,
    "tom": 0.45,
    "taiko": 0.7,
    "heart": 0.6,
    "boom": 0.7,
    "crash": 0.34,
    "riser": 0.2,
}
