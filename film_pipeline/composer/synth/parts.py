"""The notes: what pad, bass, arpeggio, melody and drums play in each bar. Bars in, notes out; no sound here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from film_pipeline.composer.synth.form import Bar, Form, ring_seconds
from film_pipeline.composer.synth.harmony import voicing
from film_pipeline.composer.synth.percussion import BEATS, FILL, VARIANTS, Lane
from film_pipeline.composer.synth.tones import AIR

# Rhythms of a melody bar: (onset, length) in eighths.
_CELLS = (
    ((0, 3), (3, 1), (4, 4)),
    ((0, 2), (2, 2), (4, 4)),
    ((0, 4), (4, 2), (6, 2)),
    ((0, 3), (3, 3), (6, 2)),
    ((1, 1), (2, 2), (4, 4)),
    ((0, 6), (6, 2)),
    ((0, 2), (3, 1), (4, 2), (6, 2)),
)
_ARPEGGIOS = ((0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0), (0, 2, 3, 2), (0, 1, 2, 1))
_LEAD_LOW, _LEAD_HIGH = 70, 78  # where a melody bar may begin; it moves a sixth from there at most


@dataclass(frozen=True)
class Note:
    """Something struck or held: ``at`` and ``seconds`` of the film, ``level`` from 0 to 1, ``pan`` from -1 to 1.

    ``what`` is the drum's name for drums and the timbre for all others; ``pitch`` is the drum's variant.
    """

    part: str
    what: str
    at: float
    seconds: float
    pitch: int
    level: float
    pan: float = 0.0


@dataclass(frozen=True)
class Motif:
    """The film's own tune in little: two rhythms and a contour in scale steps for each."""

    first: tuple[tuple[int, int], ...]
    second: tuple[tuple[int, int], ...]
    contour: tuple[int, ...]
    answer: tuple[int, ...]
    arpeggio: tuple[int, ...]


def invent_motif(form: Form) -> Motif:
    random = form.random("motif")
    first, second = random.choice(len(_CELLS), size=2, replace=False)
    arpeggio = _ARPEGGIOS[int(random.integers(len(_ARPEGGIOS)))]
    return Motif(_CELLS[int(first)], _CELLS[int(second)], _contour(random), _contour(random), arpeggio)


def _contour(random: np.random.Generator) -> tuple[int, ...]:
    """Five scale steps from where the bar begins: mostly neighbours, never far away, as voices sing."""
    heights = [0]
    for move in random.choice((-2, -1, -1, 1, 1, 2, 3), 4):
        heights.append(max(-4, min(4, heights[-1] + int(move) * (1 if heights[-1] < 3 else -1))))
    return tuple(heights)


def entering(intensity: float, above: float, width: float = 0.14) -> float:
    """How far a layer has come in: 0 at ``above``, 1 at ``above + width``, smooth between."""
    share = max(0.0, min(1.0, (intensity - above) / width))
    return share * share * (3 - 2 * share)


