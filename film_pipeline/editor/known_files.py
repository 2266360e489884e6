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

    def sha256_of(self, path: Path) -> str:
        """The SHA-256 of a file, read again only if it was touched.

        Raises:
            OSError
        """
        name, identity = str(path), identity_of(path)
        digest, *seen = self._before.get(name, [None])
        if seen != identity or not isinstance(digest, str):
            digest = sha256_of(path)
            if identity != identity_of(path):
                return digest
        if time.time() - identity[-1] / 1e9 > _SETTLED_SECONDS:
            self._now[name] = [digest, *identity]
        return digest

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
    if not isinstance(found, dict):
        return {}
    return {name: row for name, row in found.items() if isinstance(row, list) and row}
