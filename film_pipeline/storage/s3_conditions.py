"""Does the server honour conditional writes? Without them two writers of the cut would lose each other's work."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from film_pipeline.errors import StorageAccessError
from film_pipeline.storage.s3_faults import OVERTAKEN, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

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
    key = f"{prefix}.check-{uuid.uuid4().hex}"
    another = '"00000000000000000000000000000000"'

    def written(content: bytes, **condition: str) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=content, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) not in OVERTAKEN:
                raise
            return False
        return True

    try:
        etag = client.put_object(Bucket=bucket, Key=key, Body=b"once")["ETag"]
        if written(b"twice", IfNoneMatch="*") or any(
            written(b"twice", IfMatch=spelt(another)) for spelt in (_as_told, _without_quotes)
        ):
            raise _unfit("it overwrote an object that was to be written only if absent or unchanged", where)
        for spelt in (_as_told, _without_quotes):
            if written(b"once", IfMatch=spelt(etag)):
                return spelt
        raise _unfit("it refused to replace an object that nobody had changed (If-Match)", where)
    finally:
        client.delete_object(Bucket=bucket, Key=key)


def _unfit(why: str, where: str) -> StorageAccessError:
    return StorageAccessError(
        "This S3 server does not honour conditional writes",
        where=where,
        why=why,
        remedy="Use one that does: AWS, MinIO or Silo, Ceph, or a recent SeaweedFS.",
    )
