"""Films found by words of their title or key, without planning any.

Not here: what is shown of those that were found.
"""

import json
import time
import unicodedata

from film_pipeline.storage import keys
from film_pipeline.storage.objects import Objects, ObjectStat

_BELIEVED_SECONDS = 30.0


class Titles:
    """The titles of films as last read; a title is looked at again after ``believed_seconds``."""

    def __init__(self, objects: Objects, believed_seconds: float = _BELIEVED_SECONDS) -> None:
        self._objects = objects
        self._believed_seconds = believed_seconds
        self._read: dict[str, tuple[float, ObjectStat | None, str]] = {}

    def having(self, films: list[str], find: str) -> list[str]:
        """Those of ``films`` whose title or key holds every word of ``find``, whatever the case and the accents.

        Those that hold the words side by side come first.
        """
        wanted = _plain(find)
        texts = {film: text for film in films if _holds(text := self._text(film, wanted), wanted)}
        return sorted(texts, key=lambda film: wanted not in texts[film])

    def _text(self, film: str, wanted: str) -> str:
        """Where to look for the words; the title only where the key does not hold them."""
        key = _plain(film)
        return key if _holds(key, wanted) else f"{key} {_plain(self._title(film))}"

    def _title(self, film: str) -> str:
        looked, stat, title = self._read.get(film, (float("-inf"), None, ""))
        if time.monotonic() - looked < self._believed_seconds:
            return title
        now = self._objects.stat(keys.storyboard(film))
        if now is None or now != stat:
            title = self._title_in(film)
        self._read[film] = (time.monotonic(), now, title)
        return title

    def _title_in(self, film: str) -> str:
        """The title alone, also of a storyboard that breaks a rule; nothing where there is none to read."""
        try:
            content = json.loads(self._objects.read(keys.storyboard(film)) or b"null")
        except ValueError:
            return ""
        title = content.get("title") if isinstance(content, dict) else None
        return title if isinstance(title, str) else ""


def _holds(text: str, wanted: str) -> bool:
    return all(word in text for word in wanted.split())


def _plain(text: str) -> str:
    """``Amélie-2`` as ``amelie 2``."""
    signs = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    return " ".join("".join(sign for sign in signs if not unicodedata.combining(sign)).split())
