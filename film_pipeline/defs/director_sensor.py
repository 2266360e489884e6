"""The ``director`` sensor: brings every film to what its storyboard asks for, whoever changed what, whenever.

Level-triggered: a tick looks at films whose files changed since the last one, and every few minutes at all of them;
``plan`` says what is missing, and as much of that is requested as the queue has places for. What it remembers between
ticks may be lost at any time. A tick ends in seconds, however many films there are: the next one goes on from there.
Not here: what a film needs (``claims.py``), who goes first (``queueing.py``), doing it (the assets).
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import dagster as dg

from film_pipeline.defs.assets.scene_clip import KEEP_CURRENT
from film_pipeline.defs.attempts import FILM_TAG, WORK_TAG, Attempts
from film_pipeline.defs.bundles import bundled, name_of, partitions_of, run_config_of, tags_of
from film_pipeline.defs.claims import Claim, Work, claim_of, fingerprint
from film_pipeline.defs.failures import RETRIES_TAG
from film_pipeline.defs.jobs import cut_movie, render_scene, write_storyboard
from film_pipeline.defs.lost_runs import fail_lost_runs
from film_pipeline.defs.naming import OWNERS
from film_pipeline.defs.night_report import write_night_report
from film_pipeline.defs.partitions import partition_requests
from film_pipeline.defs.queueing import PRIORITY_TAG, deal, places, priority
from film_pipeline.defs.script_report import write_script_report
from film_pipeline.defs.slots import set_slots
from film_pipeline.studio import Studio

_LOOK_SECONDS = 15.0  # Dagster gives a tick 60
_AGAIN_SECONDS = 300.0
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass
class _Look:
    """What was found when a film was looked at, and ``left``: work that automation leaves to people, and why."""

    mark: str
    when: float
    claim: Claim
    left: dict[str, str] = field(default_factory=dict)

    def open(self, busy: set[str], *, renders: bool) -> list[Work]:
        """What can be asked for; the movie is cut once, when no scene is waited for any more."""
        hoped = [work for work in self.claim.work if work.name not in self.left]
        awaited = [work for work in hoped if work.renders]
        return [
            work
            for work in (awaited if renders or awaited else hoped)
            if work.renders == renders and work.partition not in busy
        ]


@dataclass
class _Memory:
    """What is known of films since this process began; ``busy``: partitions whose runs the last tick knew of."""

    looks: dict[str, _Look] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    go_on_at: str = ""

    def forget_ended(self, running: set[str]) -> None:
        """What was known of films whose runs have ended holds no more; nothing is asked for by it."""
        for partition in self.busy - running:
            self.looks.pop(partition.partition("/")[0], None)

    def troubles(self) -> dict[str, str]:
        """What keeps films from being finished, by film."""
        said = {film: look.claim.problem or "; ".join(look.left.values()) for film, look in self.looks.items()}
        return {film: words for film, words in said.items() if words}


_MEMORIES: dict[str, _Memory] = {}


def forget_films() -> None:
    """Forget what was seen, as a new process would."""
    _MEMORIES.clear()


@dg.sensor(
    jobs=[write_storyboard, render_scene, cut_movie],
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings every film to its storyboard: renders what is missing or stale, then cuts.",
    metadata={"owners": OWNERS},
)
def director(context: dg.SensorEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SensorResult:
    set_slots(context.instance, studio.settings)
    memory = _MEMORIES.setdefault(studio.store.objects.describe(), _Memory())
    running = _under_way(context.instance)
    memory.forget_ended(set(running))
    looked = _look(studio, memory)
    for look in looked:
        if look.claim.problem:
            context.log.warning(f"{look.claim.film}: {look.claim.problem}")
    asking = _Asking(context, studio, memory, running)
    requests = asking.requests()
    for look in {look.claim.film: look for look in asking.left_to_people}.values():
        write_script_report(studio, look.claim.film, look.left.values())
    memory.busy = {*running, *(str(request.partition_key) for request in requests)}
    for night in sorted({look.claim.night for look in [*looked, *asking.left_to_people]} - {""}):
        write_night_report(studio, night, memory.troubles())
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=partition_requests(context.instance, _partitions(looked)),
        skip_reason=None if requests else _reason(memory, len(looked)),
    )


def _under_way(instance: dg.DagsterInstance) -> dict[str, dg.DagsterRun]:
    """Unfinished runs by partition, not by job: a run launched in the UI has a job of another name."""
    records = instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED))
    if fail_lost_runs(instance, records):
        records = instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED))
    runs = [record.dagster_run for record in records]
    return {partition: run for run in runs for partition in partitions_of(run.tags)}


def _look(studio: Studio, memory: _Memory) -> list[_Look]:
    """Look at unknown films, then at changed ones, until all were seen or the time is over."""
    films, until, looked = studio.store.films(), time.monotonic() + _LOOK_SECONDS, []
    memory.looks = {film: look for film, look in memory.looks.items() if film in set(films)}
    unknown = [film for film in films if film not in memory.looks]
    others = sorted((film for film in films if film in memory.looks), key=lambda film: film < memory.go_on_at)
    memory.go_on_at = ""
    for count, film in enumerate([*unknown, *others]):
        if count and time.monotonic() > until:
            memory.go_on_at = film
            break
        known = memory.looks.get(film)
        mark = fingerprint(studio, film, archived=known is not None and known.claim.archived)
        fresh = known is not None and time.time() - known.when < _AGAIN_SECONDS
        if known is None or known.mark != mark or not fresh:
            memory.looks[film] = _Look(mark, time.time(), claim_of(studio, film))
            looked.append(memory.looks[film])
    return looked


class _Asking:
    """Turns what films claim into requests for runs, as many as there are places."""

    def __init__(
        self,
        context: dg.SensorEvaluationContext,
        studio: Studio,
        memory: _Memory,
        running: dict[str, dg.DagsterRun],
    ) -> None:
        self._warn, self._looks, self._running = context.log.warning, memory.looks, running
        self._attempts = Attempts(context.instance, studio.settings.max_attempts)
        self._slots, self._bundle = studio.settings.chosen_workers, studio.settings.scenes_a_run
        self._checked: set[str] = set()
        self.left_to_people: list[_Look] = []

    def requests(self) -> list[dg.RunRequest]:
        """Runs without a GPU, then scenes by day, then scenes of the night."""
        looks = list(self._looks.values())
        day, night = ([look for look in looks if look.claim.by_night == by_night] for by_night in (False, True))
        others = self._dealt(looks, self._held(looks, renders=False), renders=False)
        by_day = self._dealt(day, self._held(day, renders=True), renders=True)
        # The day does not wait for places that the night holds; the night waits for both.
        held = self._held(looks, renders=True) + Counter(work.film for work in by_day)
        by_night = self._dealt(night, held, renders=True)
        works = [*others, *by_day, *by_night]
        apart = self._attempts.bundled({work.film for work in works}) if self._bundle > 1 else set()
        groups = bundled(works, most=self._bundle, slots=self._slots, apart=apart)
        return [self._request(group) for group in groups]

    def _held(self, looks: list[_Look], *, renders: bool) -> Counter[str]:
        """How many runs each film has under way or in the queue already."""
        films = {look.claim.film for look in looks}
        runs = [run for run in self._running.values() if (run.job_name == render_scene.name) == renders]
        return Counter(run.tags[FILM_TAG] for run in runs if run.tags.get(FILM_TAG) in films)

    def _dealt(self, looks: list[_Look], held: Counter[str], *, renders: bool) -> list[Work]:
        most = places(self._slots, renders=renders) * (self._bundle if renders else 1)
        since = {look.claim.film: look.claim.since for look in looks}
        while True:
            claimed = {look.claim.film: look.open(set(self._running), renders=renders) for look in looks}
            dealt = deal(claimed, held, since, most, most - held.total())
            unchecked = {work.film for work in dealt} - self._checked
            if not unchecked:
                return dealt
            for film in unchecked:
                self._check(self._looks[film])

    def _check(self, look: _Look) -> None:
        """Leave to people what was refused, cancelled or failed too often; told once a look."""
        self._checked.add(look.claim.film)
        for name, why in self._attempts.given_up(look.claim.film).items():
            for work in look.claim.work:
                if work.name == name and name not in look.left:
                    said = self._attempts.said(work.film, name)
                    look.left[name] = f"{work.partition}: {work.job} {why}" + (f". {said}" if said else "")
                    self._warn(look.left[name])
                    self.left_to_people.append(look)

    def _request(self, works: tuple[Work, ...]) -> dg.RunRequest:
        first, name = works[0], name_of(works)
        claim = self._looks[first.film].claim
        tags = {
            FILM_TAG: first.film,
            WORK_TAG: name,
            KEEP_CURRENT: "director sensor",
            PRIORITY_TAG: str(priority(first, by_night=claim.by_night)),
            RETRIES_TAG: "0",  # what failed is asked for again here
            **tags_of(works),
        }
        return dg.RunRequest(
            run_key=f"{first.partition} {name} {self._attempts.ended(first.film, name)}",
            job_name=first.job,
            partition_key=first.partition,
            run_config=run_config_of(works),
            tags=tags,
        )


def _partitions(looked: Iterable[_Look]) -> dict[str, tuple[str, ...] | None]:
    """The scenes that each film should have as partitions; none at all where it has left daily work."""
    return {look.claim.film: look.claim.scenes for look in looked}


def _reason(memory: _Memory, looked: int) -> str:
    making = [
        look for look in memory.looks.values() if look.open(set(), renders=True) or look.open(set(), renders=False)
    ]
    words = [f"{len(making)} films are being made"] if making else []
    words += [f"{len(memory.troubles())} wait for people"] if memory.troubles() else []
    words += [f"{looked} looked at, and more in the next tick"] if memory.go_on_at else []
    return "; ".join(words) or "every film is as its storyboard asks"
