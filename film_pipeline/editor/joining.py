"""Joins parts and sound into one MP4 by copying what is encoded: no frame is touched, every frame's time is counted.

The index is written first (so that a film plays while it loads), from the tables of the parts. Parts must agree in
their headers to the byte: a player reads them once, for the whole film.
"""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from film_pipeline.editor.disk import writing
from film_pipeline.editor.heard import Heard
from film_pipeline.editor.index import Chunk, FilmIndex, PictureTable
from film_pipeline.editor.parts import Part, SoundPart
from film_pipeline.editor.tracks import Numbers, Track, read_track
from film_pipeline.errors import UnfitMediaError
from film_pipeline.ffmpeg.encoding import frame_ticks, time_scale
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE

_BUFFER_BYTES = 1024**2


def join(
    parts: Sequence[Part], sounds: Sequence[SoundPart], into: Path, frame_rate: Fraction, tags: Mapping[str, str]
) -> None:
    """Write the film to ``into``: the parts one after the other, the sounds beside them, the index in front.

    Raises:
        UnfitMediaError: a part has other headers or another length than it should. StorageFullError, StorageError.
    """
    tracks = [read_track(part.path) for part in parts]
    _require_same_headers(tracks)
    heard = Heard.read(sounds)
    _require_same_headers(heard.tracks)
    picture = _picture_table(parts, tracks, frame_rate)
    plan = list(_plan(tracks, heard, frame_rate))
    index = FilmIndex(picture, heard.table(), [Chunk(p.is_sound, p.samples, p.bytes) for p in plan], dict(tags))
    with writing("the movie", into), into.open("wb") as film:
        film.write(index.head())
        _copy(plan, film)


@dataclass(frozen=True)
class _Piece:
    """A run of samples, to be written as one chunk."""

    track: Track
    first: int
    end: int
    is_sound: bool

    @property
    def samples(self) -> int:
        return self.end - self.first

    @property
    def bytes(self) -> int:
        return int(self.track.ends[self.end] - self.track.ends[self.first])

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Start and length of the stretches of the file that hold the samples."""
        if self.track.is_in_one_piece:
            yield int(self.track.offsets[self.first]), self.bytes
            return
        offsets, sizes = self.track.offsets[self.first : self.end], self.track.sizes[self.first : self.end]
        breaks = np.flatnonzero(offsets[1:] != offsets[:-1] + sizes[:-1]) + 1
        starts, ends = np.append(0, breaks), np.append(breaks, len(offsets))
        for start, end in zip(starts, ends, strict=True):
            yield int(offsets[start]), int(sizes[start:end].sum())


def _require_same_headers(tracks: Sequence[Track]) -> None:
    for track in tracks[1:]:
        if track.description != tracks[0].description:
            raise UnfitMediaError(
                "Parts of unlike headers cannot be joined",
                where=str(track.path),
                why=f"they differ from those of {tracks[0].path}",
                remedy="Delete the cache of parts and cut again.",
            )


def _picture_table(parts: Sequence[Part], tracks: Sequence[Track], frame_rate: Fraction) -> PictureTable:
    """The tables of the whole film: in each part frame numbers are counted from the film frame it starts at."""
    ticks = frame_ticks(frame_rate)
    shown, keys, position = [], [], 0
    for part, track in zip(parts, tracks, strict=True):
        shown.append(_frame_numbers(part, track, frame_rate) + position)
        keys.append(track.keys + position)
        position += part.frames
    order = np.concatenate(shown)
    delay = int((np.arange(len(order)) - order).max())
    return PictureTable(
        description=tracks[0].description,
        time_scale=time_scale(frame_rate),
        frame_ticks=ticks,
        sizes=np.concatenate([track.sizes for track in tracks]),
        keys=np.concatenate(keys),
        offsets=(order - np.arange(len(order)) + delay) * ticks,
        delay=delay * ticks,
    )


def _frame_numbers(part: Part, track: Track, frame_rate: Fraction) -> Numbers:
    """Which frame of the part each sample is, in decoding order; every frame must be there once."""
    ticks = track.time_scale / frame_rate
    numbers = np.rint(track.shown / float(ticks)).astype(np.int64)
    whole = len(numbers) == part.frames and np.array_equal(np.sort(numbers), np.arange(part.frames))
    if not whole or not len(track.keys) or track.keys[0] != 0 or numbers[0] != 0:
        raise UnfitMediaError(
            f"A part does not hold its {part.frames} frames",
            where=str(part.path),
            remedy="Delete the cache of parts and cut again.",
        )
    return numbers


def _plan(tracks: Sequence[Track], heard: Heard, frame_rate: Fraction) -> Iterator[_Piece]:
    """Pieces of picture of at most two seconds, and after each second or more of it the sound up to there.

    Fewer pieces cost less to write and to read back; more of them let a player begin with less of a film.
    """
    second = max(1, round(frame_rate))
    seen = np.arange(1 + sum(len(track.sizes) for track in tracks))
    heard_until = np.searchsorted(heard.times(), seen * float(SAMPLE_RATE / frame_rate)).tolist()
    position = sound_position = sound_end = 0
    for track in tracks:
        frames = len(track.sizes)
        for first in range(0, frames, 2 * second):
            end = min(first + 2 * second, frames)
            yield _Piece(track, first, end, is_sound=False)
            if position + end - sound_position >= second:
                sound_start, sound_end, sound_position = sound_end, heard_until[position + end], position + end
                for run in heard.runs(sound_start, sound_end):
                    yield _Piece(*run, is_sound=True)
        position += frames
    for run in heard.runs(sound_end, heard.frames):
        yield _Piece(*run, is_sound=True)


def _copy(plan: Sequence[_Piece], film: BinaryIO) -> None:
    """Through a buffer: for so many small pieces that takes less than having the system copy each."""
    buffer, filled = memoryview(bytearray(_BUFFER_BYTES)), 0
    with _Sources() as sources:
        for piece in plan:
            source = sources.file(piece)
            for start, count in piece.ranges():
                end = start + count
                while start < end:
                    if filled == len(buffer):
                        film.write(buffer)
                        filled = 0
                    read = os.preadv(source.fileno(), [buffer[filled : filled + end - start]], start)
                    if not read:
                        raise OSError(errno.EIO, "a part ended early", source.name)
                    start, filled = start + read, filled + read
    film.write(buffer[:filled])


class _Sources:
    """Open files: one part and one stretch of sound, since a film may have more parts than a process may open files."""

    def __init__(self) -> None:
        self._open: dict[bool, tuple[Path, BinaryIO]] = {}

    def __enter__(self) -> "_Sources":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for _path, file in self._open.values():
            file.close()

    def file(self, piece: _Piece) -> BinaryIO:
        path, file = self._open.get(piece.is_sound, (None, None))
        if file is None or path != piece.track.path:
            if file is not None:
                file.close()
            file = piece.track.path.open("rb", buffering=0)
            self._open[piece.is_sound] = piece.track.path, file
        return file
