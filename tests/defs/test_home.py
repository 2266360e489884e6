"""The Dagster side of a home: its configuration is the user's, and dead runs do not seem to run for ever."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from film_pipeline.cli.execution import Executing
from film_pipeline.cli.locks import working_on
from film_pipeline.cli.orders import Order
from film_pipeline.defs.home import open_history, prepare_home
from film_pipeline.defs.lost_runs import WORKER_TAG, fail_dead_runs, worker_mark
from film_pipeline.errors import StorageError
from film_pipeline.settings import Settings

RUN_FOR_EVER = """
import sys, time
from pathlib import Path
import dagster as dg
from film_pipeline.defs.home import open_history
from film_pipeline.defs.lost_runs import WORKER_TAG, worker_mark
with open_history(Path(sys.argv[1])) as instance:
    run = instance.create_run_for_job(dg.job(name="j")(lambda: None), tags={WORKER_TAG: worker_mark()})
    instance.report_engine_event("x", run)
    instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", run.job_name), run.run_id)
    print(run.run_id, flush=True)
    time.sleep(60)
"""


def test_what_people_configured_stays(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    config = tmp_path / "dagster.yaml"
    assert "telemetry" in config.read_text()
    config.write_text("telemetry: {enabled: false}\n")
    prepare_home(tmp_path)
    assert config.read_text() == "telemetry: {enabled: false}\n"


def test_runs_wait_for_a_code_server_within_the_limits_of_the_queue(tmp_path: Path) -> None:
    prepare_home(tmp_path, slots=3)
    with open_history(tmp_path) as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_user_code_failure_retries * queue.user_code_failure_retry_delay == 300
    assert queue.max_concurrent_runs == 6
    assert [limit["key"] for limit in queue.tag_concurrency_limits] == ["dagster/partition", "film/step"]


def test_film_ui_on_a_home_that_is_there_begins_without_dagster(tmp_path: Path) -> None:
    """Its import takes longer than all else that is done before the daemon is started."""
    prepare_home(tmp_path)
    code = (
        "import sys; from pathlib import Path; import film_pipeline.cli.serving; "
        "from film_pipeline.defs.home import prepare_home; prepare_home(Path(sys.argv[1]), 2); "
        "sys.exit('dagster' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_runs_of_killed_processes_are_reported_failed_and_living_ones_left_alone(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", RUN_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    run_id = process.stdout.readline().strip()
    with open_history(tmp_path) as instance:
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]
        assert fail_dead_runs(instance, tmp_path) == 0
        process.kill()
        process.communicate()
        assert fail_dead_runs(instance, tmp_path) == 1
        assert instance.get_run_by_id(run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
        assert fail_dead_runs(instance, tmp_path) == 0


def test_a_process_id_used_again_is_another_process() -> None:
    host, pid, started = worker_mark().split(" ")
    assert (host, int(pid)) == (os.uname().nodename, os.getpid())
    assert started.isdigit() or started == "unknown"
    assert WORKER_TAG.startswith("film/")


def test_a_kill_while_the_home_is_made_spoils_nothing(tmp_path: Path) -> None:
    """Dagster's databases are made table by table; whenever that is cut short, the next start finds a usable home."""
    code = (
        "import dagster, sys; from pathlib import Path; from film_pipeline.defs.home import prepare_home as p; print()"
    )
    for number in range(7):
        home = tmp_path / str(number)
        process = subprocess.Popen(
            [sys.executable, "-c", f"{code}; sys.stdout.flush(); p(Path(sys.argv[1]))", str(home)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(number * 0.1)
        process.kill()
        process.communicate()
        with open_history(home) as instance:
            instance.add_dynamic_partitions("films", ["a"])
            assert instance.get_dynamic_partitions("films") == ["a"]
            assert instance.get_runs() == []


def test_a_configuration_that_dagster_cannot_use_is_named(tmp_path: Path) -> None:
    for text in ("foo: [", "foo: 1"):
        (tmp_path / "dagster.yaml").write_text(text)
        with pytest.raises(StorageError, match="delete it") as caught, open_history(tmp_path):
            pass
        assert caught.value.where == str(tmp_path / "dagster.yaml")


def test_a_broken_history_is_told_with_the_way_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_home(settings.home)
    for database in settings.home.rglob("*.db"):
        database.write_text("no database")
    with Executing(settings) as executing:
        outcome = executing.run(Order("write_storyboard", "neo"))
        assert outcome.error == "History"
        assert "Move the folders history and schedules away" in outcome.failure
        monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
        assert "Free some space" in executing.run(Order("write_storyboard", "neo")).failure


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="while preparing the home"):
        prepare_home(tmp_path)
    with pytest.raises(StorageError, match="while locking the film"), working_on(tmp_path, "neo"):
        pass
