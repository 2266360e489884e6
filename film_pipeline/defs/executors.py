"""Executors: steps in the run's own process on a laptop, processes of their own, or pods in a cluster."""

import dagster as dg

from film_pipeline.defs.pods import Fields, cut_step, gpu_step
from film_pipeline.errors import SettingsError
from film_pipeline.settings import Settings


def executor_for(settings: Settings) -> dg.ExecutorDefinition:
    """The executor that ``FILM_EXECUTOR`` names; in a cluster, steps that use ComfyUI get the pod of ``FILM_POD``,
    and cuts the volume of ``FILM_CACHE_CLAIM``.

    Raises:
        SettingsError: this installation has not got it.
    """
    if settings.executor == "k8s":
        return _pods(settings)
    return dg.in_process_executor if settings.executor == "in_process" else dg.multiprocess_executor


def _pods(settings: Settings) -> dg.ExecutorDefinition:
    try:
        from dagster_k8s import k8s_job_executor  # imported where it is chosen: it takes most of a second
    except ImportError as error:
        raise SettingsError(
            "FILM_EXECUTOR=k8s needs the package dagster-k8s", where="FILM_EXECUTOR", remedy="Install dagster-k8s."
        ) from error
    steps = _steps(settings)
    return k8s_job_executor.configured({"per_step_k8s_config": steps}, name="k8s") if steps else k8s_job_executor


def _steps(settings: Settings) -> dict[str, Fields]:
    """What the Jobs of some steps have beside what all have, by the name of the step."""
    steps = {}
    if settings.pod:
        steps["scene_clip"] = gpu_step(settings.pod)
        if settings.chosen_composer == "comfyui":
            steps["soundtrack"] = steps["scene_clip"]
    if settings.cache_claim:
        steps["final_movie"] = cut_step(settings.cache_claim, settings.home, settings.cache_folder)
    return steps
