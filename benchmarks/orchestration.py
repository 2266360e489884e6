"""Orchestration seconds per scene: what Dagster and the workers add to the steps of a scene.

The renderer copies a ready clip of 64x64 and 3 frames. In one run are measured: the scenes' stage of ``film make`` with
its persistent history; the same steps (render, verify, publish, prepare) of as many scenes without Dagster, which are
subtracted; and an empty asset on Dagster's own default home: the bare floor. Goal: at most 0.25 s of wall time added
per scene at 100 scenes. Beside the clock stands processor time, which other work on the machine hardly changes.

    python benchmarks/orchestration.py [--scenes 1 20 100 1000] [--workers 1 2] [--quick]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
from orchestrating.clock import cpu_seconds
from orchestrating.no_op import FILM, direct, no_op_definitions, no_op_studio, ready_clip, script_of, settings_of
from orchestrating.no_op import steps_alone as steps_of

from film_pipeline.cli import execution
from film_pipeline.cli.making import Maker
from film_pipeline.cli.orders import Order
from film_pipeline.cli.screen import Lines
from film_pipeline.cli.workers import Workers
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import receive_file

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

execution.build_definitions = no_op_definitions  # a worker process imports this file, too, before it begins


class Silent(Lines):
    def __init__(self) -> None:
        pass

    def say(self, text: str) -> None: ...

    def stage(self, name: str, total: int) -> None: ...

    def done(self, what: str, ok: bool) -> None:
        assert ok, what

    def busy(self, steps: dict[str, tuple[float, str]]) -> None: ...


def opened(folder: str, scenes: int, workers: int) -> tuple[Settings, Studio]:
    """A studio in ``folder`` whose film has so many tiny scenes."""
    settings = settings_of(Path(folder), workers)
    studio = no_op_studio(settings)
    ready_clip(settings.home)
    receive_file(studio.store, script_of(settings.home, scenes))
    return settings, studio


def steps_alone(scenes: int) -> float:
    """Wall seconds per scene of the same steps in this process, without Dagster."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        _, studio = opened(folder, scenes, 1)
        direct(studio)
        return steps_of(studio)


def film_of(scenes: int, workers: int) -> float:
    """Wall seconds per scene of the scenes' stage of ``film make``, all workers already running."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        settings, studio = opened(folder, scenes, workers)
        with Workers(settings, workers) as crew:
            maker = Maker(studio, FILM, crew, Silent())
            maker.direct()
            warm = [Order("write_storyboard", FILM)] * workers
            assert all(outcome is None or outcome.success for outcome in crew.run(warm))
            started = time.monotonic()
            maker.render(studio.plan(FILM))
            wall = time.monotonic() - started
        assert studio.plan(FILM).complete
        return wall / scenes


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


def with_cpu(measure: Callable[[], float], scenes: int) -> tuple[float, float]:
    """What is measured, and the processor seconds per scene of this process and of those it started and ended."""
    before = cpu_seconds()
    measured = measure()
    return measured, (cpu_seconds() - before) / scenes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, nargs="+", default=[1, 20, 100])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--quick", action="store_true", help="4 scenes")
    asked = parser.parse_args()
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; seconds, a scene; the renderer copies a file")
    runs = 5 if asked.quick else 30
    floor, floor_cpu = with_cpu(lambda: bare_floor(runs), runs)
    print(f"Dagster's bare floor: {floor:.3f} s wall, {floor_cpu:.3f} s CPU, per run of an empty asset, one process")
    print("scenes  workers  wall/scene  steps/scene  added/scene  added/floor  CPU/scene with starting the workers")
    for scenes in [4] if asked.quick else asked.scenes:
        alone = steps_alone(scenes)
        for workers in asked.workers:
            wall, cpu = with_cpu(lambda: film_of(scenes, workers), scenes)  # noqa: B023 - called at once
            added = wall - alone / workers
            row = f"{wall:9.3f}s  {alone / workers:10.3f}s  {added:10.3f}s  {added / (floor / workers):11.2f}"
            print(f"{scenes:6}  {workers:7}  {row}  {cpu:8.3f}s", flush=True)


if __name__ == "__main__":
    main()
