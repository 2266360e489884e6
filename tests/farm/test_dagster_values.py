"""The chart's values hold what Dagster itself takes: names and types, checked by Dagster's own schemas.

The chart writes most values into dagster.yaml in snake case. Whether it takes our values at all is for
``make test-chart``, which needs a copy of the chart.
"""

import importlib
import re
from typing import Any

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager
from dagster_k8s import K8sRunLauncher
from dagster_postgres.utils import pg_config
from manifests import VALUES, containers, pods, values

from film_pipeline.defs.jobs import write_storyboard

PYTHON_LOGS = {
    "python_log_level": "pythonLogLevel",
    "managed_python_loggers": "managedPythonLoggers",
    "dagster_handler_config": "dagsterHandlerConfig",
}
OVERLAYS = [name for name in VALUES if name != "dagster"]


def snake(value: Any) -> Any:
    """Values with their keys as in dagster.yaml."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower(): snake(item) for key, item in value.items()}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_becomes_dagster_yaml_is_understood(overlay: str) -> None:
    told = values("dagster", overlay)
    config = snake(
        {
            "run_monitoring": told["dagsterDaemon"]["runMonitoring"],
            "run_retries": told["dagsterDaemon"]["runRetries"],
            "concurrency": {key: told["concurrency"][key] for key in ("pools", "runs")},
            "telemetry": told["telemetry"],
            **told["additionalInstanceConfig"],
        }
    )
    config["python_logs"] = {name: told["pythonLogs"][key] for name, key in PYTHON_LOGS.items()}
    for limit in config["concurrency"]["runs"]["tag_concurrency_limits"]:
        if isinstance(limit["value"], dict):
            limit["value"] = {"applyLimitPerUniqueValue": limit["value"].pop("apply_limit_per_unique_value")}
    if "sensors" in told["dagsterDaemon"]:
        config["sensors"] = snake(told["dagsterDaemon"]["sensors"])
    checked = validate_config(dagster_instance_config_schema(), config)
    assert checked.success, checked.errors


def test_the_queue_keeps_runs_while_the_code_server_is_away() -> None:
    told = values("dagster")["dagsterDaemon"]["runCoordinator"]["config"]["customRunCoordinator"]
    assert getattr(importlib.import_module(told["module"]), told["class"]) is QueuedRunCoordinator
    checked = validate_config(QueuedRunCoordinator.config_type(), told["config"])
    assert checked.success, checked.errors
    assert told["config"]["max_user_code_failure_retries"] * told["config"]["user_code_failure_retry_delay"] >= 300


def test_the_run_launcher_understands_its_config() -> None:
    told = values("dagster")["runLauncher"]["config"]["k8sRunLauncher"]
    config = {**snake({key: value for key, value in told.items() if key != "runK8sConfig"})}
    config["run_k8s_config"] = {snake({key: 0}).popitem()[0]: value for key, value in told["runK8sConfig"].items()}
    config |= {"instance_config_map": "x", "service_account_name": "film"}
    checked = validate_config(K8sRunLauncher.config_type(), config)
    assert checked.success, checked.errors


def test_boto3_reads_what_pods_are_told_of_s3() -> None:
    """AWS_REGION, which other tools read, is not among it."""
    read = {name for variable in BOTOCORE_DEFAUT_SESSION_VARIABLES.values() for name in _listed(variable[1])}
    read |= {"AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_MAX_ATTEMPTS"}
    told = {entry["name"] for _, pod in pods() for part in containers(pod) for entry in part.get("env", [])}
    assert {name for name in told if name.startswith("AWS_")} - read == set()
    assert "AWS_DEFAULT_REGION" in told


def _listed(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else names or []


def test_logs_of_steps_find_their_bucket() -> None:
    told = values("dagster")["computeLogManager"]["config"]["s3ComputeLogManager"]
    checked = validate_config(S3ComputeLogManager.config_type(), snake(told))
    assert checked.success, checked.errors


def test_the_history_finds_its_database_by_a_driver_that_the_image_has() -> None:
    import psycopg2  # what requirements-cluster.txt brings

    told = values("dagster")["postgresql"]
    assert told["postgresqlScheme"] == f"postgresql+{psycopg2.__name__}"
    config = {
        "username": told["postgresqlUsername"],
        "password": "x",
        "hostname": told["postgresqlHost"],
        "db_name": told["postgresqlDatabase"],
        "scheme": told["postgresqlScheme"],
    }
    assert validate_config(pg_config()["postgres_db"].config_type, config).success


def test_a_gpu_node_that_takes_minutes_is_waited_for() -> None:
    monitoring = values("dagster")["dagsterDaemon"]["runMonitoring"]
    assert monitoring["enabled"] is True
    assert monitoring["startTimeoutSeconds"] >= 900
    assert monitoring["maxResumeRunAttempts"] >= 1


def test_two_runs_of_one_scene_never_overlap_and_the_queue_waits_for_gpus() -> None:
    concurrency = values("dagster")["concurrency"]
    assert concurrency["pools"]["granularity"] == "run"
    alone, written = concurrency["runs"]["tagConcurrencyLimits"]
    assert (alone["key"], alone["limit"]) == ("dagster/partition", 1)
    assert write_storyboard.tags == {written["key"]: written["value"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_scenes_are_rendered_while_storyboards_are_written(overlay: str) -> None:
    runs = values("dagster", overlay)["concurrency"]["runs"]
    (config_map,) = values("dagster", overlay)["dagster-user-deployments"]["extraManifests"]
    (written,) = (limit["limit"] for limit in runs["tagConcurrencyLimits"] if limit["key"] == "film/step")
    told = config_map["data"]
    rendered = int(told.get("FILM_WORKERS") or len(told["COMFYUI_URL"].split(",")))
    assert runs["maxConcurrentRuns"] > written + rendered


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_settings_of_a_cluster_are_settings_of_ours(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from film_pipeline.settings import Settings, load_settings

    (code,) = values("dagster", overlay)["dagster-user-deployments"]["deployments"]
    (config_map,) = values("dagster", overlay)["dagster-user-deployments"]["extraManifests"]
    given = {item["name"]: item["value"] for item in code["env"] if "value" in item} | config_map["data"]
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert {name for name in given if name.startswith("FILM_")} - known - {"FILM_HOME"} == set()
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().pod is not None
