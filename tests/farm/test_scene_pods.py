"""The Job of a scene step, as dagster-k8s makes it from FILM_POD."""

import os
import subprocess
import time
from pathlib import Path

import kubernetes_validate
import pytest
from cluster_jobs import cut_job, job_of_a_run, refusing_cluster, step_job

from film_pipeline.cli.doctor import examine_home
from film_pipeline.defs import pods
from film_pipeline.defs.executors import executor_for
from film_pipeline.defs.pods import gpu_step, merged
from film_pipeline.errors import SettingsError
from film_pipeline.models.pod import ScenePod
from film_pipeline.settings import load_settings

NEWEST = kubernetes_validate.latest_version()
POD = "form: sidecar\nimage: comfyui:test\nnodeSelector: {film/gpu: 'true'}\n"


def spec_of(pod: ScenePod) -> dict:
    return step_job(pod)["spec"]["template"]["spec"]


def test_every_form_is_a_legal_job(pod: ScenePod) -> None:
    """For the newest Kubernetes; the policies hold the jobs of every cluster size to every version."""
    kubernetes_validate.validate(step_job(pod), NEWEST, strict=True)


def test_the_executor_sends_the_job_that_the_other_tests_look_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"FILM_HOME": str(tmp_path), "FILM_EXECUTOR": "k8s", "FILM_POD": POD}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COMFYUI_URL", "http://127.0.0.1:8188")
    with refusing_cluster() as server:
        sent = job_of_a_run(tmp_path, server, "neo/001")
    made = step_job(load_settings().pod)
    for job in (sent, made):
        container = job["spec"]["template"]["spec"]["containers"][0]
        del container["env"], container["args"], job["spec"]["template"]["metadata"], job["metadata"]
    assert sent["spec"] == made["spec"]


def test_only_a_cut_has_the_volume_of_cuts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = {"FILM_HOME": str(tmp_path), "FILM_EXECUTOR": "k8s", "FILM_POD": POD, "FILM_CACHE_CLAIM": "film-cache"}
    for name, value in {**told, "COMFYUI_URL": "http://127.0.0.1:8188"}.items():
        monkeypatch.setenv(name, value)
    steps = {"final_movie": "neo", "soundtrack": "neo", "scene_clip": "neo/001"}
    with refusing_cluster() as server:
        jobs = {step: job_of_a_run(tmp_path, server, partition, step) for step, partition in steps.items()}
    assert [step for step, job in jobs.items() if "film-cache" in str(job)] == ["final_movie"]
    spec = jobs["final_movie"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    claim = {"claimName": "film-cache"}
    assert {"name": "film-cache", "persistentVolumeClaim": claim} in spec["volumes"]
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert places["film-cache"] == str(load_settings().cache_folder)
    assert places["film-home"] == str(tmp_path)


def test_the_volume_of_cuts_comes_beside_what_every_step_has() -> None:
    """Its files are not touched as it is mounted: the cache would take each for another."""
    scratch = {"volumes": [{"name": "scratch", "emptyDir": {}}], "securityContext": {"fsGroup": 1000}}
    mounts = {"volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}]}
    job = cut_job("film-cache", "/tmp/film", {"podSpecConfig": scratch, "containerConfig": mounts})
    spec = job["spec"]["template"]["spec"]
    mounted = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
    assert [path for path in mounted if path.startswith("/tmp")] == ["/tmp", "/tmp/film", "/tmp/film/cache"]
    assert spec["securityContext"] == {"fsGroup": 1000, "fsGroupChangePolicy": "OnRootMismatch"}
    kubernetes_validate.validate(job, NEWEST, strict=True)


def test_a_sidecar_has_the_gpu_and_the_step_waits_for_it() -> None:
    spec = spec_of(ScenePod(image="comfyui:test"))
    (comfyui,) = spec["initContainers"]
    assert comfyui["restartPolicy"] == "Always"
    assert comfyui["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert comfyui["startupProbe"]["exec"]["command"][-1].count("/system_stats") == 1
    assert "resources" not in spec["containers"][0] or not spec["containers"][0]["resources"]


def test_a_pool_pod_asks_for_no_gpu_and_no_gpu_node() -> None:
    spec = spec_of(ScenePod(form="pool", node_selector={"film/gpu": "true"}))
    assert "nvidia.com/gpu" not in str(spec)
    assert "nodeSelector" not in spec
    assert "tolerations" not in spec
    assert [container["name"] for container in spec["containers"]] == ["dagster"]


def test_what_our_fields_do_not_name_can_be_merged_in() -> None:
    mount = {"name": "extra", "mountPath": "/extra"}
    volume = {"name": "extra", "emptyDir": {}}
    pod = ScenePod(
        image="comfyui:test",
        pod={"runtimeClassName": "nvidia", "volumes": [volume]},
        container={"env": [{"name": "A", "value": "b"}], "volumeMounts": [mount], "resources": {"limits": {"cpu": 4}}},
    )
    spec = spec_of(pod)
    assert spec["runtimeClassName"] == "nvidia"
    assert volume in spec["volumes"]
    comfyui = spec["initContainers"][0]
    assert mount in comfyui["volumeMounts"]
    assert comfyui["resources"]["limits"]["nvidia.com/gpu"] == "1"
    kubernetes_validate.validate(step_job(pod), NEWEST, strict=True)


def test_merging_changes_neither_side() -> None:
    onto, more = {"a": {"b": [1]}}, {"a": {"b": [2], "c": 3}}
    assert merged(onto, more) == {"a": {"b": [1, 2], "c": 3}}
    assert onto == {"a": {"b": [1]}}


def test_only_steps_that_use_comfyui_get_a_gpu() -> None:
    def steps(**more: str) -> set[str]:
        settings = load_settings(FILM_EXECUTOR="k8s", FILM_POD=POD, COMFYUI_URL="http://127.0.0.1:8188", **more)
        config = executor_for(settings).apply_config_mapping({"config": {}}).value["config"]
        return set(config["per_step_k8s_config"])

    assert steps(FILM_COMPOSER="synth") == {"scene_clip"}
    assert steps(FILM_COMPOSER="comfyui") == {"scene_clip", "soundtrack"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("form: sidecar", "needs image"),
        ("form: tent\nimage: a", "form: "),
        ("image: a\nmodles: b", "modles: "),
        ("image: [", "must be YAML"),
        ("nothing.yaml", "cannot be read"),
        ("image: a\nscenes: 0", "scenes: "),
    ],
)
def test_a_pod_that_cannot_be_is_refused_with_its_field(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=rf"FILM_POD.*{why}"):
        load_settings(FILM_EXECUTOR="k8s", FILM_POD=text, COMFYUI_URL="http://127.0.0.1:8188")


def test_the_doctor_asks_for_no_server_that_only_pods_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FILM_EXECUTOR": "k8s", "FILM_POD": POD, "COMFYUI_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, value)
    (found,) = (finding for finding in examine_home(tmp_path) if finding.name == "comfyui")
    assert found.well
    assert "comfyui:test in the pod of each scene" in found.says


def test_the_doctor_asks_no_pool_which_is_empty_at_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = "http://127.0.0.1:1,http://127.0.0.1:2"
    for name, value in {"FILM_EXECUTOR": "k8s", "FILM_POD": "form: pool", "COMFYUI_URL": urls}.items():
        monkeypatch.setenv(name, value)
    (found,) = (finding for finding in examine_home(tmp_path) if finding.name == "comfyui")
    assert found.well
    assert "2 at most, started for scenes that wait" in found.says


def test_a_pod_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    settings = load_settings(
        FILM_EXECUTOR="k8s", FILM_POD=str(tmp_path / "pod.yaml"), COMFYUI_URL="http://127.0.0.1:8188"
    )
    assert settings.pod is not None
    assert settings.pod.node_selector == {"film/gpu": "true"}


@pytest.mark.parametrize("more", [{"FILM_EXECUTOR": "k8s"}, {"COMFYUI_URL": "http://127.0.0.1:8188"}])
def test_a_gpu_pod_without_use_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="FILM_POD needs"):
        load_settings(FILM_POD=POD, **more)


