"""What an S3 server or the way to it complains of, in words: what, where, why, and what to do. Never a secret."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from film_pipeline.errors import (
    StorageAccessError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageUnreachableError,
)

T = TypeVar("T")

BODY_FAULTS = (HTTPClientError, IncompleteReadError)
"""A reply that broke off or came to a halt after it began; the call is to be made again."""

MISSING = {"404", "NoSuchKey", "NotFound"}
OVERTAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict", "OperationAborted"}


class Advice(NamedTuple):
    """The error to raise for a code of the server, why it happened, and what to do."""

    kind: type[StorageError]
    why: str
    remedy: str


_KEYS = "Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile that AWS_PROFILE names)."
_REGION = "Set AWS_DEFAULT_REGION to the region of the bucket."
_RIGHTS = (
    "Allow this key s3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject, s3:PutObject, "
    "s3:DeleteObject and s3:AbortMultipartUpload on its objects. It may also be another's bucket of this name."
)
_SERVER = "See the server's own log and space, then run again; what is finished is kept."
_ROOM = "Free space in the bucket or raise its quota, then run again; what is finished is kept."

_BAD_KEY = Advice(StorageAccessError, "the server does not know this access key", _KEYS)
_BAD_SECRET = Advice(StorageAccessError, "the secret key does not belong to this access key", _KEYS)
_OLD_TOKEN = Advice(
    StorageAccessError,
    "the session token is not valid or has run out",
    "Get new credentials, or correct AWS_SESSION_TOKEN.",
)
_NO_BUCKET = Advice(
    StorageAccessError,
    "there is no such bucket on this server",
    "Create the bucket, or correct FILM_STORAGE or AWS_ENDPOINT_URL_S3.",
)
_BAD_REGION = Advice(StorageAccessError, "the bucket lies in another region", _REGION)
_SKEW = Advice(
    StorageAccessError,
    "the clock of this machine differs too much from the server's",
    "Set the clock of this machine (NTP), then run again.",
)
_NO_RIGHT = Advice(StorageAccessError, "the server refused access", _RIGHTS)
_NO_WORDS = Advice(
    StorageAccessError,
    "the server refused to tell of an object, and HEAD has no words for why: key, token, clock, region or rights",
    "`film doctor` asks in a way that has words.",
)
_NO_ROOM = Advice(StorageFullError, "the server has no room left, or the quota is used up", _ROOM)
_BUSY = Advice(StorageUnreachableError, "the server is overloaded or failed inside, again and again", _SERVER)
_NO_S3 = Advice(
    StorageAccessError, "the server does not understand this S3 request", "Check that AWS_ENDPOINT_URL_S3 is an S3 API."
)

_BY_CODE = {
    "InvalidAccessKeyId": _BAD_KEY,
    "SignatureDoesNotMatch": _BAD_SECRET,
    "InvalidToken": _OLD_TOKEN,
    "ExpiredToken": _OLD_TOKEN,
    "TokenRefreshRequired": _OLD_TOKEN,
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "PermanentRedirect": _BAD_REGION,
    "301": _BAD_REGION,
    "AuthorizationHeaderMalformed": _BAD_REGION,
    "IllegalLocationConstraintException": _BAD_REGION,
    "InvalidRegion": _BAD_REGION,
    "RequestTimeTooSkewed": _SKEW,
    "AccessDenied": _NO_RIGHT,
    "AllAccessDisabled": _NO_RIGHT,
    "AccountProblem": _NO_RIGHT,
    "400": _NO_WORDS,
    "403": _NO_WORDS,
    "QuotaExceeded": _NO_ROOM,
    "XMinioStorageFull": _NO_ROOM,
    "InsufficientStorage": _NO_ROOM,
    "507": _NO_ROOM,
    "SlowDown": _BUSY,
    "ServiceUnavailable": _BUSY,
    "InternalError": _BUSY,
    "RequestTimeout": _BUSY,
    "MethodNotAllowed": _NO_S3,
    "405": _NO_S3,
}


PAUSES_SECONDS = (0.2, 1.0, 3.0)


def persistently(call: Callable[[], T]) -> T:
    """The result of ``call``, made again after a reply that broke off or arrived damaged.

    Boto3 itself repeats only what gets no reply.
    """
    for pause in PAUSES_SECONDS:
        try:
            return call()
        except (*BODY_FAULTS, StorageCorruptError):
            time.sleep(pause)
    return call()


@contextmanager
def explaining(doing: str, where: str, endpoint: str) -> Iterator[None]:
    """Turn what boto3 raises into our errors; ``doing`` is what was being done to ``where``.

    Raises:
        StorageAccessError, StorageFullError, StorageUnreachableError, StorageError
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        advice = _advice(error, endpoint)
        raise advice.kind(
            f"The S3 storage failed while {doing}",
            where=f"{where} at {endpoint}" if endpoint else where,
            why=advice.why,
            remedy=advice.remedy,
        ) from error


def is_away(error: Exception | None, status: int) -> bool:
    """Whether the server gave no answer, or the HTTP ``status`` of a fault of its own: later it may be back."""
    if error is None:
        return status >= 500
    return isinstance(error, HTTPClientError | NoConnectionError) and not isinstance(error, SSLError)


def code_of(error: ClientError) -> str:
    """The server's name for what is wrong; for a HEAD request, which has no words, the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _advice(error: BotoCoreError | ClientError, endpoint: str) -> Advice:
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        missing = "there is no access key, or only half of one"
        return Advice(StorageAccessError, missing, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    if isinstance(error, CredentialRetrievalError | UnauthorizedSSOTokenError):
        return Advice(StorageAccessError, "the credentials could not be had", "Log in again, or check the role.")
    if isinstance(error, ProfileNotFound):
        return Advice(StorageAccessError, "there is no such profile", "Correct AWS_PROFILE.")
    if isinstance(error, SSLError):
        why = "the server's certificate is not trusted, or it speaks no TLS"
        return Advice(StorageAccessError, why, "Set AWS_CA_BUNDLE, or correct AWS_ENDPOINT_URL_S3 (http or https).")
    if isinstance(error, ProxyConnectionError):
        return Advice(StorageUnreachableError, "the proxy does not answer", "Correct HTTPS_PROXY or NO_PROXY.")
    if isinstance(error, HTTPClientError | NoConnectionError | IncompleteReadError):
        why = f"no answer from the server ({type(error).__name__})"
        return Advice(StorageUnreachableError, why, "Start the server, or correct AWS_ENDPOINT_URL_S3; then run again.")
    why = f"boto3 cannot use its configuration ({type(error).__name__})"
    return Advice(StorageAccessError, why, "Check the AWS_ variables and the files in ~/.aws.")


def _refusal(error: ClientError) -> Advice:
    code = code_of(error)
    if code in _BY_CODE:
        return _BY_CODE[code]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500:
        return _BUSY._replace(why=f"the server failed ({code or status}), again and again")
    if status in (401, 403):
        return _NO_RIGHT._replace(why=f"the server refused access ({code})")
    operation = error.operation_name
    return Advice(StorageError, f"{operation} was answered with {code or status}", "See `film doctor`.")
