"""Objects out of the store as answers with byte ranges, piece by piece and never whole through memory.

The only place of the screening room that opens what is stored: a folder's file, or ranges of a bucket's object, which
are passed through as they are asked for.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from email.utils import formatdate
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from film_pipeline.storage.objects import Objects

FOREVER = "private, max-age=31536000, immutable"
"""For content under an address that holds its digest."""

ASK_FIRST = "private, no-cache"
"""For content that is replaced under its address: kept, but asked for by its ETag each time."""


class _ObjectResponse(StreamingResponse):
    """Streams from an opened object and closes it, also when the viewer leaves in the middle."""

    def __init__(self, held: ExitStack, content: Iterator[bytes], status_code: int, headers: dict[str, str]):
        super().__init__(content, status_code=status_code, headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


async def stored(request: Request, objects: Objects, key: str, media_type: str, keeping: str) -> Response | None:
    """The object ``key`` as the answer to ``request`` (200, 206, 304 or 416), or None where there is none.

    ``keeping`` is the Cache-Control. Several ranges in one request are answered with the whole, as HTTP allows.

    Raises:
        StorageError: the store does not answer.
    """
    held = ExitStack()
    opened = await run_in_threadpool(held.enter_context, objects.opened(key))
    if opened is None:
        held.close()
        return None
    tag = f'"{sha256(opened.stat.version.encode()).hexdigest()[:32]}"'
    headers = {
        "accept-ranges": "bytes",
        "cache-control": keeping,
        "content-type": media_type,
        "etag": tag,
        "last-modified": formatdate(opened.stat.modified, usegmt=True),
    }
    if _matches(request.headers.get("if-none-match", ""), tag):
        held.close()
        return Response(status_code=304, headers={name: headers[name] for name in ("cache-control", "etag")})
    size = opened.stat.bytes
    wanted = _range(request.headers, headers, size)
    if wanted is not None and wanted.start >= size:
        held.close()
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if wanted is not None:
        headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    part = wanted if wanted is not None else range(size)
    headers["content-length"] = str(len(part))
    status = 206 if wanted is not None else 200
    if request.method == "HEAD":
        held.close()
        return Response(status_code=status, headers=headers)
    pieces = opened.pieces(part)
    held.callback(pieces.close)
    return _ObjectResponse(held, pieces, status, headers)


def _matches(wanted: str, tag: str) -> bool:
    return any(mark.strip().removeprefix("W/") in (tag, "*") for mark in wanted.split(","))


def _range(asked: Headers, told: dict[str, str], size: int) -> range | None:
    """The bytes that are asked for, or None for all; a range that starts at ``size`` cannot be satisfied."""
    unit, _, spec = asked.get("range", "").partition("=")
    first, dash, last = spec.strip().partition("-")
    condition = asked.get("if-range")
    if unit.strip().lower() != "bytes" or not dash or condition not in (None, told["etag"], told["last-modified"]):
        return None
    if not all(
        number == "" or (number.isascii() and number.isdigit() and len(number) < 20) for number in (first, last)
    ):
        return None
    if first == "":
        return range(size - min(int(last), size), size) if last else None
    end = min(int(last) + 1, size) if last else size
    if int(first) >= size:
        return range(size, size)
    return range(int(first), end) if int(first) < end else None
