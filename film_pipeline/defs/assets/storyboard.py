"""storyboard: the script of a film, broken into scenes. One partition a film."""

from typing import Any

import dagster as dg

from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.naming import GROUP, OWNERS
from film_pipeline.defs.partitions import films, sync_partitions
from film_pipeline.errors import FilmPipelineError
from film_pipeline.models.digests import digest_of
from film_pipeline.studio import Studio
from film_pipeline.studio.estimates import estimate_of
from film_pipeline.studio.storyboards import Edits, Written, write_storyboard


class StoryboardConfig(dg.Config):
    """Edits typed in the launch dialog: a whole storyboard as JSON text, or single values by scene id."""

    document: str | None = None
    prompts: dict[str, str] = {}
    durations: dict[str, float] = {}
    drop: list[str] = []


@dg.asset(
    partitions_def=films,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"json"},
    io_manager_key="film_io",
    description=(
        "**The script broken into scenes** by the director: one partition a film, `films/<film>/storyboard.json`.\n\n"
        "Comes from a script in the inbox `scripts/` (sensor `new_scripts`) or from `film make SCRIPT`. The director "
        "writes it again only when the script changed. Edit the file, or type `prompts`, `durations` or `drop` into "
        "the launch configuration: only what changed is rendered. Its metadata tells what rendering will take."
    ),
)
def storyboard(
    context: dg.AssetExecutionContext, config: StoryboardConfig, studio: dg.ResourceParam[Studio]
) -> dg.MaterializeResult[Written]:
    film = context.partition_key
    with told_plainly(context):
        edits = Edits(config.document, config.prompts, config.durations, config.drop)
        written = write_storyboard(studio, film, edits)
    for note in written.notes:
        context.log.warning(note)
    added, removed = sync_partitions(context.instance, film, written.storyboard)
    scenes = written.storyboard.scenes
    return dg.MaterializeResult(
        value=written,
        data_version=dg.DataVersion(digest_of(written.storyboard.model_dump(mode="json"))[:16]),
        metadata={
            "title": written.storyboard.title,
            "scenes": len(scenes),
            "seconds": round(written.storyboard.seconds, 2),
            "scenes added": ", ".join(added) or "none",
            "scenes removed": ", ".join(removed) or "none",
            **_expected(studio, film, written),
            "notes": "; ".join(written.notes) or "none",
            "list": dg.MetadataValue.table(
                [
                    dg.TableRecord({"scene": scene.id, "seconds": scene.duration, "prompt": scene.prompt[:300]})
                    for scene in scenes[:100]
                ]
            ),
        },
    )


def _expected(studio: Studio, film: str, written: Written) -> dict[str, Any]:
    """What rendering will take, before anything is spent; a plan that cannot be made says why."""
    try:
        expected = estimate_of(studio, studio.plan_of(film, written.storyboard))
    except FilmPipelineError as error:
        return {"estimate": f"cannot be planned: {error}"}
    numbers = {
        "expected GPU seconds": expected.gpu_seconds or None,
        "expected render seconds": expected.render_seconds,
        f"expected cost {expected.price.currency if expected.price else ''}".rstrip(): expected.cost,
    }
    return {"estimate": expected.words, **{name: number for name, number in numbers.items() if number is not None}}
