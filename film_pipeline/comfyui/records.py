"""What several processes on one machine share about a server: a lock, why it is set aside, jobs left behind.

One small file each in a folder that they agree on. Without a folder nothing is shared, and that is fine for one
process.
"""

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from film_pipeline.comfyui.address import ServerAddress
from film_pipeline.errors import RenderMachineError


@dataclass(frozen=True)
class Aside:
    """Why a server gets no work, and until when (seconds since the epoch)."""

    reason: str
    until: float
    seconds: float


class ServerRecords:
    """The records of one server; ``folder`` None keeps them in this process."""

    def __init__(self, address: ServerAddress, folder: Path | None) -> None:
        self._stem = hashlib.sha256(address.url.encode()).hexdigest()[:16]
        self._folder = folder
        self._held: IO[str] | None = None
        self._aside: Aside | None = None
        self._left_behind: list[str] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    # --- the lock: one job at a time ---------------------------------------------------------------------------
    def try_lock(self) -> bool:
        """Take the server for this process; the system lets go when the process dies."""
        if self._folder is None:
            return True
        held = self._file("lock").open("a")
        if not _try_lock(held):
            held.close()
            return False
        self._held = held
        return True

    def unlock(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    # --- set aside ---------------------------------------------------------------------------------------------
    def aside(self) -> Aside | None:
        """Why the server is set aside now, or was last; the caller compares ``until`` with the clock."""
        if self._folder is None:
            return self._aside
        try:
            data = json.loads(self._file("aside").read_text())
            return Aside(str(data["reason"]), float(data["until"]), float(data["seconds"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def set_aside(self, reason: str, seconds: float) -> None:
        self._aside = Aside(reason, time.time() + seconds, seconds)
        if self._folder is not None:
            self._write("aside", json.dumps(vars(self._aside)))

    def take_back(self) -> None:
        self._aside = None
        if self._folder is not None:
            self._file("aside").unlink(missing_ok=True)

    # --- jobs that could not be confirmed gone -----------------------------------------------------------------
    def left_behind(self) -> list[str]:
        """Ids of our jobs that may still run there although nobody waits for them."""
        if self._folder is None:
            return list(self._left_behind)
        try:
            return [line for line in self._file("left").read_text().split("\n") if line]
        except FileNotFoundError:
            return []

    def leave_behind(self, prompt_id: str) -> None:
        self._remember([*self.left_behind(), prompt_id])

    def settle(self, prompt_id: str) -> None:
        self._remember([left for left in self.left_behind() if left != prompt_id])

    def _remember(self, prompt_ids: list[str]) -> None:
        self._left_behind = list(dict.fromkeys(prompt_ids))
        if self._folder is not None:
            self._write("left", "\n".join(self._left_behind))

    def _file(self, ending: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{self._stem}.{ending}"

    def _write(self, ending: str, text: str) -> None:
        partial = self._file(f"{ending}.{os.getpid()}")
        partial.write_text(text)
        partial.replace(self._file(ending))


@contextmanager
def making_alone(digest: str, folder: Path | None, waiting: Callable[[str], None]) -> Iterator[None]:
    """Keep a second process of this machine from making the same thing at the same time.

    Raises:
        RenderMachineError: another process was at it, and is done now; whoever tries again finds what it made.
    """
    if folder is None:
        yield
        return
    path = folder / f"{digest[:32]}.order"
    with path.open("a") as lock:
        if not _try_lock(lock):
            while not _try_lock(lock):
                waiting("waiting: another process renders this scene")
                time.sleep(0.2)
            raise RenderMachineError(
                "Another process has just made this very clip", remedy="Run again: the finished one will be used."
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _try_lock(file: IO[str]) -> bool:
    """Where the file system has no locks everybody gets one: a server's own queue still runs one job at a time."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
    return True
