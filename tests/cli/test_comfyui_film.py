"""The same command with COMFYUI_URL set: scenes and music from servers, nothing rendered twice, faults told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeComfyUIServer
from PIL import Image
from test_film_command import Command, rendered

from film_pipeline.ffmpeg.verify import examine

SCENES = [{"id": number, "duration": 1, "prompt": f"street {number}, rain"} for number in range(1, 5)]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[FakeComfyUIServer]]:
    with FakeComfyUIServer(tmp_path / "a") as one, FakeComfyUIServer(tmp_path / "b") as other:
        other.change(answers=500)
        yield [one, other]


def started(servers: list[FakeComfyUIServer]) -> int:
    return sum(len(server.jobs("started")) for server in servers)


def test_a_film_from_two_servers_one_of_which_is_ill(tmp_path: Path, servers: list[FakeComfyUIServer]) -> None:
    film = Command(tmp_path)
    film.write("neo.json", {"title": "Neo", "scenes": SCENES})
    urls = ",".join(server.url for server in servers)
    made = film.json("make", "neo.json", COMFYUI_URL=urls, FILM_GPU_PRICE="36 EUR")
    assert set(rendered(made).values()) == {True}
    assert examine(Path(made["movie"])).frames == 4 * 24 - 3 * 12
    report = json.loads(Path(made["report"]).read_text())
    assert report["stand_ins"] == []
    assert report["renderers"] == ["comfyui/1"]
    assert report["composer"].startswith("comfyui/1 ace_step_1_5_music")
    made_by = report["scenes"][0]["made"]
    assert made_by["server"] == servers[0].url
    assert made_by["gpu_seconds"] > 0
    spent = report["spending"]
    assert spent["gpu_seconds"] > sum(scene["made"]["gpu_seconds"] for scene in report["scenes"]), "music costs, too"
    assert spent["price"] == {"per_hour": 36.0, "currency": "EUR"}
    (row,) = film.json("status")["films"]
    assert row["spent"] == {
        "gpu_seconds": spent["gpu_seconds_made"],
        "cost": pytest.approx(spent["gpu_seconds_made"] / 100, abs=1e-3),
        "currency": "EUR",
    }
    jobs = started(servers)
    assert jobs == 4 + 1, "one job a scene and one for the music"
    again = film.json("make", "neo.json", COMFYUI_URL=urls)
    assert set(rendered(again).values()) == {False}
    assert started(servers) == jobs


def test_a_server_that_is_not_there_is_named_and_nothing_falls_back(tmp_path: Path) -> None:
    film = Command(tmp_path)
    film.write("neo.json", {"title": "Neo", "scenes": SCENES[:1]})
    result = film("make", "neo.json", COMFYUI_URL="http://127.0.0.1:9", FILM_MAX_ATTEMPTS="1", FILM_START_SECONDS="1")
    assert result.returncode == 1
    assert "127.0.0.1:9" in result.stderr
    assert not list(film.home.glob("films/neo/takes/*/*.mp4"))


def test_a_scene_with_a_reference_image_begins_from_it(tmp_path: Path, servers: list[FakeComfyUIServer]) -> None:
    film = Command(tmp_path)
    scenes = [{**SCENES[0], "reference": "mara.png"}, SCENES[1]]
    film.write("neo.json", {"title": "Neo", "scenes": scenes})
    refused = film("make", "neo.json", COMFYUI_URL=servers[0].url)
    assert refused.returncode == 1
    assert "references/mara.png" in refused.stderr
    folder = film.home / "films/neo/references"
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "mara.png")
    made = film.json("make", "neo.json", COMFYUI_URL=servers[0].url)
    used = [scene["made"]["workflow"] for scene in json.loads(Path(made["report"]).read_text())["scenes"]]
    assert used == ["hunyuan_video_1_5_i2v", "hunyuan_video_t2v"]
    Image.new("RGB", (64, 64), "blue").save(folder / "mara.png")
    assert rendered(film.json("make", "neo.json", COMFYUI_URL=servers[0].url)) == {"001": True, "002": False}
