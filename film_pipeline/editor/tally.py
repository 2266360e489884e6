"""How many bytes a folder holds at most, so that it is not measured after each work: it may hold 100 000 files.

Whoever adds to the folder says so first; what vanishes from it is noticed when it is measured again, at the latest
after a day. A tally that is missing or damaged only costs a measuring.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_BELIEVED_SECONDS = 86_400.0
_LONGEST_NOTE = 200


@dataclass
class Counted:
    """Bytes at most, None if they have to be measured, and when they were."""

    bytes: int | None
    measured_at: float

    def measured(self, count: int) -> None:
        """So many were found just now."""
        self.bytes, self.measured_at = count, time.time()


class Tally:
    """The note of one folder; several threads and processes may share it."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def add(self, count: int) -> None:
        """So many bytes are about to come."""
        with self.opened() as counted:
            if counted.bytes is not None:
                counted.bytes += count

    @contextmanager
    def opened(self) -> Iterator[Counted]:
        """What is noted, to be changed within the block; meanwhile everybody else waits."""
        with contextlib.ExitStack() as open_files:
            try:
                note = os.open(self._note, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError:  # nothing can be noted here, so it is measured each time
                yield Counted(None, 0.0)
                return
            open_files.callback(os.close, note)
            with contextlib.suppress(OSError):  # a file system without locks: the daily measuring sets it right
                fcntl.flock(note, fcntl.LOCK_EX)
            counted = _read(note)
            yield counted
            if counted.bytes is not None:
                _write(note, counted)


def _read(note: int) -> Counted:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, OverflowError):
        found = json.loads(os.pread(note, _LONGEST_NOTE, 0))
        counted = Counted(found["bytes"], float(found["measured_at"]))
        is_count = type(counted.bytes) is int and counted.bytes >= 0
        if is_count and 0 <= time.time() - counted.measured_at < _BELIEVED_SECONDS:
            return counted
    return Counted(None, 0.0)


def _write(note: int, counted: Counted) -> None:
    text = json.dumps(asdict(counted)).encode()
    try:
        os.ftruncate(note, 0)
        os.pwrite(note, text, 0)
    except OSError:  # a full disk: half a note is none
        with contextlib.suppress(OSError):
            os.ftruncate(note, 0)
