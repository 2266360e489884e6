"""The ``nightly_batch`` schedule: lets held films through, oldest first, within the night's budget.

The budget is a number of scenes and, if set, GPU seconds by this home's own pace. A film that does not fit whole is
begun: the scenes that fit are let through, and the rest in later nights. Not here: rendering (the ``director`` sensor).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import dagster as dg

from film_pipeline.defs.jobs import write_storyboard
from film_pipeline.defs.naming import OWNERS
from film_pipeline.defs.night_report import write_night_report
from film_pipeline.errors import FilmPipelineError
from film_pipeline.planning import Plan, ScenePlan
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio
from film_pipeline.studio.estimates import estimate_of
from film_pipeline.studio.scripts import needs_storyboard


def nightly_batch(settings: Settings) -> dg.ScheduleDefinition:
    """The schedule at the hour and in the time zone of the settings."""

    @dg.schedule(
        name="nightly_batch",
        target=write_storyboard,
        cron_schedule=settings.batch_cron,
        execution_timezone=settings.batch_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Lets the films in scripts/nightly/ through, within FILM_BATCH_SCENES and FILM_BATCH_GPU_SECONDS.",
        metadata={"owners": OWNERS},
    )
    def schedule(context: dg.ScheduleEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SkipReason:
        studio.store.objects.sweep()  # in a cluster nobody runs the `film` command, which sweeps each time
        night = release(studio, f"{context.scheduled_execution_time:%Y-%m-%d-%H%M}")
        return dg.SkipReason(night.told())

    return schedule


@dataclass
class Night:
    """What one night lets through: takes by scene by film; and films that wait, with the reason."""

    name: str
    scenes: dict[str, dict[str, int]] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)

    def told(self) -> str:
        """One line for the schedule's tick."""
        films = ", ".join(f"{film} ({len(scenes)})" for film, scenes in list(self.scenes.items())[:10])
        more = f" and {len(self.scenes) - 10} more" if len(self.scenes) > 10 else ""
        wait = "; ".join(f"{film}: {why}" for film, why in list(self.waiting.items())[:3])
        return f"{self.name} lets through {films or 'nothing'}{more}; {len(self.waiting)} wait" + (
            wait and f" ({wait})"
        )


def release(studio: Studio, night: str) -> Night:
    """Let scenes of held films through while they fit the budget; the same night again adds nothing to it."""
    result = Night(night)
    budget = _Budget(studio, night)
    for planned in _held(studio, budget, result):
        film, scenes = planned.film, [scene for scene in planned.scenes if scene.takes_left]
        fitting = budget.take(planned, scenes)
        if scenes and not fitting:
            result.waiting[film] = "tonight's budget is spent"
            continue
        if len(fitting) < len(scenes):
            result.waiting[film] = f"{len(scenes) - len(fitting)} of its {len(scenes)} scenes"
        result.scenes[film] = {scene.scene: scene.takes_left for scene in fitting}
        studio.store.amend(film, night=night, tonight=result.scenes[film])
    write_night_report(studio, night, result.waiting)
    return result


class _Budget:
    """What is left of a night: takes of scenes, and seconds where a pace is known."""

    def __init__(self, studio: Studio, night: str) -> None:
        spent = sum(
            sum(record.tonight.values())
            for film in studio.store.films()
            if (record := studio.store.record(film)) and record.night == night
        )
        self._takes = studio.settings.batch_scenes - spent
        self._studio, self._seconds = studio, studio.settings.batch_gpu_seconds
        self._begun = spent > 0

    @property
    def spent(self) -> bool:
        return self._takes < 1

    def take(self, planned: Plan, scenes: list[ScenePlan]) -> list[ScenePlan]:
        """The first of ``scenes`` that fit; they are spent."""
        fitting, pace = [], self._pace(planned)
        for scene in scenes:
            seconds = pace * scene.spec.frames * scene.takes_left
            # One scene goes through in any night, so that none waits for ever.
            if self._begun and (scene.takes_left > self._takes or seconds > self._seconds):
                break
            self._begun, self._takes, self._seconds = True, self._takes - scene.takes_left, self._seconds - seconds
            fitting.append(scene)
        return fitting

    def _pace(self, planned: Plan) -> float:
        """Seconds of rendering a frame; 0 where they are not counted, or nothing tells how long they take."""
        if not self._studio.settings.batch_gpu_seconds:
            return 0.0
        expected = estimate_of(self._studio, planned)
        frames = sum(scene.spec.frames * scene.takes_left for scene in planned.scenes)
        return (expected.gpu_seconds or expected.render_seconds or 0.0) / frames if frames else 0.0


def _held(studio: Studio, budget: _Budget, result: Night) -> Iterator[Plan]:
    """The plans of held films that this night has not let through yet, in the order they came."""
    held = []
    for film in studio.store.films():
        record = studio.store.record(film)
        if record and record.hold == "nightly" and not record.archived and record.night != result.name:
            held.append(film)
    for film in sorted(held, key=studio.store.received):
        try:
            if needs_storyboard(studio.store, film):
                result.waiting[film] = "its storyboard is not written yet"
                continue
            if budget.spent:
                result.waiting[film] = "tonight's budget is spent"
                continue
            yield studio.plan(film)
        except FilmPipelineError as error:
            result.waiting[film] = str(error)
