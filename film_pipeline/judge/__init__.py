"""Clip to rating: every way of saying how good a take is, so that the best of several can be chosen.

The ways are in ``measuring.py`` (the picture, in numpy) and ``vision.py`` (a model that looks at it). Which take wins
is decided in ``models/contest.py``. Nothing here renders, stores or knows Dagster.
"""

from pathlib import Path
from typing import Protocol

from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene
from film_pipeline.models.take import RenderSpec


class Judge(Protocol):
    """Rates the takes of a scene, one at a time and each for itself, so that a rating holds when more takes come."""

    @property
    def name(self) -> str:
        """Which judge, such as ``numpy/1``; another number rates in another way."""
        ...

    def accepts(self, rating: Rating) -> bool:
        """Whether a rating that is there can stand beside this judge's own."""
        ...

    def rate(self, clip: Path, scene: Scene, spec: RenderSpec) -> Rating:
        """Rate a clip that passed the quality gate.

        Raises:
            MediaError: it cannot be decoded. Nothing else: a judge that cannot be asked says so in the rating.
        """
        ...
