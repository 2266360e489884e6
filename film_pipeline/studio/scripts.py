"""Receive a script: which film it is, and whether it changed."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from film_pipeline.director import Script
from film_pipeline.director.script import read_script
from film_pipeline.errors import ScriptError
from film_pipeline.models.report import FilmRecord
from film_pipeline.storage import FilmStore
from film_pipeline.storage.keys import INBOX, checked_film, film_key_for


@dataclass(frozen=True)
class Receipt:
    """The film a script belongs to; ``changed`` if its text is not what the storyboard was made from."""

    film: str
    changed: bool
    notes: tuple[str, ...] = ()


def receive_file(store: FilmStore, path: Path, film: str | None = None) -> Receipt:
    """Take the script at ``path`` into the store; the same file again is the same film.

    Raises:
        ScriptError: it cannot be read as a script. UnknownFilmError: ``film`` is no film key.
    """
    if film is not None:
        checked_film(film)
    return receive(store, read_script(path), source=str(path.resolve()), film=film)


def receive(
    store: FilmStore,
    script: Script,
    *,
    source: str,
    film: str | None = None,
    hold: Literal["", "nightly"] = "",
    touched: float = math.inf,
) -> Receipt:
    """Take a script that was read from ``source`` (a path or key) into the store.

    A changed script with ``hold`` waits for the nightly batch. An archived film comes back if the script changed, or
    was ``touched`` (seconds since 1970) after the film was archived.
    """
    sha256 = script_sha256(script.text)
    notes: tuple[str, ...] = ()
    if film is None:
        first = film_key_for(script.name)
        film = _film_of(store, first, source, sha256)
        if film != first:
            notes = (f"another script is already the film {first}, so this one is {film} (choose a key with --film)",)
    record = store.record(film)
    changed = record is None or record.script_sha256 != sha256
    before = record or FilmRecord(source="", script_name="", script_kind="", script_sha256="")
    about = {"source": source, "script_name": script.name, "script_kind": script.kind}
    if not changed and _lies_there(store, before.source) and not source.startswith(f"{INBOX}/"):
        about = {}  # a copy of a script that is still where it was: edited, it will be a film of its own
    news: dict[str, object] = {"hold": hold, "night": "", "tonight": {}} if changed else {}
    if before.archived and (changed or touched > datetime.fromisoformat(before.archived).timestamp()):
        news["archived"] = ""
    after = before.model_copy(update=about | news)
    if after != record:
        store.write_record(film, after)
    if changed:
        store.write_script(film, script.text)
    return Receipt(film, changed, notes)


def needs_storyboard(store: FilmStore, film: str) -> bool:
    """Whether the director has to write: the script changed since the storyboard, or there is no storyboard yet.

    Raises:
        UnknownFilmError: there is no script.
    """
    record = store.record(film)
    if store.storyboard_sha256(film) is None:
        return True
    return record is not None and record.script_sha256 != script_sha256(store.script(film))


def script_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _lies_there(store: FilmStore, source: str) -> bool:
    if source.startswith(f"{INBOX}/"):
        return store.objects.stat(source) is not None
    return Path(source).is_file()


def _film_of(store: FilmStore, first: str, source: str, sha256: str) -> str:
    """The film that ``source`` made before, else the first free key: ``noir``, ``noir-2``, ``noir-3``, ..."""
    for number in range(1, 1000):
        suffix = f"-{number}" if number > 1 else ""
        key = first[: 63 - len(suffix)].rstrip("-") + suffix
        record = store.record(key)
        if record is None or record.source == source or record.script_sha256 == sha256:
            return key
    raise ScriptError("Too many scripts have this name", where=first, remedy="Choose a film key with --film.")
