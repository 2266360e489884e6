"""Reading a prompt as a storyboard artist does: where, when, what weather, who, how near, and how the camera moves.

Only words are handled here, no pixels. The slug line (``EXT. CANAL STREET - NIGHT``) outranks the prompt for place and
time, because style words in a prompt ("rain-slicked streets, neon") are often the same in every scene of a film.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from film_pipeline.renderer.animatic.words import (
    ACTIONS,
    CAMERAS,
    COLD,
    COLOURS,
    CYBER,
    DUTCH,
    EMPTY,
    LIGHTS,
    PLACES,
    SHOTS,
    SUBJECTS,
    TIMES,
    WARM,
    WEATHER,
)

PEOPLE = frozenset({"detective", "robot", "astronaut", "child", "woman", "hooded", "person"})
OBJECTS = frozenset({"map", "phone", "key", "cup", "letter", "gun", "clock", "chip", "flower"})
INDOORS = frozenset({"kitchen", "bar", "office", "lab", "room", "corridor"})


@dataclass(frozen=True)
class Reading:
    """What the words ask to be drawn; ``recognised`` is false where nothing at all was understood."""

    place: str
    time: str
    weather: frozenset[str]
    lights: frozenset[str]
    subjects: tuple[str, ...]
    shot: str
    camera: str
    action: str
    cyber: bool
    dutch: bool
    mood: str
    colours: tuple[str, ...]
    empty: bool
    recognised: bool

    @property
    def indoors(self) -> bool:
        return self.place in INDOORS

    @property
    def dark(self) -> bool:
        return self.time == "night"

    @property
    def wet(self) -> bool:
        return bool(self.weather & {"rain", "storm"})

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(subject for subject in self.subjects if subject in PEOPLE)


def _find(table: dict[str, str], text: str) -> list[str]:
    """The table's names found in ``text``, in order of first mention; a longer match at one place goes first."""
    found = []
    for name, pattern in table.items():
        match = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text)
        if match:
            found.append((match.start(), -len(match[0]), name))
    return [name for _, _, name in sorted(found)]


def _first(table: dict[str, str], *texts: str) -> str:
    """The first mention in the first text that has one, or nothing."""
    return next((found[0] for text in texts if (found := _find(table, text))), "")


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    # Words of style that name no thing in the picture.
    return re.sub(
        r"unreal engine\w*|eye[ -]level|art ?station|depth of field|\d+k\b|level of detail|golden ratio", " ", text
    )


def draw_from_hash(prompt: str, choices: tuple[str, ...], purpose: str) -> str:
    """A choice that the words alone decide, the same on every machine."""
    digest = hashlib.sha256(f"{purpose}\0{prompt}".encode("utf-8", "replace")).digest()
    return choices[int.from_bytes(digest[:4], "big") % len(choices)]


def read(prompt: str, caption: str = "") -> Reading:
    """Read a prompt and its slug line."""
    words, slug = _plain(prompt), _plain(caption)
    subjects = _subjects(words)
    weather = frozenset(_find(WEATHER, words) + _find(WEATHER, slug))
    lights = frozenset(_find(LIGHTS, words))
    cyber = bool(re.search(rf"(?<!\w)(?:{CYBER})(?!\w)", words))
    dutch = bool(re.search(rf"(?<!\w)(?:{DUTCH})(?!\w)", f"{words} {slug}"))
    place = _place(words, slug, subjects, dutch)
    shot = _shot(words, subjects)
    recognised = bool(place or subjects or weather or lights or cyber or _find(TIMES, words))
    place = place or _implied_place(words, subjects, cyber, recognised)
    return Reading(
        place=place,
        time=_time(prompt, words, slug, place, lights, cyber, recognised),
        weather=weather,
        lights=lights,
        subjects=subjects,
        shot=shot,
        camera=_camera(prompt, words, shot),
        action=_first(ACTIONS, words) or ("stand" if place in INDOORS else "walk"),
        colours=tuple(_find(COLOURS, words)),
        cyber=cyber,
        dutch=dutch,
        mood=_mood(words),
        empty=bool(re.search(rf"(?<!\w)(?:{EMPTY})(?!\w)", words)),
        recognised=recognised,
    )


