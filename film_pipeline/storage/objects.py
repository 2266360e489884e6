"""What every store of objects can do, a folder or a bucket alike."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

ABSENT: Final = object()
"""The expectation that an object does not exist yet."""


@dataclass(frozen=True)
class ObjectStat:
    """Size in bytes and time of change in seconds since 1970."""

    bytes: int
    modified: float


class Objects(Protocol):
    """Objects by key. Small ones are read and written whole; media move by path."""

    def describe(self) -> str: ...

    def read(self, key: str) -> bytes | None: ...

    def stat(self, key: str) -> ObjectStat | None: ...

    def keys(self, prefix: str) -> Iterator[str]: ...

    def folders(self, prefix: str) -> list[str]: ...

    def write(self, key: str, content: bytes, *, expected: bytes | object = ...) -> None: ...

    def publish(self, key: str, file: Path, sha256: str) -> None: ...

    def fetched(self, key: str) -> AbstractContextManager[Path]: ...

    def delete(self, key: str) -> None: ...

    def workspace(self) -> AbstractContextManager[Path]: ...

    def sweep(self) -> int: ...
