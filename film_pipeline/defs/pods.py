"""The pods of scene steps and cuts, as the configuration that dagster-k8s merges into a step's Job.

Pure: a :class:`ScenePod` or the name of a claim in, Kubernetes fields out. Only steps that use the GPU, and those that
cut, get any; all other pods are what the run launcher makes of its own values. Not here: starting anything, and what is
the same for every pod (``helm-values``).
"""

from pathlib import Path
from typing import Any

from film_pipeline.models.pod import ScenePod

Fields = dict[str, Any]

ROLE_LABEL = "film/role"
"""Pod label that network policies, KEDA and alerts select by; ``scene`` on every pod that renders."""

_PORT = 8188
_DISTURB_NOT = {
    "karpenter.sh/do-not-disrupt": "true",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
}
# What the strictest of Kubernetes' own Pod Security levels asks for, and no writing outside of volumes.
_RESTRICTED: Fields = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
# Loopback only: nothing outside the pod can speak to a server that has no login.
_ARGUMENTS = (
    *("--listen", "127.0.0.1", "--port", str(_PORT)),
    *("--models-directory", "/models", "--output-directory", "/tmp/output", "--input-directory", "/tmp/input"),  # noqa: S108 - in a pod
    *("--temp-directory", "/tmp", "--user-directory", "/tmp/user", "--database-url", "sqlite:///:memory:"),  # noqa: S108 - in a pod
    *("--disable-auto-launch", "--disable-metadata", "--disable-api-nodes"),
)
# In every step Dagster reads its launcher's configuration, and refuses to without a login. This one grants nothing, as
# no role is bound to the scenes' account. ComfyUI, which runs what it is sent, does not get it.
_LOGIN: Fields = {
    "name": "kubernetes-login",
    "projected": {
        "defaultMode": 0o440,
        "sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
        ],
    },
}
_LOGIN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_ASK = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{_PORT}/system_stats', timeout=5)"
_PROBE_EVERY_SECONDS = 2

# A lock dies with whoever holds it, however it dies, and an exec keeps it: so the companion learns of the step's end
# even where no line of the step could run any more.
_STEP_HOLDS_LOCK = 'exec 9>/step/lock; flock 9; touch /step/began; exec "$@"'
_COMPANION = (
    '"$@" & server=$!; '
    "(until [ -e /step/began ]; do sleep 1; done; flock /step/lock touch /step/over; kill $server) & "
    "wait $server; [ -e /step/over ]"
)


# A clip that could not be stored is lost with its pod and must be paid for again: minutes of waiting for the storage
# are cheaper. So many attempts, 10 s apart in the mean, take up to eight minutes.
_PATIENCE = [{"name": "AWS_MAX_ATTEMPTS", "value": "50"}]


def gpu_step(pod: ScenePod) -> Fields:
    """What makes a step's Job render on a GPU: one entry of the executor's ``per_step_k8s_config``."""
    return {
        "container_config": _step_container(pod),
        "pod_spec_config": _pod_spec(pod),
        "pod_template_spec_metadata": {"labels": {ROLE_LABEL: "scene"}, "annotations": _DISTURB_NOT},
        "job_metadata": {"labels": {ROLE_LABEL: "scene"}},
        "job_spec_config": {
            # A pod that Kubernetes starts again ends at once as "done" and its step waits for ever: Dagster retries.
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": pod.keep_seconds,
            "activeDeadlineSeconds": pod.wait_seconds + _working_seconds(pod),
        },
    }


def cut_step(claim: str, home: Path, cache: Path) -> Fields:
    """What lets a cut find what those before it kept: one entry of the executor's ``per_step_k8s_config``.

    ``cache`` lies in ``home``, which no other volume is mounted at.
    """
    return {
        "container_config": {
            "volumeMounts": [
                # A mount makes the folders that it lies in, owned by root; in a volume of its own the home is ours.
                {"name": "film-home", "mountPath": str(home)},
                {"name": "film-cache", "mountPath": str(cache)},
            ]
        },
        "pod_spec_config": {
            "volumes": [
                {"name": "film-home", "emptyDir": {}},
                {"name": "film-cache", "persistentVolumeClaim": {"claimName": claim}},
            ],
            # Else each pod's start touches every file of the volume, and the cut reads all of them again.
            "securityContext": {"fsGroupChangePolicy": "OnRootMismatch"},
        },
    }


