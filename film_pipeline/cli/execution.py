"""Executes orders in this process: the same named jobs that the UI launches, on the same history."""

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType

import dagster as dg

from film_pipeline.cli.orders import Order, Outcome
from film_pipeline.definitions import build_definitions
from film_pipeline.defs.history_faults import explaining_history
from film_pipeline.defs.home import open_history
from film_pipeline.defs.lost_runs import WORKER_TAG, fail_dead_runs, worker_mark
from film_pipeline.errors import StorageError
from film_pipeline.settings import Settings

# Dagster prints every event of an in-process run; they are in the history, and the terminal shows progress.
_SILENT = {"console": {"config": {"log_level": "CRITICAL"}}}


class Executing:
    """Runs orders one after the other on the history of one home; use as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._definitions = build_definitions(settings)
        self._open = ExitStack()

    def __enter__(self) -> "Executing":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def run(self, order: Order) -> Outcome:
        """Run one order to its end; a failed step is an outcome, never an exception, and so is a broken history."""
        try:
            with explaining_history(self._settings.home):
                return self._run(order)
        except StorageError as error:
            return Outcome(order, "", str(error), "History")

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        instance = self._open.enter_context(open_history(self._settings.home))
        fail_dead_runs(instance, self._settings.home)
        return instance

    def _run(self, order: Order) -> Outcome:
        partitions = "scenes" if order.job == "render_scene" else "films"
        self._instance.add_dynamic_partitions(partitions, [order.partition])
        result = self._definitions.resolve_job_def(order.job).execute_in_process(
            partition_key=order.partition,
            instance=self._instance,
            run_config={**order.config, "loggers": _SILENT},
            tags={WORKER_TAG: worker_mark(), **order.tags},
            raise_on_error=False,
        )
        if result.success:
            return Outcome(order, result.run_id)
        failure, error = _failure(result)
        return Outcome(order, result.run_id, failure, error)


def _failure(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """What the failed step said, and the class of the error behind it."""
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            told = data.user_failure_data
            if told and told.description:
                kind = told.metadata.get("error")
                return told.description, str(kind.value) if kind else "Failure"
            cause = data.error
            while cause and cause.cause:
                cause = cause.cause
            words = cause.message.strip() if cause else "unknown"
            ours = [line.strip() for line in (cause.stack if cause else []) if "film_pipeline" in line]
            where = f" ({ours[-1].splitlines()[0]})" if ours else ""
            return f"Unexpected error, please report it: {words}{where}", "Unexpected"
    return "The run failed before its first step; see it in the UI.", "Unexpected"
