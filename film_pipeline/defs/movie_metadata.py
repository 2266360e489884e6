"""What the UI shows of a movie: pictures of it, the report and a contact sheet on a click, what it cost, and links."""

import base64
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg

from film_pipeline.defs.clip_metadata import spent
from film_pipeline.defs.links import to_film
from film_pipeline.defs.previews import preview
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import Movie
from film_pipeline.studio.reports import report_text

# All of it is kept in Dagster's history with every cut, hence the bounds; `film export` and report.md have it whole.
_SHEET_SCENES = 24
_SHEET_WIDTH = 800
_SHEET_BYTES = 40_000
_REPORT_SCENES = 100


def movie_metadata(studio: Studio, movie: Movie) -> Mapping[str, Any]:
    """Everything about a movie that was cut and verified."""
    report, spending = movie.report, movie.report.spending
    return {
        **preview(movie.file, report.seconds),
        "title": report.title,
        "scenes": len(report.scenes),
        "seconds": round(report.seconds, 3),
        "frames": report.frames,
        "picture": f"{report.width}x{report.height} at {report.frame_rate} fps",
        "loudness (LUFS)": report.integrated_lufs,
        "true peak (dB)": report.true_peak_db,
        "stand-ins": "; ".join(report.stand_ins) or "none",
        "faults": "; ".join(report.faults)[:2000] or "none",
        **spent(spending.gpu_seconds, spending.price),
        **{f"{name}, all takes": value for name, value in spent(spending.gpu_seconds_made, spending.price).items()},
        "cut seconds": report.cut_seconds,
        "parts encoded": movie.facts.encoded_parts,
        "parts from the cache": movie.facts.reused_parts,
        "megabytes": round(report.bytes / 1e6, 2),
        "contact sheet": _contact_sheet(movie),
        "report": _report(movie),
        **to_film(studio, movie.film),
        "movie": dg.MetadataValue.path(studio.store.where(keys.movie(movie.film))),
        "report file": dg.MetadataValue.path(studio.store.where(keys.report_text(movie.film))),
    }


def _report(movie: Movie) -> dg.MetadataValue:
    scenes = movie.report.scenes
    shown = movie.report.model_copy(update={"scenes": scenes[:_REPORT_SCENES]})
    more = f"\n{len(scenes) - _REPORT_SCENES} more scenes stand in report.md.\n" if len(scenes) > _REPORT_SCENES else ""
    return dg.MetadataValue.md(report_text(shown) + more)


def _contact_sheet(movie: Movie) -> dg.MetadataValue:
    """A frame of each scene, or of 24 spread over a long film, drawn when it is opened."""
    from film_pipeline.editor.contact_sheet import Thumbnail, contact_sheets

    step = -(-len(movie.timeline.clips) // _SHEET_SCENES)
    prompts = {scene.scene: scene.prompt for scene in movie.report.scenes}
    pictures = [
        Thumbnail(
            scene=clip.scene,
            take=clip.take,
            seconds=movie.timeline.format.seconds(clip.frames),
            prompt=prompts.get(clip.scene, ""),
            clip=Path(clip.media),
        )
        for clip in movie.timeline.clips[::step]
    ]
    with TemporaryDirectory() as folder:
        (sheet,) = contact_sheets(pictures, movie.timeline.format.width / movie.timeline.format.height, Path(folder))
        picture = base64.b64encode(_small(sheet)).decode()
    return dg.MetadataValue.md(f"![contact sheet](data:image/webp;base64,{picture})")


def _small(sheet: Path) -> bytes:
    """A contact sheet as WebP of at most 40,000 bytes."""
    from PIL import Image

    with Image.open(sheet) as opened:
        small = opened.resize((_SHEET_WIDTH, round(_SHEET_WIDTH * opened.height / opened.width)))
    for quality in (70, 50, 35, 20, 10, 1):
        buffer = BytesIO()
        small.save(buffer, "WEBP", quality=quality)
        if buffer.tell() <= _SHEET_BYTES:
            break
    return buffer.getvalue()
