"""The ``director`` sensor: brings every film to what its storyboard asks for, whoever changed what, whenever.

Level-triggered: a tick looks at films whose files changed since the last one, at films that are not finished, and every
few minutes at all of them; ``plan`` says what is missing and exactly that is requested. It keeps nothing but a cursor
that may be lost. Not here: deciding what a film needs (``planning.py``), doing it (the assets).
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dagster as dg

from film_pipeline.defs.assets.scene_clip import KEEP_CURRENT
from film_pipeline.defs.failures import FAULT_TAG
from film_pipeline.defs.jobs import cut_movie, render_scene, write_storyboard
from film_pipeline.defs.partitions import films, scenes
from film_pipeline.errors import FilmPipelineError
from film_pipeline.planning import Plan
from film_pipeline.storage import keys
from film_pipeline.storage.keys import scene_partition
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard, script_sha256

FILM_TAG, WORK_TAG = "film/film", "film/work"
"""Run tags of requests: the film, and a digest of what the run shall make."""

Warn = Callable[[str], None]

_ALL_EVERY_SECONDS = 300
_MOST_REQUESTS = 500
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass
class Tick:
    """What one evaluation asks for."""

    requests: list[dg.RunRequest] = field(default_factory=list)
    partitions: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = field(default_factory=list)
    unfinished: set[str] = field(default_factory=set)


@dg.sensor(
    jobs=[write_storyboard, render_scene, cut_movie],
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings every film to its storyboard: renders what is missing or stale, then cuts.",
)
def director(context: dg.SensorEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SensorResult:
    cursor = json.loads(context.cursor or "{}")
    seen: dict[str, str] = cursor.get("seen", {})
    look_at_all = time.time() - cursor.get("all", 0) >= _ALL_EVERY_SECONDS
    now = {film: _fingerprint(studio, film) for film in studio.store.films()}
    tick = Tick()
    crew = _Crew(context.instance, studio)
    for film, fingerprint in now.items():
        if look_at_all or seen.get(film) != fingerprint:
            _direct(crew, film, tick, context.log.warning)
        if len(tick.requests) >= _MOST_REQUESTS:
            tick.unfinished |= set(now)
            break
    # A film that is not finished has no fingerprint in the cursor, and is looked at again.
    done = {film: mark for film, mark in now.items() if film not in tick.unfinished}
    cursor = {"seen": done, "all": time.time() if look_at_all else cursor.get("all", 0)}
    return dg.SensorResult(
        run_requests=tick.requests[:_MOST_REQUESTS],
        dynamic_partitions_requests=tick.partitions,
        cursor=json.dumps(cursor),
        skip_reason=None if tick.requests else _reason(tick),
    )


class _Crew:
    """Runs that are under way or failed, asked for once a tick and once a film."""

    def __init__(self, instance: dg.DagsterInstance, studio: Studio) -> None:
        self.studio = studio
        self._instance = instance
        self._scenes = set(instance.get_dynamic_partitions("scenes"))
        self._films = set(instance.get_dynamic_partitions("films"))
        runs = instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))
        # By partition, not by job: a run launched in the UI has a job of another name.
        self.busy = {run.tags.get("dagster/partition", "") for run in runs}

    def failures(self, film: str) -> tuple[Counter[str], dict[str, str]]:
        """How often each work of a film failed, and the fault of those that no retry mends."""
        failed = self._instance.get_runs(
            dg.RunsFilter(tags={FILM_TAG: film}, statuses=[dg.DagsterRunStatus.FAILURE]), limit=5_000
        )
        counts = Counter(run.tags.get(WORK_TAG, "") for run in failed)
        faults = {
            run.tags[WORK_TAG]: run.tags[FAULT_TAG] for run in failed if FAULT_TAG in run.tags and WORK_TAG in run.tags
        }
        return counts, faults

    def sync(self, film: str, planned: Plan | None, tick: Tick) -> None:
        """Partitions as the storyboard has scenes."""
        if film not in self._films:
            tick.partitions.append(films.build_add_request([film]))
        if planned is None:
            return
        wanted = {scene_partition(film, scene.scene) for scene in planned.scenes}
        present = {key for key in self._scenes if key.startswith(f"{film}/")}
        if wanted - present:
            tick.partitions.append(scenes.build_add_request(sorted(wanted - present)))
        if present - wanted:
            tick.partitions.append(scenes.build_delete_request(sorted(present - wanted)))


def _direct(crew: _Crew, film: str, tick: Tick, warn: Warn) -> None:
    """Add to ``tick`` what one film needs now."""
    studio = crew.studio
    desk = _Desk(crew, film, tick, warn)
    try:
        if needs_storyboard(studio.store, film):
            crew.sync(film, None, tick)
            desk.request(film, "write_storyboard", f"storyboard {script_sha256(studio.store.script(film))[:16]}")
            return
        record = studio.store.record(film)
        if record and record.hold:
            return
        planned = studio.plan(film)
    except FilmPipelineError as error:
        warn(f"{film}: {error}")
        return
    crew.sync(film, planned, tick)
    if planned.drop:
        studio.store.deselect(film, set(planned.drop))
    awaited = False
    for scene in planned.scenes:
        if scene.state != "current":
            asked = desk.request(scene_partition(film, scene.scene), "render_scene", f"scene {scene.work[:16]}")
            awaited |= asked and scene.takes_left > 0
    # A scene that waits for more takes has a clip, but the movie is cut once, with the one that wins.
    if planned.complete and planned.cut and not awaited:
        desk.request(film, "cut_movie", f"movie {planned.signature[:16]}")


class _Desk:
    """Requests for one film, unless the work is under way, was refused, or failed too often."""

    def __init__(self, crew: _Crew, film: str, tick: Tick, warn: Warn) -> None:
        self._crew, self._film, self._tick, self._warn = crew, film, tick, warn
        self._failed, self._faults = crew.failures(film)

    def request(self, partition: str, job: str, work: str) -> bool:
        """Ask for one run; the film stays unfinished until it is done. False where it was given up."""
        failed, most = self._failed[work], self._crew.studio.settings.max_attempts
        if work in self._faults:
            self._warn(f"{partition}: {job} was refused ({self._faults[work]}); edit the storyboard, or run it by hand")
            return False
        if failed >= most:
            self._warn(f"{partition}: {job} failed {failed} times; run it by hand to try again")
            return False
        self._tick.unfinished.add(self._film)
        if partition in self._crew.busy:
            return True
        tags = {FILM_TAG: self._film, WORK_TAG: work, KEEP_CURRENT: "director sensor"}
        self._tick.requests.append(
            dg.RunRequest(run_key=f"{partition} {work} {failed}", job_name=job, partition_key=partition, tags=tags)
        )
        return True


def _fingerprint(studio: Studio, film: str) -> str:
    """Changes whenever people or runs changed what the plan reads."""
    names = (keys.script(film), keys.record(film), keys.storyboard(film), keys.cut(film), keys.report(film))
    stats = [studio.store.objects.stat(name) for name in names]
    return " ".join(stat.version if stat else "-" for stat in stats)


def _reason(tick: Tick) -> str:
    return f"{len(tick.unfinished)} films are being made" if tick.unfinished else "every film is as its storyboard asks"


def given_up(instance: dg.DagsterInstance, studio: Studio, film: str, since: float) -> Iterator[tuple[str, str]]:
    """Run id and work of what automation will not ask for again, among the runs that failed after ``since``."""
    failed = instance.get_run_records(
        dg.RunsFilter(tags={FILM_TAG: film}, statuses=[dg.DagsterRunStatus.FAILURE]), limit=5_000
    )
    counts = Counter(record.dagster_run.tags.get(WORK_TAG, "") for record in failed)
    for record in failed:
        run = record.dagster_run
        work = run.tags.get(WORK_TAG, "")
        if record.create_timestamp.timestamp() >= since and (
            FAULT_TAG in run.tags or counts[work] >= studio.settings.max_attempts
        ):
            yield run.run_id, f"{run.tags.get('dagster/partition', film)} ({work.partition(' ')[0]})"
