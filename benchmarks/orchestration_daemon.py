"""Orchestration under the daemon: wall seconds a scene from queue to clip, against Dagster's bare floor in one run.

A film of tiny scenes lies in the inbox of a home under ``dagster dev``, with the product's sensors, assets and
configuration, and a renderer that copies a ready clip of 64x64 and 3 frames. Measured from the moment in which the
first scene was asked for until the last one was rendered; the scenes' own steps, measured in the same run without
Dagster, are subtracted. The floor: a sensor that asks for as many runs of an empty asset at once, under
``dagster dev`` on a default home with as many runs side by side, steps in the run's own process as ours are. Beside the
clock stands the processor time of all processes in that while, which other work on the machine hardly changes.

    python benchmarks/orchestration_daemon.py [--scenes 1 20 100 1000] [--minutes 10] [--quick]
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dagster as dg
from orchestrating import no_op
from orchestrating.clock import cpu_of_tree

from film_pipeline.defs.home import open_history, prepare_home
from film_pipeline.settings import Settings
from film_pipeline.studio.scripts import receive_file

DEV = [str(Path(sys.executable).with_name("dagster")), "dev"]
SIDE_BY_SIDE = Settings(FILM_WORKERS=0).chosen_workers
BARE = """
import dagster as dg
scenes = dg.DynamicPartitionsDefinition(name="scenes")

@dg.asset(partitions_def=scenes)
def nothing() -> None: ...

bare = dg.define_asset_job("render_scene", [nothing])
NAMES = [f"bench/{number}" for number in range(COUNT)]

@dg.sensor(job=bare, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def ask(context):
    requests = [dg.RunRequest(run_key=name, partition_key=name) for name in NAMES]
    return dg.SensorResult(requests, dynamic_partitions_requests=[scenes.build_add_request(NAMES)])

defs = dg.Definitions(assets=[nothing], jobs=[bare], sensors=[ask], executor=dg.in_process_executor)
"""


@contextmanager
def living(command: list[str], home: Path, **environment: str) -> Iterator[int]:
    """A process, by its id, with everything it starts, until the block ends."""
    ours = ("FILM_", "COMFYUI_", "OPENAI_", "AWS_", "DAGSTER_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=home, env={**clean, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            with suppress(ProcessLookupError):  # runs that are under way outlive it
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def per_run(instance: dg.DagsterInstance, count: int, pid: int, minutes: float) -> tuple[float, float, int]:
    """Wait until so many scenes are rendered by the processes below ``pid``, or for so long.

    Seconds and processor seconds, a scene, from the first one's request to the end of the last one that was rendered;
    and how many were.
    """
    wanted = dg.RunsFilter(job_name="render_scene")
    while not instance.get_runs_count(wanted):
        time.sleep(0.5)
    before, limit = cpu_of_tree(pid), time.monotonic() + 60 * minutes
    done = dg.RunsFilter(job_name="render_scene", statuses=[dg.DagsterRunStatus.SUCCESS])
    while instance.get_runs_count(done) < count and time.monotonic() < limit:
        time.sleep(1)
    spent = cpu_of_tree(pid) - before
    records = instance.get_run_records(wanted)
    ends = [record.end_time for record in records if record.end_time]
    first = min(record.create_timestamp.timestamp() for record in records)
    return (max(ends) - first) / len(ends), spent / len(ends), len(ends)


def under_the_daemon(scenes: int, minutes: float) -> tuple[float, float, int]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        prepare_home(home, SIDE_BY_SIDE)
        no_op.ready_clip(home)
        (home / "scripts").mkdir()
        no_op.script_of(home / "scripts", scenes)
        command = [*DEV, "-f", no_op.__file__, "-p", free_port()]
        settings = {"FILM_HOME": folder, "FILM_MAX_SCENES": "1000"}
        with living(command, home, DAGSTER_HOME=folder, **settings) as pid, open_history(home) as instance:
            return per_run(instance, scenes, pid, minutes)


def steps_alone(scenes: int) -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        settings = no_op.settings_of(Path(folder))
        studio = no_op.no_op_studio(settings)
        no_op.ready_clip(settings.home)
        receive_file(studio.store, no_op.script_of(settings.home, scenes))
        no_op.direct(studio)
        return no_op.steps_alone(studio)


def bare_floor(count: int, minutes: float) -> tuple[float, float, int]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "bare.py").write_text(BARE.replace("COUNT", str(count)))
        (home / "dagster.yaml").write_text(
            f"telemetry: {{enabled: false}}\nconcurrency: {{runs: {{max_concurrent_runs: {SIDE_BY_SIDE}}}}}\n"
        )
        command = [*DEV, "-f", "bare.py", "-p", free_port()]
        with (
            living(command, home, DAGSTER_HOME=folder) as pid,
            dg.DagsterInstance.from_config(folder) as instance,
        ):
            return per_run(instance, count, pid, minutes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, nargs="+", default=[1, 20, 100])
    parser.add_argument("--minutes", type=float, default=120, help="of each side of a row; then what was made counts")
    parser.add_argument("--quick", action="store_true", help="4 scenes")
    asked = parser.parse_args()
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}; {SIDE_BY_SIDE} runs side by side; seconds, a scene")
    print("scenes  wall/scene  steps/scene  added/scene  bare floor  added/floor  CPU/scene  CPU/bare run", flush=True)
    for scenes in [4] if asked.quick else asked.scenes:
        steps = steps_alone(scenes) / min(scenes, SIDE_BY_SIDE)
        wall, cpu, made = under_the_daemon(scenes, asked.minutes)
        floor, floor_cpu, ran = bare_floor(scenes, asked.minutes)
        row = f"{wall:9.2f}s  {steps:10.3f}s  {wall - steps:10.2f}s  {floor:9.2f}s  {(wall - steps) / floor:11.2f}"
        print(f"{scenes:6}  {row}  {cpu:8.2f}s  {floor_cpu:11.2f}s", flush=True)
        if (made, ran) != (scenes, scenes):
            print(f"        in {asked.minutes:g} minutes each: {made} scenes rendered, {ran} empty runs", flush=True)


if __name__ == "__main__":
    main()
