"""The values against the Dagster chart itself: does it take them, and does what comes out keep our rules?

Not part of ``make test``: the chart is not ours to carry. ``helm pull dagster/dagster --version 1.13.27 --untar``, then
``make test-chart CHART=dagster``.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from helm_python import Chart
from manifests import VALUES, Object, containers, values

CHART = os.environ.get("DAGSTER_CHART", "")
OVERLAYS = [name for name in VALUES if name != "dagster"]
OUR_DEFAULTS = "port"  # the chart's own default, a number where its schema wants text


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without the schema, which refers to an address on the internet and is checked apart."""
    if not (Path(CHART) / "Chart.yaml").exists():
        pytest.fail("name the chart's folder: make test-chart CHART=dagster")
    copy = tmp_path_factory.mktemp("chart") / "dagster"
    shutil.copytree(CHART, copy)
    for schema in copy.rglob("values.schema.json"):
        schema.unlink()
    return copy


def rendered(chart: Path, overlay: str) -> list[Object]:
    with Chart.load(str(chart)) as loaded:
        texts = loaded.render(values("dagster", overlay), name="dagster", namespace="film", is_install=True)
    return [thing for text in texts.values() for thing in yaml.safe_load_all(text) if isinstance(thing, dict)]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_chart_takes_our_values(overlay: str) -> None:
    schema = json.loads((Path(CHART) / "values.schema.json").read_text())
    checker = jsonschema.Draft7Validator(_at_hand(schema))
    with Chart.load(CHART) as loaded:
        merged = loaded.merge_values(values("dagster", overlay))
    problems = [error for error in checker.iter_errors(merged) if OUR_DEFAULTS not in error.json_path]
    assert [f"{error.json_path}: {error.message}" for error in problems] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_comes_out_is_legal_and_keeps_our_rules(chart: Path, overlay: str) -> None:
    things = rendered(chart, overlay)
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
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_pod_of_a_scene_reaches_code_and_runs(chart: Path) -> None:
    things = rendered(chart, "medium")
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
