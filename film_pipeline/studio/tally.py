"""Tally: one film in numbers, read off its files. What adds them up over all films is for whoever watches."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from film_pipeline.errors import FilmPipelineError, StorageError
from film_pipeline.models.take import Take
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard

FilmState = Literal["finished", "in_work", "held", "archived", "unwritten", "broken"]
FILM_STATES: tuple[FilmState, ...] = ("finished", "in_work", "held", "archived", "unwritten", "broken")


@dataclass(frozen=True)
class Tally:
    """``scenes`` counts them by the plan's states; seconds are of GPUs, bytes of clips and movie."""

    state: FilmState
    scenes: Mapping[str, int] = field(default_factory=dict)
    takes: int = 0
    tries_again: int = 0
    gpu_seconds: float = 0.0
    clip_bytes: int = 0
    movie_bytes: int = 0


def tally(studio: Studio, film: str) -> Tally:
    """Count one film; a film whose files cannot be understood is ``broken``.

    Raises:
        StorageError: storage does not answer.
    """
    try:
        return _tally(studio, film)
    except StorageError:
        raise
    except FilmPipelineError:
        return Tally("broken")


def _tally(studio: Studio, film: str) -> Tally:
    record = studio.store.record(film)
    if record and record.archived:
        return Tally("archived")
    if needs_storyboard(studio.store, film):
        return Tally("unwritten")
    planned = studio.plan(film)
    takes = [take for made in studio.store.all_takes(film).values() for take in made]
    report = studio.store.report(film)
    held = record is not None and bool(record.hold)
    return Tally(
        state="finished" if planned.current else "held" if held else "in_work",
        scenes=Counter(scene.state for scene in planned.scenes),
        takes=len(takes),
        tries_again=sum(_tries_again(take) for take in takes),
        gpu_seconds=sum(take.gpu_seconds for take in takes),
        clip_bytes=sum(take.bytes for take in takes),
        movie_bytes=report.bytes if report else 0,
    )


def _tries_again(take: Take) -> int:
    attempts = take.made.get("attempts")
    return max(0, int(attempts) - 1) if isinstance(attempts, int) else 0
