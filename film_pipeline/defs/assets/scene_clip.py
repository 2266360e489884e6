"""scene_clip: one scene as moving pictures. One partition a scene; rendering it again by hand makes a new take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from film_pipeline.defs.assets.storyboard import storyboard
from film_pipeline.defs.checks import CLIP_CHECKS, clip_check_results
from film_pipeline.defs.clip_metadata import clip_metadata
from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.naming import GROUP, OWNERS
from film_pipeline.defs.partitions import lineage, scenes
from film_pipeline.defs.progress import beating
from film_pipeline.errors import FilmPipelineError
from film_pipeline.storage.keys import scene_partition, split_partition
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import Shot, Wish, publish_shot, shoot

KEEP_CURRENT = "film/keep_current"
"""Run tag of automation: a current clip stays. Without it a person asked, and a current clip gets a new take."""


class SceneConfig(dg.Config):
    """``new_take`` forces one more take, ``seed`` fixes its seed; neither is needed to render a scene again by hand.

    ``also`` names further scenes of the film that the same step renders where they are not current.
    """

    new_take: bool = False
    seed: int | None = None
    also: list[str] = []


@dg.asset(
    partitions_def=scenes,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"mp4"},
    io_manager_key="film_io",
    pool="gpu",
    deps=lineage(storyboard),
    check_specs=CLIP_CHECKS,
    retry_policy=dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL),
    description=(
        "**One scene as moving pictures**: one partition a scene, `<film>/<scene>`, stored as a take under "
        "`films/<film>/takes/<scene>/`.\n\n"
        "*Materialize* a scene that is up to date to get a **new take**: it is selected and the movie is cut again, "
        "with nothing typed. Earlier takes are kept; `film take FILM SCENE N` selects one of them. Each clip is "
        "decoded, counted and looked at before it is published, so a bad one fails its run and changes nothing."
    ),
)
def scene_clip(
    context: dg.AssetExecutionContext, config: SceneConfig, studio: dg.ResourceParam[Studio]
) -> Iterator[dg.MaterializeResult[Shot]]:
    with told_plainly(context):
        film, scene = split_partition(context.partition_key)
        asked = config.new_take or KEEP_CURRENT not in context.run.tags
        request = context.run.root_run_id or context.run.run_id
        wish = Wish(new_take=asked, request=request, seed=config.seed, requested=_requested(context, request))
        with _shooting(context, studio, film, scene, wish) as shot:
            yield _result(studio, shot)
        _render_also(context, studio, film, config.also, replace(wish, new_take=False, seed=None))


@contextmanager
def _shooting(context: dg.AssetExecutionContext, studio: Studio, film: str, scene: str, wish: Wish) -> Iterator[Shot]:
    with (
        beating(studio.settings.home, film, scene, context.log.info) as beat,
        shoot(studio, film, scene, wish, beat, beat.picture) as shot,
    ):
        for note in (*shot.take.notes, *(shot.contest.notes if shot.contest else ())):
            context.log.warning(note)
        yield shot


def _render_also(context: dg.AssetExecutionContext, studio: Studio, film: str, scenes: list[str], wish: Wish) -> None:
    """The further scenes of a bundle, each stored when it is made; what is refused is left to a run of its own.

    Raises:
        FilmPipelineError: a machine was at fault; another try goes on with what is not made yet.
        dagster.Failure: scenes were refused; all others are made.
    """
    refused = []
    for scene in scenes:
        try:
            with _shooting(context, studio, film, scene, wish) as shot:
                made = _materialization(studio, shot)  # looks at the file, which publishing moves
                publish_shot(studio, shot)
                context.log_event(made)
        except FilmPipelineError as error:
            if error.is_machine_fault:
                raise
            refused.append(f"{film}/{scene}: {error}")
    if refused:
        raise dg.Failure("\n".join(refused), allow_retries=False)


def _materialization(studio: Studio, shot: Shot) -> dg.AssetMaterialization:
    """What a result becomes in the history, for a scene that is not the run's own partition."""
    return dg.AssetMaterialization(
        "scene_clip",
        partition=scene_partition(shot.film, shot.take.scene),
        metadata=dict(clip_metadata(studio, shot)),
        tags={DATA_VERSION_TAG: shot.take.digest[:16]},
    )


def _requested(context: dg.AssetExecutionContext, run_id: str) -> float:
    """When the run was asked for, by the clock of the history that all machines share."""
    record = context.instance.get_run_record_by_id(run_id) or context.instance.get_run_record_by_id(context.run_id)
    return record.create_timestamp.timestamp() if record else time.time()


def _result(studio: Studio, shot: Shot) -> dg.MaterializeResult[Shot]:
    return dg.MaterializeResult(
        value=shot,
        data_version=dg.DataVersion(shot.take.digest[:16]),
        check_results=clip_check_results(shot),
        metadata=clip_metadata(studio, shot),
    )
