"""final_movie: the clips of a film joined with transitions and soundtrack. One partition a film."""

from collections.abc import Iterator

import dagster as dg

from film_pipeline.defs.assets.scene_clip import scene_clip
from film_pipeline.defs.assets.soundtrack import soundtrack
from film_pipeline.defs.assets.storyboard import storyboard
from film_pipeline.defs.checks import MOVIE_CHECKS, movie_check_results
from film_pipeline.defs.failures import told_plainly
from film_pipeline.defs.partitions import films, lineage
from film_pipeline.defs.previews import preview
from film_pipeline.defs.progress import beating
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import Movie, cut


@dg.asset(
    partitions_def=films,
    group_name="film",
    kinds={"ffmpeg", "mp4"},
    io_manager_key="film_io",
    deps=lineage(storyboard, scene_clip, soundtrack),
    check_specs=MOVIE_CHECKS,
    description="The finished film, verified by decoding it before it is published.",
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
    report = movie.report
    return dg.MaterializeResult(
        value=movie,
        data_version=dg.DataVersion(report.signature[:16]),
        check_results=movie_check_results(studio, movie),
        metadata={
            **preview(movie.file, report.seconds),
            "title": report.title,
            "seconds": round(report.seconds, 3),
            "frames": report.frames,
            "picture": f"{report.width}x{report.height} at {report.frame_rate} fps, {report.codec}",
            "loudness (LUFS)": report.integrated_lufs,
            "true peak (dB)": report.true_peak_db,
            "stand-ins": "; ".join(report.stand_ins) or "none",
            "faults": "; ".join(report.faults)[:2000] or "none",
            "cut seconds": report.cut_seconds,
            "megabytes": round(report.bytes / 1e6, 2),
            "movie": dg.MetadataValue.path(studio.store.where(keys.movie(movie.film))),
            "report": dg.MetadataValue.path(studio.store.where(keys.report_text(movie.film))),
        },
    )
