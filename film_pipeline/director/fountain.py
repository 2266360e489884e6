"""Reads Fountain, the plain-text notation of screenplays (fountain.io), in one pass over the lines.

Nothing is refused: what is no notation is action. How the elements become shots is in ``breakdown.py``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from film_pipeline.director.reading import SCENE_HEADING, Element, Reading, has_words, is_transition, plain

_TITLE_KEY = re.compile(
    r"(title|credit|authors?|source|notes|draft date|date|contact|copyright|revision|format)\s*:", re.I
)
# The other entries of a title page tell of the draft and its author, not of the film.
_TELLING_KEYS = ("title", "notes", "genre", "style", "logline", "setting", "tone", "look")
_ANY_KEY = re.compile(r"([A-Za-z][A-Za-z ]{0,30}):\s*(.*)")
_SCENE_NUMBER = re.compile(r"\s*#[\w.\-]{1,20}#\s*$")
_CUE_EXTENSION = re.compile(r"\s*\(([^()]{0,60})\)\s*")
_CAMERA_CUE = re.compile(r"(?:CLOSE|ANGLE|INSERT|WIDE|POV|BACK TO|SERIES OF|MONTAGE|SUPER|TITLE|THE END|LATER|END)\b")
_UNSEEN = re.compile(r"V\.?\s?O\b|O\.?\s?S\b|O\.?\s?C\b|off|voice", re.I)


def read_fountain(text: str) -> Reading:
    """Read a screenplay; the title comes from its title page, ``about`` from notes, sections and synopses."""
    text, notes = _cut_out(text, "/*", "*/")[0], ""
    text, notes = _cut_out(text, "[[", "]]")
    lines = [line.strip() for line in text.split("\n")]
    start, page = _title_page(lines)
    reader = _Reader(lines[start:])
    elements = tuple(reader.elements())
    about = " ".join([told_by(page), notes, *reader.about])
    return Reading(plain(page.get("title", "")) or None, elements, about)


def looks_like_screenplay(text: str) -> bool:
    """Whether plain text holds a scene heading (``INT.``, ``EXT.``) written as one."""
    for line in text.split("\n"):
        line = line.strip().lstrip("#* ")
        if line[:1] in "IE" and line[:2].isupper() and len(line) < 200 and SCENE_HEADING.match(line):
            return True
    return False


def title_lines(text: str) -> tuple[dict[str, str], str]:
    """The entries above a text that is no screenplay, where ``Title:`` is among them, and the text below them.

    Each is one line with a key of title pages: what follows may be a story without a blank line before it.
    """
    lines = text.lstrip().split("\n")
    entries = list(takewhile(bool, map(_title_entry, lines)))
    page = {entry[1].lower().strip(): entry[2] for entry in entries if entry}
    return (page, "\n".join(lines[len(entries) :])) if "title" in page else ({}, text)


def told_by(page: dict[str, str]) -> str:
    """The words of a title page that tell of the film itself."""
    return " ".join(words for key, words in page.items() if key in _TELLING_KEYS)


def _title_entry(line: str) -> re.Match[str] | None:
    entry = _ANY_KEY.fullmatch(line.strip())
    return entry if entry and (_TITLE_KEY.match(line.strip()) or entry[1].lower() in _TELLING_KEYS) else None


def _cut_out(text: str, opening: str, closing: str) -> tuple[str, str]:
    """The text without what stands between the marks, and what stood there; an unclosed mark is text."""
    kept, removed, position = [], [], 0
    while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start + 2)) >= 0:
        kept.append(text[position:start])
        removed.append(text[start + 2 : end])
        position = end + 2
    kept.append(text[position:])
    return "".join(kept), " ".join(removed)


def _title_page(lines: list[str]) -> tuple[int, dict[str, str]]:
    """The number of lines of the title page (0 where there is none), and its entries by lower-case key."""
    first = next((number for number, line in enumerate(lines) if line), len(lines))
    if first == len(lines) or not _TITLE_KEY.match(lines[first]):
        return 0, {}
    page: dict[str, str] = {}
    key = ""
    for number in range(first, len(lines)):
        if not lines[number]:
            return number, page
        entry = _ANY_KEY.fullmatch(lines[number])
        if entry:
            key = entry[1].lower().strip()
            page[key] = entry[2]
        else:
            page[key] = f"{page[key]} {lines[number]}".strip()
    return len(lines), page


@dataclass
class _Reader:
    lines: list[str]
    about: list[str] = field(default_factory=list)
    at: int = 0

    def elements(self) -> Iterator[Element]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if not line or re.fullmatch(r"={3,}", line):
                continue
            if line[0] in "#=" and not _SCENE_NUMBER.fullmatch(line):
                self.about.append(line.lstrip("#= "))
            else:
                yield from self._element(line)

    def _element(self, line: str) -> Iterator[Element]:
        heading = self._heading(line)
        if heading:
            yield Element("heading", plain(heading))
        elif line[0] == ">" and line[-1] == "<" and len(line) > 1:
            yield Element("card", plain(line[1:-1]))
        elif line[0] == ">" or (self._alone() and is_transition(plain(line))):
            yield Element("transition", plain(line.lstrip("> ")))
        elif line[0] == "~":
            yield Element("dialogue", plain(line[1:]), manner="singing", unseen=True)
        elif self._is_cue(line):
            yield from self._dialogue(line)
        else:
            yield from self._action(line)

    def _heading(self, line: str) -> str:
        """The words of a scene heading without its number, empty where the line is none."""
        if re.match(r"\.[^.\s]", line):
            return _SCENE_NUMBER.sub("", line[1:])
        written_as_one = self._after_blank() or line[:40].isupper()
        if written_as_one and line[0] in "IEie" and len(line) < 200 and SCENE_HEADING.match(line):
            return _SCENE_NUMBER.sub("", line)
        return ""

    def _after_blank(self) -> bool:
        return self.at < 2 or not self.lines[self.at - 2]

    def _alone(self) -> bool:
        return self.at >= len(self.lines) or not self.lines[self.at] or self._after_blank()

    def _is_cue(self, line: str) -> bool:
        if not self._after_blank() or self.at >= len(self.lines) or not self.lines[self.at]:
            return False
        if line[0] == "@":
            return len(line) > 1
        name = _CUE_EXTENSION.sub("", line.rstrip("^ "))
        return (
            0 < len(name) <= 40
            and name.isupper()
            and name[0] != "!"
            and not _CAMERA_CUE.match(name)
            and (name[-1] not in ".!?:,;—")
        )

    def _dialogue(self, cue: str) -> Iterator[Element]:
        cue = cue.lstrip("@").rstrip("^ ")
        unseen = any(_UNSEEN.search(extension) for extension in _CUE_EXTENSION.findall(cue))
        speaker = plain(_CUE_EXTENSION.sub(" ", cue)) or "VOICE"
        spoken: list[str] = []
        manner = ""
        while self.at < len(self.lines) and self.lines[self.at]:
            line = self.lines[self.at]
            self.at += 1
            if line[0] == "(" and line[-1] == ")":
                if spoken:
                    yield Element("dialogue", plain(" ".join(spoken)), speaker, manner, unseen)
                    spoken = []
                manner = plain(line[1:-1])
            else:
                spoken.append(line.lstrip("~ "))
        if spoken:
            yield Element("dialogue", plain(" ".join(spoken)), speaker, manner, unseen)

    def _action(self, line: str) -> Iterator[Element]:
        words = [line.lstrip("!")]
        while self.at < len(self.lines) and self.lines[self.at] and not self._begins_other(self.lines[self.at]):
            words.append(self.lines[self.at])
            self.at += 1
        text = plain(" ".join(words))
        if has_words(text):
            yield Element("action", text)

    def _begins_other(self, line: str) -> bool:
        return line[0] in ">~" or (
            line[:2].isupper() and (SCENE_HEADING.match(line) is not None or is_transition(line))
        )
