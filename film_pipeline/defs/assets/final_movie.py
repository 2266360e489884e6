"""final_movie: the clips of a film joined with transitions and soundtrack. One partition a film."""

from collections.abc import Iterator

import dagster as dg

from film_pipeline.defs.assets.scene_clip import scene_clip
from film_pipeline.defs.assets.soundtrack import soundtrack
from film_pipeline.defs.assets.storyboard import storyboard
from film_pipeline.defs.checks import MOVIE_CHECKS, movie_check_results
from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.movie_metadata import movie_metadata
from film_pipeline.defs.naming import GROUP, OWNERS
from film_pipeline.defs.partitions import films, lineage
from film_pipeline.defs.progress import beating
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import Movie, cut


@dg.asset(
    partitions_def=films,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"ffmpeg", "mp4"},
    io_manager_key="film_io",
    deps=lineage(storyboard, scene_clip, soundtrack),
    check_specs=MOVIE_CHECKS,
    description=(
        "**The finished film**: one partition a film, `films/<film>/final_movie.mp4`, with `report.md` beside it.\n\n"
        "The selected takes with their transitions and the soundtrack. Decoded and measured before it replaces the "
        "last one. Only what changed is encoded: one new take costs its own conform and two transitions. Cut by itself "
        "once all scenes are there; a missing clip fails the run by name."
    ),
)
def final_movie(
    context: dg.AssetExecutionContext, studio: dg.ResourceParam[Studio]
) -> Iterator[dg.MaterializeResult[Movie]]:
    film = context.partition_key
    with (
        told_plainly(context),
        beating(studio.settings.home, film, "final_movie", context.log.info) as beat,
        cut(studio, film, beat) as movie,
    ):
        for fault in movie.report.faults:
            context.log.warning(fault)
        yield _result(studio, movie)


def _result(studio: Studio, movie: Movie) -> dg.MaterializeResult[Movie]:
    return dg.MaterializeResult(
        value=movie,
        data_version=dg.DataVersion(movie.report.signature[:16]),
        check_results=movie_check_results(studio, movie),
        metadata=movie_metadata(studio, movie),
    )
