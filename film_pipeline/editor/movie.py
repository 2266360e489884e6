"""Cuts the movie: conforms, blends, mixes and joins what a timeline says, then proves the result by decoding it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from film_pipeline.editor.cache import DEFAULT_LIMIT_BYTES, Order, PartsCache, fill
from film_pipeline.editor.conform import Conformed, conform
from film_pipeline.editor.joining import join
from film_pipeline.editor.parts import DamagedPartError, Part
from film_pipeline.editor.proof import require_movie
from film_pipeline.editor.sound import FilmSound, film_sound, scene_sound
from film_pipeline.editor.transitions import Blended, blend, colour_fade
from film_pipeline.errors import FilmPipelineError, MediaError
from film_pipeline.ffmpeg.encoding import Encoding, require_encoder
from film_pipeline.models.format import Codec
from film_pipeline.models.timeline import Timeline

Progress = Callable[[float, str], None]
"""Called with the done share (0 to 1) and words for people."""

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
    codec: Codec
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
    encoding = encoding or Encoding()
    require_encoder(encoding.codec)
    parts_cache = PartsCache(cache, cache_limit_bytes)
    job = _Job(soundtrack, into, loudness_lufs, tags or {})
    with parts_cache.in_use():
        facts = _Cutting(timeline, encoding, parts_cache, max(1, workers), progress).movie(job)
    progress(1.0, "done")
    return facts


def prepare(
    timeline: Timeline,
    number: int,
    *,
    cache: Path,
    encoding: Encoding | None = None,
    cache_limit_bytes: int = DEFAULT_LIMIT_BYTES,
) -> None:
    """Do now what :func:`cut_movie` needs of the clip of that number alone: its parts, and its sound if it has any.

    ``timeline`` may hold just the clip and its neighbours, and they need no media: only their lengths count.

    Raises:
        UnreadableMediaError: the clip is damaged. UnfitMediaError: it is too short. StorageFullError, StorageError.
    """
    encoding = encoding or Encoding()
    require_encoder(encoding.codec)
    clip, span = timeline.clips[number], timeline.spans()[number]
    parts_cache = PartsCache(cache, cache_limit_bytes)
    with parts_cache.in_use():
        conformed = conform(clip, span, timeline.format, encoding).filled(parts_cache)
        if conformed.has_audio:
            scene_sound(clip, parts_cache)


@dataclass(frozen=True)
class _Job:
    """What a movie is made of beside its pictures, and where to."""

    soundtrack: Path | None
    into: Path
    loudness_lufs: float
    tags: Mapping[str, str]


class _Cutting:
    """One movie being made, several of its parts at a time."""

    def __init__(
        self, timeline: Timeline, encoding: Encoding, cache: PartsCache, workers: int, progress: Progress
    ) -> None:
        self.timeline, self.encoding, self.cache = timeline, encoding, cache
        self.workers, self.progress = workers, progress
        self.encoded = self.reused = 0

    def movie(self, job: _Job) -> MovieFacts:
        """Write and prove the movie; if that fails with parts that were kept, once more with none taken on trust."""
        clips = self.conformed()
        try:
            return self._cut(job, clips)
        except (FilmPipelineError, OSError) as error:
            kept = isinstance(error, DamagedPartError) or (isinstance(error, MediaError) and self.reused)
            if not kept and not self.cache.has_lost_entries():
                raise
        self.cache.distrust()
        self.encoded = self.reused = 0
        return self._cut(job, self.conformed())

    def _cut(self, job: _Job, clips: Sequence[Conformed]) -> MovieFacts:
        transitions = self.transitions(clips)
        self.progress(_BLENDED, "mixing the sound")
        sound = film_sound(self.timeline, clips, job.soundtrack, job.loudness_lufs, self.cache, self.workers)
        self._count(sound.fresh)
        self.progress(_SOUNDED, "joining")
        parts = list(_in_order(clips, transitions))
        try:
            join(parts, sound.parts, job.into, self.timeline.format.frame_rate, job.tags)
            self.progress(_JOINED, "checking the movie")
            digest = require_movie(job.into, self.timeline, parts, sound.parts, self.workers)
        except MediaError:
            _forget([*parts, *sound.parts])
            raise
        return self._facts(job.into, digest, sound, clips)

    def conformed(self) -> list[Conformed]:
        """Every clip in the film's format; clips that stand twice in a film are conformed once."""
        clips = self._filled(
            [
                conform(clip, span, self.timeline.format, self.encoding)
                for clip, span in zip(self.timeline.clips, self.timeline.spans(), strict=True)
            ],
            (0.0, _CONFORMED, "conforming scenes"),
        )
        self._count([clip.fresh for clip in clips])
        return clips

    def transitions(self, clips: Sequence[Conformed]) -> list[Part | None]:
        """The part at the film's start, between each two clips, and at its end; None for plain cuts."""
        timeline, settings = self.timeline, (self.timeline.format, self.encoding)
        orders: dict[int, Order[Blended]] = {}
        if timeline.opening:
            orders[0] = colour_fade(clips[0], timeline.opening, *settings, opening=True)
        for index, transition in enumerate(timeline.transitions, start=1):
            if transition.frames:
                orders[index] = blend(clips[index - 1], clips[index], transition, *settings)
        if timeline.closing:
            orders[len(clips)] = colour_fade(clips[-1], timeline.closing, *settings, opening=False)
        made = self._filled(list(orders.values()), (_CONFORMED, _BLENDED, "encoding transitions"))
        self._count([fresh for _, fresh in made])
        parts = dict(zip(orders, (part for part, _ in made), strict=True))
        return [parts.get(index) for index in range(len(clips) + 1)]

    def _filled(self, orders: Sequence[Order[T]], stage: tuple[float, float, str]) -> list[T]:
        start, end, words = stage

        def progress(done: int) -> None:
            self.progress(start + (end - start) * done / len(orders), f"{words}: {done} of {len(orders)}")

        return fill(orders, self.cache, self.workers, progress)

    def _facts(self, movie: Path, digest: str, sound: FilmSound, clips: Sequence[Conformed]) -> MovieFacts:
        timeline = self.timeline
        return MovieFacts(
            frames=timeline.frames,
            seconds=timeline.seconds,
            width=timeline.format.width,
            height=timeline.format.height,
            frame_rate=timeline.format.frame_rate,
            codec=self.encoding.codec,
            integrated_lufs=round(sound.loudness.integrated_lufs, 2),
            true_peak_db=round(sound.loudness.true_peak_db, 2),
            bytes=movie.stat().st_size,
            sha256=digest,
            encoded_parts=self.encoded,
            reused_parts=self.reused,
            notes=(*timeline.notes, *(note for clip in clips for note in clip.notes), *sound.notes),
        )

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


def _forget(parts: Sequence[Part]) -> None:
    """Delete what may be at fault: parts that were never proven, and the notes that others were."""
    for part in parts:
        (part.proof if part.proof.exists() else part.path).unlink(missing_ok=True)
