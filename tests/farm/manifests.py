"""All Kubernetes objects that a cluster gets from us: the files of helm-values, and the Jobs that dagster-k8s makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from cluster import release
from cluster_jobs import cut_job, step_job

from film_pipeline.models.pod import ScenePod

Object = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "helm-values"
VALUES = ("dagster", "small", "medium", "spot", "pool")
"""Files for the chart; every other one is applied as it is."""


def values(*names: str) -> Object:
    """The chart's values with overlays put over them, as Helm does it: mappings merge, everything else is replaced."""
    return release.values(*(FOLDER / f"{name}.yaml" for name in names))


def files() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*.yaml") if path.stem not in VALUES)


def objects() -> list[Object]:
    """Every object of the plain files."""
    return [thing for path in files() for thing in yaml.safe_load_all(path.read_text())]


def named(kind: str, name: str) -> Object:
    (found,) = (thing for thing in objects() if thing["kind"] == kind and thing["metadata"]["name"] == name)
    return found


def scene_pod(*names: str) -> ScenePod:
    """The scene pod of a cluster with these values."""
    (config_map,) = values(*names)["dagster-user-deployments"]["extraManifests"]
    return ScenePod.model_validate(yaml.safe_load(config_map["data"]["FILM_POD"]))


def scene_jobs() -> dict[str, Object]:
    """The Job of a scene for every size of cluster, and in the form for old ones."""
    overlays = {name: ("dagster", name) for name in VALUES if name != "dagster"}
    jobs = {f"scene of {name}": step_job(scene_pod(*pair), _run_config(*pair)) for name, pair in overlays.items()}
    old = scene_pod("dagster", "small").model_copy(update={"form": "companion"})
    return {**jobs, "scene of an old cluster": step_job(old, _run_config("dagster"))}


def jobs() -> dict[str, Object]:
    """Every Job that Dagster starts with our values: runs and other steps are alike."""
    config = _run_config("dagster")
    told = {entry["name"]: entry.get("value") for entry in config["containerConfig"]["env"]}
    cut = cut_job(told["FILM_CACHE_CLAIM"], told["FILM_HOME"], config)
    return {"run or step": step_job(None, config), "cut": cut, **scene_jobs()}


def pods() -> Iterator[tuple[str, Object]]:
    """Name and template of every pod that we describe."""
    for name, job in jobs().items():
        yield name, job["spec"]["template"]
    for thing in objects():
        if "template" in thing.get("spec", {}):
            yield f"{thing['kind']} {thing['metadata']['name']}", thing["spec"]["template"]
    for name, part in _chart_pods().items():
        template = {"securityContext": part["podSecurityContext"], "volumes": part["volumes"]}
        container = {"name": name, "securityContext": part["securityContext"], "resources": part["resources"]}
        image = f"{part['image']['repository']}:{part['image']['tag']}"
        container |= {"image": image, "env": part.get("env", []), "volumeMounts": part["volumeMounts"]}
        yield f"chart {name}", {"metadata": {}, "spec": {**template, "containers": [container]}}


def containers(template: Object) -> list[Object]:
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def _chart_pods() -> dict[str, Object]:
    told = values("dagster")
    (code,) = told["dagster-user-deployments"]["deployments"]
    return {"code server": code, "daemon": told["dagsterDaemon"], "webserver": told["dagsterWebserver"]}


def _run_config(*names: str) -> Object:
    """What the chart's run launcher and code location give every run and step."""
    told = values(*names)
    config = dict(told["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"])
    (code,) = told["dagster-user-deployments"]["deployments"]
    container = {key: code[key] for key in ("env", "volumeMounts", "resources")}
    config["containerConfig"] = {**config["containerConfig"], **container}
    names_of_secrets = {"serviceAccountName": told["global"]["serviceAccountName"]}
    config["podSpecConfig"] = {**config["podSpecConfig"], "volumes": code["volumes"], **names_of_secrets}
    return config
