"""The film farm on the cluster, as the tests use it: deployed from helm-values/, films dropped, watched and counted."""

import base64
import io
import json
import os
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import yaml
from kubernetes import client, utils

from cluster import database, release, s3_server
from cluster.cluster import Cluster
from cluster.processes import wait_until
from cluster.sandbox import STATE

NAMESPACE, BUCKET, ROOT = "film", "films", "studio"
IMAGES = ("localhost/film-pipeline:0.1.0", "localhost/film-comfyui:0.33.0")
LEDGER, KEPT_BY_CUTS = STATE / "ledger", STATE / "kept-by-cuts"
SCENES = "film/role=scene"
OTHER_STEPS = "app.kubernetes.io/component=step_worker,!film/role"
_OVERLAY = Path(__file__).with_name("values.yaml")
_CODE_SERVER = "dagster-dagster-user-deployments-film"


class Farm:
    """Films on ``cluster``, stored on ``s3``."""

    def __init__(self, cluster: Cluster, s3: s3_server.S3Server) -> None:
        self.cluster = cluster
        self.s3 = s3
        self.bucket = s3.client()

    def deploy(self) -> None:
        """Everything from helm-values that this cluster can take, and the chart's objects; returns when it runs."""
        LEDGER.mkdir()
        LEDGER.chmod(0o777)
        KEPT_BY_CUTS.mkdir()
        os.chown(KEPT_BY_CUTS, 1000, 1000)  # fsGroup changes no folder of the node
        self.bucket.create_bucket(Bucket=BUCKET)
        for name in ("namespace", "access", "network-policies"):
            self.apply(*yaml.safe_load_all((release.VALUES / f"{name}.yaml").read_text()))
        self.apply(*_volume_of_cuts(), *_secrets())
        told = release.values(release.VALUES / "dagster.yaml", _OVERLAY)
        (code,) = told["dagster-user-deployments"]["deployments"]
        (settings,) = told["dagster-user-deployments"]["extraManifests"]
        settings["data"]["FILM_POD"] = _with_ledger(settings["data"]["FILM_POD"])
        code["resources"] = told["dagsterDaemon"]["resources"]
        told["dagsterWebserver"]["enableReadOnly"] = False  # one more Python on two cores, which nobody asks here
        for part in (code, told["dagsterDaemon"], told["dagsterWebserver"]):
            part["image"] = {**part["image"], "repository": f"localhost/{part['image']['repository']}"}
        self.apply(*release.installed(told, NAMESPACE))
        wait_until(self._is_up, 600, "Dagster to be up", told=lambda: self.cluster.story(NAMESPACE), every=1)

    def configure(self, **settings: str) -> None:
        """Change `film-pod` as its operator does, and let the code server start anew with it."""
        self.cluster.core.patch_namespaced_config_map("film-pod", NAMESPACE, {"data": settings})
        stamp = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
        body = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
        apps = client.AppsV1Api(self.cluster.api)
        apps.patch_namespaced_deployment(_CODE_SERVER, NAMESPACE, body)
        wait_until(self._code_server_is_new, 300, "the new code server", told=self.story, every=1)

    def configured(self) -> dict[str, str]:
        """What stands in `film-pod`."""
        data: dict[str, str] = self.cluster.core.read_namespaced_config_map("film-pod", NAMESPACE).data
        return data

    def apply(self, *objects: dict[str, Any]) -> None:
        for thing in objects:
            utils.create_from_dict(self.cluster.api, thing, namespace=NAMESPACE)

    # --- films -------------------------------------------------------------------------------------------------------
    def drop(self, film: str, scenes: int = 2, seconds: float = 0.5) -> None:
        """Put a storyboard into the bucket's inbox, as a person would."""
        listed = [{"id": n, "duration": seconds, "prompt": f"{film} scene {n}"} for n in range(1, scenes + 1)]
        body = json.dumps({"title": film, "transition": "cut", "scenes": listed}).encode()
        self.bucket.put_object(Bucket=BUCKET, Key=f"{ROOT}/scripts/{film}.json", Body=body)

    def edit(self, film: str, scene: int, prompt: str) -> None:
        """Write other words for a scene, from 1, into the storyboard in the bucket."""
        key = f"{ROOT}/films/{film}/storyboard.json"
        board = json.loads(self.bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        board["scenes"][scene - 1]["prompt"] = prompt
        self.bucket.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(board).encode())

    def movie(self, film: str) -> bytes | None:
        try:
            key = f"{ROOT}/films/{film}/final_movie.mp4"
            content: bytes = self.bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except self.bucket.exceptions.NoSuchKey:
            return None
        return content

    def keys(self, film: str) -> list[str]:
        pages = self.bucket.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{ROOT}/films/{film}/")
        return [
            item["Key"].removeprefix(f"{ROOT}/films/{film}/") for page in pages for item in page.get("Contents", [])
        ]

    def frames(self, film: str) -> int:
        """How many frames of a movie can really be decoded."""
        with av.open(io.BytesIO(self.movie(film) or b"")) as movie:
            return sum(1 for _ in movie.decode(video=0))

    def wait_for_movie(self, film: str, seconds: float = 400) -> None:
        wait_until(lambda: self.movie(film) is not None, seconds, f"the movie of {film}", told=self.story, every=1)

    def cuts(self, film: str) -> list[dict[str, Any]]:
        """What each cut of a film told of the movie that it made, in their order."""
        told = [line for pod in self.cluster.pods(NAMESPACE, OTHER_STEPS) for line in self.json_lines(pod)]
        made = [line for line in told if line.get("film") == film and "parts_encoded" in line]
        return sorted(made, key=lambda line: str(line["time"]))

    # --- what is under way -------------------------------------------------------------------------------------------
    def scene_pods(self, *phases: str) -> list[Any]:
        pods = self.cluster.pods(NAMESPACE, SCENES)
        return [pod for pod in pods if not phases or pod.status.phase in phases]

    def run_pods(self, *phases: str) -> list[Any]:
        pods = self.cluster.pods(NAMESPACE, "dagster/run-id,app.kubernetes.io/component=run_worker")
        return [pod for pod in pods if not phases or pod.status.phase in phases]

    def wait_for_a_render(self, but: Collection[str] = (), seconds: float = 300) -> tuple[Any, str]:
        """Until ComfyUI in some pod renders a digest that is none of ``but``; that pod and digest."""
        found: list[tuple[Any, str]] = []

        def looked() -> bool:
            found.extend(self._rendering(but))
            return bool(found)

        wait_until(looked, seconds, "a scene to be rendered", told=self.story)
        return found[0]

    def json_lines(self, pod: Any) -> list[dict[str, Any]]:
        """What a pod of Dagster logged as JSON."""
        lines = self.cluster.logs(NAMESPACE, pod.metadata.name, "dagster").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def memory(self, selector: str) -> int:
        """Bytes that the processes of the one pod of this selector hold, without what the kernel may drop."""
        (pod,) = self.cluster.pods(NAMESPACE, selector)
        return self.cluster.node.memory(pod.metadata.uid)

    def behave(self, **settings: Any) -> None:
        """How every ComfyUI that starts from now on behaves; see tests/fakes/comfyui_settings.py."""
        (LEDGER / "settings.json").write_text(json.dumps(settings))

    def jobs(self, event: str) -> list[dict[str, Any]]:
        """What happened at all the ComfyUIs there have been."""
        return [job for job in self._ledger() if job["event"] == event]

    def renders(self, film: str) -> Counter[str]:
        """How often each digest of a film was rendered to the end."""
        digests = {key.split("/")[-1].removesuffix(".json") for key in self.keys(film) if key.startswith("takes/")}
        done = Counter(str(job["mark"]["digest"]) for job in self.jobs("success"))
        return Counter({digest: times for digest, times in done.items() if digest in digests})

    def story(self) -> str:
        """For the message of a failed test: pods and events, and what failed runs and the daemon say."""
        told = [self.cluster.story(NAMESPACE)]
        for pod in self.cluster.pods(NAMESPACE):
            if pod.status.phase == "Failed" or "dagster" not in pod.metadata.name.split("-step-")[0]:
                told.append(f"--- {pod.metadata.name}\n{self._tail(pod)}")
        for selector in ("component=user-deployments", "component=dagster-daemon"):
            for pod in self.cluster.pods(NAMESPACE, selector):
                told.append(f"--- {pod.metadata.name}\n{self._tail(pod)}")
        return "\n".join(told)

    def _tail(self, pod: Any) -> str:
        try:
            return self.cluster.logs(NAMESPACE, pod.metadata.name, pod.spec.containers[0].name)[-3000:]
        except client.ApiException as error:
            return str(error.reason)

    def _rendering(self, but: Collection[str]) -> Iterator[tuple[Any, str]]:
        ended = {(job["pod"], job["id"]) for job in self.jobs("success")}
        at_work = {job["pod"]: job for job in self.jobs("started") if (job["pod"], job["id"]) not in ended}
        for pod in self.scene_pods("Running"):
            job = at_work.get(pod.metadata.name)
            if job and job["mark"]["digest"] not in but:
                yield pod, str(job["mark"]["digest"])

    def _ledger(self) -> Iterator[dict[str, Any]]:
        for file in LEDGER.glob("*/jobs.jsonl"):
            for line in file.read_text().splitlines():
                yield {**json.loads(line), "pod": file.parent.name}

    def _code_server_is_new(self) -> bool:
        thing = client.AppsV1Api(self.cluster.api).read_namespaced_deployment(_CODE_SERVER, NAMESPACE)
        state = thing.status
        seen = state.observed_generation == thing.metadata.generation
        return seen and state.updated_replicas == state.ready_replicas == state.replicas == 1

    def _is_up(self) -> bool:
        apps = client.AppsV1Api(self.cluster.api)
        return all(
            thing.status.ready_replicas == thing.spec.replicas
            for thing in apps.list_namespaced_deployment(NAMESPACE).items
        )


def _with_ledger(pod: str) -> str:
    told = yaml.safe_load(pod)
    told["pod"]["volumes"][0]["hostPath"]["path"] = str(LEDGER)
    return yaml.safe_dump(told)


def _volume_of_cuts() -> list[dict[str, Any]]:
    """The claim of helm-values, and what a storage class would make for it."""
    (claim,) = yaml.safe_load_all((release.VALUES / "cache.yaml").read_text())
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": claim["metadata"]["name"]},
        "spec": {
            "capacity": claim["spec"]["resources"]["requests"],
            "accessModes": claim["spec"]["accessModes"],
            "hostPath": {"path": str(KEPT_BY_CUTS), "type": "Directory"},
        },
    }
    return [volume, claim]


def _secrets() -> list[dict[str, Any]]:
    contents = {
        "film-s3": {"access-key": s3_server.ACCESS_KEY, "secret-key": s3_server.SECRET_KEY},
        "film-postgresql": {"postgresql-password": database.PASSWORD},
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in secret.items()},
        }
        for name, secret in contents.items()
    ]
