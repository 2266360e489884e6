"""The breakdown: elements of a script become beats, each the matter of one shot, with its length in seconds.

A beat is made of whole sentences and lines of one scene heading or section. Where an earlier version of the film knows
a beat, it is found again by its content, so that an edit in one beat leaves its neighbours alone. The words of the
prompt are not chosen here.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from film_pipeline.director.reading import Element
from film_pipeline.director.sentences import count_words, sentences

WORDS_A_SECOND = 2.7
MIN_BEAT_SECONDS, MAX_BEAT_SECONDS = 2.0, 10.0

_ACTION_WORDS = 40
_SHORT_WORDS = 6
_LEAD_IN_WORDS = 12
_SPEECH_WORDS = 24
_EXCHANGE_WORDS = 14
_MOST_UNITS = 12


@dataclass(frozen=True)
class Unit:
    """A sentence of action, a few spoken sentences, or a card; ``opens`` where a paragraph begins."""

    element: Element
    text: str
    words: int
    opens: bool

    @property
    def spoken(self) -> bool:
        return self.element.kind == "dialogue"


@dataclass(frozen=True)
class Beat:
    """The matter of one shot.

    ``heading`` and ``section`` are as written; ``arrives`` is true for the first beat under a heading; ``entered_by``
    is the transition written before it; ``mark`` identifies the content and serves as the scene's seed.
    """

    heading: str
    section: str
    units: tuple[Unit, ...]
    arrives: bool
    entered_by: str
    mark: int

    @property
    def seconds(self) -> float:
        """Reading time of what is said, else looking time of what is done; in halves, 2 to 10."""
        said = sum(unit.words / WORDS_A_SECOND + 0.8 for unit in self.units if unit.spoken)
        done = sum(unit.words for unit in self.units if not unit.spoken)
        seconds = said + 0.1 * done if said else 2 + 0.13 * done
        if self.arrives and not said:
            seconds += 0.5
        return min(MAX_BEAT_SECONDS, max(MIN_BEAT_SECONDS, math.ceil(seconds * 2 - 0.2) / 2))

    @property
    def action(self) -> str:
        return " ".join(unit.text for unit in self.units if unit.element.kind == "action")

    @property
    def lines(self) -> tuple[Unit, ...]:
        return tuple(unit for unit in self.units if unit.spoken)


@dataclass(frozen=True)
class _Sequence:
    heading: str
    section: str
    entered_by: str
    units: tuple[Unit, ...]


def break_down(elements: Iterable[Element], known: frozenset[int]) -> Iterator[Beat]:
    """The beats of a script; ``known`` are the marks of an earlier version."""
    seen: dict[int, int] = {}
    here: tuple[str, str] | None = None
    for sequence in _sequences(elements):
        for entered_by, units in _groups(sequence, known):
            first = _mark(sequence, units)
            repeat = seen.get(first, 0)
            seen[first] = repeat + 1
            mark = _mark(sequence, units, repeat) if repeat else first
            place = (sequence.heading, sequence.section)
            yield Beat(sequence.heading, sequence.section, units, place != here, entered_by, mark)
            here = place


def _sequences(elements: Iterable[Element]) -> Iterator[_Sequence]:
    """Runs of units under one heading. A transition ends a run, so that it leads into what follows it."""
    current = _Sequence("", "", "", ())
    units: list[Unit] = []
    unfilmed = False  # a heading with nothing under it is still a place to be shown
    for element in elements:
        if element.kind in ("action", "dialogue", "card"):
            units.extend(_units(element))
            continue
        if units or unfilmed:
            yield replace(current, units=tuple(units))
            current, units = replace(current, entered_by=""), []
        unfilmed = element.kind == "heading"
        if element.kind == "transition":
            current = replace(current, entered_by=element.text)
        elif element.kind == "heading":
            current = replace(current, heading=element.text)
        else:
            current = replace(current, section=element.text, heading="")
    if units or unfilmed:
        yield replace(current, units=tuple(units))


def _units(element: Element) -> Iterator[Unit]:
    if element.kind == "card":
        yield Unit(element, element.text, count_words(element.text), True)
        return
    pieces = sentences(element.text)
    if element.kind == "dialogue":
        pieces = list(_speeches(pieces))
    for number, piece in enumerate(pieces):
        yield Unit(element, piece, count_words(piece), number == 0)


def _speeches(pieces: list[str]) -> Iterator[str]:
    """Sentences of one speaker, joined to what can be said in one shot."""
    speech: list[str] = []
    words = 0
    for piece in pieces:
        count = count_words(piece)
        if speech and words + count > _SPEECH_WORDS:
            yield " ".join(speech)
            speech, words = [], 0
        speech.append(piece)
        words += count
    if speech:
        yield " ".join(speech)


def _groups(sequence: _Sequence, known: frozenset[int]) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    units = sequence.units
    if not units:
        yield sequence.entered_by, ()
        return
    found = _known_groups(sequence, known) if known else {}
    entered_by, start = sequence.entered_by, 0
    while start < len(units):
        end = start + found[start] if start in found else _end_of_group(units, start, found)
        yield entered_by, units[start:end]
        entered_by, start = "", end


def _known_groups(sequence: _Sequence, known: frozenset[int]) -> dict[int, int]:
    """Where the units of an earlier beat stand unchanged: the first unit's number and how many there are."""
    found: dict[int, int] = {}
    start = 0
    while start < len(sequence.units):
        most = min(_MOST_UNITS, len(sequence.units) - start)
        for count in range(most, 0, -1):
            if _mark(sequence, sequence.units[start : start + count]) in known:
                found[start] = count
                break
        start += found.get(start, 1)
    return found


