"""Whatever dies on the farm, the film completes, and what was rendered to the end is not rendered again."""

import os
import signal
import time
from typing import Any

import pytest
from kubernetes.client import V1DeleteOptions

from cluster.farm import NAMESPACE, Farm
from cluster.processes import wait_until

AWAY_SECONDS = 20
FRAMES_A_SCENE = 4
"""Half a second at eight frames a second."""


def processes_of(farm: Farm, pod: Any, word: str) -> list[int]:
    return [pid for pid, command in farm.cluster.node.processes(pod.metadata.uid).items() if word in command]


def killed(farm: Farm, pod: Any) -> None:
    for pid in processes_of(farm, pod, "execute_step"):
        os.kill(pid, signal.SIGKILL)


def deleted(farm: Farm, pod: Any) -> None:
    """As a node that is taken away deletes its pods."""
    farm.cluster.core.delete_namespaced_pod(pod.metadata.name, NAMESPACE, body=V1DeleteOptions(grace_period_seconds=0))


def evicted(farm: Farm, pod: Any) -> None:
    name = {"name": pod.metadata.name, "namespace": NAMESPACE}
    body = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": name}
    farm.cluster.core.create_namespaced_pod_eviction(pod.metadata.name, NAMESPACE, body)


def out_of_memory(farm: Farm, pod: Any) -> None:
    """The kernel ends the step for want of memory in its container."""
    name = pod.metadata.name
    farm.cluster.node.run_out_of_memory(pod.metadata.uid, "execute_step")

    def told() -> str:
        statuses = farm.cluster.core.read_namespaced_pod(name, NAMESPACE).status.container_statuses or []
        ends = [status.state.terminated for status in statuses if status.name == "dagster"]
        return f"{ends[0].reason} {ends[0].exit_code}" if ends and ends[0] else "alive"

    wait_until(lambda: told() != "alive", 60, "the kernel to end the step")
    assert told() == "OOMKilled 137"


def kubelet_away(farm: Farm, pod: Any) -> None:
    farm.cluster.node.kubelet.stop()
    time.sleep(AWAY_SECONDS)
    farm.cluster.node.kubelet.start()


def run_pod_killed(farm: Farm, pod: Any) -> None:
    run_id = pod.metadata.labels["dagster/run-id"]
    (run,) = [run for run in farm.run_pods("Running") if run.metadata.labels["dagster/run-id"] == run_id]
    for pid in processes_of(farm, run, "execute_run"):
        os.kill(pid, signal.SIGKILL)


def storage_away(farm: Farm, pod: Any) -> None:
    began = time.monotonic()
    farm.s3.kill()
    time.sleep(AWAY_SECONDS)
    farm.s3.start()
    print(f"S3 was away for {time.monotonic() - began:.0f} s")


def api_server_restarted(farm: Farm, pod: Any) -> None:
    farm.cluster.control_plane.restart_api_server()
    farm.cluster.control_plane.revive()


FAULTS = {
    "scene-pods-die": (killed, deleted, evicted, out_of_memory),
    "services-go-away": (kubelet_away, storage_away, api_server_restarted),
    "run-pod-dies": (run_pod_killed,),
}
RENDER_SECONDS = {"services-go-away": AWAY_SECONDS + 10}
"""Longer than a fault lasts, so that none has passed before the next scene is looked for."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("film", FAULTS)
def test_the_film_completes(farm: Farm, film: str) -> None:
    """Each fault comes while another scene renders."""
    farm.behave(render_seconds=RENDER_SECONDS.get(film, 10))
    scenes = max(2, len(FAULTS[film]))
    farm.drop(film, scenes)
    met: set[str] = set()
    for fault in FAULTS[film]:
        pod, digest = farm.wait_for_a_render(but=met)
        print(f"{fault.__name__} while {pod.metadata.name} renders {digest[:8]}")
        fault(farm, pod)
        met.add(digest)
    farm.wait_for_movie(film)
    assert farm.frames(film) == scenes * FRAMES_A_SCENE
    renders = farm.renders(film)
    assert len(renders) == scenes, farm.story()
    assert set(renders.values()) == {1}, f"{renders}\n{farm.story()}"
    wait_until(lambda: not farm.scene_pods("Running", "Pending"), 60, "the last scene pod to be gone", told=farm.story)
