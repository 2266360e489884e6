"""Executors: steps in the run's own process on a laptop, processes of their own, or pods in a cluster."""

import dagster as dg

from film_pipeline.errors import SettingsError
from film_pipeline.settings import Executor


def executor_for(name: Executor) -> dg.ExecutorDefinition:
    """The executor that ``FILM_EXECUTOR`` names.

    Raises:
        SettingsError: this installation has not got it.
    """
    if name == "k8s":
        try:
            from dagster_k8s import k8s_job_executor  # imported where it is chosen: it takes most of a second
        except ImportError as error:
            raise SettingsError(
                "FILM_EXECUTOR=k8s needs the package dagster-k8s", where="FILM_EXECUTOR", remedy="Install dagster-k8s."
            ) from error
        return k8s_job_executor
    return dg.in_process_executor if name == "in_process" else dg.multiprocess_executor
