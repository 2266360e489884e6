"""The one track of a part or of the film's sound, as its sample tables describe it: sizes, places and times."""

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from film_pipeline.editor.boxes import box, children, inner, read_index
from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.opening import named

Numbers = NDArray[np.int64]

_ENTRY_HEAD = 16
_COMPRESSOR_NAME = slice(50, 82)  # in a visual sample entry, after its box head
_VISUAL_ENTRY = 86
_AUDIO_ENTRY = 36
_RATES = slice(22, 30)  # in the box esds of a sound entry, as FFmpeg writes it: the largest and the mean bit rate
_DESCRIPTOR_HEAD = 5  # a tag, and a length in four bytes


@dataclass(frozen=True)
class Track:
    """A track of ``len(sizes)`` samples in decoding order; ``offsets`` are places in the file.

    ``shown`` is when each is shown, in units of the track's time, from 0 for the first one, which in the tables is at
    ``first_shown``; ``keys`` are the numbers
    of samples that can be decoded alone; ``run_up`` is the time at the start that only prepares the decoder.
    ``tables`` holds the raw content of the boxes in ``stbl``.
    """

    path: Path
    time_scale: int
    duration: int
    run_up: int
    sizes: Numbers
    offsets: Numbers
    shown: Numbers
    first_shown: int
    keys: Numbers
    tables: dict[bytes, bytes]

    @cached_property
    def ends(self) -> Numbers:
        """The bytes before each sample, and of all."""
        return np.concatenate([[0], np.cumsum(self.sizes)])

    @cached_property
    def is_in_one_piece(self) -> bool:
        return bool((self.offsets[1:] == self.offsets[:-1] + self.sizes[:-1]).all())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the sample entry."""
        width, height = struct.unpack_from(">HH", self.tables[b"stsd"], 40)
        return int(width), int(height)

    @property
    def description(self) -> bytes:
        """The sample entry: codec, size, colours, headers; without the encoder's name and bit rate."""
        entry = self.tables[b"stsd"][8:]
        if entry[4:8] == b"mp4a":
            return with_bit_rate(entry, 0)
        if entry[4:8] not in (b"avc1", b"hvc1", b"av01"):
            return entry
        fixed = bytearray(entry[8:_VISUAL_ENTRY])
        fixed[_COMPRESSOR_NAME.start - 8 : _COMPRESSOR_NAME.stop - 8] = bytes(32)
        kept = [box(kind, content) for kind, content in children(entry[_VISUAL_ENTRY:]) if kind != b"btrt"]
        return box(entry[4:8], bytes(fixed), *kept)


def decoder_settings(sound_entry: bytes) -> bytes:
    """What an AAC decoder has to know, from a sample entry."""
    stream = dict(children(sound_entry[_AUDIO_ENTRY:]))[b"esds"]
    start = _RATES.stop + _DESCRIPTOR_HEAD
    return stream[start : start + stream[start - 1]]


def with_bit_rate(sound_entry: bytes, rate: int) -> bytes:
    """The sample entry of an AAC sound that says it has so many bits a second (0: of no constant rate)."""
    inside = dict(children(sound_entry[_AUDIO_ENTRY:]))
    stream = bytearray(inside[b"esds"])
    stream[_RATES] = struct.pack(">II", rate, rate)
    return box(b"mp4a", sound_entry[8:_AUDIO_ENTRY], box(b"esds", bytes(stream)))


def read_track(path: Path, number: int = 0) -> Track:
    """Read the tables of a file's track of that number, as FFmpeg and we write them.

    Raises:
        UnreadableMediaError: it is damaged, or of another structure.
    """
    try:
        return _read(path, number)
    except (ValueError, KeyError, IndexError, OSError, struct.error) as error:
        raise UnreadableMediaError("A part cannot be read", where=named(path), why=str(error)) from error


def count_samples(path: Path) -> int:
    """How many samples are in a file's only track, by the table of their sizes.

    Raises:
        UnreadableMediaError
    """
    try:
        return len(_sizes(inner(read_index(path), b"trak", b"mdia", b"minf", b"stbl", b"stsz")))
    except (ValueError, OSError, struct.error) as error:
        raise UnreadableMediaError("A part cannot be read", where=named(path), why=str(error)) from error


def _read(path: Path, number: int) -> Track:
    track = [content for kind, content in children(read_index(path)) if kind == b"trak"][number]
    media = inner(track, b"mdia")
    tables = dict(children(inner(media, b"minf", b"stbl")))
    time_scale, duration = _time(inner(media, b"mdhd"))
    sizes = _sizes(tables[b"stsz"])
    durations = _runs(tables[b"stts"])[: len(sizes)]
    decoded = np.cumsum(durations) - durations
    shown = decoded + (_runs(tables[b"ctts"]) if b"ctts" in tables else 0)
    keys = _column(tables[b"stss"]) - 1 if b"stss" in tables else np.arange(len(sizes))
    offsets = _offsets(tables, sizes)
    first = int(shown.min())
    return Track(path, time_scale, duration, _run_up(track), sizes, offsets, shown - first, first, keys, tables)


def _time(header: bytes) -> tuple[int, int]:
    if header[0] == 1:
        scale, duration = struct.unpack_from(">IQ", header, 20)
    else:
        scale, duration = struct.unpack_from(">II", header, 12)
    return int(scale), int(duration)


def _run_up(track: bytes) -> int:
    edit = inner(track, b"edts", b"elst")
    return int(struct.unpack_from(">Qq" if edit[0] == 1 else ">Ii", edit, 8)[1])


def _column(table: bytes) -> Numbers:
    return np.frombuffer(table, ">u4", offset=8).astype(np.int64)


def _runs(table: bytes) -> Numbers:
    """Pairs of count and value, written out."""
    pairs = np.frombuffer(table, ">u4", offset=8).astype(np.int64).reshape(-1, 2)
    written_out: Numbers = np.repeat(pairs[:, 1], pairs[:, 0])
    return written_out


def _sizes(table: bytes) -> Numbers:
    same, count = struct.unpack_from(">II", table, 4)
    return np.full(count, same) if same else np.frombuffer(table, ">u4", count, offset=12).astype(np.int64)


def _offsets(tables: dict[bytes, bytes], sizes: Numbers) -> Numbers:
    chunks = np.frombuffer(tables[b"co64"], ">u8", offset=8) if b"co64" in tables else _column(tables[b"stco"])
    runs = np.frombuffer(tables[b"stsc"], ">u4", offset=8).astype(np.int64).reshape(-1, 3)
    lengths = np.diff(np.append(runs[:, 0], len(chunks) + 1))
    in_chunk = np.repeat(runs[:, 1], lengths)
    firsts = np.cumsum(in_chunk) - in_chunk
    before = np.cumsum(sizes) - sizes
    chunk_of = np.repeat(np.arange(len(chunks)), in_chunk)
    places: Numbers = np.asarray(chunks, np.int64)[chunk_of] + before - before[firsts][chunk_of]
    return places
