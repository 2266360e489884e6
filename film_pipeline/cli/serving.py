"""``film ui``: Dagster's pages with their daemon, and the screening room, side by side until one ends or you stop them.

Each runs in a process group of its own, so that Ctrl-C reaches only the parent, which then ends both with everything
they started. A parent that is killed takes both along.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType
from typing import Any

from film_pipeline.errors import FilmPipelineError
from film_pipeline.settings import Settings

_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE_SECONDS = 25.0  # dagster dev gives its webserver and daemon 10 s each


@dataclass(frozen=True)
class Address:
    """Where one of the two listens; ``allowed`` are further names that the screening room answers to."""

    host: str
    port: int
    allowed: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - shown, not listened on
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def serve_home(settings: Settings, dagster: Address | None, screening: Address) -> int:
    """Run Dagster (unless None) and the screening room until one ends or the user stops them; returns the exit code.

    Being stopped is no failure: 0. Otherwise the code of the one that ended by itself.
    """
    running: list[Any] = []
    ended: list[Any] = []
    with _stopping():
        try:
            if dagster:
                running.append(
                    _start("dagster", _run_dagster, settings.home, dagster, settings.screening_url or screening.url)
                )
            url = dagster.url if dagster else None
            running.append(_start("screening room", _run_screening, settings, screening, url))
            if settings.metrics:
                history = settings.home if dagster else settings.history_folder
                running.append(_start("metrics", _run_metrics, settings, history))
            ended = wait([process.sentinel for process in running])
        except KeyboardInterrupt:
            pass
        finally:
            _end(running)
    first = next((process for process in running if process.sentinel in ended), None)
    if first is None:
        return 0
    sys.stderr.write(f"film: {first.name} ended by itself (exit code {first.exitcode}), so all was stopped.\n")
    return abs(first.exitcode or 0) or 1


def _start(name: str, run: Callable[..., None], *arguments: Any) -> Any:
    process = _SPAWN.Process(target=_live, args=(run, *arguments), name=name)
    # The child is born ignoring Ctrl-C, which is the parent's to answer.
    answer = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, answer)
    return process


@contextmanager
def _stopping() -> Iterator[None]:
    """SIGTERM and SIGHUP are Ctrl-C, and a second one while all is being ended changes nothing."""
    told = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)


def _end(processes: list[Any]) -> None:
    """Ask each to end, wait, then make sure of it and of everything it started."""
    for process in processes:
        if process.is_alive():
            process.terminate()
    until = time.monotonic() + _PATIENCE_SECONDS
    for process in processes:
        process.join(max(0.1, until - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()


def _live(run: Callable[..., None], *arguments: Any) -> None:
    """The life of a child: a process group of its own that does not outlive the parent."""
    os.setpgid(0, 0)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    run(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


def _run_dagster(home: Path, address: Address, room: str) -> None:
    """Run ``dagster dev`` and end as it ends; SIGTERM to us is Ctrl-C to all of it."""
    program = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "-m", "film_pipeline.definitions", "-h", address.host, "-p", str(address.port)]
    environment = {**os.environ, "DAGSTER_HOME": str(home), "FILM_HOME": str(home), "FILM_SCREENING_URL": room}
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what is ignored here would be ignored there
    running = subprocess.Popen([str(program), *arguments], env=environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGINT))
    from film_pipeline.cli.healing import watch_in_background  # what it imports shall not keep Dagster waiting

    watch_in_background(address.url)
    sys.exit(running.wait())


def _run_screening(settings: Settings, address: Address, dagster_url: str | None) -> None:
    from film_pipeline.screening.app import run_in_process

    with _told(settings):
        run_in_process(settings, address.host, address.port, dagster_url, address.allowed)


def _run_metrics(settings: Settings, history: Path) -> None:
    from film_pipeline.cli.metering import serve_metrics

    with _told(settings):
        serve_metrics(settings, history)


@contextmanager
def _told(settings: Settings) -> Iterator[None]:
    """A child logs as the settings say; an error of ours ends it with its advice and exit code 1."""
    if settings.log == "json":
        from film_pipeline.defs.json_log import log_as_json

        log_as_json()
    try:
        yield
    except FilmPipelineError as error:
        sys.stderr.write(f"film: {error}\n")
        sys.exit(1)
