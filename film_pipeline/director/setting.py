"""Where and when a shot plays and what the air is like: read from headings and prose, carried from shot to shot."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from film_pipeline.director.lexicon import (
    INDOOR_WEATHER,
    LIGHT,
    NO_MODIFIERS,
    PLACES,
    PROSE_TIMES,
    SMALL_WORDS,
    TIMES,
    WEATHER,
)
from film_pipeline.director.reading import SCENE_HEADING

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_YEAR = re.compile(r"(?<![\d,.])(1[0-9]{3}|2[0-9]{3})(?:s\b)?(?![\d,]|\.\d)")
_WEATHER_ENDS = re.compile(
    r"\b(?:rain|storm|snow|fog|mist|thunder|drizzle)\b"
    r" (?:has |finally |slowly )?(?:stop|end|ceas|lift|clear|pass|die|is over)",
    re.IGNORECASE,
)
_SAME_TIME = re.compile(r"CONTINUOUS|LATER|SAME|MOMENTS|SECONDS|MINUTES", re.IGNORECASE)
_PLACE_NOUNS = "|".join(sorted(PLACES, key=len, reverse=True))
_IN_PROSE = re.compile(
    r"\b(?:in|on|at|into|inside|through|along|across|onto|beneath|under|outside|down"
    r"|(?:edge|foot|top|middle|end|heart) of) (?:(?:the|an?|her|his|their|its) )?((?:[\w’'-]{2,20} ){0,3}?"
    rf"({_PLACE_NOUNS})(?: ({_PLACE_NOUNS}))?)\b((?: of| in) (?:the )?(?-i:[A-Z])[\w’'-]{{2,30}})?",
    re.IGNORECASE,
)
_CITY = re.compile(
    r"\b(?:in|of|over|across|through|above|to|from) (?:an? [a-z-]{3,15} )?"
    r"((?:New |Old |Neo |Los |San |El |La )?[A-ZÀ-Ý][\w’-]{3,30})"
)


@dataclass(frozen=True)
class Setting:
    """One place at one time; ``indoors`` is None where it is not told. Empty words are not told either."""

    place: str = ""
    time: str = ""
    indoors: bool | None = None
    weather: str = ""
    light: str = ""

    def words(self, world: tuple[str, ...]) -> str:
        """For a prompt: ``exterior, Canal Street, Neo-Amsterdam, 2084, night, rain, neon light``."""
        place = ", ".join([self.place, *(part for part in world if part.lower() not in self.place.lower())]).strip(", ")
        if place and self.indoors is not None:
            place = f"{'interior' if self.indoors else 'exterior'}, {place}"
        weather = INDOOR_WEATHER.get(self.weather, "") if self.indoors else self.weather
        return ", ".join(word for word in (place, self.time, weather, self.light) if word)

    def heading(self) -> str:
        """``EXT. CANAL STREET - NIGHT`` as far as it is known."""
        if not self.place:
            return ""
        inside = {True: "INT. ", False: "EXT. ", None: ""}[self.indoors]
        return f"{inside}{self.place.upper()}{' - ' + self.time.upper() if self.time else ''}"[:120]


@dataclass
class Surroundings:
    """The setting as it stands at this point of the film."""

    now: Setting = field(default_factory=Setting)
    heading: str = ""

    def enter(self, heading: str) -> None:
        """Go where a scene heading says."""
        if heading and heading != self.heading:
            self.heading = heading
            self.now = setting_of_heading(heading, self.now)

    def notice(self, text: str, prose: bool) -> Setting:
        """Take in what the action tells: weather and light always, place and time only where no heading tells them."""
        words = [word.lower() for word in _WORD.findall(text)]
        weather = next((WEATHER[word] for word in words if word in WEATHER), self.now.weather)
        if weather and _WEATHER_ENDS.search(text):
            weather = ""
        light = next((LIGHT[word] for word in words if word in LIGHT), self.now.light)
        place, indoors, time = self.now.place, self.now.indoors, self.now.time
        if prose and not self.heading:
            place, indoors = _place_in(text) or (place, indoors)
            time = next((PROSE_TIMES[word] for word in words if word in PROSE_TIMES), time)
            if place != self.now.place:
                light = next((LIGHT[word] for word in words if word in LIGHT), "")
        self.now = Setting(place, time, indoors, weather, light)
        return self.now


def setting_of_heading(heading: str, before: Setting) -> Setting:
    """``INT. BAR - NIGHT`` as a setting; weather goes on as long as the time of day does."""
    match = SCENE_HEADING.match(heading)
    words = heading[match.end() :] if match else heading
    indoors = None if match is None else "INT" in match[0].upper() and "EXT" not in match[0].upper()
    if match and match[0].upper().startswith("I/E"):
        indoors = None
    *places, last = re.split(r"\s+[-–—]+\s+|\s*[–—]\s*", words)
    time = _time_in(last)
    if not places or not (time or _SAME_TIME.search(last)):
        places.append(last)
        time = time or _time_in(words)
    if not time or (_SAME_TIME.search(last) and not time):
        time = before.time
    place = ", ".join(part for part in (_place_case(part) for part in places) if part)
    told = [WEATHER[word.lower()] for word in _WORD.findall(heading) if word.lower() in WEATHER]
    weather = told[0] if told else before.weather if time == before.time else ""
    light = next((LIGHT[word.lower()] for word in _WORD.findall(heading) if word.lower() in LIGHT), "")
    return Setting(place[:120], time, indoors, weather, light)


def _time_in(words: str) -> str:
    lower = words.lower()
    for phrase in ("golden hour", "magic hour"):
        if phrase in lower:
            return TIMES[phrase]
    return next((TIMES[word.lower()] for word in _WORD.findall(words) if word.lower() in TIMES), "")


def _place_case(place: str) -> str:
    place = " ".join(place.strip(" .,-").split())
    if not place.isupper():
        return place
    words = [word.lower() for word in place.split(" ")]
    return " ".join(word if number and word in SMALL_WORDS else _capital(word) for number, word in enumerate(words))


def _capital(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))


def _place_in(text: str) -> tuple[str, bool] | None:
    for match in _IN_PROSE.finditer(text):
        words = match[1].split()
        while len(words) > 1 and {word.lower() for word in words[:-1]} & NO_MODIFIERS:
            words.pop(0)
        return f"{' '.join(words)}{match[4] or ''}", PLACES[(match[3] or match[2]).lower()]
    return None


def world_of(texts: Iterable[str], people: frozenset[str]) -> tuple[str, ...]:
    """The city and year the whole film plays in, as far as the script names them."""
    cities: Counter[str] = Counter()
    year = ""
    for text in texts:
        cities.update(
            name for name in _CITY.findall(text) if name.lower() not in people and name.lower().split()[0] not in PLACES
        )
        if not year:
            found = _YEAR.search(text)
            year = found[0] if found else ""
    city = cities.most_common(1)[0][0] if cities else ""
    return tuple(part for part in (city, year) if part)
