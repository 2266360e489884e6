"""What every store of objects can do, a folder or a bucket alike."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

ABSENT: Final = object()
"""The expectation that an object does not exist yet."""

PIECE_BYTES: Final = 256 * 1024
"""How much of a medium is in memory at a time."""


@dataclass(frozen=True)
class ObjectStat:
    """Size in bytes, time of change in seconds since 1970, and ``version``: a mark that changes with the content."""

    bytes: int
    modified: float
    version: str


class Opened(Protocol):
    """One version of an object, to be read in ranges; a replacement in the meantime is never mixed in."""

    @property
    def stat(self) -> ObjectStat: ...

    def pieces(self, part: range) -> Generator[bytes]:
        """The bytes of ``part`` (within the object), at most ``PIECE_BYTES`` at a time."""
        ...


class Objects(Protocol):
    """Objects by key. Small ones are read and written whole; media move by path or in pieces."""

    def describe(self) -> str: ...

    def require_usable(self) -> None:
        """Refuse at once what could only fail later; asks a server quickly, with little patience.

        Raises:
            StorageError: with what is wrong and what to do.
        """
        ...

    def read(self, key: str) -> bytes | None: ...

    def stat(self, key: str) -> ObjectStat | None: ...

    def keys(self, prefix: str) -> Iterator[str]: ...

    def stats(self, prefix: str) -> Iterator[tuple[str, ObjectStat]]: ...

    def folders(self, prefix: str) -> list[str]: ...

    def write(self, key: str, content: bytes, *, expected: bytes | object = ...) -> None: ...

    def publish(self, key: str, file: Path, sha256: str) -> None: ...

    def fetched(self, key: str) -> AbstractContextManager[Path]: ...

    def opened(self, key: str) -> AbstractContextManager[Opened | None]: ...

    def delete(self, key: str) -> None: ...

    def workspace(self) -> AbstractContextManager[Path]: ...

    def sweep(self) -> int: ...
