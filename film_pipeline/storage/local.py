"""Objects in a local folder: published atomically, replaced conditionally, checked by SHA-256."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from film_pipeline.errors import StorageConflictError, StorageCorruptError, StorageError, StorageFullError
from film_pipeline.storage.objects import ABSENT, ObjectStat

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WORK = ".work"


class LocalObjects:
    """The object store of one folder; keys are relative paths with ``/``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def describe(self) -> str:
        return f"file:{self.root}"

    def read(self, key: str) -> bytes | None:
        """The whole content of a small object, or None where there is none."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _explained(error, "reading", key) from error

    def stat(self, key: str) -> ObjectStat | None:
        try:
            found = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return ObjectStat(bytes=found.st_size, modified=found.st_mtime)

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

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder for unfinished files, beside the objects so that publishing is a rename; removed at the end."""
        parent = self.root / _WORK
        with self._explaining("making a work folder in", _WORK):
            parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{os.getpid()}-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> int:
        """Remove the work folders of processes that are gone; returns how many."""
        swept = 0
        for folder in (self.root / _WORK).glob("*-*"):
            pid = folder.name.split("-")[0]
            if pid.isdigit() and not _alive(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _path(self, key: str) -> Path:
        path = self.root / key
        if ".." in Path(key).parts or Path(key).is_absolute() or "\0" in key:
            raise StorageError("This key leaves the store", where=repr(key), remedy="Use the keys of storage/keys.py.")
        return path

    @contextmanager
    def _explaining(self, doing: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _explained(error, doing, f"{self.root}/{key}") from error


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's content in hex, read in pieces."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _explained(error: OSError, doing: str, where: str) -> StorageError:
    if error.errno in _FULL:
        return StorageFullError(
            f"No room on the disk while {doing}", where=where, remedy="Free some space and run again."
        )
    why = error.strerror or type(error).__name__
    return StorageError(
        f"The storage failed while {doing}", where=where, why=why, remedy="Check the folder and its rights."
    )


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


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
