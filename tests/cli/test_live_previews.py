"""What people see while a server renders: in the terminal, in the screening room and in Dagster's log."""

import json
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from fakes import FakeComfyUIServer
from starlette.testclient import TestClient
from test_film_command import Command

from film_pipeline.definitions import build_definitions
from film_pipeline.defs import progress
from film_pipeline.screening.app import create_app
from film_pipeline.settings import Settings
from film_pipeline.studio import open_studio

WORKFLOWS = str(Path(__file__).parents[2] / "workflows")
BOARD = {"title": "Neo", "scenes": [{"id": 1, "duration": 1, "prompt": "a street in the rain"}]}


def seen_under_way(home: Path, process: Any) -> tuple[dict[str, Any], bytes]:
    """The first step with a preview that the screening room shows, and the preview."""
    room = TestClient(create_app(open_studio(Settings(FILM_HOME=home)), dagster_url=None), base_url="http://localhost")
    while process.poll() is None:
        for step in room.get("/api/films/neo/progress").json()["steps"]:
            picture = room.get(step["picture"]) if step["picture"] else None
            if picture is not None and picture.status_code == 200 and step["words"].startswith("step "):
                return step, picture.content
        time.sleep(0.1)
    pytest.fail(f"the film was done and no preview was seen: {process.stdout.read()}")


def test_previews_reach_the_screening_room_and_the_terminal(tmp_path: Path) -> None:
    film = Command(tmp_path)
    film.write("neo.json", BOARD)
    with FakeComfyUIServer(tmp_path / "server", render_seconds=4.0, previews=True) as server:
        film.environment |= {
            "COMFYUI_URL": server.url,
            "FILM_COMPOSER": "synth",
            "FILM_WORKFLOWS": WORKFLOWS,
            "FILM_SIZE": "64x64",
            "FILM_FPS": "8",
        }
        process = film.start("make", "neo.json")
        step, picture = seen_under_way(film.home, process)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    assert step["step"] == "001"
    assert " of 20" in step["words"]
    assert picture.startswith(b"\xff\xd8")
    assert f"Previews of scenes being rendered: {film.home}/progress/neo/*.jpg" in said
    assert list((film.home / "progress" / "neo").iterdir()) == []


def test_steps_and_seconds_left_stand_in_dagsters_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOG_EVERY_SECONDS", 0.0)
    with (
        FakeComfyUIServer(tmp_path / "server", render_seconds=1.5, previews=True) as server,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        settings = Settings(
            FILM_HOME=tmp_path / "home",
            FILM_SIZE="64x64",
            COMFYUI_URL=server.url,
            FILM_COMPOSER="synth",
            FILM_WORKFLOWS=WORKFLOWS,
        )
        studio = open_studio(settings)
        studio.store.objects.write("films/neo/storyboard.json", json.dumps(BOARD).encode())
        instance.add_dynamic_partitions("scenes", ["neo/001"])
        job = build_definitions(settings, studio).resolve_job_def("render_scene")
        result = job.execute_in_process(partition_key="neo/001", instance=instance)
        logged = [entry.user_message for entry in instance.all_logs(result.run_id)]
    said = [message for message in logged if "step " in message and "s left" in message]
    assert said, logged
    assert said[0].partition("%")[0].isdigit()
