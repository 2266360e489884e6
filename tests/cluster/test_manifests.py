"""Every object of helm-values is taken by a real API server, and no field of it is dropped in silence."""

from typing import Any

import pytest
import yaml
from kubernetes import client
from kubernetes.dynamic import DynamicClient

from cluster import release
from cluster.cluster import Cluster

FOR_THE_CHART = {"dagster", "small", "medium", "spot", "pool"}
NEEDS_MORE = {"ScaledObject", "PodMonitor", "PrometheusRule"}
"""Kinds that KEDA and Prometheus bring; their schema is not Kubernetes'."""

OBJECTS = [
    pytest.param(thing, id=f"{file.stem}-{thing['kind']}-{thing['metadata']['name']}")
    for file in sorted(release.VALUES.glob("*.yaml"))
    if file.stem not in FOR_THE_CHART
    for thing in yaml.safe_load_all(file.read_text())
    if thing["kind"] not in NEEDS_MORE
]


@pytest.fixture(scope="module")
def dry(cluster: Cluster) -> DynamicClient:
    """A client for dry runs, into a namespace that nothing else uses."""
    namespace = client.V1Namespace(metadata=client.V1ObjectMeta(name="dry"))
    cluster.core.create_namespace(namespace)
    return DynamicClient(cluster.api)


@pytest.mark.parametrize("thing", OBJECTS)
def test_the_api_server_takes_it_whole(dry: DynamicClient, thing: dict[str, Any]) -> None:
    kind = dry.resources.get(api_version=thing["apiVersion"], kind=thing["kind"])
    place = {"namespace": "dry"} if kind.namespaced else {"name": f"dry-{thing['metadata']['name']}"}
    sent = {**thing, "metadata": {**thing["metadata"], **place}}
    taken = kind.create(body=sent, dry_run="All", **({"namespace": "dry"} if kind.namespaced else {})).to_dict()
    assert missing(sent, taken) == []


def missing(sent: Any, taken: Any, path: str = "") -> list[str]:
    """What was sent and did not come back; written otherwise (`1000m`, `1`) is the same."""
    if isinstance(sent, dict) and isinstance(taken, dict):
        return [
            gone
            for name, value in sent.items()
            if value not in ({}, [], None)
            for gone in (missing(value, taken[name], f"{path}.{name}") if name in taken else [f"{path}.{name}"])
        ]
    if isinstance(sent, list) and isinstance(taken, list):
        if len(sent) != len(taken):
            return [f"{path}: {len(sent)} sent, {len(taken)} came back"]
        return [gone for n, pair in enumerate(zip(sent, taken, strict=True)) for gone in missing(*pair, f"{path}[{n}]")]
    return []
