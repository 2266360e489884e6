"""A film's sound, stretch by stretch: measured as it was mixed, levelled and encoded, each kept by what is heard in it.

What a stretch becomes depends on nothing but what is heard in it and shortly before and after, and how it is levelled.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import av
import numpy as np

from film_pipeline.editor.aac import decoded, encoded_frames
from film_pipeline.editor.cache import Entry, Order, PartsCache, fill
from film_pipeline.editor.disk import writing
from film_pipeline.editor.limiter import limited
from film_pipeline.editor.mastering import Levelling
from film_pipeline.editor.mixing import Mix
from film_pipeline.editor.parts import SoundPart, require_frames
from film_pipeline.editor.records import Facts
from film_pipeline.editor.samples import Sound, SoundFile, SoundWriter, silence
from film_pipeline.editor.sound_joins import join_peaks
from film_pipeline.editor.stretches import AAC_FRAME, SILENCE, Stretch
from film_pipeline.editor.tracks import read_track
from film_pipeline.ffmpeg.graphs import aac_arguments
from film_pipeline.ffmpeg.moments import MOMENT, Moments, measure_lufs, measure_peak_db, softened
from film_pipeline.ffmpeg.program import ffmpeg_program, ffmpeg_version, run_ffmpeg
from film_pipeline.models.digests import digest_of

KILOBITS = 192

_VERSION = 4  # raise it when the same inputs shall sound different
_AAC = "sound.m4a"

T = TypeVar("T")


@dataclass(frozen=True)
class EncodedStretch:
    """A stretch as AAC; ``fresh`` if it was encoded just now."""

    part: SoundPart
    moments: Moments
    fresh: bool


class FilmSounding:
    """Tries out how a film sounds; up to ``workers`` stretches at a time."""

    def __init__(self, mix: Mix, stretches: Sequence[Stretch], cache: PartsCache, scratch: Path, workers: int) -> None:
        self.cache, self.workers = cache, workers
        self.making = [_Making(mix, stretch, scratch) for stretch in stretches]
        self.mixes: list[Moments] = []
        self._tried: dict[Levelling, list[EncodedStretch]] = {}

    def mixed(self) -> Moments:
        self.mixes = self._filled([making.measured(None) for making in self.making])
        return Moments.of_all(self.mixes)

    def levelled(self, levelling: Levelling) -> Moments:
        found = [mix.louder(levelling.gain_db) for mix in self.mixes]
        own = [levelling.on_peak(mix.true_peak_db) for mix in self.mixes]
        limited = [number for number, wanted in enumerate(own) if wanted.ceiling_db is not None]
        measured = self._filled([self.making[number].measured(own[number]) for number in limited])
        for number, moments in zip(limited, measured, strict=True):
            found[number] = moments
        return Moments.of_all(found)

    def encoded(self, levelling: Levelling) -> Moments:
        levels = [levelling.on_peak(mix.true_peak_db) for mix in self.mixes]
        made = self._filled([making.encoded(own) for making, own in zip(self.making, levels, strict=True)])
        self._tried[levelling] = made
        at_joins = self._filled(join_peaks([stretch.part for stretch in made]))
        return Moments.of_all([*(stretch.moments for stretch in made), *(Moments((), peak) for peak in at_joins)])

    def parts(self, levelling: Levelling) -> tuple[SoundPart, ...]:
        """The stretches as they were encoded with one of the levellings that were tried."""
        return tuple(stretch.part for stretch in self._tried[levelling])

    def fresh(self, levelling: Levelling) -> tuple[bool, ...]:
        """Of each of those, whether it was encoded just now, in whichever try."""
        new = {stretch.part.path for made in self._tried.values() for stretch in made if stretch.fresh}
        return tuple(stretch.part.path in new for stretch in self._tried[levelling])

    def _filled(self, orders: Sequence[Order[T]]) -> list[T]:
        return fill(orders, self.cache, self.workers)


@dataclass(frozen=True)
class _Making:
    """One stretch being measured and encoded; what it is mixed to stays in ``scratch`` for the next try."""

    mix: Mix
    stretch: Stretch
    scratch: Path

    def measured(self, levelling: Levelling | None) -> Order[Moments]:
        """Its loudness as it was mixed, or as it is levelled."""

        def make(folder: Path) -> Facts:
            if self._is_silent:
                return self._silence()
            # The limiter begins to press shortly before a peak: those around a stretch count as well.
            around = (self.stretch.measured_from, self.stretch.mixed_until)
            with self._written(levelling) as samples:
                return self._measured(samples, around, around)

        return Order(self._key("loudness", levelling), make, lambda entry: _moments(entry.facts))

    def encoded(self, levelling: Levelling) -> Order[EncodedStretch]:
        """It as AAC, and its loudness after that."""
        stretch = self.stretch

        def make(folder: Path) -> Facts:
            with self._written(levelling) as samples:
                arguments = aac_arguments(samples.path, _AAC, KILOBITS)
                run_ffmpeg(arguments, doing="encoding the film's sound", within=folder)
            frames = -(-(stretch.mixed_until - stretch.encoded_from) // AAC_FRAME) + 1
            require_frames(folder / _AAC, frames, what="sound")
            if self._is_silent:
                return self._silence()
            # What the first frame becomes depends on the stretch before as well (see sound_joins).
            own = (stretch.start + AAC_FRAME if stretch.start else 0, stretch.end)
            with self._decoded(folder / _AAC) as samples:
                return self._measured(samples, (stretch.measured_from, stretch.end), own)

        def of(entry: Entry) -> EncodedStretch:
            path, sha256 = entry.file(_AAC), entry.hashes[_AAC]
            part = SoundPart(path, stretch.frames, sha256, first=stretch.first_frame, samples=stretch.samples)
            return EncodedStretch(part, _moments(entry.facts), entry.fresh)

        return Order(self._key("sound", levelling), make, of)

    def _key(self, kind: str, levelling: Levelling | None) -> str:
        stretch = self.stretch
        return digest_of(
            {
                "kind": kind,
                "version": _VERSION,
                "heard": self.mix.content(stretch.mixed_from, stretch.mixed_until),
                "frames": [stretch.first_frame, stretch.frames],
                "levelling": [levelling.gain_db, levelling.ceiling_db] if levelling else None,
                "kilobits": KILOBITS,
                "ffmpeg": [ffmpeg_version(ffmpeg_program()), av.__version__],  # one encodes, the other measures
            }
        )

    @property
    def _is_silent(self) -> bool:
        return self.mix.is_silent(self.stretch.mixed_from, self.stretch.mixed_until)

    def _silence(self) -> Facts:
        return _facts(Moments.of_silence(self.stretch.samples // MOMENT))

    @contextmanager
    def _written(self, levelling: Levelling | None) -> Iterator[SoundFile]:
        """Raw samples: silence, then the stretch with its surroundings."""
        stretch = self.stretch
        mixed = SoundFile(self.scratch / f"{stretch.start}.mixed.f32", "float32")
        if not mixed.path.exists():
            _write(mixed.path, chain([silence(SILENCE)], self.mix.blocks(stretch.mixed_from, stretch.mixed_until)))
        if levelling is None or levelling == Levelling(0.0, None):
            yield mixed
        else:
            with self._passing("levelled", limited(mixed, levelling.gain_db, levelling.ceiling_db)) as levelled:
                yield levelled

    @contextmanager
    def _decoded(self, encoded: Path) -> Iterator[SoundFile]:
        """What the encoded samples have become."""
        track = read_track(encoded)
        with self._passing("decoded", decoded(track, encoded_frames(track, 0, len(track.sizes)))) as samples:
            yield samples

    @contextmanager
    def _passing(self, name: str, blocks: Iterable[Sound]) -> Iterator[SoundFile]:
        """A file of samples that is gone afterwards: a film's worth of each kind would be much."""
        path = self.scratch / f"{self.stretch.start}.{name}.f32"
        _write(path, blocks)
        try:
            yield SoundFile(path, "float32")
        finally:
            path.unlink()

    def _measured(self, sound: SoundFile, lufs_of: tuple[int, int], peak_of: tuple[int, int]) -> Facts:
        """The loudness and the peak, each of samples of the film; of the first, only what belongs to the stretch."""
        begin = self.stretch.encoded_from
        lufs = measure_lufs(sound.blocks(lufs_of[0] - begin, lufs_of[1] - begin))
        peak = (peak_of[0] - begin, peak_of[1] - begin)
        loudest = max((float(np.abs(block).max()) for block in sound.blocks(*peak)), default=0.0)
        peak_db = measure_peak_db(softened(sound.blocks(*peak), peak[1] - peak[0]), loudest)
        return _facts(Moments(lufs[self.stretch.moments_before :], peak_db))


def _write(into: Path, blocks: Iterable[Sound]) -> None:
    with writing("the film's sound", into), SoundWriter(into) as file:
        for block in blocks:
            file.write(block)


def _facts(moments: Moments) -> Facts:
    return {"lufs": moments.lufs, "true_peak_db": moments.true_peak_db}


def _moments(facts: Facts) -> Moments:
    return Moments(tuple(map(float, facts["lufs"])), float(facts["true_peak_db"]))
