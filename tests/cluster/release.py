"""What `helm install` makes of helm-values/: the objects of the Dagster chart, as far as our values touch them.

By the chart itself where `DAGSTER_CHART` names its folder. It is not ours to carry; otherwise by our reading of it for
the one code server, the daemon and the webserver; names of objects, variables, files and labels are the chart's, and
`make test-chart` compares both. All that is ours (values, roles, policies, the scene pod) comes from helm-values/.
"""

import json
import os
from pathlib import Path
from typing import Any

import yaml

from cluster.helm_chart import rendered
from cluster.images import REPOSITORY

Object = dict[str, Any]

VALUES = REPOSITORY / "helm-values"
_WEBSERVER = "dagster-dagster-webserver"
HOME = "/opt/dagster/dagster_home"
_SNAKE = {
    "containerConfig": "container_config",
    "podSpecConfig": "pod_spec_config",
    "podTemplateSpecMetadata": "pod_template_spec_metadata",
    "jobSpecConfig": "job_spec_config",
    "jobMetadata": "job_metadata",
}


def values(*files: Path) -> Object:
    """Values with overlays put over them, as Helm does it: mappings merge, everything else is replaced."""
    result: Object = {}
    for file in files:
        result = _put_over(result, yaml.safe_load(file.read_text()))
    return result


def installed(told: Object, namespace: str) -> list[Object]:
    """The objects that `helm install dagster` makes of values."""
    if not (chart := os.environ.get("DAGSTER_CHART")):
        return reading(told, namespace)
    objects = rendered(Path(chart), told, namespace)
    for thing in objects:
        thing["metadata"]["namespace"] = namespace
        if thing["kind"] == "Deployment":  # they only wait, by an image that is not on this node
            thing["spec"]["template"]["spec"].pop("initContainers", None)
    return objects


def reading(told: Object, namespace: str) -> list[Object]:
    """The objects of the chart that matter here, as we read it."""
    (code,) = told["dagster-user-deployments"]["deployments"]
    objects = [
        _config_map("dagster-instance", {"dagster.yaml": yaml.safe_dump(_instance(told, namespace))}),
        _config_map("dagster-workspace-yaml", {"workspace.yaml": yaml.safe_dump(_workspace(code))}),
        *told["dagster-user-deployments"]["extraManifests"],
        _code_server(told, code, namespace),
        _service(code["name"], {"deployment": code["name"]}, code["port"]),
        _daemon(told),
        _webserver(told),
        _service(
            "dagster-dagster-webserver", {"component": "dagster-webserver"}, told["dagsterWebserver"]["service"]["port"]
        ),
    ]
    return [{**thing, "metadata": {**thing["metadata"], "namespace": namespace}} for thing in objects]


def _instance(told: Object, namespace: str) -> Object:
    """The chart's dagster.yaml."""
    pages, daemon, queue = told["postgresql"], told["dagsterDaemon"], told["concurrency"]
    database = {
        "postgres_db": {
            "username": pages["postgresqlUsername"],
            "password": {"env": "DAGSTER_PG_PASSWORD"},
            "hostname": pages["postgresqlHost"],
            "db_name": pages["postgresqlDatabase"],
            "port": 5432,
            "params": {},
            "scheme": pages["postgresqlScheme"],
        }
    }
    launcher = told["runLauncher"]["config"]["k8sRunLauncher"]
    logs = told["computeLogManager"]
    return {
        "storage": {"postgres": database},
        "run_launcher": {
            "module": "dagster_k8s",
            "class": "K8sRunLauncher",
            "config": {
                "load_incluster_config": True,
                "job_namespace": namespace,
                "image_pull_policy": launcher["imagePullPolicy"],
                "service_account_name": told["global"]["serviceAccountName"],
                "dagster_home": HOME,
                "instance_config_map": "dagster-instance",
                "postgres_password_secret": told["global"]["postgresqlSecretName"],
                "fail_pod_on_run_failure": launcher["failPodOnRunFailure"],
                "run_k8s_config": {_SNAKE[name]: value for name, value in launcher["runK8sConfig"].items()},
            },
        },
        "concurrency": {
            "pools": {"granularity": queue["pools"]["granularity"]},
            "runs": {
                "max_concurrent_runs": queue["runs"]["maxConcurrentRuns"],
                "tag_concurrency_limits": queue["runs"].get("tagConcurrencyLimits", []),
            },
        },
        "run_coordinator": daemon["runCoordinator"]["config"]["customRunCoordinator"],
        "run_monitoring": _snake(daemon["runMonitoring"]),
        "run_retries": _snake(daemon["runRetries"]),
        "python_logs": {_in_snake(name): value for name, value in told["pythonLogs"].items()},
        "compute_logs": {
            "module": "dagster_aws.s3.compute_log_manager",
            "class": logs["type"],
            "config": _snake(logs["config"]["s3ComputeLogManager"]),
        },
        "telemetry": told["telemetry"],
        **told["additionalInstanceConfig"],
        **({"sensors": _snake(daemon["sensors"])} if "sensors" in daemon else {}),
    }


