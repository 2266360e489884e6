"""Reads a file back from the disk, once: its SHA-256, and a checksum of what each part and the sound became in it."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from film_pipeline.editor.disk import writing
from film_pipeline.editor.tracks import Numbers, Track
from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.opening import named

_READ_BYTES = 256 * 1024  # stays in the processor's cache while it is summed up twice


@dataclass(frozen=True)
class Read:
    """What was read; a digest tells the samples of a part (CRC-32 and length), and its headers and times (CRC-32)."""

    sha256: str
    digests: list[str]


def read_back(movie: Path, *tracks: tuple[Track, Sequence[int]]) -> Read:
    """Read a whole file, of each of whose tracks every part has the next of so many samples.

    Raises:
        UnreadableMediaError: a sample lies outside the file, or two lie at the same place. StorageError.
    """
    lengths = [length for _, row in tracks for length in row]
    offsets, sizes = (np.concatenate([getattr(track, name) for track, _ in tracks]) for name in ("offsets", "sizes"))
    runs = _runs(offsets, sizes, np.repeat(np.arange(len(lengths)), lengths))
    sums, counts = [0] * len(lengths), [0] * len(lengths)
    whole, place = sha256(), 0
    with writing("the movie", movie), movie.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(_READ_BYTES))
        for start, end, owner in runs:
            if start < place:
                raise _misplaced(movie)
            for block in _blocks(file.readinto, buffer, start - place):
                whole.update(block)
            for block in _blocks(file.readinto, buffer, end - start):
                whole.update(block)
                sums[owner] = zlib.crc32(block, sums[owner])
                counts[owner] += len(block)
            place = end
        for block in _blocks(file.readinto, buffer, None):
            whole.update(block)
    if sum(counts) != int(sizes.sum()):
        raise _misplaced(movie)
    tables = [checksum for track, row in tracks for checksum in _table_sums(track, row)]
    digests = [
        f"{checksum:08x} {count} {table:08x}" for checksum, count, table in zip(sums, counts, tables, strict=True)
    ]
    return Read(whole.hexdigest(), digests)


def _table_sums(track: Track, lengths: Sequence[int]) -> Iterator[int]:
    """Of what decides, beside the samples, what a decoder makes of each part: the headers, and when each is shown."""
    headers, end = zlib.crc32(track.description), 0
    for length in lengths:
        start, end = end, end + length
        shown = track.shown[start:end]
        yield zlib.crc32((shown - shown.min()).tobytes(), headers)


def _misplaced(movie: Path) -> UnreadableMediaError:
    return UnreadableMediaError(
        "The movie cannot be read back", where=named(movie), why="samples overlap or lie outside of it"
    )


def _runs(offsets: Numbers, sizes: Numbers, owners: Numbers) -> Iterator[tuple[int, int, int]]:
    """Start, end and owner of each stretch of samples of one owner, in the order of the file."""
    order = np.argsort(offsets, kind="stable")
    offsets, ends, owners = offsets[order], (offsets + sizes)[order], owners[order]
    breaks = np.flatnonzero((offsets[1:] != ends[:-1]) | (owners[1:] != owners[:-1])) + 1
    firsts, lasts = np.append(0, breaks), np.append(breaks, len(offsets)) - 1
    yield from zip(offsets[firsts].tolist(), ends[lasts].tolist(), owners[firsts].tolist(), strict=True)


def _blocks(
    readinto: Callable[[memoryview], int | None], buffer: memoryview, count: int | None
) -> Iterator[memoryview]:
    """The next ``count`` bytes (None: all), a piece at a time."""
    while count is None or count > 0:
        read = readinto(buffer if count is None else buffer[: min(count, len(buffer))])
        if not read:
            return
        yield buffer[:read]
        count = None if count is None else count - read
