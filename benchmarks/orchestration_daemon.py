"""Orchestration under the daemon: wall seconds a scene from queue to clip, against Dagster's bare floor in one run.

A film of tiny scenes (64x64, 3 frames) lies in the inbox of a real ``film ui``; measured from the moment in which its
first scene was asked for until its last one was rendered. The floor: a sensor that asks for as many runs of an empty
asset at once, under ``dagster dev`` on a default home with as many runs side by side. The steps of a scene themselves
take a few hundredths of a second (``benchmarks/orchestration.py``).

    python benchmarks/orchestration_daemon.py [--scenes 1 20 100 1000] [--quick]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from film_pipeline.defs.home import open_history
from film_pipeline.settings import Settings

PROGRAMS = Path(sys.executable).parent
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

defs = dg.Definitions(assets=[nothing], jobs=[bare], sensors=[ask])
"""


@contextmanager
def living(command: list[str], home: Path, **environment: str) -> Iterator[None]:
    """A process with everything it starts, until the block ends."""
    ours = ("FILM_", "COMFYUI_", "OPENAI_", "AWS_", "DAGSTER_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=home, env={**clean, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def per_run(instance: dg.DagsterInstance, count: int) -> float:
    """Wait until so many scenes are rendered; seconds a scene from the first one's request to the last one's end."""
    wanted = dg.RunsFilter(job_name="render_scene")
    while (
        instance.get_runs_count(dg.RunsFilter(job_name="render_scene", statuses=[dg.DagsterRunStatus.SUCCESS])) < count
    ):
        time.sleep(1)
    records = instance.get_run_records(wanted)
    first = min(record.create_timestamp.timestamp() for record in records)
    return (max(record.end_time or 0 for record in records) - first) / count


def under_film_ui(scenes: int) -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home = Path(folder)
        (home / "scripts").mkdir()
        board = [{"id": number, "duration": 0.25, "prompt": f"street {number}"} for number in range(1, scenes + 1)]
        film = {"title": "Bench", "size": "64x64", "fps": 12, "scenes": board}
        (home / "scripts" / "bench.json").write_text(json.dumps(film))
        ports = ["--port", free_port(), "--screening-port", free_port()]
        with living([str(PROGRAMS / "film"), "ui", "--home", folder, *ports], home), open_history(home) as instance:
            return per_run(instance, scenes)


def bare_floor(count: int) -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home = Path(folder)
        (home / "bare.py").write_text(BARE.replace("COUNT", str(count)))
        (home / "dagster.yaml").write_text(
            f"telemetry: {{enabled: false}}\nconcurrency: {{runs: {{max_concurrent_runs: {SIDE_BY_SIDE}}}}}\n"
        )
        command = [str(PROGRAMS / "dagster"), "dev", "-f", "bare.py", "-p", free_port()]
        with living(command, home, DAGSTER_HOME=folder), dg.DagsterInstance.from_config(folder) as instance:
            return per_run(instance, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, nargs="+", default=[1, 20, 100])
    parser.add_argument("--quick", action="store_true", help="4 scenes")
    asked = parser.parse_args()
    print(f"{SIDE_BY_SIDE} runs side by side")
    print("scenes  wall/scene  bare floor  ratio")
    for scenes in [4] if asked.quick else asked.scenes:
        wall, floor = under_film_ui(scenes), bare_floor(scenes)
        print(f"{scenes:6}  {wall:9.2f}s  {floor:9.2f}s  {wall / floor:5.2f}", flush=True)


if __name__ == "__main__":
    main()
