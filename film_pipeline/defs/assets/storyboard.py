"""storyboard: the script of a film, broken into scenes. One partition a film."""

import dagster as dg

from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.partitions import films, sync_partitions
from film_pipeline.models.take import digest_of
from film_pipeline.studio import Studio
from film_pipeline.studio.storyboards import Edits, Written, write_storyboard


class StoryboardConfig(dg.Config):
    """Edits typed in the launch dialog: a whole storyboard as JSON text, or single values by scene id."""

    document: str | None = None
    prompts: dict[str, str] = {}
    durations: dict[str, float] = {}
    drop: list[str] = []


@dg.asset(
    partitions_def=films,
    group_name="film",
    kinds={"json"},
    io_manager_key="film_io",
    description=(
        "The script broken into scenes by the director. Written again only when the script changed; edit "
        "`storyboard.json` (or use the launch configuration) and only the changed scenes are rendered."
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
            "notes": "; ".join(written.notes) or "none",
            "list": dg.MetadataValue.table(
                [
                    dg.TableRecord({"scene": scene.id, "seconds": scene.duration, "prompt": scene.prompt[:300]})
                    for scene in scenes[:100]
                ]
            ),
        },
    )
