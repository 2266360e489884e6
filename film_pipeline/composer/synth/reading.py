"""Reads moods and intensity out of a score's words. Words in, numbers out; no music here."""

import math
import re
from functools import cache

from film_pipeline.composer.synth.moods import MOODS, Mood

_WORD = re.compile(r"[a-z]+")
_TEMPO = re.compile(r"\b(\d{2,3})\s*bpm\b")
_NO_BEAT = re.compile(r"\b(?:no|without) (?:drum|percussion|beat)|\bambient\b|\bdrone\b")
_CLOSE_UP = re.compile(r"\bclose[ -]?ups?\b")
_READ_CHARACTERS = 4_000

# How much a word adds to (or takes from) a scene's intensity.
_LOUD = {
    3: "explosion explode battle chase fight crash attack gunfire war climax rage fury stampede blast avalanche duel",
    2: "run race flee escape scream storm shoot gun fire smash roar thunder monster siren alarm hunt army burst speed "
    "collapse sprint pursuit panic swarm fast dash leap jump dragon lightning explosive destroy danger tornado frantic "
    "intense powerful massive epic giant action hurtle charge kill slam shatter erupt engulf",
    1: "fall crowd dance traffic train engine jet rocket motorcycle helicopter wind wave drum shout dramatic angry "
    "fierce neon bright energetic busy loud tense urgent quick march fly climb wild flame rush",
}
_SOFT = {
    3: "silence silent motionless asleep",
    2: "quiet quietly still calm whisper sleep peaceful serene gentle tranquil slow lonely alone hush empty closeup "
    "ambient deserted minimal meditate",
    1: "soft dawn morning lake meadow rest wait sit sits tear gaze stare breath candle snow mist linger drift tender "
    "close fog moonlight bed dream calmness pause look read contemplate thoughtful intimate distant sad",
}


@cache
def _weights() -> dict[str, float]:
    loud = {word: float(weight) for weight, words in _LOUD.items() for word in words.split()}
    soft = {word: -float(weight) for weight, words in _SOFT.items() for word in words.split()}
    return loud | soft


@cache
def _callers() -> dict[str, tuple[str, ...]]:
    """For each known word the names of the moods that it calls."""
    callers: dict[str, tuple[str, ...]] = {}
    for mood in MOODS:
        for word in mood.words.split():
            callers[word] = (*callers.get(word, ()), mood.name)
    return callers


def _forms(word: str) -> list[str]:
    """The word itself, then what may stand in the lists for it: ``running`` gives ``run``, ``chased`` ``chase``."""
    forms = [word]
    for ending in ("s", "es", "ed", "d", "ing", "ly", "er", "y"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            forms += [stem, stem + "e"]
            if stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return forms


def words_of(text: str) -> list[str]:
    """The plain words of the first 4,000 characters, lower case."""
    return _WORD.findall(_CLOSE_UP.sub("closeup", text[:_READ_CHARACTERS].lower()))


def mood_weights(text: str) -> dict[str, float]:
    """How strongly ``text`` calls for each mood; the first words count most, as prompts name the subject first."""
    weights: dict[str, float] = {}
    for place, word in enumerate(words_of(text)):
        known = next((form for form in _forms(word) if form in _callers()), None)
        for name in _callers().get(known or "", ()):
            weights[name] = weights.get(name, 0.0) + 1 / (1 + place / 20)
    return weights


def strongest(weights: dict[str, float], at_least: float = 0.0) -> Mood | None:
    """The mood with most weight, if it has more than ``at_least``; ties go to the earlier one in the list."""
    best = max(MOODS, key=lambda mood: weights.get(mood.name, 0.0))
    return best if weights.get(best.name, 0.0) > at_least else None


def excitement(text: str) -> float:
    """How loud a scene's words are, from -1 (silence) over 0 (nothing said) to 1 (a battle)."""
    total = 0.0
    for word in words_of(text):
        known = next((form for form in _forms(word) if form in _weights()), None)
        total += _weights().get(known or "", 0.0)
    return math.tanh(total / 4)


def tempo_in(text: str) -> float | None:
    """The tempo written as ``120 bpm``, if one is."""
    found = _TEMPO.search(text[:_READ_CHARACTERS].lower())
    return float(found[1]) if found else None


def wants_no_beat(text: str) -> bool:
    return _NO_BEAT.search(text[:_READ_CHARACTERS].lower()) is not None
