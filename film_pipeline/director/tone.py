"""The tone of a film or a beat: its genre, look, mood and music, counted from its words."""

import re
from collections import Counter
from collections.abc import Iterable

from film_pipeline.director.lexicon import GENRES, MOODS, MUSIC_TAGS, PLAIN_LOOK, PLAIN_TAGS
from film_pipeline.models.storyboard import SoundtrackBrief

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def words_of(texts: Iterable[str]) -> Counter[str]:
    return Counter(word.lower() for text in texts for word in _WORD.findall(text))


def genre_of(words: Counter[str]) -> str:
    """The genre that most words speak for; two different words at least, or its own name."""
    scores = {
        name: (
            sum(words[name_part] for name_part in name.split()) * 4 + sum(min(words[word], 3) for word in hints),
            name,
        )
        for name, (hints, _) in GENRES.items()
        if sum(1 for word in hints if words[word]) >= 2 or words[name]
    }
    return max(scores.values())[1] if scores else ""


def look_of(genre: str) -> str:
    return GENRES[genre][1] if genre else PLAIN_LOOK


def moods_of(words: Counter[str]) -> list[tuple[str, int]]:
    """Moods with the number of words that speak for them, strongest first."""
    counted = ((mood, sum(words[word] for word in hints)) for mood, (hints, _) in MOODS.items())
    return sorted(((mood, count) for mood, count in counted if count), key=lambda item: (-item[1], item[0]))


def soundtrack_of(words: Counter[str], genre: str) -> SoundtrackBrief:
    """Mood from the two strongest, tempo between theirs, tags from the genre."""
    moods = moods_of(words)[:2]
    if not moods:
        return SoundtrackBrief(mood="calm", tempo=80.0, tags=MUSIC_TAGS.get(genre, PLAIN_TAGS))
    total = sum(count for _, count in moods)
    tempo = sum(MOODS[mood][1] * count for mood, count in moods) / total
    return SoundtrackBrief(
        mood=", ".join(mood for mood, _ in moods),
        tempo=float(round(tempo / 2) * 2),
        tags=MUSIC_TAGS.get(genre, PLAIN_TAGS),
    )
