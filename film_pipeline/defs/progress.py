"""Heartbeats: how far each step is, as small files a step under the home, for terminals and pages to read.

A step's heartbeat is ``<step>.json``; where its server sends preview pictures, the newest lies beside it as
``<step>.jpg``. They survive nothing and mean nothing to a plan; a lost one costs a progress bar.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from film_pipeline.ffmpeg.previews import as_small_jpeg

FRESH_SECONDS = 60.0
"""A heartbeat older than this was left behind by a process that was killed."""

_EVERY_SECONDS = 0.2
_LOG_EVERY_SECONDS = 10.0
_PICTURE_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Heartbeat:
    """``share`` done (0 to 1), a word for people, and the age in seconds.

    ``picture`` is when the newest preview was made, in nanoseconds since 1970, or None where there is none.
    """

    share: float
    words: str
    age: float
    picture: int | None = None


class Beat:
    """The progress of one step: call it with the done share and words; ``picture`` takes previews, from any thread."""

    def __init__(self, home: Path, film: str, step: str, log: Callable[[str], None]) -> None:
        self._file, self._picture = _path(home, film, step), _picture_path(home, film, step)
        self._log = log
        self._told = self._pictured = 0.0
        self._logged = time.monotonic()
        self._lock, self._over = threading.Lock(), False

    def __call__(self, share: float, words: str) -> None:
        now = time.monotonic()
        if now - self._logged >= _LOG_EVERY_SECONDS:
            self._logged = now
            self._log(f"{share:.0%} {words}")
        if now - self._told >= _EVERY_SECONDS or share >= 1:
            self._told = now
            _put(self._file, json.dumps({"share": share, "words": words}).encode())

    def picture(self, image: bytes, mime: str) -> None:
        """Show a preview; most are dropped, as one a second is enough. What is no picture is no preview.

        Never logs: it is called from a socket's thread, and Dagster's log deadlocks there.
        """
        with self._lock:
            now = time.monotonic()
            if self._over or now - self._pictured < _PICTURE_EVERY_SECONDS:
                return
            self._pictured = now
            small = as_small_jpeg(image)
            if small is not None:
                _put(self._picture, small)

    def begin(self) -> None:
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._picture.unlink(missing_ok=True)

    def end(self) -> None:
        """Nothing of it is left, whoever still sends pictures."""
        with self._lock, suppress(OSError):
            self._over = True
            self._file.unlink(missing_ok=True)
            self._picture.unlink(missing_ok=True)


@contextmanager
def beating(home: Path, film: str, step: str, log: Callable[[str], None]) -> Iterator[Beat]:
    """A progress callback for ``step`` (a scene id, ``soundtrack``, ``final_movie``); long work also tells ``log``."""
    beat = Beat(home, film, step, log)
    beat.begin()
    try:
        yield beat
    finally:
        beat.end()


def read_heartbeat(home: Path, film: str, step: str) -> Heartbeat | None:
    path = _path(home, film, step)
    try:
        data = json.loads(path.read_text())
        age = time.time() - path.stat().st_mtime
        return Heartbeat(float(data["share"]), str(data["words"]), age, _pictured(home, film, step))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def live_heartbeats(home: Path, film: str) -> dict[str, Heartbeat]:
    """The steps of ``film`` that are under way."""
    steps = sorted(path.stem for path in (home / "progress" / film).glob("*.json"))
    beats = {step: read_heartbeat(home, film, step) for step in steps}
    return {step: beat for step, beat in beats.items() if beat and beat.age < FRESH_SECONDS}


def read_picture(home: Path, film: str, step: str) -> bytes | None:
    """The newest preview of a step as JPEG, or None."""
    try:
        return _picture_path(home, film, step).read_bytes()
    except FileNotFoundError:
        return None


def _pictured(home: Path, film: str, step: str) -> int | None:
    try:
        return _picture_path(home, film, step).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _put(path: Path, content: bytes) -> None:
    """Readers see the old or the new file. A full disk costs the bar here and is told where it costs the film."""
    part = path.with_name(f".{path.name}.part")
    with suppress(OSError):
        part.write_bytes(content)
        part.replace(path)


def _path(home: Path, film: str, step: str) -> Path:
    return home / "progress" / film / f"{step}.json"


def _picture_path(home: Path, film: str, step: str) -> Path:
    return home / "progress" / film / f"{step}.jpg"
