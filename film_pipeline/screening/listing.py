"""Which films are listed: those at work, found by words of their title or key, without planning any.

Not here: what is shown of those that were found.
"""

import json
import time
import unicodedata
from dataclasses import dataclass

from film_pipeline.storage import FilmStore, keys

_BELIEVED_SECONDS = 30.0


@dataclass
class _Known:
    """What was read of one film, and when (monotonic seconds); the title only once it was asked for."""

    read: float
    archived: bool
    title: str | None = None


class Listing:
    """The films of a store as lists need them; what was read of a film is believed for ``believed_seconds``."""

    def __init__(self, store: FilmStore, believed_seconds: float = _BELIEVED_SECONDS) -> None:
        self._store = store
        self._believed_seconds = believed_seconds
        self._known: dict[str, _Known] = {}

    def having(self, find: str) -> list[str]:
        """The films at work whose title or key holds every word of ``find``, whatever the case and the accents.

        Those that hold the words side by side come first.
        """
        wanted = _plain(find)
        at_work = [film for film in self._store.films() if not self._film(film).archived]
        texts = {film: text for film in at_work if _holds(text := self._text(film, wanted), wanted)}
        return sorted(texts, key=lambda film: wanted not in texts[film])

    def _text(self, film: str, wanted: str) -> str:
        """Where to look for the words; the title only where the key does not hold them."""
        key = _plain(film)
        return key if _holds(key, wanted) else f"{key} {_plain(self._title(film))}"

    def _title(self, film: str) -> str:
        known = self._film(film)
        if known.title is None:
            known.title = self._title_in(film)
        return known.title

    def _film(self, film: str) -> _Known:
        known = self._known.get(film)
        if known is None or time.monotonic() - known.read > self._believed_seconds:
            known = self._known[film] = _Known(time.monotonic(), self._store.lies_archived(film))
        return known

    def _title_in(self, film: str) -> str:
        """The title alone, also of a storyboard that breaks a rule; nothing where there is none to read."""
        try:
            content = json.loads(self._store.objects.read(keys.storyboard(film)) or b"null")
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
