"""Several scenes in one run: grouped well, each stored as it is made, and tried alone when the bundle fails."""

from collections.abc import Iterator

import dagster as dg
import pytest
from factories import make_scene, make_storyboard
from test_automation import Daemon

from film_pipeline.defs.bundles import BUNDLE_TAG, bundled, partitions_of, tags_of
from film_pipeline.defs.claims import Work
from film_pipeline.defs.director_sensor import forget_films
from film_pipeline.errors import RenderContentError, RenderMachineError
from film_pipeline.models.pod import ScenePod
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings


def scene(film: str, number: int) -> Work:
    return Work(film, f"{film}/{number:03}", "render_scene", f"scene {film}{number:03}")


def groups(works: list[Work], most: int = 3, slots: int = 1, apart: tuple[str, ...] = ()) -> list[list[str]]:
    return [[work.partition for work in group] for group in bundled(works, most=most, slots=slots, apart=apart)]


def test_scenes_of_one_film_share_a_run_and_films_do_not() -> None:
    works = [scene("a", 1), scene("b", 1), scene("a", 2), scene("a", 3), scene("a", 4), scene("b", 2)]
    assert groups(works) == [["a/001", "a/002", "a/003"], ["b/001", "b/002"], ["a/004"]]


def test_no_gpu_idles_for_the_sake_of_a_bundle() -> None:
    works = [scene("a", number) for number in range(1, 9)]
    assert len(groups(works, most=4, slots=8)) == 8
    assert len(groups(works, most=4, slots=3)) == 4
    assert len(groups(works, most=4, slots=1)) == 2


def test_what_was_in_a_failed_bundle_and_what_does_not_render_is_alone() -> None:
    cut = Work("a", "a", "cut_movie", "movie x")
    works = [scene("a", 1), cut, scene("a", 2), scene("a", 3)]
    assert groups(works, apart=("scene a002",)) == [["a/001", "a/003"], ["a"], ["a/002"]]


def test_one_scene_a_run_changes_nothing() -> None:
    works = [scene("a", 1), scene("a", 2)]
    assert groups(works, most=1) == [["a/001"], ["a/002"]]
    assert tags_of(works[:1]) == {}
    assert partitions_of({"dagster/partition": "a/001"}) == ["a/001"]


def test_a_tag_tells_every_scene_of_a_run() -> None:
    tags = {"dagster/partition": "a/001", **tags_of([scene("a", 1), scene("a", 2)])}
    assert partitions_of(tags) == ["a/001", "a/002"]


class BundlingDaemon(Daemon):
    """Asks for up to four scenes a run, as a cluster does; run configuration is handed on."""

    def execute(self, request: dg.RunRequest) -> bool:
        job = self.definitions.resolve_job_def(str(request.job_name))
        result = job.execute_in_process(
            partition_key=request.partition_key,
            instance=self.instance,
            tags=dict(request.tags),
            run_config=request.run_config,
            raise_on_error=False,
        )
        return result.success

    def prompts(self) -> list[str]:
        return [spec.prompt for spec in self.renderer.rendered]

    def scene_runs(self) -> list[tuple[str, int]]:
        """How each run that rendered ended, and how many scenes it was for; oldest first."""
        runs = [run for run in self.instance.get_runs() if run.job_name == "render_scene"]
        return [(run.status.value, max(1, len(run.tags.get(BUNDLE_TAG, "").split()))) for run in reversed(runs)]


@pytest.fixture
def daemon(settings: Settings) -> Iterator[BundlingDaemon]:
    forget_films()
    bundling = settings.model_copy(update={"pod": ScenePod(form="pool", scenes=4)})
    with dg.DagsterInstance.ephemeral() as instance:
        yield BundlingDaemon(bundling, instance)


def drop_film(daemon: Daemon, scenes: int) -> None:
    board = make_storyboard(*(make_scene(number, duration=0.3) for number in range(1, scenes + 1)))
    daemon.drop("neo.json", storyboard_to_json(board))


def test_a_film_of_five_scenes_takes_two_runs_and_renders_each_once(daemon: BundlingDaemon) -> None:
    drop_film(daemon, 5)
    assert [what for what in daemon.work() if what.startswith("render")] == [
        "render_scene neo/001",
        "render_scene neo/005",
    ]
    assert sorted(daemon.prompts()) == [f"scene {number}" for number in range(1, 6)]
    assert daemon.studio.plan("neo").current
    made = daemon.instance.get_materialized_partitions(dg.AssetKey("scene_clip"))
    assert made == {f"neo/{number:03}" for number in range(1, 6)}


def test_a_refused_scene_stops_no_other_and_is_left_to_people(daemon: BundlingDaemon) -> None:
    drop_film(daemon, 4)
    refused = RenderContentError("no", where="neo/002", why="bad prompt", remedy="edit it")
    daemon.renderer.failing = lambda spec: refused if spec.prompt == "scene 2" else None
    daemon.work()
    # Once in the bundle, once alone; the others once.
    assert sorted(daemon.prompts()) == ["scene 1", "scene 2", "scene 2", "scene 3", "scene 4"]
    assert daemon.scene_runs() == [("FAILURE", 4), ("FAILURE", 1)]


def test_a_machine_that_fails_half_way_costs_no_finished_scene(daemon: BundlingDaemon) -> None:
    drop_film(daemon, 4)
    failing = iter([None, None, *[RenderMachineError("gone", why="the pod was taken")] * 3])
    daemon.renderer.failing = lambda spec: next(failing, None)
    daemon.work()
    assert daemon.studio.plan("neo").current
    # Scene 3 is tried three times by the step; then it and the fourth are rendered alone.
    assert sorted(daemon.prompts()) == ["scene 1", "scene 2", *["scene 3"] * 4, "scene 4"]
    assert daemon.scene_runs() == [("FAILURE", 4), ("SUCCESS", 1), ("SUCCESS", 1)]


def test_a_bundle_that_a_person_stopped_is_not_asked_for_again(daemon: BundlingDaemon) -> None:
    drop_film(daemon, 3)
    daemon.tick("new_scripts")
    (board,) = daemon.tick()
    daemon.execute(board)
    (request,) = daemon.tick()
    run = daemon.instance.create_run_for_job(
        daemon.definitions.resolve_job_def("render_scene"),
        tags={**request.tags, "dagster/partition": str(request.partition_key)},
    )
    assert daemon.tick() == []
    daemon.instance.report_run_canceled(run)
    forget_films()
    assert daemon.tick() == []
