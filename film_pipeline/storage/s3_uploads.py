"""Uploads that a killed process began and never ended: invisible, paid for, and ended by us after a day."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from film_pipeline.storage.keys import FILMS
from film_pipeline.storage.s3_faults import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

STALE_SECONDS = 24 * 3600.0


def is_due(folder: Path) -> bool:
    """Whether nobody swept for a day, as a note in ``folder`` tells; notes it for the next who asks."""
    note = folder / "swept-uploads"
    if note.exists() and time.time() - note.stat().st_mtime < STALE_SECONDS:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    note.touch()
    return True


def sweep(client: "S3Client", bucket: str, prefix: str, older_than_seconds: float = STALE_SECONDS) -> int:
    """End the uploads to our films that were begun so long ago; returns how many.

    Raises:
        Boto3's errors.
    """
    ended = 0
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=f"{prefix}{FILMS}/")
    for page in pages:
        for upload in page.get("Uploads", []):
            if time.time() - upload["Initiated"].timestamp() >= older_than_seconds:
                ended += _end(client, bucket, upload["Key"], upload["UploadId"])
    return ended


def _end(client: "S3Client", bucket: str, key: str, upload_id: str) -> bool:
    try:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise
        return False
    return True
