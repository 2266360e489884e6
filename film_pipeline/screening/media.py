"""Files out of the store as answers with byte ranges, piece by piece and never whole through memory.

The only place of the screening room that opens what is stored. It needs of a store no more than ``stat`` and
``fetched``, so a bucket serves as well as a folder.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from film_pipeline.errors import StorageConflictError
from film_pipeline.storage.objects import Objects, ObjectStat

FOREVER = "private, max-age=31536000, immutable"
"""For content under an address that holds its digest."""

ASK_FIRST = "private, no-cache"
"""For content that is replaced under its address: kept, but asked for by its ETag each time."""

_PIECE = 256 * 1024
_TRIES = 5


@dataclass(frozen=True)
class _Opened:
    """An open file whose content is what ``stat`` tells; close ``held`` when done."""

    file: BinaryIO
    stat: ObjectStat
    held: ExitStack


class _FileResponse(StreamingResponse):
    """Streams from an open file and closes it, also when the viewer leaves in the middle."""

    def __init__(self, opened: _Opened, content: AsyncIterator[bytes], status_code: int, headers: dict[str, str]):
        super().__init__(content, status_code=status_code, headers=headers)
        self._held = opened.held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


async def stored(request: Request, objects: Objects, key: str, media_type: str, keeping: str) -> Response | None:
    """The object ``key`` as the answer to ``request`` (200, 206, 304 or 416), or None where there is none.

    ``keeping`` is the Cache-Control. Several ranges in one request are answered with the whole, as HTTP allows.

    Raises:
        StorageConflictError: the object is being replaced again and again.
    """
    opened = await run_in_threadpool(_opened, objects, key)
    if opened is None:
        return None
    tag = f'"{opened.stat.bytes:x}-{round(opened.stat.modified * 1e9):x}"'
    headers = {
        "accept-ranges": "bytes",
        "cache-control": keeping,
        "content-type": media_type,
        "etag": tag,
        "last-modified": formatdate(opened.stat.modified, usegmt=True),
    }
    if _matches(request.headers.get("if-none-match", ""), tag):
        opened.held.close()
        return Response(status_code=304, headers={name: headers[name] for name in ("cache-control", "etag")})
    size = opened.stat.bytes
    wanted = _range(request.headers, headers, size)
    if wanted is not None and wanted.start >= size:
        opened.held.close()
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    if wanted is not None:
        headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    part = wanted if wanted is not None else range(size)
    headers["content-length"] = str(len(part))
    status = 206 if wanted is not None else 200
    if request.method == "HEAD":
        opened.held.close()
        return Response(status_code=status, headers=headers)
    return _FileResponse(opened, _pieces(opened.file, part), status, headers)


def _opened(objects: Objects, key: str) -> _Opened | None:
    """The object, open, so that a replacement in the middle of the answer changes nothing for this viewer."""
    for _ in range(_TRIES):
        before = objects.stat(key)
        if before is None:
            return None
        with ExitStack() as held:
            try:
                path = held.enter_context(objects.fetched(key))
                file = held.enter_context(path.open("rb"))
            except FileNotFoundError:
                continue
            if objects.stat(key) == before:
                return _Opened(file, before, held.pop_all())
    raise StorageConflictError("The file is being replaced just now", where=key, remedy="Load the page again.")


async def _pieces(file: BinaryIO, part: range) -> AsyncIterator[bytes]:
    await to_thread.run_sync(file.seek, part.start)
    left = len(part)
    while left:
        piece = await to_thread.run_sync(file.read, min(_PIECE, left))
        if not piece:
            return  # the file was cut short in place, which no writer of this store does; the length tells the viewer
        left -= len(piece)
        yield piece


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
