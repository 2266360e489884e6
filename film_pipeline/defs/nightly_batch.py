"""The ``nightly_batch`` schedule: releases waiting films, oldest first, within the night's budget of scenes.

What does not fit waits for the next night and its report says so. Not here: rendering (the ``director`` sensor).
"""

from collections.abc import Iterator

import dagster as dg

from film_pipeline.defs.jobs import write_storyboard
from film_pipeline.errors import FilmPipelineError
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard


def nightly_batch(settings: Settings) -> dg.ScheduleDefinition:
    """The schedule at the hour and in the time zone of the settings."""

    @dg.schedule(
        name="nightly_batch",
        target=write_storyboard,
        cron_schedule=settings.batch_cron,
        execution_timezone=settings.batch_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Releases the films in scripts/nightly/ within the budget FILM_BATCH_SCENES.",
    )
    def schedule(context: dg.ScheduleEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SkipReason:
        released, carried = release(studio)
        for film, why in carried:
            context.log.info(f"{film} waits for the next night: {why}")
        return dg.SkipReason(f"released {', '.join(released) or 'nothing'}; {len(carried)} wait for the next night")

    return schedule


def release(studio: Studio) -> tuple[list[str], list[tuple[str, str]]]:
    """Take the hold off films while their scenes fit the budget; returns those released, and why others wait."""
    left = studio.settings.batch_scenes
    released: list[str] = []
    carried: list[tuple[str, str]] = []
    for film, scenes in _waiting(studio):
        if scenes > left:
            carried.append((film, f"{scenes} scenes, and {left} are left of tonight's {studio.settings.batch_scenes}"))
            continue
        left -= scenes
        studio.store.hold(film, "")
        released.append(film)
    return released, carried


def _waiting(studio: Studio) -> Iterator[tuple[str, int]]:
    """Held films with the number of takes they need, in the order in which they came."""
    held = []
    for film in studio.store.films():
        record = studio.store.record(film)
        if record and record.hold == "nightly" and not needs_storyboard(studio.store, film):
            held.append(film)
    for film in sorted(held, key=studio.store.received):
        try:
            yield film, studio.plan(film).takes_left
        except FilmPipelineError:
            continue  # the director sensor warns of a storyboard that cannot be planned
