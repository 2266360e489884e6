"""A whole Kubernetes, put together and taken apart: control plane, one node, fake GPUs. Knows nothing of films."""

from pathlib import Path
from types import TracebackType
from typing import Any

from kubernetes import client, config

from cluster import building, packages
from cluster.certificates import Authority
from cluster.control_plane import NODE_IP, SERVICE_IP, ControlPlane
from cluster.node import NAME, Node
from cluster.processes import run, wait_until

GPU = "nvidia.com/gpu"


class Cluster:
    """``with Cluster(folder, images) as cluster:``; only inside the sandbox, whose network it takes."""

    def __init__(self, folder: Path, *images: str) -> None:
        packages.require(*packages.CLUSTER)
        programs = building.kubernetes()
        folder.mkdir(parents=True, exist_ok=True)
        self._images = images
        authority = Authority(folder / "certificates")
        self.control_plane = ControlPlane(programs, folder, authority)
        self.node = Node(programs, folder, authority)

    def __enter__(self) -> "Cluster":
        self.control_plane.start()
        self.node.start(*self._images)
        wait_until(self._node_is_ready, 120, "the node to be ready", told=self.node.kubelet.tail)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.node.stop()
        self.control_plane.stop()

    @property
    def api(self) -> client.ApiClient:
        """A connection with every right."""
        return config.new_client_from_config(str(self.control_plane.admin))

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    @property
    def batch(self) -> client.BatchV1Api:
        return client.BatchV1Api(self.api)

    def give_gpus(self, count: int) -> None:
        """The node says it has ``count`` GPUs; the real scheduler and kubelet count them, nothing computes on them."""
        patch = [{"op": "add", "path": "/status/capacity/" + GPU.replace("/", "~1"), "value": str(count)}]
        self.core.patch_node_status(NAME, patch)
        wait_until(lambda: self._gpus() == str(count), 60, f"{count} GPUs on the node")

    def pods(self, namespace: str, selector: str = "") -> list[Any]:
        return list(self.core.list_namespaced_pod(namespace, label_selector=selector).items)

    def logs(self, namespace: str, pod: str, container: str | None = None) -> str:
        raw = self.core.read_namespaced_pod_log(pod, namespace, container=container, _preload_content=False)
        return str(raw.data.decode(errors="replace"))

    def story(self, namespace: str) -> str:
        """What happened in a namespace, for the message of a failed test: pods, their containers, the last events."""
        lines = []
        for pod in self.pods(namespace):
            states = [
                f"{status.name}: {next((k for k, v in status.state.to_dict().items() if v), '?')}"
                for status in pod.status.container_statuses or []
            ]
            lines.append(f"{pod.metadata.name} {pod.status.phase} {' '.join(states)} {pod.status.message or ''}")
        events = self.core.list_namespaced_event(namespace).items[-30:]
        lines += [f"{event.involved_object.name}: {event.reason} {event.message}" for event in events]
        return "\n".join(lines)

    def _gpus(self) -> str:
        return str(self.core.read_node(NAME).status.allocatable.get(GPU, ""))

    def _node_is_ready(self) -> bool:
        nodes = self.core.list_node().items
        return any(
            condition.type == "Ready" and condition.status == "True"
            for node in nodes
            for condition in node.status.conditions or []
        )


def raise_network() -> None:
    """The sandbox's network: the addresses of node and API server, and no way out."""
    run("ip", "link", "set", "lo", "up")
    for address in (SERVICE_IP, NODE_IP):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