@pytest.mark.parametrize("ending", ["exit 0", "exit 3", "kill -9 $$"])
def test_the_companion_ends_when_its_step_ends_however_that_is(tmp_path: Path, ending: str) -> None:
    companion, step = _start(tmp_path, "companion", "exec sleep 60"), _start(tmp_path, "step", f"sleep 0.5; {ending}")
    assert step.wait(10) == {"exit 0": 0, "exit 3": 3}.get(ending, -9)
    assert companion.wait(10) == 0


def test_the_step_gives_its_companion_as_long_to_start_as_a_probe_would() -> None:
    fields = gpu_step(ScenePod(form="companion", image="comfyui:test", startSeconds=900))
    assert {"name": "FILM_START_SECONDS", "value": "900"} in fields["container_config"]["env"]


def test_a_companion_whose_server_dies_fails(tmp_path: Path) -> None:
    step = _start(tmp_path, "step", "exec sleep 20")
    assert _start(tmp_path, "companion", "exit 5").wait(10) == 1
    step.kill()
    step.wait()


def test_the_companion_works_as_long_as_its_step(tmp_path: Path) -> None:
    companion, step = _start(tmp_path, "companion", "exec sleep 60"), _start(tmp_path, "step", "exec sleep 30")
    time.sleep(1.5)
    assert companion.poll() is None
    step.kill()
    step.wait()
    assert companion.wait(10) == 0


def _start(shared: Path, who: str, does: str) -> "subprocess.Popen[bytes]":
    """One container of the pod as a process; the folder that both mount at /step is ``shared``."""
    fields = gpu_step(ScenePod(form="companion", image="comfyui:test"))
    containers = {
        "step": fields["container_config"]["command"],
        "companion": fields["pod_spec_config"]["containers"][0]["command"][:4],
    }
    command = [word.replace("/step/", f"{shared}/") for word in containers[who]]
    return subprocess.Popen([*command, "sh", "-c", does], env={"PATH": os.environ["PATH"]}, cwd=shared)


def test_comfyui_listens_where_only_its_pod_reaches_it() -> None:
    arguments = pods.gpu_step(ScenePod(image="comfyui:test"))["pod_spec_config"]["initContainers"][0]["args"]
    assert arguments[arguments.index("--listen") + 1] == "127.0.0.1"
    assert {"--disable-metadata", "--disable-api-nodes"} <= set(arguments)
    assert not any("manager" in word for word in arguments)
