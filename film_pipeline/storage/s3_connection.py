"""Connecting to an S3 server: AWS, MinIO and Silo, Ceph, SeaweedFS alike.

Endpoint, region and keys are found by boto3 where it finds them everywhere: ``AWS_ENDPOINT_URL_S3``, the shared
files, a role of the machine. Not here: what is done with the connection (``s3.py``).
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from film_pipeline.errors import StorageAccessError
from film_pipeline.storage.s3_faults import explaining, is_away

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_s3.client import S3Client

PATIENT_ATTEMPTS = 12
"""Of each call, where ``AWS_MAX_ATTEMPTS`` says nothing else: with growing pauses of up to 20 s, a server may be away
for half a minute and more."""

QUICK_ATTEMPTS = 2

_PAUSE_SECONDS = 10.0
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_CONNECTIONS = 16


def connect(*, profile_name: str | None = None, attempts: int = PATIENT_ATTEMPTS, **given: Any) -> "S3Client":
    """A client of the server that the environment names, or that ``given`` names in boto3's words.

    Raises:
        botocore.exceptions.BotoCoreError, ValueError: the configuration itself cannot be used.
    """
    import boto3  # imported where it is chosen: it takes a quarter of a second

    session = boto3.session.Session(profile_name=profile_name)
    given = _in_dotenv() | {name: value for name, value in given.items() if value is not None}
    if attempts == PATIENT_ATTEMPTS:
        attempts = _wished_attempts()
    client: S3Client = session.client("s3", config=_config(attempts), **given)
    scoped = session._session.get_scoped_config().get("s3") or {}
    if "addressing_style" not in scoped and not is_aws(client.meta.endpoint_url):
        # Elsewhere no name such as BUCKET.server exists in DNS.
        client = session.client("s3", config=_config(attempts, addressing_style="path"), **given)
    client.meta.events.register_last("needs-retry.s3", _going_on(attempts))  # type: ignore[arg-type]  # its reply counts
    return client


Connect = Callable[[int], "S3Client"]
"""Makes a client that tries each call so many times."""


def connect_by_environment(attempts: int) -> "S3Client":
    return connect(attempts=attempts)


class Connection:
    """The clients of this process, made when first needed; what they raise becomes our errors."""

    def __init__(self, making: Connect = connect_by_environment) -> None:
        self._making = making
        self._clients: dict[tuple[int, int], S3Client] = {}
        self._lock = threading.Lock()

    @contextmanager
    def asking(self, doing: str, where: str, attempts: int = PATIENT_ATTEMPTS) -> Iterator["S3Client"]:
        """A client for one thing that is done to ``where`` (an address for people).

        Raises:
            StorageAccessError, StorageFullError, StorageUnreachableError, StorageError
        """
        with explaining(doing, where, ""):
            client = self._client(attempts)
        with explaining(doing, where, without_secret(client.meta.endpoint_url)):
            yield client

    def _client(self, attempts: int) -> "S3Client":
        which = (os.getpid(), attempts)  # connections do not survive a fork
        with self._lock:
            if which not in self._clients:
                try:
                    self._clients[which] = self._making(attempts)
                except ValueError as error:
                    raise StorageAccessError(
                        "The S3 server's address cannot be used",
                        where="AWS_ENDPOINT_URL_S3",
                        why="it is no address that begins with http:// or https://",
                        remedy="Correct it.",
                    ) from error
            return self._clients[which]


def is_aws(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def without_secret(endpoint: str) -> str:
    """An address without user and password."""
    parts = urlsplit(endpoint)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


_VARIABLES = {
    "AWS_ENDPOINT_URL_S3": "endpoint_url",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
    "AWS_SESSION_TOKEN": "aws_session_token",
    "AWS_DEFAULT_REGION": "region_name",
    "AWS_CA_BUNDLE": "verify",
}


def _wished_attempts() -> int:
    wish = os.environ.get("AWS_MAX_ATTEMPTS", "")
    if wish and (not wish.isdecimal() or int(wish) < 1):
        raise StorageAccessError(
            "The S3 server cannot be asked",
            where="AWS_MAX_ATTEMPTS",
            why=f"{wish!r} is no number of attempts",
            remedy="Make it a whole number, 1 or more, or leave it out.",
        )
    return int(wish or PATIENT_ATTEMPTS)


def _going_on(most: int) -> Callable[..., float | None]:
    """What botocore asks last whether to repeat a call: seconds to wait, or None to give up.

    Botocore itself gives up before ``most`` attempts once the calls of a process were repeated about 35 times, which a
    server that is away for minutes uses up. This goes on to the last attempt.
    """

    def pause(attempts: int, caught_exception: Exception | None, response: Any, **_: object) -> float | None:
        status = response[0].status_code if response else 0
        goes_on = attempts < most and is_away(caught_exception, status)
        return _PAUSE_SECONDS if goes_on else None

    return pause


def _in_dotenv() -> dict[str, Any]:
    """What ``.env`` says, where the environment itself says nothing: boto3 alone would not look there."""
    from dotenv import dotenv_values

    found = dotenv_values(".env", encoding="utf-8-sig")
    return {
        argument: found[name] for name, argument in _VARIABLES.items() if found.get(name) and not os.environ.get(name)
    }


def _config(attempts: int, addressing_style: Literal["auto", "path"] = "auto") -> "Config":
    from botocore.config import Config

    return Config(
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        # Older servers refuse the checksums that newer clients add unasked; ours is a SHA-256 kept beside the object.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": addressing_style},
    )
