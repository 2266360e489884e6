"""Metrics for Prometheus: films and scenes as they lie in storage, runs and faults as Dagster's history has them.

Cheap and bounded whatever is asked and however often: films are counted again only where their files changed, for a
few seconds at a time, and an answer is kept for a while. Not here: listening (the ``film`` command), what one film
counts (``studio.tally``).
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from film_pipeline.defs.claims import fingerprint
from film_pipeline.defs.failures import FAULT_TAG, MACHINE_TAG
from film_pipeline.defs.jobs import JOBS
from film_pipeline.errors import FilmPipelineError
from film_pipeline.studio import Studio
from film_pipeline.studio.tally import FILM_STATES, Tally, tally

_KEPT_SECONDS = 15.0
_COUNTING_SECONDS = 5.0
_MOST_RUNS = 500
_SCENE_STATES = ("current", "selectable", "short", "missing", "stale")
_WAITING = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)


@dataclass
class _Films:
    """What was counted of each film, and the mark its files had then."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    uncounted: int = 0

    def look(self, studio: Studio, until: float) -> None:
        """Count films that are new or changed, until the time is over; the next look goes on."""
        films = studio.store.films()
        for gone in set(self.tallies) - set(films):
            del self.tallies[gone], self.marks[gone]
        self.uncounted = 0
        for film in sorted(films, key=lambda film: film in self.tallies):
            if time.monotonic() > until:
                self.uncounted = sum(film not in self.tallies for film in films)
                return
            known = self.tallies.get(film)
            mark = fingerprint(studio, film, archived=known is not None and known.state == "archived")
            if self.marks.get(film) != mark:
                self.tallies[film], self.marks[film] = tally(studio, film), mark


class FilmMetrics(Collector):
    """Everything about one studio and the history of its runs; one scrape at a time does the counting."""

    def __init__(self, studio: Studio, instance: dg.DagsterInstance) -> None:
        self._studio, self._instance = studio, instance
        self._films = _Films()
        self._faults = Counter(dict.fromkeys(_every_fault(), 0))
        self._seen_until = time.time()
        self._seen: set[str] = set()
        self._kept: list[Metric] = []
        self._kept_at = float("-inf")
        self._one_at_a_time = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not count films."""
        return []

    def collect(self) -> Iterable[Metric]:
        """What is known now, at most a quarter of a minute old.

        Raises:
            StorageError: storage does not answer; Prometheus sees the scrape fail.
        """
        with self._one_at_a_time:
            if time.monotonic() - self._kept_at > _KEPT_SECONDS:
                self._films.look(self._studio, time.monotonic() + _COUNTING_SECONDS)
                self._count_faults()
                self._kept = [*self._of_films(), *self._of_runs()]
                self._kept_at = time.monotonic()
            return self._kept

    def _of_films(self) -> Iterator[Metric]:
        tallies = list(self._films.tallies.values())
        by_state = Counter(found.state for found in tallies)
        yield _gauge(
            "film_films", "Films by what is left to do.", "state", {name: by_state[name] for name in FILM_STATES}
        )
        scenes = Counter[str]()
        for found in tallies:
            scenes.update(found.scenes)
        words = "Scenes of films in daily work, by what their clip lacks."
        yield _gauge("film_scenes", words, "state", {name: scenes[name] for name in _SCENE_STATES})
        yield GaugeMetricFamily("film_takes", "Clips that are stored.", sum(found.takes for found in tallies))
        stored = {
            "clips": sum(found.clip_bytes for found in tallies),
            "movies": sum(found.movie_bytes for found in tallies),
        }
        yield _gauge("film_stored_bytes", "Bytes of media in storage.", "kind", stored)
        # Gauges, as they fall when a film is archived; a counter that falls would look like a huge rise.
        seconds = sum(found.gpu_seconds for found in tallies)
        yield GaugeMetricFamily("film_gpu_seconds", "GPU seconds that the stored clips took.", seconds)
        again = sum(found.tries_again for found in tallies)
        yield GaugeMetricFamily("film_render_retries", "Tries beyond the first that the stored clips took.", again)
        yield GaugeMetricFamily("film_uncounted", "Films not counted yet.", self._films.uncounted)

    def _of_runs(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily("film_runs", "Runs that are not over.", labels=["job", "status"])
        for job in JOBS:
            for status in _WAITING:
                count = self._instance.get_runs_count(dg.RunsFilter(job_name=job.name, statuses=[status]))
                runs.add_metric([job.name, status.value.lower()], count)
        yield runs
        yield GaugeMetricFamily("film_queue_age_seconds", "How long the oldest run has been queued.", self._queue_age())
        faults = CounterMetricFamily(
            "film_faults", "Failed runs since this process began, by who must act.", labels=["family", "error"]
        )
        for (family, error), count in self._faults.items():
            faults.add_metric([family, error], count)
        yield faults

    def _queue_age(self) -> float:
        queued = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])
        oldest = self._instance.get_run_records(queued, limit=1, ascending=True)
        return max(0.0, time.time() - oldest[0].create_timestamp.timestamp()) if oldest else 0.0

    def _count_faults(self) -> None:
        """Add runs that failed since the last look: content refused, a machine at fault, or the run lost."""
        since = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE],
            updated_after=datetime.fromtimestamp(self._seen_until, UTC),
        )
        records = self._instance.get_run_records(since, limit=_MOST_RUNS, order_by="update_timestamp", ascending=True)
        fresh = [record for record in records if record.dagster_run.run_id not in self._seen]
        for record in fresh:
            tags = record.dagster_run.tags
            family = "content" if FAULT_TAG in tags else "machine" if MACHINE_TAG in tags else "lost"
            self._faults[family, tags.get(FAULT_TAG) or tags.get(MACHINE_TAG) or "none"] += 1
        if fresh:
            self._seen_until = records[-1].update_timestamp.timestamp()
            self._seen = {record.dagster_run.run_id for record in records}


def _every_fault() -> Iterator[tuple[str, str]]:
    """Each family with each of its errors: a counter that begins at one has not risen, and no alert would see it."""
    yield "lost", "none"
    kinds = [FilmPipelineError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        yield "machine" if kind.is_machine_fault else "content", kind.__name__


def _gauge(name: str, words: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
