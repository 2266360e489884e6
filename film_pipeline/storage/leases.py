"""Leases: one worker at a time on one thing of a film, also among machines that share nothing but the bucket.

A lease is a small object that its holder keeps renewing. Who waits takes it over when it was not renewed for a while,
by the waiter's own clock, so that clocks need not agree; and at once where the holder was an earlier try of the same
request, or a process of this machine that is gone. A lease saves work that would be done twice; it guards nothing:
what is stored is content-addressed, and the pointer moves by conditional writes.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from film_pipeline.errors import StorageConflictError, StorageError
from film_pipeline.storage.objects import ABSENT, Objects
from film_pipeline.storage.workspaces import lives

RENEWED_EVERY_SECONDS = 15.0
EXPIRES_AFTER_SECONDS = 60.0

_POLL_SECONDS = 1.0


@contextmanager
def leased(objects: Objects, key: str, request: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lease at ``key`` for ``request``; calls ``waiting`` about once a second while another has it.

    Raises:
        StorageError: the storage fails.
    """
    lease = _Lease(objects, key, request)
    lease.acquire(waiting)
    ended = threading.Event()
    renewing = threading.Thread(target=lease.renew_until, args=(ended,), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        lease.release()


class _Lease:
    def __init__(self, objects: Objects, key: str, request: str) -> None:
        self._objects, self._key, self._request = objects, key, request
        self._mine = b""

    def acquire(self, waiting: Callable[[], None]) -> None:
        seen, since = b"", time.monotonic()
        while True:
            present = self._objects.read(self._key)
            if present != seen:
                seen, since = present or b"", time.monotonic()
            abandoned = time.monotonic() - since > EXPIRES_AFTER_SECONDS
            if (present is None or abandoned or self._may_take(present)) and self._written(present):
                return
            waiting()
            time.sleep(_POLL_SECONDS)

    def renew_until(self, ended: threading.Event) -> None:
        while not ended.wait(RENEWED_EVERY_SECONDS):
            with suppress(StorageError):  # taken over, or the storage is away: the work itself will tell
                self._written(self._mine)

    def release(self) -> None:
        with suppress(StorageError):  # it expires by itself
            if self._objects.read(self._key) == self._mine:
                self._objects.delete(self._key)

    def _written(self, present: bytes | None) -> bool:
        """Whether the lease is ours now, where it was ``present`` until this moment."""
        mine = json.dumps(
            {
                "request": self._request,
                "host": os.uname().nodename,
                "process": os.getpid(),
                "mark": uuid.uuid4().hex,
            }
        ).encode()
        try:
            self._objects.write(self._key, mine, expected=ABSENT if present is None else present)
        except StorageConflictError:
            return False
        self._mine = mine
        return True

    def _may_take(self, present: bytes) -> bool:
        try:
            held = json.loads(present)
            if self._request and held["request"] == self._request:
                return True
            # A process does one thing after the other: what it holds itself is left over from a step that failed.
            gone = held["process"] == os.getpid() or not lives(str(held["process"]))
            return bool(held["host"] == os.uname().nodename and gone)
        except (ValueError, KeyError, TypeError):
            return True  # no lease of ours
