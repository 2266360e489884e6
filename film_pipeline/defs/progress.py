"""Heartbeats: how far each step is, as one small file a step under the home, for terminals and pages to read.

They survive nothing and mean nothing to a plan; a lost one costs a progress bar.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_EVERY_SECONDS = 0.2
_LOG_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class Heartbeat:
    """``share`` done (0 to 1), a word for people, and the age in seconds."""

    share: float
    words: str
    age: float


@contextmanager
def beating(home: Path, film: str, step: str, log: Callable[[str], None]) -> Iterator[Callable[[float, str], None]]:
    """A progress callback for ``step`` (a scene id, ``soundtrack``, ``final_movie``); long work also tells ``log``."""
    path = _path(home, film, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    last, logged = 0.0, time.monotonic()

    def beat(share: float, words: str) -> None:
        nonlocal last, logged
        if time.monotonic() - logged >= _LOG_EVERY_SECONDS:
            logged = time.monotonic()
            log(f"{share:.0%} {words}")
        if time.monotonic() - last >= _EVERY_SECONDS or share >= 1:
            last = time.monotonic()
            part = path.with_suffix(".part")
            part.write_text(json.dumps({"share": share, "words": words}))
            part.replace(path)

    try:
        yield beat
    finally:
        path.unlink(missing_ok=True)


def read_heartbeat(home: Path, film: str, step: str) -> Heartbeat | None:
    path = _path(home, film, step)
    try:
        data = json.loads(path.read_text())
        return Heartbeat(float(data["share"]), str(data["words"]), time.time() - path.stat().st_mtime)
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _path(home: Path, film: str, step: str) -> Path:
    return home / "progress" / film / f"{step}.json"
