"""The real daemon and webserver, and nothing typed: a script becomes a movie; an edit or a click remakes one scene."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_home import LivingHome, living, wait_for

from film_pipeline.storage import keys

STORYBOARD = {
    "title": "Canal",
    "size": "64x64",
    "fps": 12,
    "transition": "cut",
    "scenes": [{"id": number, "duration": 0.5, "prompt": f"Rain over canal {number}"} for number in (1, 2)],
}

# What the UI sends when one partition is materialized: no configuration, no tag but the partition's.
MATERIALIZE = """mutation { launchPipelineExecution(executionParams: {
  selector: {repositoryName: "__repository__", repositoryLocationName: "film_pipeline.definitions",
             pipelineName: "__ASSET_JOB", assetSelection: [{path: ["scene_clip"]}]},
  mode: "default", runConfigData: "{}",
  executionMetadata: {tags: [{key: "dagster/partition", value: "canal/001"}]}
}) { __typename } }"""

RUNS = """{ runsOrError { ... on Runs { results { status jobName tags { key value } } } } }"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHome]:
    """A home whose daemon starts with one script in the inbox."""
    folder = tmp_path_factory.mktemp("living")
    inbox = folder / "home" / "scripts"
    inbox.mkdir(parents=True)
    (inbox / "canal.json").write_text(json.dumps(STORYBOARD))
    with living(folder / "home", free_ports(), folder / "film-ui.log") as home:
        yield home


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def movie(home: LivingHome) -> str:
    """The signature of the movie that is there."""
    report = home.studio.store.report("canal")
    return report.signature if report else ""


def asked(home: LivingHome) -> list[str]:
    """Every run there was, by what it made, oldest first; all of them ended well."""
    runs = home.ask(RUNS)["runsOrError"]["results"]
    assert {run["status"] for run in runs} == {"SUCCESS"}
    made = []
    for run in reversed(runs):
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        made.append(f"{run['jobName']} {tags['dagster/partition']} {tags.get('dagster/priority', 'by hand')}")
    return made


def take_numbers(home: LivingHome) -> dict[str, list[int]]:
    return {scene: [take.number for take in home.studio.store.takes("canal", scene)] for scene in ("001", "002")}


def wait_for_movie(home: LivingHome, unlike: str) -> None:
    wait_for(lambda: movie(home) not in ("", unlike) and home.studio.plan("canal").current, "the movie")
    wait_for(
        lambda: not [run for run in home.ask(RUNS)["runsOrError"]["results"] if run["status"] != "SUCCESS"], "runs"
    )


@pytest.mark.timeout(600)
def test_a_script_becomes_a_movie_and_one_edit_or_one_click_is_one_scene_and_a_cut(home: LivingHome) -> None:
    wait_for_movie(home, unlike="")
    scenes = [f"render_scene canal/00{number} -20" for number in (1, 2)]
    assert sorted(asked(home)) == sorted(["write_storyboard canal -10", *scenes, "cut_movie canal -5"])
    assert "## Scenes" in (home.folder / "scripts" / "canal.report.md").read_text()

    before, signature, runs = home.clips("canal"), movie(home), len(asked(home))
    storyboard = Path(home.studio.store.where(keys.storyboard("canal")))
    storyboard.write_text(storyboard.read_text().replace("Rain over canal 2", "Snow over canal 2"))
    wait_for_movie(home, unlike=signature)
    assert asked(home)[runs:] == ["render_scene canal/002 -20", "cut_movie canal -5"]
    assert take_numbers(home) == {"001": [1], "002": [1, 2]}
    assert before.items() <= home.clips("canal").items(), "no other clip was touched: same bytes, same times"

    before, signature, runs = home.clips("canal"), movie(home), len(asked(home))
    assert home.ask(MATERIALIZE)["launchPipelineExecution"]["__typename"] == "LaunchRunSuccess"
    wait_for_movie(home, unlike=signature)
    assert asked(home)[runs:] == ["__ASSET_JOB canal/001 by hand", "cut_movie canal -5"]
    assert take_numbers(home) == {"001": [1, 2], "002": [1, 2]}
    assert home.studio.store.cut("canal").scenes["001"].take == 2
    assert before.items() <= home.clips("canal").items()
