"""What is read from a script, whatever its notation: a title and a list of elements in the order of the film."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

ElementKind = Literal["heading", "section", "action", "dialogue", "transition", "card"]


@dataclass(frozen=True)
class Element:
    """One block of a script.

    ``speaker`` and ``manner`` (the parenthetical) belong to dialogue; ``unseen`` marks V.O. and O.S. A *section* is a
    heading that names a chapter, not a place; a *card* is words shown on black.
    """

    kind: ElementKind
    text: str
    speaker: str = ""
    manner: str = ""
    unseen: bool = False


@dataclass(frozen=True)
class Reading:
    """A script as elements; ``about`` holds words that set the tone but are not filmed (title page, synopses)."""

    title: str | None
    elements: tuple[Element, ...]
    about: str = ""


SCENE_HEADING = re.compile(r"(?:INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I/E|INT|EXT|EST)(?:\.\s*|\s+)(?=\S)", re.IGNORECASE)

_TRANSITION = re.compile(
    r"(?:[A-Z'’ -]{0,40} TO:|INTERCUT(?:TING)?(?: WITH)?:?|BACK TO SCENE:?|FADE IN:?\.?|FADE OUT[.:]?"
    r"|FADE TO (?:BLACK|WHITE)[.:]?|CUT TO BLACK[.:]?|DISSOLVE[.:]?)"
)


def is_transition(line: str) -> bool:
    """``CUT TO:``, ``FADE OUT.`` and their like, alone on a line."""
    return len(line) <= 60 and _TRANSITION.fullmatch(line) is not None


def plain(text: str) -> str:
    """One line without emphasis marks (``*italic*``, ``**bold**``, ``_underline_``) and doubled spaces."""
    text = text.replace("\\*", "\ue000").replace("\\_", "\ue001").replace("*", "")
    text = re.sub(r"(?<!\w)_+|_+(?!\w)", "", text)
    return " ".join(text.replace("\ue000", "*").replace("\ue001", "_").split())


def has_words(text: str) -> bool:
    """Whether there are letters, digits or pictures (emoji), not only marks."""
    return any(sign.isalnum() or unicodedata.category(sign) == "So" for sign in text)
