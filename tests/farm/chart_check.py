"""The values against the Dagster chart itself: does it take them, and does what comes out keep our rules?

Not part of ``make test``: the chart is not ours to carry. ``helm pull dagster/dagster --version 1.13.27 --untar``, then
``make test-chart CHART=dagster``.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from cluster.helm_chart import rendered
from cluster.release import reading
from helm_python import Chart
from manifests import VALUES, Object, containers, values

CHART = os.environ.get("DAGSTER_CHART", "")
OVERLAYS = [name for name in VALUES if name != "dagster"]
OUR_DEFAULTS = "port"  # the chart's own default, a number where its schema wants text


@pytest.fixture(scope="module")
def chart() -> Path:
    if not (Path(CHART) / "Chart.yaml").exists():
        pytest.fail("name the chart's folder: make test-chart CHART=dagster")
    return Path(CHART)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_chart_takes_our_values(chart: Path, overlay: str) -> None:
    schema = json.loads((chart / "values.schema.json").read_text())
    checker = jsonschema.Draft7Validator(_at_hand(schema))
    with Chart.load(str(chart)) as loaded:
        merged = loaded.merge_values(values("dagster", overlay))
    problems = [error for error in checker.iter_errors(merged) if OUR_DEFAULTS not in error.json_path]
    assert [f"{error.json_path}: {error.message}" for error in problems] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_comes_out_is_legal_and_keeps_our_rules(chart: Path, overlay: str) -> None:
    things = rendered(chart, values("dagster", overlay), "film")
    assert {"Deployment", "ConfigMap", "Service"} <= {thing["kind"] for thing in things}
    assert not {"Role", "ClusterRole", "Secret", "ServiceAccount"} & {thing["kind"] for thing in things}
    for thing in things:
        kubernetes_validate.validate(thing, kubernetes_validate.latest_version(), strict=True)
        if thing["kind"] == "Deployment":
            _restricted(thing["spec"]["template"])


def _at_hand(schema: Any) -> Any:
    """The schema without what lies on the internet: Kubernetes' definitions, by which what comes out is checked."""
    if isinstance(schema, list):
        return [_at_hand(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return (
        {} if str(schema.get("$ref", "")).startswith("http") else {key: _at_hand(item) for key, item in schema.items()}
    )


def _restricted(template: Object) -> None:
    spec = template["spec"]
    assert spec["serviceAccountName"] == "film"
    assert spec["securityContext"]["runAsNonRoot"] is True
    for container in containers(template):
        assert container["image"] in ("film-pipeline:0.1.0", "busybox:1.28")
        assert "memory" in container["resources"]["limits"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_pod_of_a_scene_reaches_code_and_runs(chart: Path) -> None:
    things = rendered(chart, values("dagster", "medium"), "film")
    (config_map,) = [thing for thing in things if thing["metadata"]["name"] == "film-pod"]
    assert "scenes: 4" in config_map["data"]["FILM_POD"]
    (instance,) = [thing for thing in things if thing["metadata"]["name"] == "dagster-instance"]
    told = yaml.safe_load(instance["data"]["dagster.yaml"])
    assert told["run_monitoring"]["max_resume_run_attempts"] == 3
    assert told["concurrency"]["runs"]["max_concurrent_runs"] == 40
    assert told["run_launcher"]["config"]["run_k8s_config"]["job_spec_config"]["backoffLimit"] == 0
    code = next(
        thing for thing in things if thing["kind"] == "Deployment" and "user-deployments" in thing["metadata"]["name"]
    )
    text = json.dumps(code)
    assert "film-pod" in text
    assert "CONTAINER_CONTEXT" in text


def test_what_the_cluster_tests_read_into_our_values_is_what_the_chart_makes_of_them(chart: Path) -> None:
    """Where there is no chart, they install their reading of it (``cluster.release``)."""
    told = values("dagster", "small")
    made = {(thing["kind"], thing["metadata"]["name"]): thing for thing in rendered(chart, told, "film")}
    for thing in reading(told, "film"):
        real = made[thing["kind"], thing["metadata"]["name"]]
        if thing["kind"] == "Deployment":
            _same_pod(thing["spec"]["template"], real["spec"]["template"])
        if thing["kind"] == "Service":
            assert thing["spec"]["selector"].items() <= real["spec"]["selector"].items()
            assert [port["port"] for port in thing["spec"]["ports"]] == [port["port"] for port in real["spec"]["ports"]]
        if thing["metadata"]["name"] == "dagster-instance":
            _same_instance(*(yaml.safe_load(one["data"]["dagster.yaml"]) for one in (thing, real)))


def _same_pod(ours: Object, real: Object) -> None:
    assert ours["metadata"]["labels"].items() <= real["metadata"]["labels"].items()
    for field in ("serviceAccountName", "securityContext"):
        assert ours["spec"][field] == real["spec"][field]
    (mine,), (theirs,) = ours["spec"]["containers"], real["spec"]["containers"]
    for field in ("name", "image", "imagePullPolicy", "resources", "securityContext"):
        assert mine[field] == theirs[field]
    said = " ".join([*theirs.get("command", []), *theirs.get("args", [])])
    assert " ".join([*mine["command"], *mine.get("args", [])]) in said
    known = {entry["name"] for entry in theirs["env"]}
    assert {entry["name"] for entry in mine["env"]} - known <= {"DAGSTER_HOME"}  # the chart has it in a ConfigMap
    assert [entry for entry in mine.get("envFrom", []) if entry not in theirs["envFrom"]] == []


def _same_instance(ours: Object, real: Object) -> None:
    database = ours.pop("storage")["postgres"]["postgres_db"]
    stored = [real[f"{name}_storage"]["config"]["postgres_db"] for name in ("run", "event_log", "schedule")]
    assert stored == [database] * 3
    assert not ours["run_launcher"]["config"].pop("fail_pod_on_run_failure")  # the chart leaves out what is false
    real["compute_logs"]["config"].pop("verify")  # the chart's default
    assert ours == {name: real[name] for name in ours}
