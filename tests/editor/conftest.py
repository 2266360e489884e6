import os
from fractions import Fraction
from pathlib import Path

import pytest
from barcode import timeline_clip, write_clip

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.movie import MovieFacts, cut_movie
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline, TimelineClip


class Workshop:
    """Clips, a cache and a place for the movie, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        self.movie = folder / "movie.mp4"

    def clip(self, scene: int, frames: int = 24, **how: object) -> TimelineClip:
        path = write_clip(self.folder / f"clip{scene}_{frames}.mp4", scene, frames, **how)  # type: ignore[arg-type]
        return timeline_clip(path, scene, frames)

    def timeline(self, clips: list[TimelineClip], kinds: list[str] | None = None, seconds: float = 0.25) -> Timeline:
        kinds = kinds or ["cut"] * len(clips)
        wishes = [Transition(kind=kind, duration=seconds) for kind in kinds]
        wishes = [None if index == 0 and wish.kind == "cut" else wish for index, wish in enumerate(wishes)]
        return assemble("Test", FilmFormat(width=320, height=180, frame_rate=Fraction(24)), clips, wishes)

    def cut(self, timeline: Timeline, **how: object) -> MovieFacts:
        wanted: dict = {"soundtrack": None, "into": self.movie, "cache": self.cache, "workers": os.cpu_count() or 1}
        return cut_movie(timeline, **(wanted | how))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
