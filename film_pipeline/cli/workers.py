"""The worker processes of the ``film`` command: they execute the named jobs on the home's history.

Processes, never threads: Dagster's in-process execution deadlocks in threads. Each worker runs one job at a time in a
process group of its own, so that Ctrl-C reaches only the parent, which then ends the workers with their FFmpegs.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from film_pipeline.cli.orders import Order, Outcome
from film_pipeline.settings import Settings

_SPAWN = multiprocessing.get_context("spawn")


class Workers:
    """``count`` processes that run orders side by side; use as a context manager.

    A worker that dies takes only its own order with it, which is reported as failed; another takes its place.
    """

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._count = count
        self._busy: dict[Connection, tuple[Any, Order]] = {}
        self._idle: list[tuple[Any, Connection]] = []

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        everyone = [(process, pipe) for pipe, (process, _) in self._busy.items()] + self._idle
        for process, pipe in everyone:
            pipe.close()
            _end(process)

    def run(self, orders: list[Order]) -> Iterator[Outcome | None]:
        """Run ``orders``, as many at once as there are workers; yields outcomes as they come, None while waiting."""
        waiting = deque(orders)
        while waiting or self._busy:
            while waiting and len(self._busy) < self._count:
                process, pipe = self._idle.pop() if self._idle else self._start()
                pipe.send(waiting[0])
                self._busy[pipe] = (process, waiting.popleft())
            ready = wait(list(self._busy), timeout=0.2)
            if not ready:
                yield None
            for pipe in [pipe for pipe in self._busy if pipe in ready]:
                yield self._collect(pipe)

    def _collect(self, pipe: Connection) -> Outcome:
        process, order = self._busy.pop(pipe)
        try:
            outcome: Outcome = pipe.recv()
        except (EOFError, ConnectionError):
            process.join()
            return Outcome(order, "", _ended(process.exitcode), "WorkerKilled")
        self._idle.append((process, pipe))
        return outcome

    def _start(self) -> tuple[Any, Connection]:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(self._settings, theirs), daemon=True)
        # The child is born ignoring Ctrl-C, which is the parent's to answer.
        answer = signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.start()
        signal.signal(signal.SIGINT, answer)
        theirs.close()
        return process, ours


def _ended(code: int) -> str:
    if code < 0:
        return f"The worker process was ended from outside (signal {-code}). Run again."
    return f"The worker process ended by itself (exit code {code}); what it said stands above. Please report it."


def _end(process: Any) -> None:
    """End a worker and everything it started, and wait for it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _work(settings: Settings, pipe: Connection) -> None:
    """The life of a worker: take an order, run it, tell how it ended, until the parent is gone."""
    os.setpgid(0, 0)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    from film_pipeline.cli.execution import Executing

    with Executing(settings) as executing:
        while True:
            try:
                order: Order = pipe.recv()
            except EOFError:
                return
            pipe.send(executing.run(order))


def _die_with_parent() -> None:
    """A killed parent must not leave workers behind that go on rendering for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)
