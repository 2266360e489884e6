"""What the operating system complains of about a disk, in words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from film_pipeline.errors import StorageError, StorageFullError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def explaining_disk(doing: str, where: str) -> Iterator[None]:
    """Turn an OSError into ours; ``doing`` is what was being done to ``where``.

    Raises:
        StorageFullError, StorageError
    """
    try:
        yield
    except OSError as error:
        raise disk_fault(error, doing, where) from error


def disk_fault(error: OSError, doing: str, where: str) -> StorageError:
    if error.errno in _FULL:
        return StorageFullError(
            f"No room on the disk while {doing}", where=where, remedy="Free some space and run again."
        )
    why = error.strerror or type(error).__name__
    return StorageError(
        f"The storage failed while {doing}", where=where, why=why, remedy="Check the folder and its rights."
    )
