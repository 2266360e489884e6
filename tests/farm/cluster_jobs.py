"""Kubernetes Jobs as dagster-k8s really makes them, from our executor and from the values that we hand to its chart."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import DagsterK8sJobConfig, UserDefinedDagsterK8sConfig, construct_dagster_k8s_job
from kubernetes.client import ApiClient

from film_pipeline.defs.pods import cut_step, gpu_step
from film_pipeline.models.pod import ScenePod

Job = dict[str, Any]

IMAGE = "film-pipeline:test"


def step_job(pod: ScenePod | None, run_config: dict[str, Any] | None = None) -> Job:
    """The Job of a step: with ``pod`` one that renders, without it one like ``storyboard``'s.

    ``run_config`` is the ``runK8sConfig`` of the chart's values, which dagster-k8s applies to every run and step.
    """
    return _job(gpu_step(pod) if pod else {}, run_config or {})


def cut_job(claim: str, home: str, run_config: dict[str, Any] | None = None) -> Job:
    """The Job of ``final_movie`` where cuts share ``claim``."""
    return _job(cut_step(claim, Path(home), Path(home) / "cache"), run_config or {})


def _job(step: dict[str, Any], run_config: dict[str, Any]) -> Job:
    context = K8sContainerContext(run_k8s_config=_user_config(run_config))
    context = context.merge(K8sContainerContext(run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(step)))
    job = construct_dagster_k8s_job(
        job_config=DagsterK8sJobConfig(
            job_image=IMAGE, image_pull_policy="IfNotPresent", dagster_home="/opt/dagster/dagster_home"
        ),
        args=["dagster", "api", "execute_step"],
        job_name="dagster-step-test",
        component="step_worker",
        user_defined_k8s_config=context.run_k8s_config,
    )
    return as_sent(job)


def as_sent(job: Any) -> Job:
    """A Job object as it goes over the wire."""
    sent: Job = ApiClient().sanitize_for_serialization(job)
    return sent


def _user_config(run_config: dict[str, Any]) -> UserDefinedDagsterK8sConfig:
    names = {
        "containerConfig": "container_config",
        "podSpecConfig": "pod_spec_config",
        "podTemplateSpecMetadata": "pod_template_spec_metadata",
        "jobSpecConfig": "job_spec_config",
        "jobMetadata": "job_metadata",
    }
    return UserDefinedDagsterK8sConfig.from_dict({names[name]: value for name, value in run_config.items()})


class RefusingCluster(ThreadingHTTPServer):
    """A Kubernetes API on loopback that notes the Jobs it is asked for and refuses them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refuse)
        self.jobs: list[Job] = []


class _Refuse(BaseHTTPRequestHandler):
    server: RefusingCluster

    def do_POST(self) -> None:
        self.server.jobs.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        answer = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403}).encode()
        self.send_response(403)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def refusing_cluster() -> Iterator[RefusingCluster]:
    with RefusingCluster() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def job_of_a_run(home: Path, server: RefusingCluster, partition: str, step: str = "scene_clip") -> Job:
    """Run this step alone with the executor that the environment chooses, and return the Job it asked for."""
    kubeconfig = home / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {}}]
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": users}
    kubeconfig.write_text(json.dumps({**config, "current-context": "c"}))
    launcher = {
        "load_incluster_config": False,
        "kubeconfig_file": str(kubeconfig),
        "job_image": IMAGE,
        "instance_config_map": "dagster-instance",
        "dagster_home": "/opt/dagster/dagster_home",
        "service_account_name": "film",
    }
    choice = {"module": "dagster_k8s", "class": K8sRunLauncher.__name__, "config": launcher}
    (home / "dagster.yaml").write_text(yaml.safe_dump({"telemetry": {"enabled": False}, "run_launcher": choice}))
    repository = ReconstructableRepository.for_module("film_pipeline.definitions", "defs")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions("scenes" if step == "scene_clip" else "films", [partition])
        job = repository.get_reconstructable_job("render_scene" if step == "scene_clip" else "cut_movie")
        job = job.get_subset(asset_selection={dg.AssetKey(step)})
        dg.execute_job(job, instance, tags={"dagster/partition": partition}, raise_on_error=False)
    return server.jobs[-1]
