"""The Dagster side of a film home: its configuration, its history, and runs whose process is gone.

The history is lineage, not truth: deleting it costs nothing but the past. Hence the relaxed SQLite settings below.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

WORKER_TAG = "film/worker"
"""Run tag of a run in a process of the ``film`` command: host, process id and its start, to tell whether it lives."""

_CONFIG = f"""\
# Written by film_pipeline when this home was made; yours to change.
# Runs keep their events in history/; nothing here is needed to make or find a film.
telemetry:
  enabled: false
nux:
  enabled: false
# Steps log through Dagster's own events; capturing their standard output too costs more than a whole small step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
# Runs that the daemon has under way at once: one a core. With more ComfyUI servers than cores, one a server.
concurrency:
  runs:
    max_concurrent_runs: {max(2, os.cpu_count() or 2)}
"""


def prepare_home(home: Path) -> None:
    """Make the folder a Dagster home, and leave alone what people configured there."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    with _only_one(home, "prepare"):
        if not config.exists():
            part = config.with_name(".dagster.yaml.part")
            part.write_text(_CONFIG)
            part.replace(config)
        if not (home / "history").exists() and config.read_text() == _CONFIG:
            _make_history(home)


def _make_history(home: Path) -> None:
    """Create the empty databases beside the home and move them in whole.

    Dagster creates them table by table and never completes a half-made one: a kill in between would spoil the home.
    """
    for left_by_a_kill in home.glob(".history-*"):
        shutil.rmtree(left_by_a_kill)
    with tempfile.TemporaryDirectory(dir=home, prefix=".history-") as folder:
        made = Path(folder)
        (made / "dagster.yaml").write_text(_CONFIG)
        with dg.DagsterInstance.from_config(folder) as instance:
            instance.get_runs(limit=1)
            instance.get_dynamic_partitions("films")
            instance.all_instigator_state()
        if not (home / "schedules").exists():
            (made / "schedules").replace(home / "schedules")
        (made / "history").replace(home / "history")


@contextmanager
def open_history(home: Path) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a home."""
    prepare_home(home)
    _relax_sqlite()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def fail_dead_runs(instance: dg.DagsterInstance, home: Path) -> int:
    """Report runs failed whose ``film`` process was killed, else they would seem to run for ever; returns how many."""
    with _only_one(home, "dead-runs"):
        return _fail_dead_runs(instance)


def _fail_dead_runs(instance: dg.DagsterInstance) -> int:
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    dead = [run for run in instance.get_runs(unfinished) if WORKER_TAG in run.tags and not _lives(run.tags[WORKER_TAG])]
    for run in dead:
        instance.report_run_failed(run, "The process of this run is gone; what it had finished is kept.")
    return len(dead)


@contextmanager
def _only_one(home: Path, doing: str) -> Iterator[None]:
    """Several workers start at once; each of these is done by one of them while the others wait."""
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{doing}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def worker_mark() -> str:
    """The value of ``WORKER_TAG`` for this process."""
    return f"{os.uname().nodename} {os.getpid()} {_started(os.getpid())}"


def _lives(mark: str) -> bool:
    host, pid, started = mark.split(" ")
    if host != os.uname().nodename:
        return True  # another machine's process cannot be judged from here
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process started, in the kernel's clock ticks; "gone" if there is none. Process ids are used again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return _started_without_proc(pid)


def _started_without_proc(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        return "unknown"
    return "unknown"


def _relax_sqlite() -> None:
    """Do not wait for the disk at every event: a power cut may cost the last events, never a clip or a movie."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, "connect", _set_pragma):
        event.listen(Engine, "connect", _set_pragma)


def _set_pragma(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous=OFF")
