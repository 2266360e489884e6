"""Score to soundtrack: every way of making music for the whole cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from film_pipeline.models.soundtrack import Score

Progress = Callable[[float, str], None]
"""Called often with the done share (0 to 1) and a word for people."""

SAMPLE_RATE = 48_000


@dataclass(frozen=True)
class Composition:
    """How a soundtrack was made: ``made`` goes into its record, ``notes`` onto the film's report."""

    made: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Composer(Protocol):
    """Makes the soundtrack of one film."""

    @property
    def name(self) -> str:
        """Name and version, such as ``synth/1``; part of what decides whether a soundtrack is current."""
        ...

    @property
    def stand_in(self) -> bool: ...

    @property
    def follows_scenes(self) -> bool:
        """Whether the music depends on each scene's words, or only on the brief and the length."""
        ...

    def compose(self, score: Score, into: Path, progress: Progress) -> Composition:
        """Write ``score.seconds`` of music, 48 kHz stereo FLAC, to ``into`` (which does not exist yet)."""
        ...
