"""Cut: clips and soundtrack become the movie and its report."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from film_pipeline.editor.known_files import KnownFiles
from film_pipeline.editor.movie import MovieFacts, cut_movie
from film_pipeline.errors import MissingClipsError, StaleSoundtrackError, StorageCorruptError
from film_pipeline.ffmpeg.encoding import Encoding, require_encoder
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.report import FilmReport
from film_pipeline.models.take import Take
from film_pipeline.models.timeline import Timeline, TimelineClip
from film_pipeline.planning import Plan
from film_pipeline.renderer import Progress
from film_pipeline.renderer.slate import render_slate
from film_pipeline.studio import Studio
from film_pipeline.studio.credits import marking_of, movie_sidecar, prepare_signing
from film_pipeline.studio.reports import report_of, report_text, spending_of
from film_pipeline.studio.timelines import planned_timeline

T = TypeVar("T")

_QUESTIONS_AT_ONCE = 8


@dataclass(frozen=True)
class Movie:
    """A verified movie that is not yet published; ``file`` is there only inside the block of :func:`cut`."""

    film: str
    report: FilmReport
    text: str
    file: Path
    timeline: Timeline
    facts: MovieFacts
    marking: str


@contextmanager
def cut(studio: Studio, film: str, progress: Progress, *, rough: bool = False) -> Iterator[Movie]:
    """Cut the movie from the selected takes and the stored soundtrack, and verify it by decoding.

    A ``rough`` cut has slates where clips are missing.

    Raises:
        MissingClipsError: names every scene without a clip (not when rough), or with a damaged one.
        StaleSoundtrackError: compose first. MediaError, FFmpegError.
    """
    require_encoder(studio.settings.codec)
    storyboard = studio.store.storyboard(film)
    planned = studio.plan_of(film, storyboard)
    if not rough:
        require_complete(planned)
    require_soundtrack(planned)
    signing = prepare_signing(studio)
    with ExitStack() as open_files:
        work = open_files.enter_context(studio.store.workspace())
        made = made_takes(studio, planned)
        takes = selected_takes(planned, made)
        clips = checked_clips(studio, planned, takes, open_files) | _slates(planned, work)
        timeline = planned_timeline(storyboard, planned, clips)
        soundtrack = open_files.enter_context(studio.store.soundtrack(film))
        file = work / "final_movie.mp4"
        marking = marking_of(studio, film, storyboard, takes)
        started = time.monotonic()
        facts = cut_movie(
            timeline,
            soundtrack=soundtrack,
            into=file,
            cache=studio.settings.cache_folder,
            cache_limit_bytes=studio.settings.cache_bytes,
            encoding=Encoding(codec=studio.settings.codec),
            workers=studio.settings.chosen_workers,
            loudness_lufs=studio.settings.loudness,
            tags=marking.tags,
            progress=progress,
        )
        signed = False
        if not planned.to_render:  # a rough cut is marked by its tags alone
            facts, signed = signing.apply(file, marking, facts)
        seconds = round(time.monotonic() - started, 3)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        report = report_of(
            studio,
            storyboard,
            planned,
            takes,
            timeline,
            facts,
            spending=spending_of(studio, film, takes, made),
            cut_seconds=seconds,
            created=now,
        )
        sidecar = movie_sidecar(marking, facts, now, signed)
        yield Movie(film, report, report_text(report), file, timeline, facts, sidecar)


def require_complete(planned: Plan) -> None:
    """Refuse a film with missing clips, before anything is started for it.

    Raises:
        MissingClipsError: names every scene to be rendered.
    """
    if planned.to_render:
        raise _missing(planned.film, [scene.scene for scene in planned.to_render], "no current clip")


def publish_movie(studio: Studio, movie: Movie) -> None:
    studio.store.publish_movie(movie.film, movie.report, movie.text, movie.file, movie.marking)


def require_soundtrack(planned: Plan) -> None:
    if planned.compose:
        raise StaleSoundtrackError(
            "The soundtrack is not the one that the storyboard asks for",
            where=planned.film,
            remedy="Run the job cut_movie (or `film cut`), which composes it first.",
        )


def made_takes(studio: Studio, planned: Plan) -> dict[str, list[Take]]:
    """Every take that the scenes of a plan have, by scene."""
    return _at_once(lambda scene: studio.store.takes(planned.film, scene), [scene.scene for scene in planned.scenes])


def selected_takes(planned: Plan, made: dict[str, list[Take]]) -> dict[str, Take]:
    """The takes that are to be in the film, by scene, of those that were made.

    Raises:
        MissingClipsError: one vanished since the plan.
    """
    found = {}
    for scene in planned.scenes:
        if not scene.to_render:
            takes = {take.digest: take for take in made[scene.scene]}
            if scene.digest not in takes:
                raise _missing(planned.film, [scene.scene], "its clip vanished")
            found[scene.scene] = takes[scene.digest]
    return found


def _slates(planned: Plan, work: Path) -> dict[str, TimelineClip]:
    """A slate for each scene without a current clip."""
    slates = {}
    for scene in planned.to_render:
        slate = work / f"slate-{scene.scene}.mp4"
        reason = "not rendered yet" if scene.state == "missing" else "to be rendered again"
        render_slate(scene.spec, scene.scene, reason, slate)
        slates[scene.scene] = TimelineClip(
            scene=scene.scene, take=0, media=str(slate), sha256=sha256_of(slate), frames=scene.spec.frames
        )
    return slates


def checked_clips(
    studio: Studio, planned: Plan, takes: dict[str, Take], open_files: ExitStack
) -> dict[str, TimelineClip]:
    """The clips as local files, each proven to be what was rendered; damaged ones are set aside to be made again."""
    clips, damaged = {}, []
    paths = _at_once(lambda scene: _local_clip(studio, planned.film, takes[scene], open_files), takes)
    known = KnownFiles(studio.settings.cache_folder / "known" / f"{planned.film}.json")
    for scene in planned.scenes:
        if scene.scene not in takes:
            continue
        take = takes[scene.scene]
        path = paths[scene.scene]
        if path is None or not known.is_still(path, take.sha256):
            studio.store.set_clip_aside(planned.film, take)
            damaged.append(scene.scene)
            continue
        clips[scene.scene] = TimelineClip(
            scene=scene.scene, take=take.number, media=str(path), sha256=take.sha256, frames=scene.spec.frames
        )
    known.save()
    if damaged:
        raise _missing(planned.film, damaged, "the stored clip is not what was rendered")
    return clips


def _local_clip(studio: Studio, film: str, take: Take, open_files: ExitStack) -> Path | None:
    """The clip as a local file, fetched where films lie in a bucket; None where what is stored is damaged."""
    try:
        return open_files.enter_context(studio.store.clip(film, take))
    except StorageCorruptError:
        return None


def _at_once(ask: Callable[[str], T], scenes: Iterable[str]) -> dict[str, T]:
    """What the store answers for each scene; several questions at a time, for a bucket may be far away."""
    names = list(scenes)
    with ThreadPoolExecutor(_QUESTIONS_AT_ONCE, thread_name_prefix="store") as pool:
        return dict(zip(names, pool.map(ask, names), strict=True))


def _missing(film: str, scenes: list[str], why: str) -> MissingClipsError:
    shown = ", ".join(scenes[:20]) + (f" and {len(scenes) - 20} more" if len(scenes) > 20 else "")
    return MissingClipsError(
        "The final cut misses clips", where=f"{film}: scene {shown}", why=why, remedy=f"Run `film render {film}` first."
    )
