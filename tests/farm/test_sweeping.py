"""Pods that a run left behind are ended, by the real client against a Kubernetes API on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest
from kubernetes.client import ApiClient, BatchV1Api, Configuration

from film_pipeline.definitions import build_definitions
from film_pipeline.defs.sweeping import end_jobs, sweepers
from film_pipeline.errors import SettingsError
from film_pipeline.settings import load_settings


class Cluster(ThreadingHTTPServer):
    """Holds Jobs by name: the run they belong to, and their state as Kubernetes tells it."""

    def __init__(self, jobs: dict[str, tuple[str, dict[str, object]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.jobs = jobs

    @property
    def api(self) -> BatchV1Api:
        configuration = Configuration(host=f"http://127.0.0.1:{self.server_port}")
        return BatchV1Api(ApiClient(configuration))


class _Answer(BaseHTTPRequestHandler):
    server: Cluster

    def do_GET(self) -> None:
        (selector,) = parse_qs(urlsplit(self.path).query)["labelSelector"]
        run = selector.removeprefix("dagster/run-id=")
        items = [
            {"metadata": {"name": name}, "status": status}
            for name, (of, status) in self.server.jobs.items()
            if of == run
        ]
        self._send({"kind": "JobList", "apiVersion": "batch/v1", "items": items})

    def do_DELETE(self) -> None:
        del self.server.jobs[urlsplit(self.path).path.rsplit("/", 1)[-1]]
        self._send({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _send(self, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    failed = {
        "failed": 1,
        "conditions": [{"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}],
    }
    done = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    held_back = {"ready": 0, "conditions": [{"type": "Suspended", "status": "True"}]}
    jobs = {
        "at-work": ("run-1", {"active": 1}),
        "failed": ("run-1", failed),
        "done": ("run-1", done),
        "no-pod-yet": ("run-1", {"ready": 0}),
        "held-back": ("run-1", held_back),
        "of-another": ("run-2", {"active": 1}),
    }
    with Cluster(jobs) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_what_has_not_ended_of_an_ended_run_is_ended_and_nothing_else(cluster: Cluster) -> None:
    assert end_jobs(cluster.api, "film", "run-1") == ["at-work", "no-pod-yet", "held-back"]
    assert set(cluster.jobs) == {"failed", "done", "of-another"}
    assert end_jobs(cluster.api, "film", "run-1") == []


def test_only_a_cluster_is_swept() -> None:
    def sensors(**more: str) -> set[str]:
        return {sensor.name for sensor in build_definitions(load_settings(**more)).sensors or []}

    swept = {sensor.name for sensor in sweepers()}
    assert swept <= sensors(FILM_EXECUTOR="k8s")
    assert not swept & sensors()


@dg.job
def nothing() -> None:
    """A run that ends."""


def test_a_sweep_outside_a_cluster_says_so() -> None:
    sensor = sweepers()[0]
    with dg.DagsterInstance.ephemeral() as instance:
        result = nothing.execute_in_process(instance=instance)
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_success_event(),
        )
        with pytest.raises(SettingsError, match="outside a cluster"):
            sensor(context)
