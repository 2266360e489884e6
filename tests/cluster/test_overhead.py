"""What a scene's pods cost beside the rendering, in parts: from its request to ComfyUI's first call, and afterwards.

Kubernetes tells whole seconds, Dagster and ComfyUI fractions. The figures are this machine's; the test holds only that
each part was found and that they come one after the other.
"""

import itertools
import statistics
from typing import Any

import psycopg2
import pytest

from cluster import database
from cluster.control_plane import NODE_IP
from cluster.farm import NAMESPACE, SCENES, Farm

pytestmark = pytest.mark.long

SCENES_MADE = 4
PARTS = {
    "could begin": "",
    "leaves the queue": "waits in Dagster's queue, asked for and with a GPU free",
    "run's container starts": "run: its pod is made, placed and started",
    "asks for the step": "run: Python starts, loads the code, plans",
    "step's containers start": "scene: its pod is made, placed and started",
    "step begins": "scene: Python starts, loads the code",
    "ComfyUI is called": "scene: looks for what there is, waits for ComfyUI",
    "ComfyUI has rendered": "scene: renders",
    "step ends": "scene: fetches, checks, stores",
    "pod is over": "scene: Python ends, ComfyUI is told, the GPU is free",
    "run is over": "run: sees it, and Dagster may start the next",
}


@pytest.mark.timeout(900)
def test_what_a_scene_costs_beside_rendering(farm: Farm) -> None:
    farm.behave(render_seconds=5)
    workers = farm.configured()["FILM_WORKERS"]
    try:
        farm.configure(FILM_WORKERS="1")
        farm.drop("overhead", scenes=SCENES_MADE)
        farm.wait_for_movie("overhead", 600)
    finally:
        farm.configure(FILM_WORKERS=workers)
    scenes = sorted((moments(farm, run) for run in runs_of("overhead")), key=lambda scene: scene["leaves the queue"])
    assert len(scenes) == SCENES_MADE
    for before, scene in itertools.pairwise(scenes):
        scene["could begin"] = max(scene["could begin"], before["run is over"])  # there is one GPU
    print(f"\nSeconds, medians of {SCENES_MADE} scenes one after the other")
    for before, after in itertools.pairwise(PARTS):
        seconds = [scene[after] - scene[before] for scene in scenes]
        print(f"  {statistics.median(seconds):6.1f}  {PARTS[after]}")
        assert min(seconds) > -1.1, f"{after} came before {before}"  # Kubernetes cuts fractions off
    until = statistics.median(scene["ComfyUI is called"] - scene["could begin"] for scene in scenes)
    held = [scene["pod is over"] - scene["step's containers start"] for scene in scenes]
    rendered = [scene["ComfyUI has rendered"] - scene["ComfyUI is called"] for scene in scenes]
    idle = statistics.median(all_of - part for all_of, part in zip(held, rendered, strict=True))
    print(f"  {until:6.1f}  from a free GPU to ComfyUI's first call")
    print(f"  {idle:6.1f}  a GPU is held without rendering")
    assert until < 300


def moments(farm: Farm, run: str) -> dict[str, float]:
    """When what happened to the scene of this run, in seconds since 1970."""
    told = dict(events(run))
    (scene,) = farm.cluster.pods(NAMESPACE, f"{SCENES},dagster/run-id={run}")
    (around,) = farm.cluster.pods(NAMESPACE, f"app.kubernetes.io/component=run_worker,dagster/run-id={run}")
    calls = {
        job["event"]: job["time"]
        for event in ("accepted", "success")
        for job in farm.jobs(event)
        if job["pod"] == scene.metadata.name
    }
    found = (
        told["PIPELINE_ENQUEUED"],
        told["PIPELINE_STARTING"],
        started(around)[0],
        told["STEP_WORKER_STARTING"],
        max(started(scene)),
        told["STEP_START"],
        calls["accepted"],
        calls["success"],
        told["STEP_SUCCESS"],
        max(status.state.terminated.finished_at.timestamp() for status in scene.status.container_statuses),
        told["PIPELINE_SUCCESS"],
    )
    return dict(zip(PARTS, found, strict=True))


def started(pod: Any) -> list[float]:
    ends = [status.state.terminated for status in pod.status.container_statuses]
    return [end.started_at.timestamp() for end in ends]


def runs_of(film: str) -> list[str]:
    """Runs that rendered scenes of a film, in their order."""
    found = asked("SELECT run_id FROM run_tags WHERE key = 'dagster/partition' AND value LIKE %s", f"{film}/%")
    return [run for (run,) in found if any(event == "STEP_WORKER_STARTING" for event, _ in events(run))]


def events(run: str) -> list[tuple[str, float]]:
    """Types and times of a run's events."""
    question = "SELECT dagster_event_type, EXTRACT(EPOCH FROM timestamp AT TIME ZONE 'UTC') FROM event_logs"
    return [(str(event), float(time)) for event, time in asked(f"{question} WHERE run_id = %s ORDER BY id", run)]


def asked(question: str, *values: str) -> list[tuple[Any, ...]]:
    login = f"postgresql://{database.USER}:{database.PASSWORD}@{NODE_IP}:5432/{database.NAME}"
    with psycopg2.connect(login) as connection, connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()
