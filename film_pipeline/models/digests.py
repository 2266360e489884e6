"""SHA-256 of what is known by its content: of files, and of plain data."""

import hashlib
import json
from pathlib import Path
from typing import Any


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file as 64 hex digits, read in pieces.

    Raises:
        OSError
    """
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def digest_of(data: Any) -> str:
    """SHA-256 (64 hex digits) of plain data as canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
