"""The Dagster side of a film home: its configuration and its history.

The history is lineage, not truth: deleting it costs nothing but the past. Hence the relaxed SQLite settings below.
Not here: runs whose process is gone (``lost_runs.py``), who gets a GPU when (``queueing.py``).
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from film_pipeline.storage.disk_faults import explaining_disk

if TYPE_CHECKING:  # takes seconds, and `film ui` on a home that is there has no need of it
    import dagster as dg

_CONFIG = """\
# Written by film_pipeline when this home was made; yours to change, and then left alone.
# Runs keep their events in history/; nothing here is needed to make or find a film.
telemetry:
  enabled: false
nux:
  enabled: false
# Steps log through Dagster's own events; capturing their standard output too costs more than a whole small step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:
  # Scenes rendered at once are bounded by the pool "gpu" (Deployment > Concurrency): one a ComfyUI server or core.
  # A scene beyond that waits in the queue, by its priority, and not in a process.
  pools:
    granularity: run
  runs:
    # The scenes of the pool, and storyboards and a cut beside them.
    max_concurrent_runs: {runs}
    # Two runs of one scene, or of one film's movie, never overlap.
    tag_concurrency_limits:
      - key: dagster/partition
        value:
          applyLimitPerUniqueValue: true
        limit: 1
      # However many scripts there are, the first storyboard's scenes are rendered while the next ones are written.
      - key: film/step
        value: storyboard
        limit: 2
# A run that is due while the code server is being brought back waits for it in the queue, and does not fail.
run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    max_user_code_failure_retries: 30
    user_code_failure_retry_delay: 10
# A run that never comes to life is reported failed, and asked for again.
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  max_resume_run_attempts: 0
  poll_interval_seconds: 60
# What sensors found nothing to do in is forgotten after a day.
retention:
  sensor:
    purge_after_days:
      skipped: 1
"""
_BESIDE = 3  # runs beside those of the pool


def prepare_home(home: Path, slots: int | None = None) -> None:
    """Make the folder a Dagster home for ``slots`` scenes at once, and leave alone what people configured there.

    Without ``slots`` an existing home stays as it is.

    Raises:
        StorageFullError, StorageError: the folder cannot be written.
    """
    with explaining_disk("preparing the home", str(home)), only_one(home, "prepare"):
        config = home / "dagster.yaml"
        wanted = _CONFIG.format(runs=_BESIDE + (slots or os.cpu_count() or 1))
        present = config.read_text() if config.exists() else ""
        if not present or (slots and present != wanted and _is_ours(present)):
            part = config.with_name(".dagster.yaml.part")
            part.write_text(wanted)
            part.replace(config)
        if not (home / "history").exists() and _is_ours(config.read_text()):
            _make_history(home)


def _is_ours(config: str) -> bool:
    """Whether nobody changed the configuration since it was written here."""
    runs = re.search(r"max_concurrent_runs: (\d+)", config)
    return runs is not None and config == _CONFIG.format(runs=runs[1])


def _make_history(home: Path) -> None:
    """Create the empty databases beside the home and move them in whole.

    Dagster creates them table by table and never completes a half-made one: a kill in between would spoil the home.
    """
    import dagster as dg

    from film_pipeline.defs.history_faults import explaining_history

    for left_by_a_kill in home.glob(".history-*"):
        shutil.rmtree(left_by_a_kill)
    with tempfile.TemporaryDirectory(dir=home, prefix=".history-") as folder:
        made = Path(folder)
        (made / "dagster.yaml").write_text((home / "dagster.yaml").read_text())
        with explaining_history(home), dg.DagsterInstance.from_config(folder) as instance:
            instance.get_runs(limit=1)
            instance.get_dynamic_partitions("films")
            instance.all_instigator_state()
        if not (home / "schedules").exists():
            (made / "schedules").replace(home / "schedules")
        (made / "history").replace(home / "history")


@contextmanager
def open_history(home: Path) -> Iterator["dg.DagsterInstance"]:
    """The Dagster instance of a home.

    Raises:
        StorageFullError, StorageError: Dagster could not use it.
    """
    import dagster as dg

    from film_pipeline.defs.history_faults import explaining_history

    prepare_home(home)
    _relax_sqlite()
    with explaining_history(home), dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@contextmanager
def only_one(home: Path, doing: str) -> Iterator[None]:
    """Several workers start at once; each of these is done by one of them while the others wait."""
    folder = home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{doing}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _relax_sqlite() -> None:
    """Do not wait for the disk at every event: a power cut may cost the last events, never a clip or a movie."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, "connect", _set_pragma):
        event.listen(Engine, "connect", _set_pragma)


def _set_pragma(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous=OFF")
