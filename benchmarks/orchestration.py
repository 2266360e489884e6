"""Orchestration seconds per scene: what Dagster and the workers add to the steps of a scene.

Makes tiny scenes (64x64, 3 frames) with a persistent history; takes the same steps (render, verify, publish, prepare)
without Dagster; and executes an empty asset on Dagster's own default home: the bare floor. All in one run. Goal: at
most 0.25 s of wall time per scene at 100 scenes.

    python benchmarks/orchestration.py [--quick | --long]      (--long: 1,000 scenes, too)
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg

from film_pipeline.cli.making import Maker
from film_pipeline.cli.screen import Lines
from film_pipeline.cli.workers import Workers
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio, open_studio
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Silent(Lines):
    def __init__(self) -> None:
        pass

    def say(self, text: str) -> None: ...

    def stage(self, name: str, total: int) -> None: ...

    def done(self, what: str, ok: bool) -> None:
        assert ok, what

    def busy(self, steps: dict[str, tuple[float, str]]) -> None: ...


def opened(folder: str, scenes: int, workers: int) -> tuple[Settings, Studio]:
    """A studio in ``folder`` whose film ``bench`` has so many tiny scenes."""
    settings = Settings(FILM_HOME=Path(folder), FILM_SIZE="64x64", FILM_FPS="12", FILM_WORKERS=workers)
    # The workers open their own studio by the environment, as in every other place.
    os.environ.update(FILM_HOME=folder, FILM_SIZE="64x64", FILM_FPS="12")
    studio = open_studio(settings)
    board = [{"id": number, "duration": 0.25, "prompt": f"street {number}"} for number in range(1, scenes + 1)]
    script = Path(folder) / "bench.json"
    script.write_text(json.dumps({"title": "Bench", "scenes": board}))
    receive_file(studio.store, script)
    return settings, studio


def steps_alone(scenes: int) -> float:
    """Wall seconds per scene of the same steps in this process, without Dagster."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        _, studio = opened(folder, scenes, 1)
        publish_storyboard(studio, write_storyboard(studio, "bench"))
        started = time.monotonic()
        for scene in studio.plan("bench").scenes:
            with shoot(studio, "bench", scene.scene, Wish(), lambda share, words: None) as shot:
                publish_shot(studio, shot)
        return (time.monotonic() - started) / scenes


def film_of(scenes: int, workers: int) -> float:
    """Wall seconds per scene of the scenes' stage of ``film make``, workers already running."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        settings, studio = opened(folder, scenes, workers)
        with Workers(settings, workers) as crew:
            maker = Maker(studio, "bench", crew, Silent())
            maker.direct()
            started = time.monotonic()
            maker.render(studio.plan("bench"))
            return (time.monotonic() - started) / scenes


def bare_floor(scenes: int) -> float:
    """Wall seconds per run of an empty asset, in process, on a default SQLite home."""
    scene = dg.DynamicPartitionsDefinition(name="scenes")

    @dg.asset(partitions_def=scene)
    def nothing() -> None: ...

    definitions = dg.Definitions(assets=[nothing], jobs=[dg.define_asset_job("bare", [nothing])])
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        (Path(folder) / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        with dg.DagsterInstance.from_config(folder) as instance:
            names = [f"bench/{number}" for number in range(scenes)]
            instance.add_dynamic_partitions("scenes", names)
            started = time.monotonic()
            for name in names:
                job = definitions.resolve_job_def("bare")
                job.execute_in_process(partition_key=name, instance=instance, run_config=QUIET)
            return (time.monotonic() - started) / scenes


def main() -> None:
    quick = "--quick" in sys.argv
    floor, alone = bare_floor(5 if quick else 30), steps_alone(3 if quick else 20)
    print(f"Dagster's bare floor: {floor:.3f} s wall per run of an empty asset, one process")
    print(f"The steps of a scene without Dagster: {alone:.3f} s wall, one process")
    print("scenes  workers  wall/scene  steps/scene  overhead/scene  overhead/floor")
    for scenes in (4,) if quick else (1, 20, 100, 1_000) if "--long" in sys.argv else (1, 20, 100):
        for workers in (1, 2):
            wall = film_of(scenes, workers)
            overhead = wall - alone / workers
            row = f"{wall:9.3f}s  {alone / workers:10.3f}s  {overhead:13.3f}s  {overhead / (floor / workers):14.2f}"
            print(f"{scenes:6}  {workers:7}  {row}", flush=True)


if __name__ == "__main__":
    main()
