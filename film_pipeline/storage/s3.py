"""Objects in an S3 bucket: small ones whole and conditionally, media in streamed parts, every transfer proven.

Nothing beyond S3 itself is asked of the server. A condition (``If-Match``, ``If-None-Match``) is only ever put on the
one request that writes a small object; servers that ignore it are refused. Not here: films (``films.py``), and how
media are moved (``s3_transfer.py``).
"""

import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from film_pipeline.errors import StorageConflictError, StorageCorruptError, StorageError
from film_pipeline.storage import s3_uploads
from film_pipeline.storage.disk_faults import explaining_disk
from film_pipeline.storage.fetched import DEFAULT_LIMIT_BYTES, FetchedFiles
from film_pipeline.storage.objects import ABSENT, PIECE_BYTES, ObjectStat
from film_pipeline.storage.s3_conditions import Spelling, require_conditions, require_one_winner
from film_pipeline.storage.s3_connection import (
    PATIENT_ATTEMPTS,
    QUICK_ATTEMPTS,
    Connect,
    Connection,
    connect_by_environment,
)
from film_pipeline.storage.s3_faults import BODY_FAULTS, MISSING, OVERTAKEN, PAUSES_SECONDS, code_of, persistently
from film_pipeline.storage.s3_transfer import Place, about, download, told_sha256, upload
from film_pipeline.storage.workspaces import sweep_workspaces, workspace_in

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef, ListObjectsV2OutputTypeDef


