"""The other ways to render in pods, after a change of settings as an operator makes it: bundles, and a pool."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from kubernetes import client

from cluster import release
from cluster.cluster import GPU
from cluster.farm import IMAGES, NAMESPACE, Farm
from cluster.node import NAME
from cluster.processes import wait_until

pytestmark = pytest.mark.long

POOL = ("comfyui-0", "comfyui-1")


@pytest.fixture(autouse=True)
def as_it_was(farm: Farm) -> Iterator[None]:
    before = farm.configured()
    yield
    farm.configure(**{name: before.get(name) for name in before | farm.configured()})  # type: ignore[arg-type]


def rendered_in(farm: Farm, film: str) -> dict[str, list[str]]:
    """Pods in which scenes of a film were rendered to the end, and which digests."""
    digests = set(farm.renders(film))
    done: dict[str, list[str]] = {}
    for job in farm.jobs("success"):
        if job["mark"]["digest"] in digests:
            done.setdefault(job["pod"], []).append(job["mark"]["digest"])
    return done


def pod_settings(farm: Farm, **changes: Any) -> str:
    return yaml.safe_dump(yaml.safe_load(farm.configured()["FILM_POD"]) | changes)


@pytest.mark.timeout(600)
def test_scenes_share_a_pod(farm: Farm) -> None:
    farm.behave(render_seconds=1)
    farm.configure(FILM_WORKERS="1", FILM_POD=pod_settings(farm, scenes=3))
    farm.drop("shared", scenes=3)
    farm.wait_for_movie("shared")
    (together,) = rendered_in(farm, "shared").values()
    assert len(together) == len(set(together)) == 3


@pytest.mark.timeout(900)
def test_a_pool_renders_and_drains_before_it_stops(farm: Farm) -> None:
    """Scaled up and down by hand where KEDA does it; a server that is told to stop first ends what it renders."""
    farm.behave(render_seconds=20)
    farm.apply(*pool(farm))
    try:
        urls = ",".join(f"http://{name}.comfyui.{NAMESPACE}.svc:8188" for name in POOL)
        farm.configure(FILM_WORKERS="2", COMFYUI_URL=urls, FILM_POD="form: pool")
        farm.cluster.core.patch_node(NAME, {"metadata": {"labels": {"film/gpu": "true"}}})
        farm.drop("pooled", scenes=2)
        wait_until(lambda: len(farm.scene_pods("Pending", "Running")) == 2, 240, "scene pods", told=farm.story)
        assert not any(asks_for_a_gpu(pod) for pod in farm.scene_pods("Pending", "Running"))
        scale(farm, 2)
        wait_until(lambda: set(POOL) <= at_work(farm), 240, "both servers to render", told=farm.story)
        scale(farm, 0)
        farm.wait_for_movie("pooled")
        assert sorted(rendered_in(farm, "pooled")) == sorted(POOL)
        assert set(farm.renders("pooled").values()) == {1}
        wait_until(lambda: not farm.cluster.pods(NAMESPACE, "film/role=comfyui"), 120, "the pool to be gone")
    finally:
        client.AppsV1Api(farm.cluster.api).delete_namespaced_stateful_set("comfyui", NAMESPACE)
        farm.cluster.core.delete_namespaced_service("comfyui", NAMESPACE)


def pool(farm: Farm) -> list[dict[str, Any]]:
    """comfyui-pool.yaml with the fake in ComfyUI's place, and what this node has."""
    service, servers = yaml.safe_load_all((release.VALUES / "comfyui-pool.yaml").read_text())
    spec = servers["spec"]["template"]["spec"]
    (server,) = spec["containers"]
    server["image"] = IMAGES[1]
    server["command"] = ["python", "/film/tests/cluster/comfyui_main.py"]
    server["resources"] = {"requests": {"cpu": "20m", "memory": "100Mi"}, "limits": {GPU: 1, "memory": "1Gi"}}
    server["volumeMounts"] = [{"name": "ledger", "mountPath": "/ledger"}, {"name": "tmp", "mountPath": "/tmp"}]
    ledger = yaml.safe_load(farm.configured()["FILM_POD"])["pod"]["volumes"]
    spec["volumes"] = [*ledger, {"name": "tmp", "emptyDir": {}}]
    return [service, servers]


def scale(farm: Farm, servers: int) -> None:
    apps = client.AppsV1Api(farm.cluster.api)
    apps.patch_namespaced_stateful_set_scale("comfyui", NAMESPACE, {"spec": {"replicas": servers}})


def at_work(farm: Farm) -> set[str]:
    """Pods whose ComfyUI has begun to render and not ended."""
    ended = {job["id"] for job in farm.jobs("success")}
    return {job["pod"] for job in farm.jobs("started") if job["id"] not in ended}


def asks_for_a_gpu(pod: Any) -> bool:
    return any(GPU in (container.resources.limits or {}) for container in pod.spec.containers)
