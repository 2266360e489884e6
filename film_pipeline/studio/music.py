"""Compose: one soundtrack for the whole cut, its length and dynamics read off the timeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from film_pipeline.models.digests import digest_of, sha256_of
from film_pipeline.models.report import SoundtrackRecord
from film_pipeline.models.soundtrack import Score, ScoreSection
from film_pipeline.models.storyboard import MAX_SEED, Storyboard
from film_pipeline.models.timeline import Timeline
from film_pipeline.planning import Plan
from film_pipeline.renderer import Progress
from film_pipeline.studio import Studio
from film_pipeline.studio.timelines import planned_timeline


@dataclass(frozen=True)
class Music:
    """A soundtrack: ``file`` is new and to be published, or None where the stored one is current."""

    film: str
    record: SoundtrackRecord
    file: Path | None


@contextmanager
def compose(studio: Studio, film: str, progress: Progress) -> Iterator[Music]:
    """The soundtrack that the storyboard asks for: the stored one where it is current, else a new one.

    The file is there only inside the block.
    """
    storyboard = studio.store.storyboard(film)
    planned = studio.plan_of(film, storyboard)
    record = studio.store.soundtrack_record(film)
    if record and not planned.compose:
        yield Music(film, record, None)
        return
    with studio.store.workspace() as work:
        file = work / "soundtrack.flac"
        score = score_of(studio, storyboard, planned)
        composition = studio.composer.compose(score, file, progress)
        made = SoundtrackRecord(
            basis=planned.soundtrack_basis,
            composer=studio.composer.name,
            stand_in=studio.composer.stand_in,
            seconds=score.seconds,
            sha256=sha256_of(file),
            bytes=file.stat().st_size,
            made=composition.made,
            notes=composition.notes,
        )
        yield Music(film, made, file)


def publish_music(studio: Studio, music: Music) -> None:
    if music.file is not None:
        studio.store.publish_soundtrack(music.film, music.record, music.file)


def score_of(studio: Studio, storyboard: Storyboard, planned: Plan) -> Score:
    """What the music shall follow, read off the timeline of the planned film; needs no clip to be there."""
    timeline = planned_timeline(storyboard, planned)
    brief = storyboard.soundtrack
    derived = int(digest_of([planned.film, "soundtrack"])[:15], 16) & MAX_SEED
    return Score(
        composer=studio.composer.name,
        title=storyboard.title,
        seconds=timeline.seconds,
        sections=_sections(storyboard, timeline) if studio.composer.follows_scenes else (),
        mood=brief.mood or "",
        tags=brief.tags or "",
        tempo=brief.tempo,
        seed=derived if brief.seed is None else brief.seed,
    )


def _sections(storyboard: Storyboard, timeline: Timeline) -> tuple[ScoreSection, ...]:
    """Each scene's own stretch of the film: from where it begins to where the next one begins."""
    starts = [*timeline.starts(), timeline.frames]
    return tuple(
        ScoreSection(
            scene=scene.id,
            start=timeline.format.seconds(start),
            duration=timeline.format.seconds(max(1, end - start)),
            prompt=scene.prompt,
            mood=scene.mood or "",
        )
        for scene, start, end in zip(storyboard.scenes, starts, starts[1:], strict=False)
    )
