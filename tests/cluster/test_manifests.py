"""Every object of helm-values is taken by a real API server, and no field of it is dropped in silence.

Objects of KEDA and of the Prometheus operator are, too, where ``CRDS`` names a folder with the definitions of their
kinds, which are theirs to publish.
"""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from kubernetes.dynamic import DynamicClient

from cluster import release
from cluster.cluster import Cluster
from cluster.processes import wait_until

FOR_THE_CHART = {"dagster", "small", "medium", "spot", "pool"}
DEFINITIONS = sorted(Path(os.environ["CRDS"]).glob("*.yaml")) if os.environ.get("CRDS") else []
NEEDS_MORE = set() if DEFINITIONS else {"ScaledObject", "PodMonitor", "PrometheusRule"}

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
    for file in DEFINITIONS:
        definition = without_defaults(yaml.safe_load(file.read_text()))
        client.ApiextensionsV1Api(cluster.api).create_custom_resource_definition(definition)
        wait_until(partial(_serves, cluster, definition["spec"]), 60, f"{file} to be served")
    return DynamicClient(cluster.api)


def _serves(cluster: Cluster, spec: dict[str, Any]) -> bool:
    place = (spec["group"], spec["versions"][0]["name"], spec["names"]["plural"])
    try:
        client.CustomObjectsApi(cluster.api).list_cluster_custom_object(*place)
    except client.ApiException as error:
        if error.status == 404:
            return False
        raise
    return True


@pytest.mark.parametrize("thing", OBJECTS)
def test_the_api_server_takes_it_whole(dry: DynamicClient, thing: dict[str, Any]) -> None:
    kind = dry.resources.get(api_version=thing["apiVersion"], kind=thing["kind"])
    place = {"namespace": "dry"} if kind.namespaced else {"name": f"dry-{thing['metadata']['name']}"}
    sent = {**thing, "metadata": {**thing["metadata"], **place}}
    taken = kind.create(body=sent, dry_run="All", **({"namespace": "dry"} if kind.namespaced else {})).to_dict()
    assert missing(sent, taken) == []


def without_defaults(definition: Any) -> Any:
    """This old API server reads an empty text as no value, and refuses it as a default."""
    if isinstance(definition, list):
        return [without_defaults(item) for item in definition]
    if not isinstance(definition, dict):
        return definition
    return {name: without_defaults(value) for name, value in definition.items() if (name, value) != ("default", "")}


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
