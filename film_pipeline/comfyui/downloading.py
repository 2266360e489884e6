"""Bringing a finished file home: streamed, counted, hashed, resumed after a cut, published by a rename."""

import errno
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError, plain
from film_pipeline.comfyui.transport import Transport
from film_pipeline.errors import StorageFullError

_FRUITLESS_TRIES = 4
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Download:
    """Size in bytes and SHA-256 (hex) of what was written."""

    bytes: int
    sha256: str


def download(http: Transport, file: OutputFile, into: Path) -> Download:
    """Stream ``file`` to ``into``; tries that bring no new byte are limited, so that a slow but live server wins.

    Raises:
        FileNotFoundError: the server no longer has it. ServerFaultError, StorageFullError
    """
    partial = into.with_name(into.name + ".part")
    transfer = _Transfer(http, file, partial)
    try:
        result = transfer.run()
        partial.replace(into)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFullError(
                "No room on the disk while fetching a clip", where=into.name, remedy="Free some space and run again."
            ) from error
        raise
    finally:
        partial.unlink(missing_ok=True)
    return result


class _Transfer:
    def __init__(self, http: Transport, file: OutputFile, partial: Path) -> None:
        self._http = http
        self._file = file
        self._partial = partial
        self._done = 0
        self._total: int | None = None
        self._etag = ""
        self._hash = hashlib.sha256()

    def run(self) -> Download:
        fruitless = 0
        while True:
            before = self._done
            try:
                self._try()
            except ServerFaultError as fault:
                if fault.kind not in (FaultKind.NO_ANSWER, FaultKind.STATUS):
                    raise
                problem = fault
            else:
                if self._total is None or self._done == self._total:
                    break
                problem = self._cut()
            fruitless = 0 if self._done > before else fruitless + 1
            if fruitless >= _FRUITLESS_TRIES:
                raise problem
            time.sleep(_PAUSE_SECONDS * (1 + 2 * fruitless))
        return Download(self._done, self._hash.hexdigest())

    def _try(self) -> None:
        file = self._file
        params = {"filename": file.filename, "subfolder": file.subfolder, "type": file.kind}
        headers = {"Accept-Encoding": "identity"}
        if self._done and self._etag:
            headers |= {"Range": f"bytes={self._done}-", "If-Range": self._etag}
        with self._http.stream("/view", params, headers) as response:
            if response.status_code == 404:
                raise FileNotFoundError(errno.ENOENT, "the server no longer has the file", plain(file.filename, 120))
            self._begin(response)
            self._copy(response)

    def _begin(self, response: httpx.Response) -> None:
        """Go on where the last try ended if the server agrees, else from the start."""
        if response.status_code != 206 or _range_start(response) != self._done:
            self._done, self._hash = 0, hashlib.sha256()
        self._etag = response.headers.get("etag", "")
        length = response.headers.get("content-length", "")
        self._total = self._done + int(length) if length.isdigit() else None

    def _copy(self, response: httpx.Response) -> None:
        with self._partial.open("r+b" if self._done else "wb") as target:
            target.truncate(self._done)
            target.seek(self._done)
            # As the pieces come: pieces of a set size would be lost with the connection before they are full.
            for piece in response.iter_raw():
                target.write(piece)
                self._hash.update(piece)
                self._done += len(piece)
            target.flush()
            os.fsync(target.fileno())

    def _cut(self) -> ServerFaultError:
        return ServerFaultError(
            "A clip arrived cut",
            where=str(self._http.address),
            why=f"{self._done} of {self._total} bytes",
            remedy="Check the network between here and the server.",
        )


def _range_start(response: Any) -> int:
    text = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdigit() else -1