def _workspace(code: Object) -> Object:
    return {"load_from": [{"grpc_server": {"host": code["name"], "port": code["port"], "location_name": code["name"]}}]}


def _code_server(told: Object, code: Object, namespace: str) -> Object:
    """The code server hands on to runs and steps what it is given itself (`includeConfigInLaunchedRuns`)."""
    context = {
        "image_pull_policy": code["image"]["pullPolicy"],
        "env_config_maps": [entry["name"] for entry in code["envConfigMaps"]],
        "namespace": namespace,
        "service_account_name": told["global"]["serviceAccountName"],
        "volumes": code["volumes"],
        "volume_mounts": code["volumeMounts"],
        "resources": code["resources"],
        "run_k8s_config": {
            "container_config": {"env": code["env"], "securityContext": code["securityContext"]},
            "pod_spec_config": {"securityContext": code["podSecurityContext"]},
        },
    }
    own = {
        "DAGSTER_HOME": HOME,
        "DAGSTER_CURRENT_IMAGE": _image(code),
        "DAGSTER_CONTAINER_CONTEXT": json.dumps({"k8s": context}),
    }
    container = {
        **_container("dagster-user-deployments", code, told),
        "command": ["dagster", "code-server", "start", "-h", "0.0.0.0", "-p", str(code["port"])],
        "args": code["codeServerArgs"],
        "envFrom": [{"configMapRef": entry} for entry in code["envConfigMaps"]],
        "readinessProbe": {
            "exec": {"command": ["dagster", "api", "grpc-health-check", "-p", str(code["port"])]},
            "periodSeconds": 20,
            "timeoutSeconds": 20,
        },
    }
    container["env"] += [{"name": name, "value": value} for name, value in own.items()]
    labels = {"component": "user-deployments", "deployment": code["name"]}
    return _deployment(f"dagster-dagster-user-deployments-{code['name']}", labels, container, code, told)


def _daemon(told: Object) -> Object:
    part = told["dagsterDaemon"]
    container = {
        **_container("dagster", part, told),
        "command": ["dagster-daemon", "run", "-w", "/dagster-workspace/workspace.yaml"],
    }
    container["env"].append({"name": "DAGSTER_HOME", "value": HOME})
    return _deployment("dagster-daemon", {"component": "dagster-daemon"}, container, part, told)


def _webserver(told: Object) -> Object:
    part = told["dagsterWebserver"]
    port = part["service"]["port"]
    container = {
        **_container("dagster", part, told),
        "command": ["dagster-webserver", "-h", "0.0.0.0", "-p", str(port), "-w", "/dagster-workspace/workspace.yaml"],
        "readinessProbe": part["readinessProbe"],
    }
    container["env"].append({"name": "DAGSTER_HOME", "value": HOME})
    return _deployment(_WEBSERVER, {"component": "dagster-webserver"}, container, part, told)


def _container(name: str, part: Object, told: Object) -> Object:
    secret = {"name": told["global"]["postgresqlSecretName"], "key": "postgresql-password"}
    password = {"name": "DAGSTER_PG_PASSWORD", "valueFrom": {"secretKeyRef": secret}}
    return {
        "name": name,
        "image": _image(part),
        "imagePullPolicy": part["image"]["pullPolicy"],
        "env": [*part.get("env", []), password],
        "resources": part["resources"],
        "securityContext": part["securityContext"],
        "volumeMounts": [
            *part["volumeMounts"],
            {"name": "dagster-instance", "mountPath": f"{HOME}/dagster.yaml", "subPath": "dagster.yaml"},
            {"name": "dagster-workspace-yaml", "mountPath": "/dagster-workspace"},
        ],
    }


def _deployment(name: str, labels: Object, container: Object, part: Object, told: Object) -> Object:
    volumes = [{"name": name, "configMap": {"name": name}} for name in ("dagster-instance", "dagster-workspace-yaml")]
    pod = {
        "serviceAccountName": told["global"]["serviceAccountName"],
        "securityContext": part["podSecurityContext"],
        "volumes": [*part["volumes"], *volumes],
        "containers": [container],
    }
    spec = {
        "replicas": part.get("replicaCount", 1),
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _service(name: str, selector: Object, port: int) -> Object:
    spec = {"selector": selector, "ports": [{"name": "main", "port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _config_map(name: str, data: Object) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _image(part: Object) -> str:
    return f"{part['image']['repository']}:{part['image']['tag']}"


def _snake(value: Any) -> Any:
    """Field names of values (`maxConcurrentRuns`) as Dagster has them (`max_concurrent_runs`), all the way down."""
    if isinstance(value, dict):
        return {_in_snake(name): _snake(inner) for name, inner in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


def _in_snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _put_over(below: Object, above: Object) -> Object:
    result = dict(below)
    for name, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _put_over(result[name], value) if both else value
    return result
