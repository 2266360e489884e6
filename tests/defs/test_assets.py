"""The asset graph on a real Dagster instance: partitions, new takes, checks, failures, the IO manager."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from factories import PatternRenderer, make_scene, make_storyboard, make_studio

from film_pipeline.definitions import build_definitions
from film_pipeline.defs.assets.scene_clip import KEEP_CURRENT
from film_pipeline.defs.io_managers import FilmIOManager
from film_pipeline.errors import RenderContentError, RenderMachineError
from film_pipeline.models.storyboard import Storyboard, storyboard_to_json
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio.scripts import receive_file

AUTOMATIC = {KEEP_CURRENT: "test"}


class Graph:
    """The definitions with a renderer that takes no time, on an instance that lives in memory."""

    def __init__(self, settings: Settings, folder: Path, instance: dg.DagsterInstance) -> None:
        self.renderer = PatternRenderer()
        self.studio = make_studio(settings, self.renderer)
        self.definitions = build_definitions(settings, self.studio)
        self.instance = instance
        self.folder = folder

    def receive(self, storyboard: Storyboard) -> None:
        path = self.folder / "neo.json"
        path.write_text(storyboard_to_json(storyboard))
        receive_file(self.studio.store, path)

    def run(self, job: str, partition: str, **how: Any) -> dg.ExecuteInProcessResult:
        kind = "scenes" if job == "render_scene" else "films"
        self.instance.add_dynamic_partitions(kind, [partition])
        resolved = self.definitions.resolve_job_def(job)
        how = {"raise_on_error": False, **how}
        return resolved.execute_in_process(partition_key=partition, instance=self.instance, **how)

    def make(self, storyboard: Storyboard) -> None:
        self.receive(storyboard)
        assert self.run("write_storyboard", "neo").success
        for scene in storyboard.scenes:
            assert self.run("render_scene", f"neo/{scene.id}", tags=AUTOMATIC).success
        assert self.run("cut_movie", "neo").success

    def scenes(self) -> list[str]:
        return sorted(self.instance.get_dynamic_partitions("scenes"))

    def latest(self, asset: str, partition: str) -> dict[str, Any]:
        event = self.instance.get_latest_data_version_record(dg.AssetKey(asset), partition_key=partition)
        assert event is not None
        assert event.asset_materialization is not None
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}


@pytest.fixture
def graph(settings: Settings, tmp_path: Path) -> Iterator[Graph]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Graph(settings, tmp_path, instance)


def test_script_to_movie_through_the_named_jobs(graph: Graph) -> None:
    graph.make(make_storyboard())
    assert graph.studio.plan("neo").current
    assert graph.scenes() == ["neo/001", "neo/002"]
    clip = graph.latest("scene_clip", "neo/001")
    assert clip["prompt"] == "scene 1"
    assert clip["take"] == 1
    assert len(clip["preview"]) < 1_000
    assert clip["preview"].startswith("![preview](data:image/webp;base64,")
    movie = graph.latest("final_movie", "neo")
    assert movie["frames"] == 24
    assert "renderer: pattern" in movie["stand-ins"]


def test_checks_say_what_was_proven(graph: Graph) -> None:
    graph.make(make_storyboard())
    result = graph.run("cut_movie", "neo")
    found = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert set(found) == {"length", "sound", "complete"}
    assert all(check.passed for check in found.values())
    assert found["length"].description == "24 frames decoded; the timeline has 24"


def test_materialize_by_hand_is_a_new_take_and_automation_keeps_the_clip(graph: Graph) -> None:
    graph.make(make_storyboard())
    assert graph.run("render_scene", "neo/001", tags=AUTOMATIC).success
    assert len(graph.renderer.rendered) == 2
    assert graph.run("render_scene", "neo/001").success
    assert graph.latest("scene_clip", "neo/001")["take"] == 2
    assert graph.studio.store.cut("neo").scenes["001"].take == 2
    assert graph.studio.plan("neo").cut


def test_a_retried_run_makes_no_second_take(graph: Graph) -> None:
    graph.make(make_storyboard())
    faults = iter([None, RenderMachineError("gone"), None])
    graph.renderer.failing = lambda spec: next(faults)
    assert graph.run("render_scene", "neo/001").success
    assert [take.number for take in graph.studio.store.takes("neo", "001")] == [1, 2]
    before = len(graph.renderer.rendered)
    result = graph.run("render_scene", "neo/002", run_config={"ops": {"scene_clip": {"config": {"seed": 11}}}})
    assert result.success
    assert len(graph.renderer.rendered) == before + 2, "one failed attempt, one that made the take"
    assert [take.number for take in graph.studio.store.takes("neo", "002")] == [1, 2]
    assert graph.latest("scene_clip", "neo/002")["seed"] == "11"


def test_a_content_fault_fails_at_once_with_its_advice(graph: Graph) -> None:
    graph.receive(make_storyboard())
    graph.run("write_storyboard", "neo")
    graph.renderer.failing = lambda spec: RenderContentError("Refused", why="prompt not allowed", remedy="Reword it.")
    result = graph.run("render_scene", "neo/001", tags=AUTOMATIC)
    assert not result.success
    assert len(graph.renderer.rendered) == 1
    failure = next(event for event in result.all_events if event.is_step_failure).step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description == "Refused: prompt not allowed. Reword it."


def test_the_movie_refuses_missing_clips_by_name(graph: Graph) -> None:
    graph.receive(make_storyboard())
    graph.run("write_storyboard", "neo")
    graph.run("render_scene", "neo/001", tags=AUTOMATIC)
    result = graph.run("cut_movie", "neo")
    assert not result.success
    told = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    assert "scene 002" in str(told[0] and told[0].description)


def test_partitions_follow_the_storyboard(graph: Graph) -> None:
    graph.make(make_storyboard(make_scene(1), make_scene(2), make_scene(3)))
    graph.receive(make_storyboard(make_scene(1), make_scene(3), make_scene(4)))
    graph.run("write_storyboard", "neo")
    assert graph.scenes() == ["neo/001", "neo/003", "neo/004"]


@pytest.mark.parametrize("key", ["neo/999", "other/001", "neo", "neo/../../etc/passwd", "neo/0 01", "x" * 500])
def test_a_stray_partition_fails_alone_and_renders_nothing(graph: Graph, key: str) -> None:
    graph.make(make_storyboard())
    rendered = len(graph.renderer.rendered)
    assert not graph.run("render_scene", key).success
    assert len(graph.renderer.rendered) == rendered
    assert graph.studio.plan("neo").current
    assert graph.run("cut_movie", "neo").success


def test_the_storyboard_is_edited_by_run_configuration(graph: Graph) -> None:
    graph.make(make_storyboard())
    config = {"ops": {"storyboard": {"config": {"prompts": {"002": "typed"}, "drop": ["001"]}}}}
    assert graph.run("write_storyboard", "neo", run_config=config).success
    assert [scene.prompt for scene in graph.studio.store.storyboard("neo").scenes] == ["typed"]
    assert graph.scenes() == ["neo/002"]


def test_the_io_manager_gives_back_many_one_and_leftover_scenes(graph: Graph) -> None:
    graph.make(make_storyboard())
    manager = FilmIOManager(graph.studio)

    def load(*partitions: str) -> dict[str, Path]:
        context = dg.build_input_context(
            asset_key=dg.AssetKey("scene_clip"),
            partition_key=partitions[0],
            asset_partitions_def=dg.StaticPartitionsDefinition(list(partitions)),
            asset_partition_key_range=dg.PartitionKeyRange(partitions[0], partitions[-1]),
        )
        return manager.load_input(context)  # type: ignore[return-value]

    assert [path.suffix for path in load("neo/001", "neo/002").values()] == [".mp4", ".mp4"]
    assert list(load("neo/001")) == ["neo/001"]
    assert list(load("neo/001", "neo/777")) == ["neo/001"]
    loaded = graph.definitions.get_asset_value_loader(instance=graph.instance)
    with loaded:
        assert loaded.load_asset_value("storyboard", partition_key="neo") == graph.studio.store.storyboard("neo")
        assert Path(loaded.load_asset_value("final_movie", partition_key="neo")).name == "final_movie.mp4"


def test_several_takes_are_one_run_and_the_ui_shows_why_one_won(graph: Graph) -> None:
    graph.renderer.failing = lambda spec: RenderContentError("Refused", why="black") if spec.take == 2 else None
    graph.make(make_storyboard(make_scene(1, duration=0.5, takes=3)))
    assert graph.studio.plan("neo").current
    assert len(graph.renderer.rendered) == 3
    clip = graph.latest("scene_clip", "neo/001")
    chosen = graph.studio.store.cut("neo").scenes["001"]
    assert (clip["take"], clip["rendered"], chosen.chosen_by) == (chosen.take, True, "judge")
    assert 0 < clip["rating"] <= 1
    assert clip["why this take"].startswith(f"Take {chosen.take} won among 3 takes with 0.")
    assert len(clip["takes"]) < 1_000
    lines = clip["takes"].splitlines()
    assert lines[0] == "| take | total | motion | sharpness | steadiness | exposure |  |"
    assert len(lines) == 5
    assert lines[-1].endswith("refused |")
    report = graph.studio.store.report("neo")
    assert report is not None
    assert "scene 001: take 2 was refused: Refused: black" in report.faults
    assert sorted(report.scenes[0].ratings) == [1, 3]
    assert "take 2 was refused" in report.scenes[0].why
    text = Path(graph.studio.store.where(keys.report_text("neo"))).read_text()
    assert f"- scene 001: Take {chosen.take} won among 3" in text


def test_materialize_after_a_contest_is_the_person_s_take(graph: Graph) -> None:
    graph.make(make_storyboard(make_scene(1, duration=0.5, takes=2)))
    assert graph.run("render_scene", "neo/001").success
    chosen = graph.studio.store.cut("neo").scenes["001"]
    assert (chosen.take, chosen.chosen_by) == (3, "person")
    assert graph.run("render_scene", "neo/001", tags=AUTOMATIC).success
    assert graph.studio.store.cut("neo").scenes["001"] == chosen
    assert len(graph.renderer.rendered) == 3
    assert "Take 3 was chosen by a person among 3 takes" in graph.latest("scene_clip", "neo/001")["why this take"]
