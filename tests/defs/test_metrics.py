"""What Prometheus is told: counted from real films and runs, once, and again only where something changed."""

import time
import urllib.request
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from factories import make_scene, make_storyboard
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from test_automation import Daemon

from film_pipeline.defs import metrics
from film_pipeline.defs.director_sensor import forget_films
from film_pipeline.defs.metrics import FilmMetrics
from film_pipeline.errors import RenderContentError, RenderMachineError
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings


@pytest.fixture
def daemon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setattr(metrics, "_KEPT_SECONDS", -1.0)
    forget_films()
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(settings, instance)


def told(collector: FilmMetrics) -> dict[str, float]:
    """Every sample by its name and labels, as a scrape has them."""
    registry = CollectorRegistry()
    registry.register(collector)
    return samples(generate_latest(registry).decode())


def samples(text: str) -> dict[str, float]:
    return {
        " ".join([sample.name, *(sample.labels[label] for label in sorted(sample.labels))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def job_origin() -> JobPythonOrigin:
    """What a queued run must know of its code."""
    pointer = ModuleCodePointer("film_pipeline.definitions", "defs", working_directory=None)
    return JobPythonOrigin("render_scene", RepositoryPythonOrigin("python", pointer))


def drop_film(daemon: Daemon, name: str, scenes: int) -> None:
    board = make_storyboard(*(make_scene(number, duration=0.3) for number in range(1, scenes + 1)), title=name)
    daemon.drop(f"{name}.json", storyboard_to_json(board))


def test_films_scenes_and_bytes_are_counted_as_they_lie_in_storage(daemon: Daemon) -> None:
    drop_film(daemon, "done", 2)
    daemon.work()
    drop_film(daemon, "new", 3)
    daemon.tick("new_scripts")
    (board,) = daemon.tick()
    daemon.execute(board)
    found = told(FilmMetrics(daemon.studio, daemon.instance))
    assert (found["film_films finished"], found["film_films in_work"], found["film_films broken"]) == (1, 1, 0)
    assert (found["film_scenes current"], found["film_scenes missing"]) == (2, 3)
    assert found["film_takes"] == 2
    takes = [take for made in daemon.studio.store.all_takes("done").values() for take in made]
    assert found["film_stored_bytes clips"] == sum(take.bytes for take in takes)
    report = daemon.studio.store.report("done")
    assert report is not None
    assert found["film_stored_bytes movies"] == report.bytes
    assert found["film_uncounted"] == 0


def test_waiting_runs_have_an_age(daemon: Daemon) -> None:
    collector = FilmMetrics(daemon.studio, daemon.instance)
    assert told(collector)["film_queue_age_seconds"] == 0
    job = daemon.definitions.resolve_job_def("render_scene")
    server = GrpcServerCodeLocationOrigin(host="127.0.0.1", port=1)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(server, "films"), job.name)
    queued = dg.DagsterRunStatus.QUEUED
    daemon.instance.create_run_for_job(job, status=queued, remote_job_origin=origin, job_code_origin=job_origin())
    time.sleep(0.05)
    found = told(collector)
    assert found["film_runs render_scene queued"] == 1
    assert 0.05 <= found["film_queue_age_seconds"] < 60


def test_faults_are_counted_once_by_who_must_act(daemon: Daemon) -> None:
    collector = FilmMetrics(daemon.studio, daemon.instance)
    before = told(collector)
    assert before["film_faults_total RenderContentError content"] == 0, "Prometheus sees no rise to a first sample"
    faults = {
        "scene 1": RenderContentError("no", where="a", why="b", remedy="c"),
        "scene 2": RenderMachineError("gone", why="d"),
    }
    daemon.renderer.failing = lambda spec: faults.get(spec.prompt)
    drop_film(daemon, "neo", 2)
    daemon.work(ticks=3)
    told(collector)
    found = told(collector)
    assert found["film_faults_total RenderContentError content"] == 1
    assert found["film_faults_total RenderMachineError machine"] >= 1
    runs = daemon.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    assert sum(value for name, value in found.items() if name.startswith("film_faults_total")) == len(runs)


def test_a_film_is_counted_again_only_when_its_files_changed(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_film(daemon, "neo", 1)
    daemon.work()
    counted: list[str] = []
    tally = metrics.tally
    monkeypatch.setattr(metrics, "tally", lambda studio, film: counted.append(film) or tally(studio, film))
    collector = FilmMetrics(daemon.studio, daemon.instance)
    for _ in range(3):
        told(collector)
    assert counted == ["neo"]
    daemon.studio.store.hold("neo", "storyboard")
    told(collector)
    assert counted == ["neo", "neo"]


def test_many_films_are_counted_a_little_at_a_time(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        drop_film(daemon, name, 1)
    daemon.tick("new_scripts")
    monkeypatch.setattr(metrics, "_COUNTING_SECONDS", -1.0)
    collector = FilmMetrics(daemon.studio, daemon.instance)
    assert told(collector)["film_uncounted"] == 2
    monkeypatch.setattr(metrics, "_COUNTING_SECONDS", 5.0)
    assert told(collector)["film_uncounted"] == 0


def test_a_broken_film_is_told_and_stops_nothing(daemon: Daemon) -> None:
    drop_film(daemon, "neo", 1)
    daemon.tick("new_scripts")
    (board,) = daemon.tick()
    daemon.execute(board)
    (daemon.studio.settings.home / "films" / "neo" / "storyboard.json").write_text("{")
    assert told(FilmMetrics(daemon.studio, daemon.instance))["film_films broken"] == 1


def test_metrics_are_served_where_the_settings_say(settings: Settings, tmp_path: object) -> None:
    import multiprocessing

    from film_pipeline.cli.metering import serve_metrics

    port = _free_port()
    serving = settings.model_copy(update={"metrics": f"127.0.0.1:{port}"})
    process = multiprocessing.get_context("spawn").Process(target=serve_metrics, args=(serving, serving.home))
    process.start()
    try:
        found = samples(_fetched(f"http://127.0.0.1:{port}/metrics"))
    finally:
        process.kill()
        process.join()
    assert found["film_films finished"] == 0


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _fetched(url: str) -> str:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
