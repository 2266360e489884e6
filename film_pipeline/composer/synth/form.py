"""The form of a soundtrack: tempo, key, bars laid so that scenes begin on downbeats, chords, and how intense each
moment is. Decided first, from the score alone; the notes come later (parts.py).
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from film_pipeline.composer.synth.harmony import Chord, Key, chord
from film_pipeline.composer.synth.moods import CALM, HOPEFUL, MELANCHOLIC, MYSTERIOUS, NOIR, Mood
from film_pipeline.composer.synth.reading import (
    excitement,
    mood_weights,
    strongest,
    tempo_in,
    wants_no_beat,
)
from film_pipeline.models.digests import digest_of
from film_pipeline.models.soundtrack import Score

MIN_TEMPO, MAX_TEMPO = 40.0, 220.0
_GRID = 20  # intensity values a second
_SMOOTHING_SECONDS = 0.8
_BREATH_SECONDS = 26.0  # how often layers come and go within a long scene
_UNSAID = (NOIR, HOPEFUL, MELANCHOLIC, CALM, MYSTERIOUS)  # moods to choose from when no word tells


@dataclass(frozen=True)
class Section:
    """One scene as the music sees it; seconds of the film, intensity from 0 to 1."""

    start: float
    end: float
    intensity: float
    mood: Mood


@dataclass(frozen=True)
class Bar:
    """One bar; ``start`` in beats of the film. ``place`` counts the bars since the scene's downbeat, ``rise`` tells how
    much more intense the next scene is on the last bar before it."""

    index: int
    start: int
    beats: int
    place: int
    mood: Mood
    key: Key
    chord: Chord
    entry: float = 0.0
    rise: float = 0.0
    final: bool = False


@dataclass(frozen=True)
class Form:
    """The plan of the music; ``identity`` seeds everything that is the film's own, whatever its scenes say."""

    seconds: float
    tempo: float
    key: Key
    mood: Mood
    progression: str
    identity: str
    bars: tuple[Bar, ...]
    sections: tuple[Section, ...]
    beat_allowed: bool
    notes: tuple[str, ...]

    @property
    def beat_seconds(self) -> float:
        return 60 / self.tempo

    def random(self, *what: str | int) -> np.random.Generator:
        """A generator for one named purpose: adding a purpose changes no other."""
        return np.random.default_rng(int(digest_of([self.identity, *what]), 16))

    @cached_property
    def intensities(self) -> NDArray[np.float64]:
        """Intensity at 20 points a second, smoothed so that scenes cross-fade."""
        return _smooth(_staircase(self.sections, self.seconds))

    def intensity(self, seconds: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Intensity from 0 to 1 at one or many moments."""
        # Only the neighbourhood is looked at: the whole curve of a long film would be slow.
        first = max(0, int(np.min(seconds) * _GRID) - 1)
        near = self.intensities[first : int(np.max(seconds) * _GRID) + 3]
        points = np.arange(first, first + len(near)) / _GRID
        return np.asarray(np.interp(seconds, points, near))


def plan_form(score: Score) -> Form:
    """Decide everything about the music of ``score`` that is not a note."""
    identity = digest_of([score.title, score.seed, score.mood, score.tags])
    random = np.random.default_rng(int(identity, 16))
    mood = _film_mood(score, random)
    sections = _sections(score, mood)
    wish, notes = _wished_tempo(score, mood, sections, random)
    explicit = score.tempo is not None or tempo_in(score.tags) is not None
    tempo = _fitting_tempo(wish, [section.start for section in sections[1:]], spread=0.02 if explicit else 0.09)
    key = Key(int(random.integers(12)), mood.scale)
    progressions = _Progressions(identity)
    last_downbeat = max(0, round((score.seconds - ring_seconds(score.seconds)) * tempo / 60))
    bars = _with_cadence(_bars(sections, tempo, last_downbeat, key, progressions), key, mood)
    final = _final_bar(len(bars), last_downbeat, score.seconds, tempo, key, mood)
    return Form(
        seconds=score.seconds,
        tempo=tempo,
        key=key,
        mood=mood,
        progression=progressions.of(mood)[0],
        identity=identity,
        bars=(*bars, final),
        sections=sections,
        beat_allowed=not wants_no_beat(f"{score.mood} {score.tags}"),
        notes=notes,
    )


def _film_mood(score: Score, random: np.random.Generator) -> Mood:
    """The mood that is asked for, else the one that most of the film's time calls for, else one by the seed."""
    asked = strongest(mood_weights(score.mood)) or strongest(mood_weights(score.tags))
    if asked:
        return asked
    votes: dict[str, float] = {}
    for section in score.sections:
        weights = mood_weights(section.mood) or mood_weights(section.prompt)
        total = sum(weights.values())
        for name, weight in weights.items():
            votes[name] = votes.get(name, 0.0) + weight / total * section.duration
    return strongest(votes) or _UNSAID[int(random.integers(len(_UNSAID)))]


def _sections(score: Score, film_mood: Mood) -> tuple[Section, ...]:
    """The scenes in order, each lasting until the next begins, the last until the end of the film."""
    scenes = sorted((scene for scene in score.sections if scene.start < score.seconds), key=lambda scene: scene.start)
    if not scenes:
        return (Section(0.0, score.seconds, film_mood.energy, film_mood),)
    starts = [0.0, *(scene.start for scene in scenes[1:]), score.seconds]
    usual = float(np.median(np.diff(starts)))
    sections = []
    for scene, start, end in zip(scenes, starts[:-1], starts[1:], strict=True):
        mood = strongest(mood_weights(scene.mood)) or strongest(mood_weights(scene.prompt), at_least=1.5) or film_mood
        # Quick cutting is felt as energy, a long take as rest.
        pace = 0.06 * max(-1.5, min(1.5, math.log2(max(usual, 0.01) / max(end - start, 0.01))))
        arc = 0.1 * math.sin(math.pi * min(1.0, start / score.seconds / 0.75) - math.pi / 2) * 0.5
        energy = 0.5 * (mood.energy + film_mood.energy)
        said = excitement(f"{scene.mood} {scene.prompt}")
        intensity = energy + said * (0.42 if said < 0 else 0.45) + pace + arc
        sections.append(Section(start, end, max(0.04, min(1.0, intensity)), mood))
    return tuple(sections)


def _wished_tempo(
    score: Score, mood: Mood, sections: tuple[Section, ...], random: np.random.Generator
) -> tuple[float, tuple[str, ...]]:
    """The tempo asked for (within what music bears), else one from the mood's range, quicker for intense films."""
    asked = score.tempo if score.tempo is not None else tempo_in(score.tags)
    jitter = float(random.uniform(-0.12, 0.12))
    if asked is not None:
        wish = max(MIN_TEMPO, min(MAX_TEMPO, asked))
        note = f"Tempo {asked:g} is outside {MIN_TEMPO:g} to {MAX_TEMPO:g} beats a minute; {wish:g} is used."
        return wish, () if wish == asked else (note,)
    seconds = sum(section.end - section.start for section in sections) or 1.0
    mean = sum(section.intensity * (section.end - section.start) for section in sections) / seconds
    low, high = mood.tempo
    return low + (high - low) * max(0.0, min(1.0, 0.5 + 1.2 * (mean - mood.energy) + jitter)), ()


def _fitting_tempo(wish: float, boundaries: list[float], spread: float) -> float:
    """The tempo within ``spread`` of the wish whose beats fall nearest to the scenes' beginnings."""
    low, high = max(MIN_TEMPO, wish * (1 - spread)), min(MAX_TEMPO, wish * (1 + spread))
    times = np.asarray(boundaries[:2_000])
    if not len(times):
        return round(wish, 2)

    def cost(tempo: float) -> float:
        beats = times * tempo / 60
        off_beat = np.abs(beats - np.round(beats))
        off_bar = np.abs(beats / 4 - np.round(beats / 4))
        return float(np.mean(off_beat**2) + 0.5 * np.mean(off_bar**2)) + 0.2 * abs(tempo / wish - 1)

    return min((round(float(tempo), 2) for tempo in np.linspace(low, high, 91)), key=cost)


def ring_seconds(seconds: float) -> float:
    """How long the last chord rings: an eighth of the film, 1.6 to 6 seconds, all of a very short one."""
    return min(seconds, max(1.6, min(6.0, seconds / 8)))


@dataclass(frozen=True)
class _Progressions:
    """For each mood a main progression and a second one for relief, chosen by the film's seed."""

    identity: str

    def of(self, mood: Mood) -> tuple[str, str]:
        random = np.random.default_rng(int(digest_of([self.identity, "progressions", mood.name]), 16))
        main, relief = random.choice(len(mood.progressions), size=2, replace=False)
        return mood.progressions[int(main)], mood.progressions[int(relief)]

    def numeral(self, mood: Mood, place: int) -> str:
        """The chord of a scene's bar ``place``: eight bars twice, eight of relief, and back."""
        main, relief = self.of(mood)
        numerals = (relief if place // 8 % 4 == 2 else main).split()
        return numerals[place % len(numerals)]


def _bars(
    sections: tuple[Section, ...], tempo: float, last_downbeat: int, key: Key, progressions: _Progressions
) -> list[Bar]:
    """Bars of four beats, shortened or stretched before a scene so that it begins on a downbeat."""
    hits = _hits(sections, tempo, last_downbeat)
    bars: list[Bar] = []
    for number, (beat, section) in enumerate(hits):
        until, after = hits[number + 1] if number + 1 < len(hits) else (last_downbeat, section)
        before = hits[number - 1][1].intensity if number else section.intensity
        own_key = key.related(section.mood.scale)
        lengths = _bar_lengths(until - beat)
        for place, beats in enumerate(lengths):
            bars.append(
                Bar(
                    index=len(bars),
                    start=beat,
                    beats=beats,
                    place=place,
                    mood=section.mood,
                    key=own_key,
                    chord=chord(progressions.numeral(section.mood, place), own_key),
                    entry=section.intensity - before if place == 0 else 0.0,
                    rise=after.intensity - section.intensity if place == len(lengths) - 1 else 0.0,
                )
            )
            beat += beats
    return bars


def _hits(sections: tuple[Section, ...], tempo: float, last_downbeat: int) -> list[tuple[int, Section]]:
    """The beats on which the music turns to another scene, at least four beats apart."""
    hits: list[tuple[int, Section]] = []
    for section in sections:
        beat = round(section.start * tempo / 60)
        if (not hits and last_downbeat > 0) or (hits and hits[-1][0] + 4 <= beat <= last_downbeat - 4):
            hits.append((beat if hits else 0, section))
    return hits


def _bar_lengths(beats: int) -> list[int]:
    """Bars of four; one beat left over stretches the last bar to five, two or three make a short bar."""
    bars, rest = divmod(beats, 4)
    if rest == 0 or bars == 0:
        return [4] * bars or [beats]
    return [4] * (bars - 1) + [5] if rest == 1 else [4] * bars + [rest]


def _with_cadence(bars: list[Bar], key: Key, mood: Mood) -> list[Bar]:
    """The last bars before the final chord lead home in the film's own key."""
    numerals = mood.cadence.split()[-len(bars) :] if bars else []
    body = bars[: len(bars) - len(numerals)]
    leading = zip(bars[len(body) :], numerals, strict=True)
    return body + [replace(bar, mood=mood, key=key, chord=chord(numeral, key)) for bar, numeral in leading]


def _final_bar(index: int, downbeat: int, seconds: float, tempo: float, key: Key, mood: Mood) -> Bar:
    beats = max(1, math.ceil(seconds * tempo / 60) - downbeat)
    return Bar(index, downbeat, beats, 0, mood, key, chord(mood.ending, key), final=True)


def _staircase(sections: tuple[Section, ...], seconds: float) -> NDArray[np.float64]:
    """Each scene's intensity at every grid point; long scenes build up and breathe, and the film opens softly."""
    points = np.arange(math.ceil(seconds * _GRID) + 2) / _GRID
    starts = np.asarray([section.start for section in sections])
    lengths = np.asarray([max(1e-6, section.end - section.start) for section in sections])
    levels = np.asarray([section.intensity for section in sections])
    scene = np.maximum(0, np.searchsorted(starts, points, side="right") - 1)
    since, length = points - starts[scene], lengths[scene]
    building = 0.1 * np.minimum(1, length / 12) * (np.clip(since / length, 0, 1) - 0.5)
    breathing = -0.07 * np.clip(length / 15 - 1, 0, 1) * np.cos(2 * np.pi * since / _BREATH_SECONDS)
    opening = 1 - 0.5 * np.clip(1 - points / min(8.0, seconds / 6), 0, 1)
    return np.asarray(np.clip(levels[scene] + building + breathing, 0.02, 1) * opening)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A moving average, twice: no jump, no corner."""
    width = int(_SMOOTHING_SECONDS * _GRID) | 1
    for _ in range(2):
        padded = np.pad(values, width // 2, mode="edge")
        total = np.concatenate(([0.0], np.cumsum(padded)))
        values = (total[width:] - total[:-width]) / width
    return values
