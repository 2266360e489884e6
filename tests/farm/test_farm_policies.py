"""What holds in every cluster of ours: one rule a test, on the objects that Kubernetes would get."""

from typing import Any

import kubernetes_validate
import pytest
from manifests import Object, containers, files, jobs, named, objects, pods, scene_jobs, scene_pod, values
from yaml import safe_load_all

from film_pipeline.settings import Settings

NEWEST = int(kubernetes_validate.latest_version().split(".")[1])
PODS = dict(pods())
OURS_ALONE = {"ScaledObject", "PrometheusRule", "PodMonitor"}
"""Kinds that other projects define; Kubernetes has no schema for them."""

every_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS.keys())
every_job = pytest.mark.parametrize("job", jobs().values(), ids=jobs().keys())
every_scene = pytest.mark.parametrize("job", scene_jobs().values(), ids=scene_jobs().keys())


def in_force(pod: Object, container: Object, field: str) -> Any:
    """A security field as Kubernetes reads it: the container's, else the pod's."""
    own = container.get("securityContext", {})
    return own.get(field, pod["spec"].get("securityContext", {}).get(field))


# --- Legal ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("minor", range(29, NEWEST + 1))
def test_every_object_is_legal(minor: int) -> None:
    for thing in [*objects(), *jobs().values()]:
        if thing["kind"] not in OURS_ALONE:
            kubernetes_validate.validate(thing, f"1.{minor}", strict=True)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_file_names_its_namespace(path: Any) -> None:
    free = {"Namespace", "PersistentVolume"}
    assert all(
        thing["metadata"].get("namespace") == "film"
        for thing in safe_load_all(path.read_text())
        if thing["kind"] not in free
    )


# --- Pod Security "restricted" ----------------------------------------------------------------------------------------
def test_kubernetes_itself_enforces_the_strictest_level() -> None:
    labels = named("Namespace", "film")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@every_pod
def test_nothing_runs_as_root(pod: Object) -> None:
    for container in containers(pod):
        assert in_force(pod, container, "runAsNonRoot") is True
        assert in_force(pod, container, "runAsUser") > 0


@every_pod
def test_nothing_gains_rights(pod: Object) -> None:
    for container in containers(pod):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in container["securityContext"]


@every_pod
def test_system_calls_are_filtered(pod: Object) -> None:
    assert all(
        in_force(pod, container, "seccompProfile") == {"type": "RuntimeDefault"} for container in containers(pod)
    )


@every_pod
def test_images_are_not_written_to(pod: Object) -> None:
    assert all(container["securityContext"]["readOnlyRootFilesystem"] is True for container in containers(pod))