def _working_seconds(pod: ScenePod) -> int:
    return pod.start_seconds + pod.scenes * pod.render_seconds


def _pod_spec(pod: ScenePod) -> Fields:
    spec: Fields = {
        "serviceAccountName": pod.service_account,
        "automountServiceAccountToken": False,
        "volumes": [_LOGIN],
        "enableServiceLinks": False,
        "activeDeadlineSeconds": _working_seconds(pod),
        "terminationGracePeriodSeconds": pod.grace_seconds,
    }
    if pod.priority_class:
        spec["priorityClassName"] = pod.priority_class
    if pod.form != "pool":
        placed = {"nodeSelector": pod.node_selector, "tolerations": list(pod.tolerations)}
        spec = merged(spec, {**placed, **_with_comfyui(pod)})
    return merged(spec, pod.pod)


def _with_comfyui(pod: ScenePod) -> Fields:
    volumes: list[Fields] = [{"name": "comfyui-scratch", "emptyDir": {}}]
    if pod.models:
        volumes.append({"name": "models", "persistentVolumeClaim": {"claimName": pod.models, "readOnly": True}})
    comfyui = merged(_comfyui(pod), pod.container)
    if pod.form == "sidecar":
        comfyui |= {"restartPolicy": "Always", "startupProbe": _startup_probe(pod)}
        return {"initContainers": [comfyui], "volumes": volumes}
    comfyui["command"] = ["sh", "-c", _COMPANION, "companion", *comfyui["command"]]
    comfyui["volumeMounts"].append({"name": "step", "mountPath": "/step"})
    return {"containers": [comfyui], "volumes": [*volumes, {"name": "step", "emptyDir": {}}]}


def _comfyui(pod: ScenePod) -> Fields:
    mounts: list[Fields] = [{"name": "comfyui-scratch", "mountPath": "/tmp"}]  # noqa: S108 - in a pod
    if pod.models:
        mounts.append({"name": "models", "mountPath": "/models", "readOnly": True})
    return {
        "name": "comfyui",
        "image": pod.image,
        "command": list(pod.command),
        "args": [*_ARGUMENTS, *pod.arguments],
        "resources": pod.resources.model_dump(),
        "securityContext": _RESTRICTED,
        "volumeMounts": mounts,
    }


def _startup_probe(pod: ScenePod) -> Fields:
    """The step starts once this succeeds; asked from inside, as the server listens on loopback."""
    return {
        "exec": {"command": ["python", "-c", _ASK]},
        "periodSeconds": _PROBE_EVERY_SECONDS,
        "timeoutSeconds": 10,
        "failureThreshold": max(1, pod.start_seconds // _PROBE_EVERY_SECONDS),
    }


def _step_container(pod: ScenePod) -> Fields:
    login = {"name": _LOGIN["name"], "mountPath": _LOGIN_PATH, "readOnly": True}
    container: Fields = {"env": _PATIENCE, "volumeMounts": [login]}
    if pod.form != "companion":
        return container
    more = {
        "command": ["sh", "-c", _STEP_HOLDS_LOCK, "step"],
        # No probe holds the step back until ComfyUI answers: it must wait itself.
        "env": [{"name": "FILM_START_SECONDS", "value": str(pod.start_seconds)}],
        "volumeMounts": [{"name": "step", "mountPath": "/step"}],
    }
    return merged(container, more)


def merged(onto: Fields, more: Fields) -> Fields:
    """``more`` over ``onto``: fields of mappings one by one, lists joined, anything else replaced."""
    result = dict(onto)
    for name, value in more.items():
        before = result.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            result[name] = merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[name] = [*before, *value]
        else:
            result[name] = value
    return result
