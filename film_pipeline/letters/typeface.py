"""The letters that every drawn word is set in, DejaVu Sans; the same pixels on every machine.

Not here: where words stand in a picture. Every drawing has its own layout.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import as_file, files

from PIL import ImageFont

_RTL = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]+"
_RIGHT_TO_LEFT = re.compile(rf"{_RTL}(?:\s+{_RTL})*")
_MISSING = "\N{WHITE SQUARE}"


@cache
def typeface(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """The shipped letters, ``"Bold"`` or plain, ``size`` pixels high."""
    name = "DejaVuSans-Bold.ttf" if weight else "DejaVuSans.ttf"
    with as_file(files("film_pipeline.letters").joinpath("fonts", name)) as path:
        # The basic layout needs no further library and gives the same pixels on every machine.
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def in_reading_order(line: str) -> str:
    """Turn right-to-left words around, as the plain layout sets letters from left to right only."""
    return _RIGHT_TO_LEFT.sub(lambda run: run[0][::-1], line)


def readable(text: str) -> tuple[str, str]:
    """``text`` with a square for each glyph that the font lacks, and the characters that are lacking."""
    known = _known_characters()
    shown, missing = [], []
    for character in unicodedata.normalize("NFC", text):
        if unicodedata.category(character) in ("Cf", "Mn", "Me", "Cc", "Cs") or character in "\ufe0f":
            if ord(character) in known and unicodedata.category(character) == "Mn":
                shown.append(character)
        elif ord(character) in known:
            shown.append(character)
        else:
            missing.append(character)
            if not shown or shown[-1] != _MISSING:
                shown.append(_MISSING)
    return "".join(shown), "".join(dict.fromkeys(missing))


@cache
def _known_characters() -> frozenset[int]:
    """The characters DejaVu Sans can draw, from its own table (cmap, format 4 and 12)."""
    data = files("film_pipeline.letters").joinpath("fonts", "DejaVuSans.ttf").read_bytes()
    return frozenset(_cmap(data))


def _cmap(data: bytes) -> set[int]:
    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "big")

    tables = {data[12 + 16 * i : 16 + 16 * i]: number(20 + 16 * i, 4) for i in range(number(4, 2))}
    start, found = tables[b"cmap"], set[int]()
    for index in range(number(start + 2, 2)):
        table = start + number(start + 8 + 8 * index, 4)
        if number(table, 2) == 12:
            for group in range(number(table + 12, 4)):
                found.update(range(number(table + 16 + 12 * group, 4), number(table + 20 + 12 * group, 4) + 1))
        elif number(table, 2) == 4:
            count = number(table + 6, 2) // 2
            for segment in range(count):
                end, begin = number(table + 14 + 2 * segment, 2), number(table + 16 + 2 * count + 2 * segment, 2)
                found.update(range(begin, min(end, 0xFFFE) + 1))
    return found