class S3Objects:
    """The objects below ``prefix`` of a bucket; fetched media and unfinished files lie in the local ``home``."""

    def __init__(
        self,
        bucket: str,
        prefix: str,
        home: Path,
        connect: Connect | None = None,
        cache_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._connection = Connection(connect or connect_by_environment)
        self._spelling: Spelling | None = None
        self._fetched = FetchedFiles(home / "cache" / "fetched", cache_bytes)
        self._work = home / ".work"

    def describe(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def require_usable(self) -> None:
        """Ask the server for the first key, without patience.

        Raises:
            StorageAccessError, StorageUnreachableError: with what is wrong and what to do.
        """
        with self._asking("looking into the bucket", attempts=QUICK_ATTEMPTS) as client:
            client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, MaxKeys=1)

    def read(self, key: str) -> bytes | None:
        """The whole content of a small object, or None where there is none.

        Raises:
            StorageCorruptError: its content is not what was written.
        """
        content, _ = self._read(key)
        return content

    def stat(self, key: str) -> ObjectStat | None:
        found = self._head(key)
        return found and ObjectStat(found["ContentLength"], found["LastModified"].timestamp(), found["ETag"])

    def stats(self, prefix: str) -> Iterator[tuple[str, ObjectStat]]:
        """Every object below ``prefix`` with its stat, in the bucket's order; no hidden names, no folder marks."""
        for page in self._pages(prefix):
            for found in page.get("Contents", []):
                key = found["Key"].removeprefix(self._prefix)
                if not key.endswith("/") and not any(part.startswith(".") for part in PurePosixPath(key).parts):
                    yield key, ObjectStat(found["Size"], found["LastModified"].timestamp(), found["ETag"])

    def keys(self, prefix: str) -> Iterator[str]:
        return (key for key, _ in self.stats(prefix))

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""
        pages = self._pages(prefix, Delimiter="/")
        names = (entry["Prefix"].split("/")[-2] for page in pages for entry in page.get("CommonPrefixes", []))
        return sorted(name for name in names if name and not name.startswith("."))

    def write(self, key: str, content: bytes, *, expected: bytes | object = ...) -> None:
        """Replace a small object; with ``expected`` only if its content is that (``ABSENT``: is not there).

        Raises:
            StorageConflictError: another writer was quicker. StorageAccessError: the server ignores conditions.
        """
        condition: dict[str, Any] = {}
        if expected is not ...:
            self.require_conditions()
            condition = (
                {"IfNoneMatch": "*"} if expected is ABSENT else {"IfMatch": self._spelt(self._version(key, expected))}
            )
        with self._asking("writing", key) as client:
            try:
                self._put(client, key, content, condition)
            except ClientError as error:
                if not condition or code_of(error) not in OVERTAKEN | MISSING:
                    raise
                # Asked a second time since the first answer was lost: then what is there may be ours.
                asked_again = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
                if not (asked_again and self.read(key) == content):
                    raise self._conflict(key) from error

    def publish(self, key: str, file: Path, sha256: str) -> None:
        """Store ``file`` after checking its SHA-256; readers see the old or the new, never a part. ``file`` is taken.

        Raises:
            StorageCorruptError: ``file`` is not what was made. StorageFullError: no room.
        """
        # Asking is inside: some of boto3's errors are OSErrors too.
        with explaining_disk("publishing", str(file)), self._asking("publishing", key) as client:
            upload(Place(client, self._bucket, self._key(key)), file, sha256)
        self._fetched.adopt(file, sha256 + PurePosixPath(key).suffix)

    @contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """A local copy of the object, fetched once, to be read only inside the block.

        Raises:
            StorageError: it is not there. StorageCorruptError: it is not what was stored.
        """
        with self._fetched.using(self._copy_name(key), lambda path: self._fetch(key, path)) as copy:
            yield copy

    @contextmanager
    def opened(self, key: str) -> Iterator["OpenedObject | None"]:
        """The object as it is now; it is asked for in ranges, of this version only."""
        stat = self.stat(key)
        yield OpenedObject(stat, lambda part: self._ranged(key, part, stat.version)) if stat else None

    def delete(self, key: str) -> None:
        with self._asking("deleting", key) as client:
            client.delete_object(Bucket=self._bucket, Key=self._key(key))

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A local folder for unfinished files; removed at the end."""
        with explaining_disk("making a work folder in", str(self._work)):
            self._work.mkdir(parents=True, exist_ok=True)
        with workspace_in(self._work) as folder:
            yield folder

    def require_conditions(self) -> None:
        """Refuse a server on which two writers of one object would lose each other's work.

        Raises:
            StorageAccessError: it ignores conditions.
        """
        self._spelt("*")

    def require_one_winner(self) -> None:
        """Refuse a server on which two writers of one object at the same instant may both be told that they won.

        Raises:
            StorageAccessError
        """
        with self._asking("having two writers race") as client:
            require_one_winner(client, self._bucket, self._prefix, self.describe(), self._spelt)

    def end_stale_uploads(self, older_than_seconds: float = s3_uploads.STALE_SECONDS) -> int:
        """End what killed processes began to upload so long ago; returns how many."""
        with self._asking("ending unfinished uploads") as client:
            return s3_uploads.sweep(client, self._bucket, self._prefix, older_than_seconds)

    def sweep(self) -> int:
        """Remove what dead processes left here, and once a day uploads that were begun a day ago and never ended."""
        self._fetched.sweep()
        swept = sweep_workspaces(self._work)
        if s3_uploads.is_due(self._work):
            with suppress(StorageError):  # it saves room, no more; `film doctor` tells where it is not allowed
                swept += self.end_stale_uploads()
        return swept

    # Talking to the server

    def _ranged(self, key: str, part: range, version: str) -> Generator[bytes]:
        """The bytes of ``part`` as long as the object has this version; goes on after a reply that broke off."""
        start, pauses = part.start, list(PAUSES_SECONDS)
        while start < part.stop:
            with self._asking("reading", key) as client:
                try:
                    for piece in self._pieces(client, key, range(start, part.stop), version):
                        start += len(piece)
                        yield piece
                except BODY_FAULTS:
                    if not pauses:
                        raise
                    time.sleep(pauses.pop(0))
                except ClientError as error:
                    if code_of(error) not in OVERTAKEN | MISSING:
                        raise
                    raise self._conflict(key) from error

    def _pieces(self, client: "S3Client", key: str, part: range, version: str) -> Iterator[bytes]:
        asked = f"bytes={part.start}-{part.stop - 1}"
        reply = client.get_object(Bucket=self._bucket, Key=self._key(key), Range=asked, IfMatch=version)
        with closing(reply["Body"]) as body:
            yield from body.iter_chunks(PIECE_BYTES)

    def _head(self, key: str) -> "HeadObjectOutputTypeDef | None":
        with self._asking("looking up", key) as client:
            try:
                return client.head_object(Bucket=self._bucket, Key=self._key(key))
            except ClientError as error:
                if code_of(error) not in MISSING:
                    raise
                return None

    def _read(self, key: str) -> tuple[bytes | None, str]:
        """Content and version."""
        with self._asking("reading", key) as client:
            try:
                return persistently(lambda: self._get(client, key))
            except ClientError as error:
                if code_of(error) in MISSING:
                    return None, ""
                raise

    def _get(self, client: "S3Client", key: str) -> tuple[bytes, str]:
        reply = client.get_object(Bucket=self._bucket, Key=self._key(key))
        with closing(reply["Body"]) as body:
            content = body.read()
        if told_sha256(reply["Metadata"]) not in ("", hashlib.sha256(content).hexdigest()):
            raise StorageCorruptError(
                "What is stored is not what was written, or it is damaged on the way",
                where=f"{self.describe()}/{key}",
                why="its SHA-256 is not the one in its metadata",
                remedy="Run again. If you changed this object yourself, store it again without the old metadata.",
            )
        return content, reply["ETag"]

    def _put(self, client: "S3Client", key: str, content: bytes, condition: dict[str, Any]) -> None:
        whole = self._key(key)
        said = about(whole, hashlib.sha256(content).hexdigest())
        client.put_object(Bucket=self._bucket, Key=whole, Body=content, **said, **condition)

    def _version(self, key: str, expected: bytes | object) -> str:
        content, version = self._read(key)
        if content is None or content != expected:
            raise self._conflict(key)
        return version

    def _fetch(self, key: str, into: Path) -> None:
        with self._asking("fetching", key) as client:
            download(Place(client, self._bucket, self._key(key)), into)

    def _copy_name(self, key: str) -> str:
        found = self._head(key)
        if found is None:
            where = f"{self.describe()}/{key}"
            raise StorageError("This is not in the storage", where=where, remedy="Run again: it is made anew.")
        # What people put there has no digest of ours; its version names it as well.
        named = told_sha256(found["Metadata"]) or hashlib.sha256(f"{key} {found['ETag']}".encode()).hexdigest()
        return named + PurePosixPath(key).suffix

    def _pages(self, prefix: str, **more: str) -> Iterator["ListObjectsV2OutputTypeDef"]:
        with self._asking("listing", prefix) as client:
            pages = client.get_paginator("list_objects_v2")
            yield from pages.paginate(Bucket=self._bucket, Prefix=self._key(prefix), **more)  # type: ignore[arg-type]

    def _spelt(self, version: str) -> str:
        """A version as this server wants to read it in a condition; asks it once whether it honours any."""
        if self._spelling is None:
            with self._asking("checking conditional writes") as client:
                self._spelling = require_conditions(client, self._bucket, self._prefix, self.describe())
        return self._spelling(version)

    def _conflict(self, key: str) -> StorageConflictError:
        return StorageConflictError("Another writer was quicker", where=f"{self.describe()}/{key}", remedy="Run again.")

    def _asking(
        self, doing: str, key: str = "", attempts: int = PATIENT_ATTEMPTS
    ) -> AbstractContextManager["S3Client"]:
        return self._connection.asking(doing, f"{self.describe()}/{key}".rstrip("/"), attempts)

    def _key(self, key: str) -> str:
        if ".." in PurePosixPath(key).parts or key.startswith("/") or "\0" in key:
            raise StorageError("This key leaves the store", where=repr(key), remedy="Use the keys of storage/keys.py.")
        return self._prefix + key


@dataclass(frozen=True)
class OpenedObject:
    """One version of an object, asked for in ranges."""

    stat: ObjectStat
    pieces: Callable[[range], Generator[bytes]]
