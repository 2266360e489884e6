"""One ``film`` process a film: a lock that ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from film_pipeline.errors import BusyError


@contextmanager
def working_on(home: Path, film: str) -> Iterator[None]:
    """Hold the film for this process.

    Raises:
        BusyError: another process holds it; names its process id.
    """
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{film}.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise BusyError(
                "Another film command works on this film",
                where=film,
                why=f"process {lock.read().strip() or 'unknown'} holds it",
                remedy="Wait for it, or stop it; finished scenes are kept.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
