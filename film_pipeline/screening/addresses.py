"""The addresses of the screening room, so that pages, interface and routes agree; keys were checked before."""

from typing import Final
from urllib.parse import quote

MOMENTS: Final = {"begin": 0.05, "middle": 0.5, "end": 0.95}
"""Which picture of a clip a thumbnail shows, as a share of its length."""

WIDTHS: Final = {"small": 160, "medium": 480, "large": 1280}
"""Thumbnail widths in pixels."""


def film(key: str) -> str:
    return f"/films/{key}"


def movie(key: str, sha256: str) -> str:
    """``v`` changes with the movie, so that a page never plays what its browser kept of an earlier cut."""
    return f"/films/{key}/movie?v={sha256[:12]}"


def rough_cut(key: str) -> str:
    return f"/films/{key}/rough"


def captions(key: str) -> str:
    return f"/films/{key}/captions.vtt"


def clip(key: str, scene: str, digest: str, sha256: str) -> str:
    """The digest says what was asked for and ``v`` what came out: a damaged clip that was made again is another one."""
    return f"/films/{key}/takes/{scene}/{digest}.mp4?v={sha256[:12]}"


def thumbnail(key: str, scene: str, digest: str, sha256: str, size: str, moment: str = "middle") -> str:
    return f"/films/{key}/thumb/{scene}/{digest}/{moment}-{size}.webp?v={sha256[:12]}"


def preview(key: str, step: str, made: int) -> str:
    """The newest preview of a step that is under way; ``made`` changes with it."""
    return f"/films/{key}/progress/{step}.jpg?v={made}"


def progress(key: str) -> str:
    return f"/api/films/{key}/progress"


def partition(dagster_url: str, key: str, scene: str) -> str:
    """Where Dagster's pages materialize one scene again."""
    return f"{dagster_url}/assets/scene_clip?view=partitions&partition={quote(f'{key}/{scene}', safe='')}"
