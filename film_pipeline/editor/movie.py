"""Cuts the movie: conforms, blends, mixes and joins what a timeline says, then proves the result by decoding it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from film_pipeline.editor.cache import DEFAULT_LIMIT_BYTES, PartsCache
from film_pipeline.editor.conform import Conformed, conform
from film_pipeline.editor.disk import sha256_of, writing
from film_pipeline.editor.joining import join
from film_pipeline.editor.parts import Part
from film_pipeline.editor.proof import require_movie
from film_pipeline.editor.sound import FilmSound, film_sound, scene_sound
from film_pipeline.editor.transitions import blend, colour_fade
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.models.timeline import Timeline

Progress = Callable[[float, str], None]
"""Called with the done share (0 to 1) and words for people."""

Job = Callable[[], tuple[Part, bool]]
T = TypeVar("T")

# Shares of the whole work, as it takes time.
_CONFORMED, _BLENDED, _SOUNDED, _JOINED = 0.55, 0.7, 0.85, 0.9


@dataclass(frozen=True)
class MovieFacts:
    """A finished movie, as measured. ``encoded_parts`` were made now, ``reused_parts`` came from the cache.

    ``integrated_lufs`` in LUFS is -70 and ``true_peak_db`` in dBTP -120 for a silent film.
    """

    frames: int
    seconds: float
    width: int
    height: int
    frame_rate: Fraction
    integrated_lufs: float
    true_peak_db: float
    bytes: int
    sha256: str
    encoded_parts: int
    reused_parts: int
    notes: tuple[str, ...]


def cut_movie(
    timeline: Timeline,
    *,
    soundtrack: Path | None,
    into: Path,
    cache: Path,
    workers: int,
    loudness_lufs: float = -14.0,
    tags: Mapping[str, str] | None = None,
    progress: Progress = lambda share, words: None,
    encoding: Encoding | None = None,
    cache_limit_bytes: int = DEFAULT_LIMIT_BYTES,
) -> MovieFacts:
    """Write the movie of a timeline to ``into`` (a temporary name: the caller publishes) and verify it.

    Only what is not in ``cache`` is encoded, in up to ``workers`` processes. ``tags`` go into the container
    (``title``, ``comment``, ...).

    Raises:
        UnreadableMediaError: a clip or the soundtrack is damaged. UnfitMediaError: a clip is too short.
        StorageFullError, StorageError, FFmpegFailedError, FFmpegMissingError
    """
    parts_cache = PartsCache(cache, cache_limit_bytes)
    parts_cache.sweep()
    cutting = _Cutting(timeline, encoding or Encoding(), parts_cache, max(1, workers), progress)
    clips = cutting.conformed()
    transitions = cutting.transitions(clips)
    progress(_BLENDED, "mixing the sound")
    sound = film_sound(timeline, clips, soundtrack, loudness_lufs, parts_cache, cutting.workers)
    progress(_SOUNDED, "joining")
    parts = list(_in_order(clips, transitions))
    join(parts, sound.part.path, into, timeline.format.frame_rate, tags or {})
    progress(_JOINED, "checking the movie")
    require_movie(into, timeline, parts, sound.part, workers)
    parts_cache.evict()
    facts = _facts(timeline, into, sound, clips, cutting)
    progress(1.0, "done")
    return facts


def prepare(timeline: Timeline, number: int, *, cache: Path, encoding: Encoding | None = None) -> None:
    """Do now what :func:`cut_movie` needs of the clip of that number alone: its parts, and its sound if it has any.

    ``timeline`` may hold just the clip and its neighbours, and they need no media: only their lengths count.

    Raises:
        UnreadableMediaError: the clip is damaged. UnfitMediaError: it is too short. StorageFullError, StorageError.
    """
    clip, span, parts_cache = timeline.clips[number], timeline.spans()[number], PartsCache(cache)
    conformed = conform(clip, span, timeline.format, encoding or Encoding(), parts_cache)
    if conformed.has_audio:
        scene_sound(clip, parts_cache)


class _Cutting:
    """The parts of one movie being made, several at a time."""

    def __init__(
        self, timeline: Timeline, encoding: Encoding, cache: PartsCache, workers: int, progress: Progress
    ) -> None:
        self.timeline, self.encoding, self.cache = timeline, encoding, cache
        self.workers, self.progress = workers, progress
        self.encoded = self.reused = 0

    def conformed(self) -> list[Conformed]:
        """Every clip in the film's format; clips that stand twice in a film are conformed once."""
        with self._pool() as pool:
            futures = [
                pool.submit(conform, clip, span, self.timeline.format, self.encoding, self.cache)
                for clip, span in zip(self.timeline.clips, self.timeline.spans(), strict=True)
            ]
            clips = self._gather(futures, 0.0, _CONFORMED, "conforming scenes")
        self._count([clip.fresh for clip in clips])
        return clips

    def transitions(self, clips: Sequence[Conformed]) -> list[Part | None]:
        """The part at the film's start, between each two clips, and at its end; None for plain cuts."""
        timeline, settings = self.timeline, (self.timeline.format, self.encoding, self.cache)
        opening, closing = timeline.opening, timeline.closing
        jobs: list[Job | None] = [partial(colour_fade, clips[0], opening, *settings, opening=True) if opening else None]
        for (before, after), transition in zip(pairwise(clips), timeline.transitions, strict=True):
            jobs.append(partial(blend, before, after, transition, *settings) if transition.frames else None)
        jobs.append(partial(colour_fade, clips[-1], closing, *settings, opening=False) if closing else None)
        return self._made(jobs)

    def _made(self, jobs: Sequence[Job | None]) -> list[Part | None]:
        with self._pool() as pool:
            futures = {index: pool.submit(job) for index, job in enumerate(jobs) if job}
            made = self._gather(list(futures.values()), _CONFORMED, _BLENDED, "encoding transitions")
        self._count([fresh for _, fresh in made])
        parts = dict(zip(futures, (part for part, _ in made), strict=True))
        return [parts.get(index) for index in range(len(jobs))]

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """Threads that wait for FFmpeg; after an error what has not begun is dropped."""
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="cut")
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    def _gather(self, futures: list[Future[T]], start: float, end: float, words: str) -> list[T]:
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            self.progress(start + (end - start) * done / len(futures), f"{words}: {done} of {len(futures)}")
        return [future.result() for future in futures]

    def _count(self, fresh: Sequence[bool]) -> None:
        self.encoded += sum(fresh)
        self.reused += len(fresh) - sum(fresh)


def _in_order(clips: Sequence[Conformed], transitions: Sequence[Part | None]) -> Iterator[Part]:
    """All parts as they follow in the film: transitions stand for the heads and tails they were made of."""
    for clip, before in zip(clips, transitions, strict=False):
        if before is not None:
            yield before
        if clip.body is not None:
            yield clip.body
    if transitions[-1] is not None:
        yield transitions[-1]


def _facts(
    timeline: Timeline, movie: Path, sound: FilmSound, clips: Sequence[Conformed], cutting: _Cutting
) -> MovieFacts:
    notes = [*timeline.notes, *(note for clip in clips for note in clip.notes), *sound.notes]
    with writing("the movie", movie):
        size, digest = movie.stat().st_size, sha256_of(movie)
    return MovieFacts(
        frames=timeline.frames,
        seconds=timeline.seconds,
        width=timeline.format.width,
        height=timeline.format.height,
        frame_rate=timeline.format.frame_rate,
        integrated_lufs=sound.loudness.integrated_lufs,
        true_peak_db=sound.loudness.true_peak_db,
        bytes=size,
        sha256=digest,
        encoded_parts=cutting.encoded + sound.fresh,
        reused_parts=cutting.reused + (not sound.fresh),
        notes=tuple(notes),
    )
