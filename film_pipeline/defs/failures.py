"""How an error of ours becomes a failed step: the advice as its text, retried only if a machine was at fault."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from film_pipeline.errors import FilmPipelineError


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn our errors into :class:`dagster.Failure` with what, where, why and what to do.

    Raises:
        dagster.Failure: with ``allow_retries`` for machine faults only.
    """
    try:
        yield
    except FilmPipelineError as error:
        raise dg.Failure(
            description=str(error),
            metadata={"error": type(error).__name__, "where": error.where or "-", "remedy": error.remedy or "-"},
            allow_retries=error.is_machine_fault,
        ) from error
