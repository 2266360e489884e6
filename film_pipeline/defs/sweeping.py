"""Ends pods whose run has ended: a run that was lost or stopped in an unlucky moment leaves its step rendering.

Its scene would be asked for again while the old pod still renders it, so the old one is ended. Only in a cluster;
a run that ends its steps itself, as nearly all do, leaves nothing to sweep. Not here: starting and stopping runs.
"""

from typing import Any

import dagster as dg

from film_pipeline.errors import SettingsError

_RUN_LABEL = "dagster/run-id"
_ENDED = {"lost": dg.DagsterRunStatus.FAILURE, "stopped": dg.DagsterRunStatus.CANCELED}


def sweepers() -> list[dg.SensorDefinition]:
    """One sensor for each way a run ends before its time."""
    return [_sweeper(word, status) for word, status in _ENDED.items()]


def _sweeper(word: str, status: dg.DagsterRunStatus) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        name=f"sweep_{word}_runs",
        run_status=status,
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends pods that a run left behind, so that none renders what is rendered again.",
    )
    def sweep(context: dg.RunStatusSensorContext) -> dg.SkipReason:
        ended = end_jobs(*_cluster(), context.dagster_run.run_id)
        for name in ended:
            context.log.warning(f"ended {name}: its run {context.dagster_run.run_id} was {word}")
        return dg.SkipReason(f"ended {', '.join(ended)}" if ended else "nothing was left behind")

    return sweep


def end_jobs(jobs: Any, namespace: str, run_id: str) -> list[str]:
    """Delete every Job of a run that has not ended and return their names; ``jobs`` is Kubernetes' API.

    Also one without a pod: where a quota or a queue held it back, its pod would start later, for nobody.
    """
    left = jobs.list_namespaced_job(namespace, label_selector=f"{_RUN_LABEL}={run_id}").items
    names = [job.metadata.name for job in left if not _has_ended(job)]
    for name in names:
        jobs.delete_namespaced_job(name, namespace, propagation_policy="Background")
    return names


def _has_ended(job: Any) -> bool:
    conditions = job.status.conditions or []
    return any(one.type in ("Complete", "Failed") and one.status == "True" for one in conditions)


def _cluster() -> tuple[Any, str]:
    from dagster_k8s.utils import detect_current_namespace
    from kubernetes import client, config

    namespace = detect_current_namespace(None)
    if namespace is None:
        raise SettingsError(
            "Pods cannot be swept from outside a cluster",
            where="FILM_EXECUTOR=k8s",
            remedy="Run the code server in a pod with a service account; helm-values/ does.",
        )
    config.load_incluster_config()
    return client.BatchV1Api(), namespace