class Players:
    """Plays bar after bar in order; remembers only the last chord's voices and the last melody note."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._motif = invent_motif(form)
        self._voices: tuple[int, ...] = ()
        self._sung = 74

    def play(self, bar: Bar) -> list[Note]:
        """All notes that begin in ``bar``, and the riser that ends with it."""
        parts: list[Callable[[Bar], Iterator[Note]]] = [self._pad, self._bass, self._lead]
        parts += [self._final_stroke] if bar.final else [self._arpeggio, self._drums, self._turns]
        return [note for part in parts for note in part(bar) if note.level > 0.01 and note.at < self._form.seconds]

    def _at(self, bar: Bar, beats: float) -> float:
        return (bar.start + beats) * self._form.beat_seconds

    def _length(self, bar: Bar) -> float:
        if bar.final:
            return max(0.01, self._form.seconds - self._at(bar, 0))
        return bar.beats * self._form.beat_seconds

    def _intensity(self, seconds: float) -> float:
        return float(self._form.intensity(seconds))

    def _drive(self, bar: Bar) -> float:
        """The intensity in the middle of a bar: at its beginning the scene may still be fading in."""
        return self._intensity(min(self._at(bar, bar.beats / 2), self._form.seconds))

    def _pad(self, bar: Bar) -> Iterator[Note]:
        self._voices = voicing(bar.chord, self._voices)
        yield Note("pad", AIR, self._at(bar, 0), self._length(bar), 0, 0.16, 1.0)
        for number, pitch in enumerate(self._voices):
            yield Note(
                "pad", self._form.mood.pad, self._at(bar, 0), self._length(bar), pitch, 1.0, (-1.0, 1.0)[number % 2]
            )

    def _bass(self, bar: Bar) -> Iterator[Note]:
        intensity = self._drive(bar)
        root = 33 + (bar.chord.root - 33) % 12
        style = bar.mood.bass if intensity > 0.4 and not bar.final else "drone" if bar.mood.bass == "drone" else "hold"
        if style == "drone":
            root = 33 + ((bar.key.tonic if not bar.final else bar.chord.root) - 33) % 12
        level = 0.5 * entering(intensity, 0.08) + 0.4 * entering(intensity, 0.35, 0.4)
        if style in ("hold", "drone"):
            yield Note("bass", "sub", self._at(bar, 0), self._length(bar) * 0.97, root, level)
            return
        for eighth in range(2 * bar.beats):
            pitch, accent = _bass_step(style, root, eighth, bar)
            length = 0.5 * self._form.beat_seconds * (0.92 if style != "walk" else 0.75)
            if accent:
                yield Note("bass", "bass", self._at(bar, eighth / 2), length, pitch, level * accent)

    def _arpeggio(self, bar: Bar) -> Iterator[Note]:
        random = self._form.random("arpeggio", bar.index)
        tones = bar.chord.ladder(60, 6)
        intensity = self._drive(bar)
        if bar.mood.energy < 0.3 and intensity < 0.3 and bar.place % 2:
            return  # let calm scenes breathe
        finest = 4 if intensity > 0.66 and self._form.tempo < 135 else 2
        for step in range(finest * bar.beats):
            beats = step / finest
            now = self._intensity(self._at(bar, beats))
            lift = 1 if now > 0.55 and (step // 4) % 2 else 0
            pitch = tones[min(len(tones) - 1, self._motif.arpeggio[step % 4] + 2 * lift)]
            accent = (1.0, 0.62, 0.8, 0.66)[step % 4] * float(random.uniform(0.85, 1.0))
            swing = bar.mood.swing / 4 if step % 2 and finest == 4 else 0.0
            level = 0.55 * entering(now, 0.12, 0.4) * accent * (1.0 if finest == 2 else 0.82)
            yield Note(
                "arpeggio", bar.mood.arpeggio, self._at(bar, beats + swing), 0.4, pitch, level, 0.45 * (-1) ** step
            )

    def _lead(self, bar: Bar) -> Iterator[Note]:
        """The melody; each note goes by the contour from the chord tone nearest to where the last bar ended."""
        intensity = self._intensity(self._at(bar, 0))
        level = 0.42 + 0.24 * entering(intensity, 0.3, 0.5)
        if bar.final:
            pitch = bar.chord.nearest(self._sung)
            yield Note("lead", bar.mood.lead, self._at(bar, 0), min(4.0, self._length(bar) * 0.7), pitch, level, 0.1)
            return
        if self._rests(bar, intensity):
            return
        rhythm, contour = self._tune(bar.place)
        start = bar.chord.nearest(max(_LEAD_LOW, min(_LEAD_HIGH, self._sung)))
        for number, (onset, length) in enumerate(rhythm):
            if onset >= 2 * bar.beats:
                break
            pitch = bar.key.step_from(start, contour[number])
            if onset % 4 == 0 or length >= 3:
                pitch = bar.chord.nearest(pitch)
            self._sung = pitch
            seconds = length * 0.5 * self._form.beat_seconds * 0.95
            accent = 1.0 if onset % 4 == 0 else 0.8
            yield Note("lead", bar.mood.lead, self._at(bar, onset / 2), seconds, pitch, level * accent, 0.1)

    def _rests(self, bar: Bar, intensity: float) -> bool:
        """The tune waits for the pad to open the film, breathes after three bars, and every fourth phrase is silent."""
        opening = self._at(bar, 0) < min(6.0, self._form.seconds / 10)
        phrase = bar.place % 4
        return opening or phrase == 3 or (phrase == 1 and intensity < 0.22) or bar.place // 4 % 4 == 3

    def _tune(self, place: int) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
        """Rhythm and contour of a bar: motif, motif, answer; upside down in every second phrase."""
        motif = self._motif
        rhythm, contour = (motif.second, motif.answer) if place % 4 == 2 else (motif.first, motif.contour)
        return rhythm, tuple(-step for step in contour) if place // 4 % 2 else contour

    def _drums(self, bar: Bar) -> Iterator[Note]:
        if not self._form.beat_allowed:
            return
        random = self._form.random("drums", bar.index)
        lanes = BEATS[bar.mood.beat]
        if bar.rise > 0.12 or (bar.place % 8 == 7 and bar.beats == 4):
            lanes = (*lanes, Lane("tom", FILL, 0.5), Lane("snare", "............4.68", 0.6))
        for lane in lanes:
            for step in range(4 * bar.beats):
                mark = lane.steps[step % 16]
                if mark == ".":
                    continue
                late = bar.mood.swing / 4 * (step % 2) + float(random.uniform(0, 0.006)) / self._form.beat_seconds
                at = self._at(bar, step / 4 + late)
                hard = int(mark) / 9 * float(random.uniform(0.88, 1.0)) * entering(self._intensity(at), lane.above)
                yield Note(
                    "drums", lane.drum, at, 0, int(random.integers(VARIANTS)), hard, _DRUM_PAN.get(lane.drum, 0.0)
                )

    def _turns(self, bar: Bar) -> Iterator[Note]:
        """What marks the way into a bigger scene: a riser up to it, a boom and a crash on it."""
        if not self._form.beat_allowed:
            return
        if bar.entry > 0.12 and bar.index:
            size = min(1.0, 0.35 + 1.2 * bar.entry)
            yield Note("drums", "boom", self._at(bar, 0), 0, 0, size)
            yield Note("drums", "crash", self._at(bar, 0), 0, 0, 0.7 * size, 0.2)
        if bar.rise > 0.12:
            yield Note("drums", "riser", self._at(bar, 0), self._length(bar), 0, min(1.0, 0.4 + bar.rise))

    def _final_stroke(self, bar: Bar) -> Iterator[Note]:
        intensity = self._intensity(self._at(bar, 0))
        if self._form.beat_allowed and self._form.seconds > 2 * ring_seconds(self._form.seconds):
            yield Note("drums", "boom", self._at(bar, 0), 0, 0, 0.12 + 0.75 * entering(intensity, 0.25, 0.4))
            yield Note("drums", "crash", self._at(bar, 0), 0, 0, 0.6 * entering(intensity, 0.45, 0.3), -0.2)


_DRUM_PAN = {"hat": 0.3, "open": 0.3, "shaker": -0.4, "tick": 0.45, "tom": -0.25, "clap": 0.05}


def _bass_step(style: str, root: int, eighth: int, bar: Bar) -> tuple[int, float]:
    """Pitch and accent of one eighth of a bass figure; accent 0 is a rest."""
    if style == "octave":
        return root + 12 * (eighth % 2), 1.0 if eighth % 2 == 0 else 0.7
    if style == "pulse":
        return root, 1.0 if eighth % 4 == 0 else 0.72
    fifth = bar.chord.nearest(root + 7)
    return (root, root, fifth, root + 12)[eighth // 2 % 4], 1.0 if eighth % 2 == 0 else 0.0
