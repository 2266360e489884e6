"""What became of runs that automation asked for: how often work was tried, and when it is left to people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import dagster as dg

from film_pipeline.defs.bundles import works_of
from film_pipeline.defs.failures import FAULT_TAG, MACHINE_TAG

FILM_TAG, WORK_TAG = "film/film", "film/work"
"""Run tags of requests: the film, and a digest of what the run shall make."""

_MOST_LOST = 20
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


class Attempts:
    """The ended runs of films, read once a film."""

    def __init__(self, instance: dg.DagsterInstance, most: int) -> None:
        self._instance, self._most = instance, most
        self._runs: dict[str, dict[str, list[dg.DagsterRun]]] = {}
        self._bundled: set[str] = set()

    def ended(self, film: str, work: str) -> int:
        """How many runs of a piece of work came to an end; part of a run key, so that each try is asked for once."""
        return len(self._of(film).get(work, []))

    def bundled(self, films: Iterable[str]) -> set[str]:
        """Work that was part of a bundle which ended without making it, among other work."""
        for film in films:
            self._of(film)
        return self._bundled

    def given_up(self, film: str) -> dict[str, str]:
        """Work that automation does not ask for again, with the reason and what to do."""
        reasons = {work: _reason(runs, self._most) for work, runs in self._of(film).items()}
        return {work: reason for work, reason in reasons.items() if reason}

    def said(self, film: str, work: str) -> str:
        """What the last failed run of a piece of work told people, or nothing."""
        failed = [run for run in self._of(film).get(work, []) if run.status == dg.DagsterRunStatus.FAILURE]
        return failure_of(self._instance, failed[0].run_id) if failed else ""

    def _of(self, film: str) -> dict[str, list[dg.DagsterRun]]:
        if film not in self._runs:
            by_work: dict[str, list[dg.DagsterRun]] = defaultdict(list)
            for run in self._instance.get_runs(dg.RunsFilter(tags={FILM_TAG: film}, statuses=_ENDED), limit=20_000):
                by_work[run.tags.get(WORK_TAG, "")].append(run)
                for work in works_of(run):
                    self._bundled.add(work)
                    if run.status == dg.DagsterRunStatus.CANCELED:
                        by_work[work].append(run)
            self._runs[film] = by_work
        return self._runs[film]


def given_up_since(instance: dg.DagsterInstance, film: str, most: int, since: float) -> Iterator[tuple[str, str]]:
    """Run id and work of what automation will not ask for again, among the runs that ended after ``since``."""
    attempts = Attempts(instance, most)
    given_up = attempts.given_up(film)
    for record in instance.get_run_records(dg.RunsFilter(tags={FILM_TAG: film}, statuses=_ENDED), limit=20_000):
        run, work = record.dagster_run, record.dagster_run.tags.get(WORK_TAG, "")
        if work in given_up and record.create_timestamp.timestamp() >= since:
            yield run.run_id, f"{run.tags.get('dagster/partition', film)} ({work.partition(' ')[0]})"


def failure_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """What a failed run told people, or nothing."""
    for record in instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records:
        event = record.event_log_entry.dagster_event
        told = event.step_failure_data.user_failure_data if event else None
        if told and told.description:
            return told.description
    return ""


def _reason(runs: list[dg.DagsterRun], most: int) -> str:
    """Why a piece of work with these ended runs is left to people, or nothing."""
    statuses = Counter(run.status for run in runs)
    failed = [run for run in runs if run.status == dg.DagsterRunStatus.FAILURE]
    refused = [run.tags[FAULT_TAG] for run in failed if FAULT_TAG in run.tags]
    faults = sum(MACHINE_TAG in run.tags for run in failed)
    if refused:
        return f"was refused ({refused[0]}); edit the storyboard, or run it by hand"
    if statuses[dg.DagsterRunStatus.CANCELED]:
        return "was cancelled; edit the storyboard, or run it by hand"
    if faults >= most:
        return f"failed {faults} times; run it by hand to try again"
    if len(runs) - faults >= _MOST_LOST:
        return f"ended {len(runs)} times without a result; run it by hand to see why"
    return ""
