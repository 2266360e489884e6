"""Runs whose process is gone: killed, or on a machine that went down. Dagster would show them as under way for ever.

Two kinds: runs in a process of the ``film`` command, which carry its mark, and runs that a daemon on this machine
launched, whose process id is in their events. In a cluster the launcher itself watches its pods, and nothing is done
here. Not here: asking for the work again (the ``director`` sensor).
"""

import json
import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import dagster as dg

from film_pipeline.defs.home import only_one

WORKER_TAG = "film/worker"
"""Run tag of a run in a process of the ``film`` command: host, process id and its start, to tell whether it lives."""

UNDER_WAY = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]

_LAUNCHED_BY_TAG = ".dagster/grpc_info"
_GONE = "The process of this run is gone; what it had finished is kept."
_LAUNCHING_SECONDS = 60.0
_PATIENCE_SECONDS = 2.0


def fail_dead_runs(instance: dg.DagsterInstance, home: Path) -> int:
    """Report runs failed whose ``film`` process was killed; returns how many."""
    with only_one(home, "dead-runs"):
        runs = instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY))
        dead = [run for run in runs if WORKER_TAG in run.tags and not _lives(run.tags[WORKER_TAG])]
        return sum(_reported(instance, run.run_id) for run in dead)


def fail_lost_runs(instance: dg.DagsterInstance, records: Iterable[dg.RunRecord]) -> int:
    """Report those of the runs under way failed whose process is gone; returns how many."""
    if not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return 0
    lost = [record.dagster_run.run_id for record in records if _is_lost(instance, record)]
    return sum(_reported(instance, run_id) for run_id in lost)


def worker_mark() -> str:
    """The value of ``WORKER_TAG`` for this process."""
    return f"{os.uname().nodename} {os.getpid()} {_started(os.getpid())}"


def _reported(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Read again first: a process that is gone may have ended well in the meantime."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    instance.report_run_failed(run, _GONE)
    return True


def _is_lost(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    run = record.dagster_run
    if run.status not in UNDER_WAY:
        return False
    if WORKER_TAG in run.tags:
        return not _lives(run.tags[WORKER_TAG])
    process = _process_of(instance, run.run_id)
    if process:
        return not _is_older(*process)
    if _LAUNCHED_BY_TAG in run.tags:
        return not _answers(json.loads(run.tags[_LAUNCHED_BY_TAG]))
    return time.time() - record.update_timestamp.timestamp() > _LAUNCHING_SECONDS


def _process_of(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process id that a run told of, and when; None while it has no process yet."""
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT).records:
        event = record.event_log_entry.dagster_event
        pid = event.engine_event_data.metadata.get("pid") if event else None
        if pid is not None and str(pid.value).isdigit():
            return int(str(pid.value)), record.event_log_entry.timestamp
    return None


def _is_older(pid: int, told: float) -> bool:
    """Whether the process is there and was when its run told of it; process ids are used again."""
    started = _started(pid)
    if not started.isdigit():
        return started != "gone"
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    return int(boot.split()[1]) + int(started) / os.sysconf("SC_CLK_TCK") <= told + _PATIENCE_SECONDS


def _answers(server: dict[str, str | int]) -> bool:
    """Whether the code server that was to start a run is still there."""
    path, port = server.get("socket"), server.get("port")
    with suppress(OSError), socket.socket(socket.AF_UNIX if path else socket.AF_INET) as connection:
        connection.settimeout(_PATIENCE_SECONDS)
        connection.connect(str(path) if path else (str(server.get("host", "localhost")), int(port or 0)))
        return True
    return False


def _lives(mark: str) -> bool:
    host, pid, started = mark.split(" ")
    if host != os.uname().nodename:
        return True  # another machine's process cannot be judged from here
    return _started(int(pid)) == started


def _started(pid: int) -> str:
    """When a process started, in the kernel's clock ticks; "gone" if there is none. Process ids are used again."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "gone" if state == "Z" else fields[18]
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
