"""Who goes first: people before automation, day before night, and no film starves another."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from hypothesis import given
from hypothesis import strategies as st

from film_pipeline.defs.claims import Work
from film_pipeline.defs.home import open_history
from film_pipeline.defs.queueing import PRIORITY_TAG, deal, places, priority
from film_pipeline.defs.slots import set_slots
from film_pipeline.settings import Settings


def scenes(film: str, count: int) -> list[Work]:
    return [Work(film, f"{film}/{number:03d}", "render_scene", f"scene {number}") for number in range(count)]


def films_of(dealt: list[Work]) -> list[str]:
    return [work.film for work in dealt]


def test_a_long_film_that_came_first_does_not_keep_short_ones_waiting() -> None:
    claimed = {"long": scenes("long", 1_000), "short": scenes("short", 2), "other": scenes("other", 3)}
    dealt = deal(claimed, {}, {"long": 1, "short": 2, "other": 3}, places=8, free=8)
    assert films_of(dealt) == ["long"] * 4 + ["short"] * 2 + ["other"] * 2


def test_the_film_that_waits_longest_is_served_however_many_short_ones_come() -> None:
    claimed = {"long": scenes("long", 1_000), **{f"short{number}": scenes(f"short{number}", 1) for number in range(99)}}
    since = {film: float(number) for number, film in enumerate(claimed)}
    dealt = deal(claimed, {"long": 3, "short0": 4}, since, places=8, free=1)
    assert films_of(dealt) == ["long"]


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 9), max_size=9),
    st.integers(1, 20),
    st.integers(-3, 20),
)
def test_places_are_never_left_empty_nor_dealt_twice(films: dict[str, int], places: int, free: int) -> None:
    claimed = {film: scenes(film, count) for film, count in films.items()}
    dealt = deal(claimed, {}, dict.fromkeys(films, 0.0), places, free)
    assert len(set(dealt)) == len(dealt) == max(0, min(free, sum(films.values())))


def test_forty_films_at_once_are_all_made_and_short_ones_sooner() -> None:
    """Played to the end with two slots: each film is done, and the mean wait is that of short films first."""
    left = {f"film{number:02d}": scenes(f"film{number:02d}", 2 + number % 7) for number in range(40)}
    since = {film: float(number) for number, film in enumerate(left)}
    queue: list[Work] = []
    done: list[str] = []
    while any(left.values()) or queue:
        most = places(2, renders=True)
        held = {film: films_of(queue).count(film) for film in films_of(queue)}
        for work in deal(left, held, since, most, most - len(queue)):
            left[work.film].remove(work)
            queue.append(work)
        done.append(queue.pop(0).film)
    finished = sorted(since, key=lambda film: len(done) - done[::-1].index(film))
    assert len(finished) == 40
    assert finished.index("film00") < 3, "the first to come, and short"
    assert finished.index("film06") < 15, "long, but among the first to come"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    overrides = {
        "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "QueuedRunCoordinator"},
        "concurrency": {
            "pools": {"granularity": "run"},
            "runs": {
                "max_concurrent_runs": 4,
                "tag_concurrency_limits": [
                    {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
                ],
            },
        },
    }
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
        yield instance


def queued(instance: dg.DagsterInstance, name: str, partition: str = "", **tags: str) -> None:
    @dg.op(pool="gpu")
    def render() -> None: ...

    @dg.job(name=name)
    def job() -> None:
        render()

    tags = {"dagster/partition": partition or name, **tags}
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("films"), "films"), name)
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.QUEUED, tags=tags, remote_job_origin=origin)


def dequeued(instance: dg.DagsterInstance) -> list[str]:
    """What Dagster's own queue would launch now, in its order."""
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=1)
    runs = daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), None)
    return [run.job_name for run in runs]


def test_a_person_overtakes_the_day_and_the_day_the_night(instance: dg.DagsterInstance) -> None:
    scene, movie = scenes("neo", 1)[0], Work("neo", "neo", "cut_movie", "movie")
    asked = {"night": priority(scene, by_night=True), "scene": priority(scene, by_night=False)}
    asked |= {"movie": priority(movie, by_night=False)}
    for name, value in asked.items():
        queued(instance, name, **{PRIORITY_TAG: str(value)})
    queued(instance, "person")
    assert dequeued(instance) == ["person", "movie", "scene", "night"]


def test_one_scene_is_never_rendered_by_two_runs_at_once(instance: dg.DagsterInstance) -> None:
    queued(instance, "first", partition="neo/001")
    queued(instance, "second", partition="neo/001")
    queued(instance, "other", partition="neo/002")
    assert dequeued(instance) == ["first", "other"]


def test_the_pool_has_as_many_slots_as_the_settings_say(instance: dg.DagsterInstance) -> None:
    for number in range(4):
        queued(instance, f"scene{number}")
    assert set_slots(instance, Settings(FILM_WORKERS=3)) == 3
    assert len(dequeued(instance)) == 3
    assert set_slots(instance, Settings(FILM_WORKERS=1)) == 1
    assert len(dequeued(instance)) == 1


def test_what_people_set_in_the_ui_holds_until_the_setting_changes(instance: dg.DagsterInstance) -> None:
    set_slots(instance, Settings(FILM_WORKERS=3))
    instance.event_log_storage.set_concurrency_slots("gpu", 2)
    assert set_slots(instance, Settings(FILM_WORKERS=3)) is None
    assert instance.event_log_storage.get_concurrency_info("gpu").slot_count == 2
    servers = "http://127.0.0.1:8188,http://127.0.0.1:8189"
    assert set_slots(instance, Settings(COMFYUI_URL=servers)) == 2


def test_a_run_that_is_due_while_the_code_server_is_gone_stays_in_the_queue(tmp_path: Path) -> None:
    gone = GrpcServerTarget(host="127.0.0.1", port=None, socket=str(tmp_path / "gone"), location_name="films")
    with open_history(tmp_path / "home") as instance:
        queued(instance, "scene")
        run = instance.get_runs()[0]
        instance.report_dagster_event(dg.DagsterEvent.job_enqueue(run), run.run_id)
        with pytest.warns(UserWarning, match="films"), WorkspaceProcessContext(instance, gone) as workspace:
            list(QueuedRunCoordinatorDaemon(interval_seconds=1).run_iteration(workspace))
        events = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_ENQUEUED).records
        assert len(events) == 2, "it left the queue, and came back"
        assert instance.get_runs()[0].status == dg.DagsterRunStatus.QUEUED
