"""The cluster is real: jobs run as containers, and GPUs are counted by the real scheduler."""

import time

from kubernetes import client

from cluster.cluster import GPU, Cluster
from cluster.conftest import IMAGE
from cluster.processes import wait_until


def job(name: str, command: list[str], gpus: int = 0) -> client.V1Job:
    limits = client.V1ResourceRequirements(limits={GPU: str(gpus)}) if gpus else None
    container = client.V1Container(
        name="main", image=IMAGE, image_pull_policy="Never", command=command, resources=limits
    )
    pod = client.V1PodSpec(containers=[container], restart_policy="Never")
    spec = client.V1JobSpec(template=client.V1PodTemplateSpec(spec=pod), backoff_limit=0)
    return client.V1Job(metadata=client.V1ObjectMeta(name=name), spec=spec)


def succeeded(cluster: Cluster, name: str) -> bool:
    return bool(cluster.batch.read_namespaced_job(name, "default").status.succeeded)


def phase(cluster: Cluster, name: str) -> str:
    pods = cluster.pods("default", f"job-name={name}")
    return str(pods[0].status.phase) if pods else "none"


def test_a_job_runs_our_package(cluster: Cluster) -> None:
    cluster.batch.create_namespaced_job("default", job("hello", ["film", "--help"]))
    wait_until(lambda: succeeded(cluster, "hello"), 60, "the job to succeed", told=lambda: cluster.story("default"))
    (pod,) = cluster.pods("default", "job-name=hello")
    assert "Usage: film" in cluster.logs("default", pod.metadata.name)


def test_the_second_pod_waits_for_the_one_gpu(cluster: Cluster) -> None:
    cluster.give_gpus(1)
    for name in ("first", "second"):
        cluster.batch.create_namespaced_job("default", job(name, ["sleep", "4"], gpus=1))
        time.sleep(0.5)
    wait_until(lambda: phase(cluster, "first") == "Running", 60, "the first pod to run")
    (waiting,) = cluster.pods("default", "job-name=second")
    assert waiting.status.phase == "Pending"
    assert f"Insufficient {GPU}" in waiting.status.conditions[0].message
    wait_until(lambda: succeeded(cluster, "second"), 60, "the second job to succeed")
    cluster.give_gpus(2)
