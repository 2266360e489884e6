"""Objects in a local folder: published atomically, replaced conditionally, checked by SHA-256."""

import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from film_pipeline.errors import StorageConflictError, StorageCorruptError, StorageError
from film_pipeline.models.digests import sha256_of
from film_pipeline.storage.disk_faults import disk_fault, explaining_disk
from film_pipeline.storage.objects import ABSENT, PIECE_BYTES, ObjectStat
from film_pipeline.storage.workspaces import sweep_workspaces, workspace_in

_WORK = ".work"


class LocalObjects:
    """The object store of one folder; keys are relative paths with ``/``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def describe(self) -> str:
        return f"file:{self.root}"

    def require_usable(self) -> None:
        """A folder tells what is wrong with it at the first write."""

    def read(self, key: str) -> bytes | None:
        """The whole content of a small object, or None where there is none."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk_fault(error, "reading", self._place(key)) from error

    def stat(self, key: str) -> ObjectStat | None:
        """Size and times of an object; what is no plain file (a pipe, a device, a link in a circle) is no object."""
        try:
            found = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise disk_fault(error, "looking at", self._place(key)) from error
        return _stat_of(found) if stat.S_ISREG(found.st_mode) else None

    def stats(self, prefix: str) -> Iterator[tuple[str, ObjectStat]]:
        """Every object below ``prefix`` with its stat, sorted; one that vanishes meanwhile is left out."""
        for key in self.keys(prefix):
            found = self.stat(key)
            if found:
                yield key, found

    def keys(self, prefix: str) -> Iterator[str]:
        """Every object below ``prefix`` (a folder, ending in ``/``), sorted; no temporary or hidden names."""
        folder = self._path(prefix)
        for parent, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith("."):
                    yield str((Path(parent) / name).relative_to(self.root))

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""
        try:
            with os.scandir(self._path(prefix)) as entries:
                return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def write(self, key: str, content: bytes, *, expected: bytes | object = ...) -> None:
        """Replace a small object atomically; with ``expected`` only if its content is that (``ABSENT``: is not there).

        Raises:
            StorageConflictError: another writer was quicker. StorageFullError: no room.
        """
        path = self._path(key)
        with self._explaining("writing", key):
            path.parent.mkdir(parents=True, exist_ok=True)
            if expected is ...:
                _replace_with(path, content)
                return
            with _locked(path.parent):
                present = self.read(key)
                if present != (None if expected is ABSENT else expected):
                    raise StorageConflictError("Another writer was quicker", where=key, remedy="Run again.")
                _replace_with(path, content)

    def publish(self, key: str, file: Path, sha256: str) -> None:
        """Move ``file`` to ``key`` atomically after checking its SHA-256; readers see the old or the new, never a part.

        Raises:
            StorageCorruptError: ``file`` is not what was made. StorageFullError: no room.
        """
        path = self._path(key)
        with self._explaining("publishing", key):
            if sha256_of(file) != sha256:
                raise StorageCorruptError(
                    "A file changed before it was published", where=str(file), remedy="Run again."
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.stat().st_dev != path.parent.stat().st_dev:
                file = Path(shutil.copyfile(file, path.with_name(f".incoming-{os.getpid()}-{path.name}")))
            with file.open("rb") as content:
                os.fsync(content.fileno())
            file.replace(path)
            _sync_folder(path.parent)

    @contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """A local file with the object's content, to be read only."""
        yield self._path(key)

    @contextmanager
    def opened(self, key: str) -> Iterator["OpenedFile | None"]:
        """The object, open: what replaces it in the meantime is another file."""
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            yield None
            return
        with file:
            yield OpenedFile(file, _stat_of(os.fstat(file.fileno())))

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder for unfinished files, beside the objects so that publishing is a rename; removed at the end."""
        with self._explaining("making a work folder in", _WORK):
            (self.root / _WORK).mkdir(parents=True, exist_ok=True)
        with workspace_in(self.root / _WORK) as folder:
            yield folder

    def sweep(self) -> int:
        """Remove the work folders of processes that are gone; returns how many."""
        return sweep_workspaces(self.root / _WORK)

    def _path(self, key: str) -> Path:
        path = self.root / key
        if ".." in Path(key).parts or Path(key).is_absolute() or "\0" in key:
            raise StorageError("This key leaves the store", where=repr(key), remedy="Use the keys of storage/keys.py.")
        return path

    def _explaining(self, doing: str, key: str) -> AbstractContextManager[None]:
        return explaining_disk(doing, self._place(key))

    def _place(self, key: str) -> str:
        return f"{self.root}/{key}"


@dataclass(frozen=True)
class OpenedFile:
    """An open file of the store."""

    file: BinaryIO
    stat: ObjectStat

    def pieces(self, part: range) -> Generator[bytes]:
        self.file.seek(part.start)
        left = len(part)
        while left and (piece := self.file.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            yield piece


def _stat_of(found: os.stat_result) -> ObjectStat:
    # Content is replaced by new files, so the inode tells two versions of one length and second apart.
    version = f"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}"
    return ObjectStat(bytes=found.st_size, modified=found.st_mtime, version=version)


def _replace_with(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time between a read and the replacement that depends on it."""
    with (folder / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
