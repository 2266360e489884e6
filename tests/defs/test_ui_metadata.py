"""What people see in Dagster's pages: pictures, costs, takes, links and words, small enough to be drawn in place."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from factories import PatternRenderer, make_scene, make_storyboard
from PIL import Image
from test_assets import AUTOMATIC, Graph

from film_pipeline.definitions import build_definitions
from film_pipeline.models.price import GpuPrice
from film_pipeline.renderer import Rendering
from film_pipeline.screening import addresses
from film_pipeline.settings import Settings


class RentedRenderer(PatternRenderer):
    """Needs ten seconds of GPU for each clip."""

    def render(self, *arguments: Any, **others: Any) -> Rendering:
        super().render(*arguments, **others)
        made = {"server": "http://gpu:8188", "workflow": "wan", "attempts": 1, "gpu_seconds": 10.0, "seed": 2**62}
        return Rendering(made=made)


@pytest.fixture
def graph(settings: Settings, tmp_path: Path) -> Iterator[Graph]:
    rented = settings.model_copy(update={"gpu_price": GpuPrice(per_hour=3.6, currency="EUR")})
    with dg.DagsterInstance.ephemeral() as instance:
        made = Graph(rented, tmp_path, instance)
        object.__setattr__(made.studio, "renderer", RentedRenderer())
        yield made


def picture(markdown: str) -> Image.Image:
    data = base64.b64decode(markdown.partition("base64,")[2].rstrip(")"))
    return Image.open(io.BytesIO(data))


def test_a_clip_shows_its_strip_cost_and_takes(graph: Graph) -> None:
    graph.make(make_storyboard())
    result = graph.run("render_scene", "neo/001", run_config={"ops": {"scene_clip": {"config": {"seed": 42}}}})
    assert result.success
    clip = graph.latest("scene_clip", "neo/001")
    for name in ("first frame", "preview", "last frame"):
        assert len(clip[name]) < 1_000
        assert picture(clip[name]).format == "WEBP"
    assert clip["GPU seconds"] == 10.0
    assert clip["cost EUR"] == 0.01
    assert (clip["server"], clip["workflow"], clip["attempts"]) == ("http://gpu:8188", "wan", 1)
    assert clip["made with"] == {"seed": str(2**62)}, "browsers would round it"
    takes = [dict(record.data) for record in clip["all takes"].records]
    assert [(take["take"], take["in the film"], take["GPU seconds"]) for take in takes] == [
        (2, True, 10),
        (1, False, 10),
    ]
    assert takes[0]["seed"] == "42"
    checked = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert set(checked) == {"decodes", "as_asked", "picture"}
    assert checked["as_asked"].metadata["scene"].value == "neo/001"
    assert "wanted 12" in str(checked["as_asked"].description)
    assert clip["screening room"] == f"http://127.0.0.1:3001{addresses.film('neo')}#scene-001"


def test_a_movie_shows_contact_sheet_report_and_sums(graph: Graph) -> None:
    graph.make(make_storyboard())
    assert graph.run("render_scene", "neo/001").success
    assert graph.run("cut_movie", "neo").success
    movie = graph.latest("final_movie", "neo")
    assert (movie["GPU seconds"], movie["GPU seconds, all takes"]) == (20.0, 30.0)
    assert (movie["cost EUR"], movie["cost EUR, all takes"]) == (0.02, 0.03)
    assert picture(movie["contact sheet"]).size[0] == 800
    assert len(movie["contact sheet"]) < 60_000
    assert "| 002 | 1.00 |" in movie["report"]
    assert "Used: 20 s of GPU (0.020 EUR); with all takes that were made 30 s (0.030 EUR)" in movie["report"]
    assert (movie["parts encoded"], movie["parts from the cache"]) == (0, 3)
    assert movie["screening room"] == f"http://127.0.0.1:3001{addresses.film('neo')}"
    assert Path(movie["report file"]).read_text() == movie["report"]


def test_a_long_film_keeps_its_metadata_small(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("film_pipeline.defs.movie_metadata._SHEET_SCENES", 2)
    monkeypatch.setattr("film_pipeline.defs.movie_metadata._REPORT_SCENES", 2)
    graph.make(make_storyboard(*(make_scene(number, duration=0.5) for number in range(1, 4))))
    movie = graph.latest("final_movie", "neo")
    assert picture(movie["contact sheet"]).size[0] == 800
    assert "| 003 |" not in movie["report"]
    assert movie["report"].endswith("1 more scenes stand in report.md.\n")
    assert "| 003 |" in Path(movie["report file"]).read_text()


def test_the_storyboard_tells_what_rendering_will_take(graph: Graph) -> None:
    graph.receive(make_storyboard())
    assert graph.run("write_storyboard", "neo").success
    board = graph.latest("storyboard", "neo")
    assert board["estimate"].startswith("2 scenes, 2.0 s of film; no estimate")
    assert graph.run("render_scene", "neo/001", tags=AUTOMATIC).success
    edited = {"ops": {"storyboard": {"config": {"prompts": {"001": "another street"}}}}}
    assert graph.run("write_storyboard", "neo", run_config=edited).success
    board = graph.latest("storyboard", "neo")
    assert board["estimate"] == "2 scenes, 2.0 s of film; about 20 s of GPU, 0.020 EUR, by one take of that kind"
    assert (board["expected GPU seconds"], board["expected cost EUR"]) == (20.0, 0.02)


def test_without_a_price_no_cost_is_shown(settings: Settings, tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        graph = Graph(settings, tmp_path, instance)
        graph.make(make_storyboard())
        shown = {**graph.latest("scene_clip", "neo/001"), **graph.latest("final_movie", "neo")}
    assert not [name for name in shown if "cost" in name or "GPU seconds" in name]


@pytest.mark.parametrize("executor", ["in_process", "k8s"])
def test_everything_in_the_graph_says_what_it_is(settings: Settings, executor: str) -> None:
    chosen = settings.model_copy(update={"executor": executor})
    definitions = build_definitions(chosen)
    repository = definitions.get_repository_def()
    for spec in definitions.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert (spec.group_name, spec.owners) == ("film", ["team:film"])
    kinds = {spec.key.to_user_string(): spec.kinds for spec in definitions.resolve_all_asset_specs()}
    assert kinds["scene_clip"] == {"mp4", "animatic"}
    assert kinds["storyboard"] == {"json", "offline"}
    for key in repository.asset_graph.asset_check_keys:
        assert repository.asset_graph.get(key).description, key
    for sensor in repository.sensor_defs:
        assert sensor.description, sensor.name
    for schedule in repository.schedule_defs:
        assert schedule.description, schedule.name
    for name in ("write_storyboard", "render_scene", "cut_movie"):
        job = definitions.resolve_job_def(name)
        assert job.description, name
        assert job.metadata["owners"].value == ["team:film"]
