"""Media to and from a bucket: streamed in parts, and proven after each transfer by a digest of our own.

Every object of ours carries its SHA-256 as user metadata. A fetched file is hashed and held against it. Of a stored
one the server's ETag is held against the MD5 of what was to be sent, where the server keeps ETags so (all do, unless
they encrypt); where it does not, the object is read back. No server is trusted to refuse a damaged transfer.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from film_pipeline.errors import StorageCorruptError
from film_pipeline.models.digests import sha256_of
from film_pipeline.storage.objects import PIECE_BYTES
from film_pipeline.storage.s3_faults import code_of

if TYPE_CHECKING:
    from boto3.s3.transfer import TransferConfig
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

PART_BYTES = 16 * 1024**2
"""Files above this go in parts of it; the 10,000 parts that S3 allows make 160 GiB."""

_PARTS_AT_ONCE = 8
_TRIES = 3
_DAMAGED = {"BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest"}
"""The server itself saw that what arrived is not what was sent."""


@dataclass(frozen=True)
class Place:
    """An object of a bucket, whole: with the prefix."""

    client: "S3Client"
    bucket: str
    key: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def about(content_key: str, sha256: str) -> dict[str, Any]:
    """What is said of every object that we store: its digest, and its kind for browsers."""
    kind = "text/markdown" if content_key.endswith(".md") else mimetypes.guess_type(content_key)[0]
    return {"Metadata": {"sha256": sha256}, "ContentType": kind or "application/octet-stream"}


def told_sha256(metadata: Mapping[str, str]) -> str:
    """The SHA-256 in an object's user metadata; empty where others put it there. Some servers change its case."""
    return next((value for name, value in metadata.items() if name.lower() == "sha256"), "")


def upload(place: Place, file: Path, sha256: str) -> None:
    """Store ``file`` under the key unless it is there already; return only when the bucket has exactly it.

    Raises:
        StorageCorruptError: ``file`` is not what was made, or does not arrive whole. Boto3's errors.
    """
    digests = _Digests.of(file)
    if digests.sha256 != sha256:
        raise StorageCorruptError("A file changed before it was published", where=str(file), remedy="Run again.")
    if _is_there(place, digests):
        return
    for _ in range(_TRIES):
        _send(place, file, sha256)
        if _is_there(place, digests, proof=True):
            return
    raise StorageCorruptError(
        "What was stored is not what was sent",
        where=place.address,
        why=f"{_TRIES} transfers arrived damaged",
        remedy="Check the network, proxies and disks on the way to the server; then run again.",
    )


def download(place: Place, into: Path) -> None:
    """Write the object to ``into``, in parts, and check it against its digest.

    Raises:
        StorageCorruptError: it does not arrive as it was stored. Boto3's errors, FileNotFoundError.
    """
    for _ in range(_TRIES):
        told = place.client.head_object(Bucket=place.bucket, Key=place.key)
        sha256 = told_sha256(told["Metadata"])
        _receive(place, into)
        if into.stat().st_size == told["ContentLength"] and sha256 in ("", sha256_of(into)):
            return
    raise StorageCorruptError(
        "What is stored is not what was sent, or it is damaged on the way",
        where=place.address,
        why=f"{_TRIES} transfers had another SHA-256 than was noted when it was stored",
        remedy="Delete this object and run again: it is made anew.",
    )


@dataclass(frozen=True)
class _Digests:
    """Of a file: SHA-256, and what the ETag is where a server makes it of MD5."""

    bytes: int
    sha256: str
    etag: str

    @classmethod
    def of(cls, file: Path) -> "_Digests":
        whole, parts, size = hashlib.sha256(), [hashlib.md5(usedforsecurity=False)], 0
        in_parts = file.stat().st_size >= PART_BYTES
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                if in_parts and size and size % PART_BYTES == 0:
                    parts.append(hashlib.md5(usedforsecurity=False))
                whole.update(piece)
                parts[-1].update(piece)
                size += len(piece)
        etag = parts[0].hexdigest()
        if in_parts:
            joined = hashlib.md5(b"".join(part.digest() for part in parts), usedforsecurity=False)
            etag = f"{joined.hexdigest()}-{len(parts)}"
        return cls(size, whole.hexdigest(), etag)


def _is_there(place: Place, digests: _Digests, *, proof: bool = False) -> bool:
    """Whether the object says of itself that it is this file; with ``proof``, whether it really is."""
    try:
        told = place.client.head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if code_of(error) == "404":
            return False
        raise
    if told["ContentLength"] != digests.bytes or told_sha256(told["Metadata"]) != digests.sha256:
        return False
    return not proof or told["ETag"].strip('"') == digests.etag or _read_back(place, told) == digests.sha256


def _read_back(place: Place, told: "HeadObjectOutputTypeDef") -> str:
    body = place.client.get_object(Bucket=place.bucket, Key=place.key, IfMatch=told["ETag"])["Body"]
    digest = hashlib.sha256()
    with body:
        for piece in body.iter_chunks(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _send(place: Place, file: Path, sha256: str) -> None:
    from boto3.s3.transfer import create_transfer_manager

    try:
        with create_transfer_manager(place.client, _transfer_config()) as manager:
            manager.upload(str(file), place.bucket, place.key, extra_args=about(place.key, sha256)).result()
    except ClientError as error:
        # A completion that was done though its answer was lost is asked for again, and finds no upload any more.
        if code_of(error) != "NoSuchUpload" and code_of(error) not in _DAMAGED:
            raise


def _receive(place: Place, into: Path) -> None:
    from boto3.s3.transfer import create_transfer_manager

    with create_transfer_manager(place.client, _transfer_config()) as manager:
        manager.download(place.bucket, place.key, str(into)).result()


def _transfer_config() -> "TransferConfig":
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(
        multipart_threshold=PART_BYTES,
        multipart_chunksize=PART_BYTES,
        max_concurrency=_PARTS_AT_ONCE,
        io_chunksize=PIECE_BYTES,
        preferred_transfer_client="classic",
    )
