"""Runs of a daemon whose process is gone are reported failed; those that live, or have just ended, are left alone."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from film_pipeline.defs import lost_runs
from film_pipeline.defs.lost_runs import fail_lost_runs


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def launched(instance: dg.DagsterInstance, pid: int | None = None, **tags: str) -> str:
    """A run as a daemon launches it; with ``pid`` its process has told of itself."""
    job = dg.job(name="j")(lambda: None)
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTING, tags=tags)
    if pid:
        from dagster._core.events import EngineEventData

        instance.report_engine_event("Started process for run", run, EngineEventData.in_process(pid))
        instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", run.job_name), run.run_id)
    return run.run_id


def lost(instance: dg.DagsterInstance) -> int:
    return fail_lost_runs(instance, instance.get_run_records())


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


def test_a_killed_process_is_found_and_a_living_one_left_alone(instance: dg.DagsterInstance) -> None:
    process = subprocess.Popen(["sleep", "60"])
    killed, living = launched(instance, process.pid), launched(instance, os.getpid())
    assert lost(instance) == 0
    process.kill()
    process.wait()
    assert lost(instance) == 1
    assert status(instance, killed) == dg.DagsterRunStatus.FAILURE
    assert status(instance, living) == dg.DagsterRunStatus.STARTED
    assert lost(instance) == 0


def test_a_process_id_used_again_is_another_process(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_runs, "_PATIENCE_SECONDS", -3600)  # as if the process had begun an hour later
    launched(instance, os.getpid())
    assert lost(instance) == 1


def test_a_run_that_its_code_server_never_started_is_lost_with_the_server(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        launched(instance, **{".dagster/grpc_info": f'{{"host": "localhost", "socket": "{path}"}}'})
        assert lost(instance) == 0
    assert lost(instance) == 1


def test_a_run_that_is_just_being_launched_is_waited_for(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched(instance)
    assert lost(instance) == 0
    monkeypatch.setattr(lost_runs, "_LAUNCHING_SECONDS", -1)
    assert lost(instance) == 1


def test_a_run_that_ended_well_meanwhile_stays_as_it_is(instance: dg.DagsterInstance) -> None:
    process = subprocess.Popen(["sleep", "60"])
    run_id = launched(instance, process.pid)
    seen = instance.get_run_records()
    run = instance.get_run_by_id(run_id)
    assert run
    instance.report_dagster_event(dg.DagsterEvent("PIPELINE_SUCCESS", run.job_name), run_id)
    process.kill()
    process.wait()
    assert fail_lost_runs(instance, seen) == 0
    assert status(instance, run_id) == dg.DagsterRunStatus.SUCCESS


def test_in_a_cluster_the_launcher_watches_its_own_pods() -> None:
    with dg.DagsterInstance.ephemeral() as elsewhere:
        launched(elsewhere, pid=2**22 + int(time.time()) % 1000)
        assert fail_lost_runs(elsewhere, elsewhere.get_run_records()) == 0
