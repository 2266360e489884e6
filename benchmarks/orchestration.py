"""Orchestration seconds per scene: what Dagster, workers, storage and checks cost beside the rendering itself.

Renders tiny scenes (64x64, 3 frames) with a persistent history, and in the same run executes an empty asset as often on
Dagster's own default home: the bare floor. Goal: at most 0.25 s of wall time per scene at 100 scenes.

    python benchmarks/orchestration.py [--quick]
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import dagster as dg

from film_pipeline.cli.making import Maker
from film_pipeline.cli.screen import Lines
from film_pipeline.cli.workers import Workers
from film_pipeline.settings import Settings
from film_pipeline.studio import open_studio
from film_pipeline.studio.scripts import receive_file

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Silent(Lines):
    def __init__(self) -> None:
        pass

    def say(self, text: str) -> None: ...

    def stage(self, name: str, total: int) -> None: ...

    def done(self, what: str, ok: bool) -> None:
        assert ok, what

    def busy(self, steps: dict[str, tuple[float, str]]) -> None: ...


def film_of(scenes: int, workers: int) -> tuple[float, float]:
    """Wall seconds of the scenes' stage, and the seconds of it that were rendering (over the workers)."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        settings = Settings(FILM_HOME=Path(folder), FILM_SIZE="64x64", FILM_FPS="12", FILM_WORKERS=workers)
        studio = open_studio(settings)
        board = [{"id": number, "duration": 0.25, "prompt": f"street {number}"} for number in range(1, scenes + 1)]
        script = Path(folder) / "bench.json"
        script.write_text(json.dumps({"title": "Bench", "scenes": board}))
        receive_file(studio.store, script)
        with Workers(settings, workers) as crew:
            maker = Maker(studio, "bench", crew, Silent())
            maker.direct()
            list(crew.run([]))
            started = time.monotonic()
            maker.render(studio.plan("bench"))
            wall = time.monotonic() - started
        takes = [studio.store.takes("bench", f"{number:03d}")[0] for number in range(1, scenes + 1)]
        return wall, sum(take.seconds for take in takes) / workers


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
    floor = bare_floor(5 if quick else 30)
    print(f"Dagster's bare floor: {floor:.3f} s wall per run of an empty asset, one process")
    print("scenes  workers  wall/scene  rendering/scene  overhead/scene  overhead/floor")
    for scenes in (4,) if quick else (1, 20, 100):
        for workers in (1, 2):
            wall, rendering = film_of(scenes, workers)
            overhead = (wall - rendering) / scenes
            print(
                f"{scenes:6}  {workers:7}  {wall / scenes:9.3f}s  {rendering / scenes:14.3f}s"
                f"  {overhead:13.3f}s  {overhead / floor:14.2f}"
            )


if __name__ == "__main__":
    main()
