"""Local copies of objects of a bucket, each under a name that holds its digest; fetched once, bounded in all.

A copy that is in use is never evicted: whoever uses it leaves a mark, which ends with the process, or else becomes the
note of its last use (a copy itself is not touched, as that is how it is known to be what it was). Only a saving: the
folder may be deleted whenever nothing uses it. Several pods may share it, each of which numbers its processes anew.
"""

import fcntl
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from film_pipeline.storage.disk_faults import explaining_disk
from film_pipeline.storage.workspaces import lives

DEFAULT_LIMIT_BYTES = 10 * 1024**3
_LONGEST_WORK_SECONDS = 86_400.0  # as the Jobs of helm-values may take


class FetchedFiles:
    """The copies in one folder; several processes may share it."""

    def __init__(self, root: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._files, self._marks, self._arriving = root / "files", root / "in-use", root / "arriving"
        self._uses = root / "last-use"
        self._limit_bytes = limit_bytes
        self._count = itertools.count()

    @contextmanager
    def using(self, name: str, fetch: Callable[[Path], None]) -> Iterator[Path]:
        """The copy called ``name``, to be read only; ``fetch`` writes it to a path where it is missing.

        Raises:
            StorageFullError, StorageError, and whatever ``fetch`` raises.
        """
        with explaining_disk("keeping fetched files", str(self._files)):
            mark = self._marked(name)
        try:
            copy = self._files / name
            if not copy.exists():
                self._fetch(name, fetch)
            yield copy
            with suppress(OSError):
                mark.replace(self._uses / name)
        finally:
            mark.unlink(missing_ok=True)

    def adopt(self, file: Path, name: str) -> None:
        """Take a file that was just stored, so that it is not fetched again; one on another disk is left."""
        with suppress(OSError):  # a saving only
            self._files.mkdir(parents=True, exist_ok=True)
            file.replace(self._files / name)
        self._evict()

    def sweep(self) -> None:
        """Remove what killed processes left: marks, and files that never arrived whole."""
        for folder in (*self._listed(self._marks), *self._listed(self._arriving)):
            if _is_gone(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _fetch(self, name: str, fetch: Callable[[Path], None]) -> None:
        folder = self._arriving / _own_name()
        with explaining_disk("fetching to", str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
            self._files.mkdir(parents=True, exist_ok=True)
        part = folder / f"{next(self._count)}-{name}"
        try:
            with explaining_disk("fetching to", str(folder)):
                fetch(part)
                part.replace(self._files / name)
        finally:
            part.unlink(missing_ok=True)
        self._evict()

    def _marked(self, name: str) -> Path:
        folder = self._marks / _own_name()
        for needed in (folder, self._uses):
            needed.mkdir(parents=True, exist_ok=True)
        mark = folder / f"{next(self._count)}-{name}"
        with self._locked(fcntl.LOCK_SH):
            mark.touch()
        return mark

    def _evict(self) -> None:
        """Remove the longest unused copies that nobody uses, until the rest is within the limit."""
        with suppress(OSError):  # another process evicts too; the next fetch tries again
            self._marks.mkdir(parents=True, exist_ok=True)
            self.sweep()
            self._evict_now()

    def _evict_now(self) -> None:
        sizes = {copy: copy.stat().st_size for copy in self._listed(self._files)}
        total = sum(sizes.values())
        if total <= self._limit_bytes:
            return
        with self._locked(fcntl.LOCK_EX):
            used = {mark.name.partition("-")[2] for folder in self._listed(self._marks) for mark in folder.iterdir()}
            for copy in sorted(sizes, key=self._last_use):
                if total > self._limit_bytes and copy.name not in used:
                    copy.unlink(missing_ok=True)
                    (self._uses / copy.name).unlink(missing_ok=True)
                    total -= sizes[copy]

    def _last_use(self, copy: Path) -> float:
        """When it was last asked for, else when it came; in seconds since 1970."""
        try:
            return (self._uses / copy.name).stat().st_mtime
        except OSError:
            return copy.stat().st_ctime

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with (self._marks / ".lock").open("a") as lock:
            with suppress(OSError):  # a file system without locks: at risk is only what is asked for this very moment
                fcntl.flock(lock, how)
            yield

    def _listed(self, folder: Path) -> list[Path]:
        return [path for path in folder.glob("*") if not path.name.startswith(".")]


def _own_name() -> str:
    """The name of this process among all that may share the folder."""
    return f"{os.getpid()}@{os.uname().nodename}"


def _is_gone(folder: Path) -> bool:
    """Whether the process of a folder is gone. Of one elsewhere that shows only in a day without any change."""
    pid, _, machine = folder.name.partition("@")
    if machine == os.uname().nodename:
        return not lives(pid)
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > _LONGEST_WORK_SECONDS
    return False  # it vanished just now
