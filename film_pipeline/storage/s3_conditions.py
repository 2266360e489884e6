"""Does the server honour conditional writes? Without them two writers of the cut would lose each other's work."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from film_pipeline.errors import StorageAccessError
from film_pipeline.storage.s3_faults import OVERTAKEN, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

RACES = 20

Spelling = Callable[[str], str]
"""How this server wants an ETag written in ``If-Match``."""


def _as_told(etag: str) -> str:
    return etag


def _without_quotes(etag: str) -> str:
    return etag.strip('"')


def require_conditions(client: "S3Client", bucket: str, prefix: str, where: str) -> Spelling:
    """Write a small object under conditions that hold and that do not; returns how ETags are to be written.

    Ceph compares the ETag in ``If-Match`` without the quotes that HTTP asks for; others take it as they gave it.

    Raises:
        StorageAccessError: the server ignores conditions, or refuses those that hold. Boto3's errors.
    """
    another = '"00000000000000000000000000000000"'
    with _trial(client, bucket, prefix) as written:
        etag = written(b"once")
        if written(b"twice", IfNoneMatch="*") or any(
            written(b"twice", IfMatch=spelt(another)) for spelt in (_as_told, _without_quotes)
        ):
            raise _unfit("it overwrote an object that was to be written only if absent or unchanged", where)
        for spelt in (_as_told, _without_quotes):
            if written(b"once", IfMatch=spelt(etag)):
                return spelt
        raise _unfit("it refused to replace an object that nobody had changed (If-Match)", where)


def require_one_winner(client: "S3Client", bucket: str, prefix: str, where: str, spelt: Spelling) -> None:
    """Let two writers create one object at the same instant, then replace it, ``RACES`` times each: one may win.

    A server that compares first and writes afterwards honours every condition of a single writer. Rounds that nobody
    won tell nothing (an answer was lost, or both were asked to come again); most must have been won.

    Raises:
        StorageAccessError: both won, or too few races had a winner. Boto3's errors.
    """
    without = {"If-None-Match": 0, "If-Match": 0}
    with ThreadPoolExecutor(2) as writers:
        for _ in range(RACES):
            with _trial(client, bucket, prefix) as written:
                created = _raced(writers, written, b"created", where, IfNoneMatch="*")
                etag = created or written(b"once")
                replaced = _raced(writers, written, b"replaced", where, IfMatch=spelt(etag))
                without["If-None-Match"] += not created
                without["If-Match"] += not replaced
    for condition, count in without.items():
        if count > RACES / 2:
            raise _unfit(f"{count} times of {RACES} it refused both of two writers at one instant ({condition})", where)


def _raced(writers: ThreadPoolExecutor, written: Callable[..., str], words: bytes, where: str, **condition: str) -> str:
    """The ETag of the one of two writers who won, empty if none did; the same ``words`` again would have the same."""
    start = Barrier(2)

    def race(writer: bytes) -> str:
        start.wait()
        return written(words + writer, **condition)

    won = [told for told in writers.map(race, (b" by one", b" by two")) if told]
    if len(won) == 2:
        raise _unfit("two writers at one instant were both told that theirs is the one that counts", where)
    return won[0] if won else ""


@contextmanager
def _trial(client: "S3Client", bucket: str, prefix: str) -> Iterator[Callable[..., str]]:
    """A function that writes one small object, which is gone afterwards; it returns the ETag, empty if not written."""
    key = f"{prefix}.check-{uuid.uuid4().hex}"

    def written(content: bytes, **condition: str) -> str:
        try:
            return client.put_object(Bucket=bucket, Key=key, Body=content, **condition)["ETag"]  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) not in OVERTAKEN:
                raise
            return ""

    try:
        yield written
    finally:
        client.delete_object(Bucket=bucket, Key=key)


def _unfit(why: str, where: str) -> StorageAccessError:
    return StorageAccessError(
        "This S3 server does not honour conditional writes",
        where=where,
        why=why,
        remedy="Use one that does: AWS, MinIO or Silo, Ceph, or a recent SeaweedFS.",
    )