def _end_of_group(units: tuple[Unit, ...], start: int, found: dict[int, int]) -> int:
    end = start + 1
    while end < len(units) and end not in found and end - start < _MOST_UNITS and _joins(units[start:end], units[end]):
        end += 1
    return end


def _joins(group: tuple[Unit, ...], unit: Unit) -> bool:
    """Whether one more unit still belongs to the same shot."""
    if unit.element.kind == "card" or group[0].element.kind == "card":
        return False
    done = sum(member.words for member in group if not member.spoken)
    lines = [member for member in group if member.spoken]
    if unit.spoken:
        return _line_joins(done, lines, unit)
    if lines:
        if all(line.element.unseen for line in lines) and not done:
            return unit.words <= _ACTION_WORDS // 2  # the picture under a voice
        whole_paragraph = unit.text == unit.element.text
        return whole_paragraph and unit.words <= _SHORT_WORDS and group[-1].spoken and len(group) < 4
    if unit.opens:
        return done + unit.words <= 2 * _SHORT_WORDS + 4 or done <= _SHORT_WORDS // 2
    return done + unit.words <= _ACTION_WORDS or (unit.words <= _SHORT_WORDS and done <= _ACTION_WORDS)


def _line_joins(done: int, lines: list[Unit], unit: Unit) -> bool:
    said = sum(line.words for line in lines)
    if not lines:
        return done <= (_ACTION_WORDS if unit.element.unseen else _LEAD_IN_WORDS)
    if any(line.element.speaker != unit.element.speaker for line in lines):
        return len(lines) < 2 and done + said + unit.words <= _EXCHANGE_WORDS
    return said + unit.words <= _SPEECH_WORDS - 4


def _mark(sequence: _Sequence, units: Iterable[Unit], repeat: int = 0) -> int:
    """A number below 2**48 (exact in every JSON reader) that tells this content from any other."""
    said = [f"{unit.element.kind}|{unit.element.speaker}|{unit.element.manner}|{unit.text}" for unit in units]
    text = "\n".join([sequence.heading, sequence.section, str(repeat), *said])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6])