@every_pod
def test_nothing_of_the_node_is_shared(pod: Object) -> None:
    spec = pod["spec"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    kinds = {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"}
    assert kinds <= {"emptyDir", "persistentVolumeClaim", "configMap", "secret", "projected"}
    assert not any("hostPort" in port for container in containers(pod) for port in container.get("ports", []))


@every_pod
def test_memory_has_a_limit(pod: Object) -> None:
    assert all("memory" in container["resources"]["limits"] for container in containers(pod))


@every_pod
def test_images_have_a_version(pod: Object) -> None:
    for container in containers(pod):
        name, _, version = container["image"].partition(":")
        assert name
        assert version not in ("", "latest")


def test_what_the_s3_server_writes_goes_to_a_volume() -> None:
    """It makes a folder in its home, and ends where the image is read-only."""
    (server,) = named("StatefulSet", "s3")["spec"]["template"]["spec"]["containers"]
    (home,) = [entry["value"] for entry in server["env"] if entry["name"] == "HOME"]
    assert home in {mount["mountPath"] for mount in server["volumeMounts"]}


# --- Rights -----------------------------------------------------------------------------------------------------------
def test_rights_end_at_the_namespace_and_name_every_verb() -> None:
    assert not [thing for thing in objects() if thing["kind"].startswith("ClusterRole")]
    for rule in named("Role", "film")["rules"]:
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not {"secrets", "pods/exec", "roles", "serviceaccounts"} & set(rule["resources"])
    told = values("dagster")
    for chart in (told, told["dagster-user-deployments"]):
        assert chart["rbacEnabled"] is False
        assert chart["serviceAccount"]["create"] is False


@every_scene
def test_pods_that_render_log_in_without_rights_and_comfyui_not_at_all(job: Object) -> None:
    spec = job["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "film-scene"
    assert spec["automountServiceAccountToken"] is False
    bound = [subject["name"] for thing in objects() if thing["kind"] == "RoleBinding" for subject in thing["subjects"]]
    assert "film-scene" not in bound
    for container in containers(job["spec"]["template"]):
        mounts = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
        logs_in = any("serviceaccount" in path for path in mounts)
        assert logs_in == (container["name"] == "dagster"), container["name"]


def test_servers_hold_no_token() -> None:
    for name, pod in PODS.items():
        if name.startswith(("StatefulSet", "Deployment", "Job ")):
            assert pod["spec"]["automountServiceAccountToken"] is False, name


# --- Secrets ----------------------------------------------------------------------------------------------------------
def test_no_file_holds_a_secret() -> None:
    assert not [thing for thing in objects() if thing["kind"] == "Secret"]


@every_pod
def test_secrets_are_named_one_by_one_and_never_written_out(pod: Object) -> None:
    for container in containers(pod):
        assert not any("secretRef" in source for source in container.get("envFrom", []))
        for variable in container.get("env", []):
            secret = any(word in variable["name"] for word in ("SECRET", "PASSWORD", "KEY", "TOKEN"))
            assert not secret or "secretKeyRef" in variable.get("valueFrom", {}), variable["name"]


# --- Network ----------------------------------------------------------------------------------------------------------
def policies() -> list[Object]:
    return [thing for thing in objects() if thing["kind"] == "NetworkPolicy"]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector matches, by Kubernetes' rules."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for rule in selector.get("matchExpressions", []):
        held = {
            "In": labels.get(rule["key"]) in rule.get("values", []),
            "NotIn": labels.get(rule["key"]) not in rule.get("values", []),
            "Exists": rule["key"] in labels,
            "DoesNotExist": rule["key"] not in labels,
        }
        if not held[rule["operator"]]:
            return False
    return True


def allowed(labels: dict[str, str], way: str) -> list[Object]:
    """All rules of one direction (``ingress``, ``egress``) that apply to a pod with these labels."""
    return [
        rule
        for policy in policies()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get(way) or []
    ]


def peers(rules: list[Object], way: str) -> list[Object]:
    return [peer for rule in rules for peer in rule["to" if way == "egress" else "from"]]


COMFYUI, SCENE = {"film/role": "comfyui"}, {"film/role": "scene", "app.kubernetes.io/component": "step_worker"}
LOGIN, RUN = {"film/role": "login"}, {"app.kubernetes.io/component": "run_worker"}
STEP, WEBSERVER = {"app.kubernetes.io/component": "step_worker"}, {"component": "dagster-webserver"}


def test_what_is_not_allowed_is_refused() -> None:
    spec = named("NetworkPolicy", "default-deny")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_comfyui_is_reached_by_pods_that_render_and_by_nobody_else() -> None:
    among = peers(allowed(COMFYUI, "ingress"), "ingress")
    for labels in (STEP, RUN, WEBSERVER, LOGIN, COMFYUI, {"film/role": "s3"}):
        assert not any(selects(peer["podSelector"], labels) for peer in among)
    assert any(selects(peer["podSelector"], SCENE) for peer in among)
    assert not any("namespaceSelector" in peer or "ipBlock" in peer for peer in among)


def test_comfyui_reaches_nothing() -> None:
    assert allowed(COMFYUI, "egress") == []


def test_nothing_reaches_the_metadata_of_the_cloud() -> None:
    blocks = [peer["ipBlock"] for policy in policies() for peer in _blocks(policy)]
    assert blocks
    assert all("169.254.0.0/16" in block["except"] for block in blocks)


def _blocks(policy: Object) -> list[Object]:
    return [peer for peer in peers(policy["spec"].get("egress") or [], "egress") if "ipBlock" in peer]


def test_pods_that_render_reach_no_address_outside() -> None:
    assert not [peer for peer in peers(allowed(SCENE, "egress"), "egress") if "ipBlock" in peer]


def test_only_runs_and_dagster_reach_kubernetes() -> None:
    def reaches(labels: dict[str, str]) -> bool:
        return any({"protocol": "TCP", "port": 6443} in rule["ports"] for rule in allowed(labels, "egress"))

    assert [reaches(labels) for labels in (RUN, {"component": "dagster-daemon"})] == [True, True]
    assert [reaches(labels) for labels in (SCENE, STEP, COMFYUI, LOGIN)] == [False] * 4
    servers = [pod for name, pod in PODS.items() if name.startswith(("StatefulSet", "Deployment", "Job "))]
    assert not any(reaches(server["metadata"]["labels"]) for server in servers)


def test_pages_are_reached_through_the_login_alone() -> None:
    for name in ("dagster-webserver", "dagster-webserver-read-only"):
        among = peers(allowed({"component": name}, "ingress"), "ingress")
        assert [peer["podSelector"] for peer in among] == [{"matchLabels": {"film/role": "login"}}]


def test_every_role_that_a_policy_names_is_one_that_pods_have() -> None:
    roles = {pod.get("metadata", {}).get("labels", {}).get("film/role") for pod in PODS.values()}
    told = {value for policy in policies() for value in _roles(policy["spec"])}
    assert told <= roles


def _roles(part: Any) -> list[str]:
    """Every value of film/role anywhere in a policy."""
    if isinstance(part, list):
        return [role for item in part for role in _roles(item)]
    if not isinstance(part, dict):
        return []
    here = [part["film/role"]] if isinstance(part.get("film/role"), str) else []
    here += part.get("values", []) if part.get("key") == "film/role" else []
    return here + [role for item in part.values() for role in _roles(item)]


# --- Jobs -------------------------------------------------------------------------------------------------------------
@every_job
def test_kubernetes_never_tries_again_by_itself(job: Object) -> None:
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


@every_job
def test_finished_jobs_stay_a_day_and_then_go(job: Object) -> None:
    assert 86_400 <= job["spec"]["ttlSecondsAfterFinished"] <= 7 * 86_400


@every_job
def test_no_job_runs_for_ever(job: Object) -> None:
    assert job["spec"]["activeDeadlineSeconds"] > 0


@every_job
def test_no_job_is_moved_while_it_works(job: Object) -> None:
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"


@every_job
def test_who_is_stopped_has_time_to_finish_an_upload(job: Object) -> None:
    assert job["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 60


# --- Volumes ---------------------------------------------------------------------------------------------------------
def claims(pod: Object) -> set[str]:
    volumes = pod["spec"].get("volumes", [])
    return {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume}


def test_every_claim_that_a_pod_names_is_made() -> None:
    made = {thing["metadata"]["name"] for thing in objects() if thing["kind"] == "PersistentVolumeClaim"}
    assert {name for pod in PODS.values() for name in claims(pod)} == made


def test_what_cuts_keep_ties_no_pod_to_a_node_but_theirs() -> None:
    assert [name for name, pod in PODS.items() if "film-cache" in claims(pod)] == ["cut"]


def test_what_cuts_keep_finds_room() -> None:
    """``FILM_CACHE_GB`` bounds parts and fetched clips each, and a cut may go beyond while it works."""
    claim = named("PersistentVolumeClaim", "film-cache")
    gibibytes = int(claim["spec"]["resources"]["requests"]["storage"].removesuffix("Gi"))
    assert gibibytes >= 2.5 * Settings.model_fields["cache_gb"].default


# --- GPUs -------------------------------------------------------------------------------------------------------------
def test_gpus_are_asked_for_by_comfyui_alone() -> None:
    asking = {
        container["name"]
        for pod in PODS.values()
        for container in containers(pod)
        if any("gpu" in name for part in container.get("resources", {}).values() for name in part)
    }
    assert asking == {"comfyui"}


def comfyuis() -> list[tuple[Object, Object]]:
    return [(pod, part) for pod in PODS.values() for part in containers(pod) if part["name"] == "comfyui"]


def test_comfyui_ends_when_told_because_an_init_stands_before_it() -> None:
    assert comfyuis()
    for _, comfyui in comfyuis():
        assert {"tini", "dumb-init"} & set(comfyui["command"])


def test_models_are_read_only() -> None:
    for pod, comfyui in comfyuis():
        (mount,) = (mount for mount in comfyui["volumeMounts"] if mount["mountPath"] == "/models")
        (volume,) = (volume for volume in pod["spec"]["volumes"] if volume["name"] == mount["name"])
        assert mount["readOnly"] is True
        assert volume["persistentVolumeClaim"]["readOnly"] is True


def test_comfyui_calls_nobody_and_installs_nothing() -> None:
    for _, comfyui in comfyuis():
        assert {"--disable-api-nodes", "--disable-metadata"} <= set(comfyui["args"])
        assert not any("manager" in word for word in comfyui["args"])


def test_an_external_comfyui_has_time_to_finish_its_queue_before_it_stops() -> None:
    """That it does so is in ``test_draining``."""
    spec = named("StatefulSet", "comfyui")["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] >= scene_pod("dagster", "pool").render_seconds
    assert named("Service", "comfyui")["spec"]["publishNotReadyAddresses"] is True


def test_films_are_watched_with_the_settings_they_are_made_with() -> None:
    """Else the page and the alerts take finished scenes for outdated ones."""
    (code,) = values("dagster")["dagster-user-deployments"]["deployments"]
    (page,) = named("Deployment", "screening-room")["spec"]["template"]["spec"]["containers"]
    assert [source["configMapRef"] for source in page["envFrom"]] == code["envConfigMaps"]
    shown = {entry["name"]: entry.get("value") for entry in page["env"]}
    made = {entry["name"]: entry["value"] for entry in code["env"] if entry["name"].startswith("FILM_")}
    del made["FILM_CACHE_CLAIM"]  # says where cuts keep parts; no film is another one for it
    assert {name: shown.get(name) for name in made} == made


def test_every_external_comfyui_has_an_address() -> None:
    most = named("ScaledObject", "comfyui")["spec"]["maxReplicaCount"]
    (config_map,) = values("dagster", "pool")["dagster-user-deployments"]["extraManifests"]
    urls = [f"http://comfyui-{number}.comfyui.film.svc:8188" for number in range(most)]
    assert config_map["data"]["COMFYUI_URL"].split(",") == urls


def test_external_comfyuis_start_for_pods_that_render() -> None:
    (trigger,) = named("ScaledObject", "comfyui")["spec"]["triggers"]
    key, _, value = trigger["metadata"]["podSelector"].partition("=")
    assert trigger["type"] == "kubernetes-workload"
    assert {key: value}.items() <= SCENE.items()
