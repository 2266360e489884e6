"""soundtrack: one piece of music for the whole cut. One partition a film."""

from collections.abc import Iterator

import dagster as dg

from film_pipeline.defs.assets.storyboard import storyboard
from film_pipeline.defs.clip_metadata import spent
from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.naming import GROUP, OWNERS
from film_pipeline.defs.partitions import films, lineage
from film_pipeline.defs.progress import beating
from film_pipeline.models.take import gpu_seconds_in
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.music import Music, compose


@dg.asset(
    partitions_def=films,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"flac"},
    io_manager_key="film_io",
    deps=lineage(storyboard),
    description=(
        "**Music for the whole film**: one partition a film, `films/<film>/soundtrack.flac`.\n\n"
        "Its length is that of the cut; mood, tempo and dynamics follow the storyboard. Composed again only when they "
        "change; the job `cut_movie` does it before the cut."
    ),
)
def soundtrack(
    context: dg.AssetExecutionContext, studio: dg.ResourceParam[Studio]
) -> Iterator[dg.MaterializeResult[Music]]:
    film = context.partition_key
    with (
        told_plainly(context),
        beating(studio.settings.home, film, "soundtrack", context.log.info) as beat,
        compose(studio, film, beat) as music,
    ):
        made = {f"music {name}": str(value) for name, value in music.record.made.items()}
        yield dg.MaterializeResult(
            value=music,
            data_version=dg.DataVersion(music.record.basis[:16]),
            metadata={
                "composer": music.record.composer,
                "stand-in": music.record.stand_in,
                "seconds": round(music.record.seconds, 3),
                "composed": music.file is not None,
                "file": dg.MetadataValue.path(studio.store.where(keys.soundtrack(film))),
                **made,
                **spent(gpu_seconds_in(music.record.made), studio.settings.gpu_price),
            },
        )
