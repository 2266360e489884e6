"""A cron expression, checked at the door: one that Dagster refuses would end every process that loads the schedule."""

import re

_NO_NAME = "(?!)"
_FIELDS = (  # minute, hour, day, month, weekday: the bounds of its numbers, and the names that may stand for them
    (0, 59, _NO_NAME),
    (0, 23, _NO_NAME),
    (1, 31, "l"),
    (1, 12, "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"),
    (0, 7, "sun|mon|tue|wed|thu|fri|sat"),
)


def require_cron(text: str) -> str:
    """``text`` if it is a cron expression of five fields.

    Raises:
        ValueError: it is not, or a number is out of its field's bounds.
    """
    fields = text.split()
    if len(fields) != len(_FIELDS) or not all(map(_is_field, fields, *zip(*_FIELDS, strict=True))):
        raise ValueError("must be a cron expression of five fields, such as 0 1 * * *")
    return text


def _is_field(text: str, low: int, high: int, names: str) -> bool:
    one = rf"(\d{{1,2}}|{names})"
    parts = [re.fullmatch(rf"(?:\*|{one}(?:-{one})?)(?:/0?[1-9]\d?)?", part, re.I) for part in text.split(",")]
    return all(part and all(low <= int(at) <= high for at in part.groups("*") if at.isdigit()) for part in parts)
