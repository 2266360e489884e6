"""What the UI shows of a clip or movie: small pictures inside the metadata, readable without any other server."""

import base64
from pathlib import Path

import dagster as dg

from film_pipeline.ffmpeg.pictures import thumbnail


def preview(medium: Path, seconds: float) -> dict[str, dg.MetadataValue]:
    """A WebP thumbnail from the middle of a medium of ``seconds``.

    Dagster draws Markdown of under 1,000 characters in place and hides longer texts behind a link, hence 600 bytes.
    """
    picture = base64.b64encode(thumbnail(medium, at=seconds / 2, max_bytes=600)).decode()
    return {"preview": dg.MetadataValue.md(f"![preview](data:image/webp;base64,{picture})")}
