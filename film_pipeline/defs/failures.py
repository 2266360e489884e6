"""How an error of ours becomes a failed step: the advice as its text, retried only if a machine was at fault."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from film_pipeline.defs.bundles import BUNDLE_TAG
from film_pipeline.errors import FilmPipelineError

FAULT_TAG = "film/fault"
"""Run tag with the class of the error that a retry would not mend; automation leaves such work to people."""

MACHINE_TAG = "film/machine_fault"
"""Run tag with the class of the error that another try may mend. A failed run with neither tag was killed."""

RETRIES_TAG = "dagster/max_retries"
"""Run tag that Dagster reads where it tries failed runs again, as on a cluster: how often it may."""


@contextmanager
def told_plainly(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Turn our errors into :class:`dagster.Failure` with what, where, why and what to do.

    Raises:
        dagster.Failure: with ``allow_retries`` for machine faults only.
    """
    try:
        yield
    except FilmPipelineError as error:
        kind = type(error).__name__
        tags = {MACHINE_TAG: kind} if error.is_machine_fault else {FAULT_TAG: kind, RETRIES_TAG: "0"}
        if BUNDLE_TAG not in context.run.tags:  # what a bundle left unmade is tried, and judged, scene by scene
            context.instance.add_run_tags(context.run.run_id, tags)
        raise dg.Failure(
            description=str(error),
            metadata={"error": kind, "where": error.where or "-", "remedy": error.remedy or "-"},
            allow_retries=error.is_machine_fault,
        ) from error
