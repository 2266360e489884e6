"""Turns the operating system's complaints about a disk into words; tells whether a file was touched."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from film_pipeline.errors import StorageError, StorageFullError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(what: str, where: Path) -> Iterator[None]:
    """Raise a full disk as StorageFullError and any other fault of writing as StorageError; ``what`` is being made.

    Raises:
        StorageError, StorageFullError
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if error.errno in _FULL:
            raise StorageFullError(
                f"No room on the disk while writing {what}",
                where=str(where),
                why=error.strerror or str(error),
                remedy="Free some space and run again.",
            ) from error
        raise StorageError(
            f"Cannot write {what}",
            where=str(where),
            why=error.strerror or str(error),
            remedy="Check that the folder is there and may be written to.",
        ) from error


def identity_of(path: Path) -> list[int]:
    """What changes when a file is replaced or written to: inode, bytes, and both times in nanoseconds.

    The second time is set by the system alone, so a write is seen though the first was put back.

    Raises:
        OSError
    """
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
