"""What the UI shows of a clip or movie: small pictures inside the metadata, readable without any other server."""

import base64
from pathlib import Path

import dagster as dg

from film_pipeline.ffmpeg.pictures import thumbnail


def preview(medium: Path, seconds: float) -> dict[str, dg.MetadataValue]:
    """A picture from the middle of a medium of ``seconds``."""
    return {"preview": _picture("preview", medium, seconds / 2)}


def strip(clip: Path, seconds: float) -> dict[str, dg.MetadataValue]:
    """Pictures from the begin, the middle and the end of a clip of ``seconds``, to see what moves."""
    moments = {"preview": 0.5, "first frame": 0.0, "last frame": 1.0}
    return {name: _picture(name, clip, seconds * moment) for name, moment in moments.items()}


def _picture(name: str, medium: Path, at: float) -> dg.MetadataValue:
    """Dagster draws Markdown of under 1,000 characters in place and hides longer texts behind a link: 600 bytes."""
    picture = base64.b64encode(thumbnail(medium, at=at, max_bytes=600)).decode()
    return dg.MetadataValue.md(f"![{name}](data:image/webp;base64,{picture})")
