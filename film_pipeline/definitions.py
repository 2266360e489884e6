"""Assembles everything Dagster loads. The deployment chooses by settings; tests hand in their own studio."""

from typing import Any

import dagster as dg

from film_pipeline.defs.director_sensor import director
from film_pipeline.defs.executors import executor_for
from film_pipeline.defs.inbox_sensor import new_scripts
from film_pipeline.defs.io_managers import FilmIOManager, FilmIOManagerResource
from film_pipeline.defs.jobs import ASSETS, JOBS
from film_pipeline.defs.naming import made_by
from film_pipeline.defs.nightly_batch import nightly_batch
from film_pipeline.defs.resources import StudioResource
from film_pipeline.defs.sweeping import sweepers
from film_pipeline.settings import Settings, load_settings
from film_pipeline.studio import Studio


def build_definitions(settings: Settings, studio: Studio | None = None) -> dg.Definitions:
    """The film as Dagster definitions; ``studio`` replaces the one that the settings choose.

    Raises:
        SettingsError: a setting cannot be used.
    """
    resources = _studio_of(settings)
    resource = resources["studio"]
    return dg.Definitions(
        assets=made_by(settings, ASSETS),
        jobs=JOBS,
        sensors=[new_scripts, director, *(sweepers() if settings.executor == "k8s" else [])],
        schedules=[nightly_batch(settings)],
        resources={
            **resources,
            "studio": studio or resource,
            "film_io": FilmIOManager(studio) if studio else FilmIOManagerResource(studio=resource),
        },
        executor=executor_for(settings),
    )


def _studio_of(settings: Settings) -> dict[str, StudioResource | dg.ConfigurableResource[Any]]:
    """The studio, and the bucket it stores in where there is one."""
    home = str(settings.home)
    if not settings.storage.startswith("s3://"):
        return {"studio": StudioResource(home=home)}
    from film_pipeline.defs.bucket import BucketResource, BucketStudioResource

    bucket = BucketResource()
    return {"s3": bucket, "studio": BucketStudioResource(home=home, s3=bucket)}


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster`` and ``dg`` load, with the settings of their environment."""
    return build_definitions(load_settings())
