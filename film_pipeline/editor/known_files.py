"""Remembers what a file was hashed to, as long as nobody touched it; so that unchanged clips are not read again.

For files that are never written in place, such as stored clips. Only a saving: with the note gone or damaged, or where
anything about the file is new, it is hashed.
"""

import contextlib
import json
import time
import uuid
from pathlib import Path

from film_pipeline.editor.disk import identity_of
from film_pipeline.models.digests import sha256_of

_SETTLED_SECONDS = 2.0
"""A file that was touched within this time is not noted: one more write might leave the same times."""


class KnownFiles:
    """The files that one note tells of, by name."""

    def __init__(self, note: Path) -> None:
        self._note = note
        self._before = _read(note)
        self._now: dict[str, list[object]] = {}

    def is_still(self, path: Path, sha256: str) -> bool:
        """Whether a file has that SHA-256; it is read unless it is noted with this very one, and was not touched.

        So a damaged note costs a reading, and never condemns a file.

        Raises:
            OSError
        """
        name, identity = str(path), identity_of(path)
        row = [sha256, *identity]
        if self._before.get(name) != row:
            if sha256_of(path) != sha256:
                return False
            if identity != identity_of(path):
                return True
        if time.time() - identity[-1] / 1e9 > _SETTLED_SECONDS:
            self._now[name] = row
        return True

    def save(self) -> None:
        """Keep the note of all files asked for, and no others. Where that fails, they are read again next time."""
        if self._now == self._before:
            return
        beside = self._note.with_name(f".{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            self._note.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._now), encoding="utf-8")
            beside.replace(self._note)


def _read(note: Path) -> dict[str, list[object]]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
