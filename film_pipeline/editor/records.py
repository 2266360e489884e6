"""The record of an entry in the cache of parts, ``entry.json``: what each file was when it was made, and facts of it.

A record holds every file's SHA-256 and identity, and a seal over all that it says, so that a damaged one is none.
"""

import contextlib
import json
import uuid
from pathlib import Path
from typing import Any

from film_pipeline.editor.disk import identity_of
from film_pipeline.models.digests import digest_of, sha256_of

_RECORD = "entry.json"
_PROOF = ".proof"

Facts = dict[str, Any]


def proof_of(file: Path) -> Path:
    """Where it is noted what a file of an entry decoded to."""
    return file.with_name(f"{file.name}{_PROOF}")


def write_record(folder: Path, key: str, facts: Facts) -> dict[str, str]:
    """Record all files of a new entry; returns the SHA-256 of each."""
    made = [path for path in sorted(folder.iterdir()) if path.suffix != _PROOF]
    files = {path.name: {"sha256": sha256_of(path), "identity": identity_of(path)} for path in made}
    record = {"key": key, "facts": facts, "files": files}
    (folder / _RECORD).write_text(json.dumps({**record, "seal": seal_of(record)}, sort_keys=True), encoding="utf-8")
    return hashes_of(record)


def seal_of(record: dict[str, Any]) -> str:
    """A digest of all that a record says, but for when its files were touched: that changes as a cache is moved."""
    return digest_of([record["key"], record["facts"], hashes_of(record)])


def hashes_of(record: dict[str, Any]) -> dict[str, str]:
    return {name: str(file["sha256"]) for name, file in record["files"].items()}


def read_record(folder: Path, key: str, *, trusting: bool) -> dict[str, Any] | None:
    """The record of an entry if every file is exactly as it was written; ``trusting`` those that were not touched."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        if record["key"] != key or record["seal"] != seal_of(record):
            return None
        moved = False
        for name, file in record["files"].items():
            path = folder / name
            identity = identity_of(path)
            if trusting and identity == file.get("identity"):
                continue
            if sha256_of(path) != file["sha256"]:
                return None
            moved |= identity != file.get("identity")
            file["identity"] = identity
        if moved:  # as after copying the cache elsewhere: known again from now on
            _rewrite(folder / _RECORD, json.dumps(record, sort_keys=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # half a record is as good as none: the entry is made again
    return dict(record)


def _rewrite(path: Path, text: str) -> None:
    """Replace a small file whole. Where that fails it stays as it was, and costs a little more next time."""
    beside = path.with_name(f".{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