def _subjects(words: str) -> tuple[str, ...]:
    found = _find(SUBJECTS, words)
    if "flyer" in found and not re.search(r"(?<!flying )(?<!hover )\bcars?\b|taxis?|trucks?", words):
        found = [name for name in found if name != "car"]
    if "detective" in found and not re.search(r"\beyes\b|\biris\b", words) and "private eye" in words:
        found = [name for name in found if name != "eye"]
    # What a close shot names first is what it shows; whose it is comes after.
    close = re.search(SHOTS["extreme"] + "|" + SHOTS["close"], words)
    if close:
        later = _find(SUBJECTS, words[close.end() :])
        found = [*later, *(name for name in found if name not in later)]
    for pronoun, name in (("her", "woman"), ("his", "person")):
        if not set(found) & PEOPLE and re.search(rf"\b{pronoun}\b", words):
            found.append(name)
    return tuple(found)


def _place(words: str, slug: str, subjects: tuple[str, ...], dutch: bool) -> str:
    place = _first(PLACES, slug, words)
    if place in ("city", "field") and dutch and "canal" in _find(PLACES, f"{slug} {words}"):
        return "canal"
    if place == "city" and "rooftop" in _find(PLACES, slug or words):
        return "rooftop"
    if re.search(r"\bint\b", slug) and place not in INDOORS | {"station", "market"}:
        return next((name for name in _find(PLACES, words) if name in INDOORS), "room")
    return place


def _implied_place(words: str, subjects: tuple[str, ...], cyber: bool, recognised: bool) -> str:
    by_subject = {
        "boat": "sea", "ship": "sea", "spaceship": "space", "astronaut": "space", "horse": "field", "camel": "desert",
        "deer": "forest", "dog": "field", "bird": "field", "car": "city", "bicycle": "city", "crowd": "city",
        "flyer": "city", "drone": "city", "tower": "city", "bridge": "canal", "cup": "room", "letter": "room",
        "door": "room",
    }  # fmt: skip
    if not recognised:
        return "abstract"
    if cyber:
        return "city"
    return next((by_subject[subject] for subject in subjects if subject in by_subject), "field")


def _time(prompt: str, words: str, slug: str, place: str, lights: frozenset[str], cyber: bool, recognised: bool) -> str:
    named = _first(TIMES, slug, words)
    if named:
        return named
    if not recognised:
        return draw_from_hash(prompt, ("dawn", "day", "dusk", "golden", "night"), "time")
    if cyber or place == "space" or lights & {"neon", "candle", "moon", "fire"}:
        return "night"
    return "day"


def _shot(words: str, subjects: tuple[str, ...]) -> str:
    named = _first(SHOTS, words)
    if named:
        return named
    first = subjects[0] if subjects else ""
    if first == "eye" or (first in OBJECTS | {"face", "hand"} and not set(subjects) & PEOPLE):
        return "close"
    return "wide"


def _camera(prompt: str, words: str, shot: str) -> str:
    named = _first(CAMERAS, words)
    if named:
        return named
    if shot in ("extreme", "close", "medium"):
        return draw_from_hash(prompt, ("push", "drift", "push", "pull"), "camera")
    if shot in ("aerial", "establishing"):
        return draw_from_hash(prompt, ("push", "pan_right", "crane_up"), "camera")
    if _first(ACTIONS, words) in ("walk", "run"):
        return "track"
    return draw_from_hash(prompt, ("push", "pan_right", "drift", "pan_left"), "camera")


def _mood(words: str) -> str:
    found = _find({"warm": WARM, "cold": COLD}, words)
    return found[0] if found else ""
