"""One ``film`` process a film: a lock that ends with its process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from film_pipeline.errors import BusyError
from film_pipeline.storage.disk_faults import explaining_disk


@contextmanager
def working_on(home: Path, film: str) -> Iterator[None]:
    """Hold the film for this process.

    Raises:
        BusyError: another process holds it; names its process id. StorageError: the home cannot be written.
    """
    file = home / "locks" / f"{film}.lock"
    with explaining_disk("locking the film", str(file)):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("a+")
    with lock:
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
        with explaining_disk("locking the film", str(file)):
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
        yield
