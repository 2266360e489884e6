"""Logs as JSON: each line of a real run is one object that says what it is about, and no secret is in it."""

import json
import logging
from pathlib import Path

import dagster as dg
import pytest
import yaml
from factories import PatternRenderer, make_scene, make_storyboard, make_studio

from film_pipeline.definitions import build_definitions
from film_pipeline.defs.json_log import JsonLines
from film_pipeline.errors import RenderContentError
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings

# Dagster calls its way to configure handlers beta; helm-values/dagster.yaml uses it.
pytestmark = pytest.mark.filterwarnings("ignore:Handling yaml-defined logging configuration")

CANARY = "sk-canary-7f3a"
_TOLD = yaml.safe_load((Path(__file__).parents[2] / "helm-values" / "dagster.yaml").read_text())["pythonLogs"]
LOGS = {
    "python_log_level": _TOLD["pythonLogLevel"],
    "managed_python_loggers": _TOLD["managedPythonLoggers"],
    "dagster_handler_config": _TOLD["dagsterHandlerConfig"],
}
"""What the cluster is given."""


def lines_of_a_film(settings: Settings, capsys: pytest.CaptureFixture[str], renderer: PatternRenderer) -> list[dict]:
    """What a cluster's pods print on standard output while a film of one scene is made."""
    settings.home.mkdir()
    (settings.home / "dagster.yaml").write_text(yaml.safe_dump({"python_logs": LOGS, "telemetry": {"enabled": False}}))
    studio = make_studio(settings, renderer)
    from film_pipeline.studio.scripts import receive_file

    script = settings.home / "neo.json"
    script.write_text(storyboard_to_json(make_storyboard(make_scene(1, duration=0.3))))
    receive_file(studio.store, script, None)
    definitions = build_definitions(settings, studio)
    capsys.readouterr()
    with dg.DagsterInstance.from_config(str(settings.home)) as instance:
        instance.add_dynamic_partitions("films", ["neo"])
        for job, partition in (("write_storyboard", "neo"), ("render_scene", "neo/001")):
            definitions.resolve_job_def(job).execute_in_process(
                partition_key=partition, instance=instance, raise_on_error=False
            )
    out = capsys.readouterr().out
    assert CANARY not in out
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def keyed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a key that must stay out of everything."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    return Settings(FILM_HOME=settings.home, FILM_SIZE="160x90", FILM_FPS="12", FILM_DIRECTOR="offline")


def test_a_take_is_told_with_film_scene_and_run(keyed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of_a_film(keyed, capsys, PatternRenderer())
    (made,) = (line for line in lines if line.get("event") == "ASSET_MATERIALIZATION" and line["job"] == "render_scene")
    assert (made["film"], made["scene"], made["take"], made["step"]) == ("neo", "001", 1, "scene_clip")
    assert len(made["run"]) == 36
    assert all({"time", "level", "message", "run"} <= set(line) for line in lines)
    assert all(line["film"] == "neo" for line in lines)


def test_a_failure_is_told_with_its_advice(keyed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    refused = RenderContentError("No", where="neo/001", why="a bad prompt", remedy="Edit it.")
    lines = lines_of_a_film(keyed, capsys, PatternRenderer(failing=lambda spec: refused))
    (failed,) = (line for line in lines if line.get("event") == "STEP_FAILURE")
    assert failed["level"] == "error"
    assert "a bad prompt" in failed["error"]


def test_any_other_line_is_one_object_too() -> None:
    words = "server %s\nis gone"
    line = JsonLines().format(
        logging.LogRecord("film_pipeline.pool", logging.WARNING, __file__, 1, words, ("a",), None)
    )
    assert "\n" not in line
    said = json.loads(line)
    assert said.pop("time")
    assert said == {"level": "warning", "logger": "film_pipeline.pool", "message": "server a\nis gone"}
