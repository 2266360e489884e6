"""Writes a film's index (``ftyp``, ``moov`` and the head of ``mdat``) from tables; knows nothing of files."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from film_pipeline.editor.boxes import box, full_box
from film_pipeline.editor.tracks import Numbers, with_bit_rate

_PICTURE, _SOUND = 1, 2
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED_LANGUAGE = 0x55C4
_MAX_32_BIT = 2**32 - 1

# The names that players look for; all others are written by their own name.
_KNOWN_TAGS = {
    "title": b"\xa9nam",
    "artist": b"\xa9ART",
    "comment": b"\xa9cmt",
    "date": b"\xa9day",
    "genre": b"\xa9gen",
    "encoder": b"\xa9too",
    "copyright": b"cprt",
    "description": b"desc",
    "synopsis": b"ldes",
}


@dataclass(frozen=True)
class PictureTable:
    """All frames of a film in decoding order; ``offsets`` from decoding to showing and ``delay`` in ticks."""

    description: bytes
    time_scale: int
    frame_ticks: int
    sizes: Numbers
    keys: Numbers
    offsets: Numbers
    delay: int

    @property
    def duration(self) -> int:
        return len(self.sizes) * self.frame_ticks

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the sample entry."""
        width, height = struct.unpack_from(">HH", self.description, 32)
        return int(width), int(height)


@dataclass(frozen=True)
class SoundTable:
    """All frames of the sound, each of ``frame_samples`` but the last; ``run_up`` and ``duration`` in samples.

    The run-up at the start only prepares the decoder, and is part of the duration.
    """

    description: bytes
    time_scale: int
    frame_samples: int
    sizes: Numbers
    duration: int
    run_up: int

    @property
    def bit_rate(self) -> int:
        return round(int(self.sizes.sum()) * 8 * self.time_scale / self.duration)


@dataclass(frozen=True)
class Chunk:
    """Samples of one track that lie together."""

    is_sound: bool
    samples: int
    bytes: int


@dataclass(frozen=True)
class FilmIndex:
    """The index of a film whose chunks follow in order."""

    picture: PictureTable
    sound: SoundTable
    chunks: Sequence[Chunk]
    tags: Mapping[str, str]

    def head(self) -> bytes:
        """All bytes before the first chunk."""
        # Brands are named like the codec's sample entry: players look there first.
        codec = self.picture.description[4:8]
        kind = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isom", b"iso2", codec, b"mp41")
        media = sum(chunk.bytes for chunk in self.chunks)
        # Places are known once the index is written, and its length does not depend on them.
        start = len(kind) + len(self._index(0)) + 16
        large = struct.pack(">I4sQ", 1, b"mdat", media + 16)
        return kind + self._index(start) + large

    def _index(self, start: int) -> bytes:
        sizes = np.array([chunk.bytes for chunk in self.chunks], np.int64)
        places = start + np.cumsum(sizes) - sizes
        is_sound = np.array([chunk.is_sound for chunk in self.chunks])
        return box(
            b"moov",
            self._header(),
            self._picture_track(places[~is_sound]),
            self._sound_track(places[is_sound]),
            _tags(self.tags),
        )

    def _header(self) -> bytes:
        picture = self.picture
        return full_box(
            b"mvhd",
            struct.pack(">QQIQ", 0, 0, picture.time_scale, picture.duration),
            struct.pack(">IH10x", 0x10000, 0x100),
            _MATRIX,
            bytes(24),
            struct.pack(">I", 3),
            version=1,
        )

    def _picture_track(self, places: Numbers) -> bytes:
        picture = self.picture
        width, height = picture.size
        tables = [
            full_box(b"stsd", struct.pack(">I", 1), picture.description),
            full_box(b"stts", struct.pack(">III", 1, len(picture.sizes), picture.frame_ticks)),
            full_box(b"stss", _counted(picture.keys + 1)),
            full_box(b"ctts", _counted(_runs(picture.offsets), columns=2)),
            *self._chunk_tables(places, is_sound=False),
            full_box(b"stsz", struct.pack(">I", 0), _counted(picture.sizes)),
        ]
        return box(
            b"trak",
            _track_header(_PICTURE, picture.duration, width, height),
            _edit(picture.duration, picture.delay),
            box(
                b"mdia",
                _media_header(picture.time_scale, picture.duration),
                _handler(b"vide", b"VideoHandler"),
                box(b"minf", full_box(b"vmhd", bytes(8), flags=1), _data_here(), box(b"stbl", *tables)),
            ),
        )

    def _sound_track(self, places: Numbers) -> bytes:
        sound = self.sound
        duration = round((sound.duration - sound.run_up) * self.picture.time_scale / sound.time_scale)
        lengths = np.full(len(sound.sizes), sound.frame_samples)
        lengths[-1] = sound.duration - lengths[:-1].sum()
        tables = [
            full_box(b"stsd", struct.pack(">I", 1), with_bit_rate(sound.description, sound.bit_rate)),
            full_box(b"stts", _counted(_runs(lengths), columns=2)),
            *self._chunk_tables(places, is_sound=True),
            full_box(b"stsz", struct.pack(">I", 0), _counted(sound.sizes)),
            # A player that begins in the middle has to decode one frame unheard.
            full_box(b"sgpd", b"roll", struct.pack(">IIh", 2, 1, -1), version=1),
            full_box(b"sbgp", b"roll", struct.pack(">III", 1, len(sound.sizes), 1)),
        ]
        return box(
            b"trak",
            _track_header(_SOUND, duration, 0, 0),
            _edit(duration, sound.run_up),
            box(
                b"mdia",
                _media_header(sound.time_scale, sound.duration),
                _handler(b"soun", b"SoundHandler"),
                box(b"minf", full_box(b"smhd", bytes(4)), _data_here(), box(b"stbl", *tables)),
            ),
        )

    def _chunk_tables(self, places: Numbers, *, is_sound: bool) -> tuple[bytes, bytes]:
        counts = np.array([chunk.samples for chunk in self.chunks if chunk.is_sound == is_sound], np.int64)
        first = np.flatnonzero(np.append(True, counts[1:] != counts[:-1]))
        runs = np.column_stack([first + 1, counts[first], np.ones(len(first), np.int64)])
        large = sum(chunk.bytes for chunk in self.chunks) > _MAX_32_BIT - 2**30
        where = (
            full_box(b"co64", struct.pack(">I", len(places)), places.astype(">u8").tobytes())
            if large
            else full_box(b"stco", _counted(places))
        )
        return full_box(b"stsc", _counted(runs, columns=3)), where


def _counted(numbers: Numbers, columns: int = 1) -> bytes:
    return struct.pack(">I", numbers.size // columns) + numbers.astype(">u4").tobytes()


def _runs(values: Numbers) -> Numbers:
    """Values as rows of (how often, value)."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return np.column_stack([np.diff(np.append(starts, len(values))), values[starts]])


def _track_header(number: int, duration: int, width: int, height: int) -> bytes:
    return full_box(
        b"tkhd",
        struct.pack(">QQI4xQ8x", 0, 0, number, duration),
        struct.pack(">hhH2x", 0, number - 1, 0x100 if number == _SOUND else 0),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
        version=1,
        flags=3,  # enabled, and in the film
    )


def _edit(duration: int, media_start: int) -> bytes:
    """Show the track from ``media_start`` on: what lies before is the decoder's run-up."""
    return box(b"edts", full_box(b"elst", struct.pack(">IQqhh", 1, duration, media_start, 1, 0), version=1))


def _media_header(time_scale: int, duration: int) -> bytes:
    return full_box(b"mdhd", struct.pack(">QQIQHH", 0, 0, time_scale, duration, _UNDETERMINED_LANGUAGE, 0), version=1)


def _handler(kind: bytes, name: bytes) -> bytes:
    return full_box(b"hdlr", bytes(4), kind, bytes(12), name, b"\0")


def _data_here() -> bytes:
    return box(b"dinf", full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=1)))


def _tags(tags: Mapping[str, str]) -> bytes:
    if not tags:
        return b""
    items = b"".join(_tag(name, text) for name, text in tags.items())
    handler = full_box(b"hdlr", bytes(4), b"mdir", b"appl", bytes(9))
    return box(b"udta", full_box(b"meta", handler, box(b"ilst", items)))


def _tag(name: str, text: str) -> bytes:
    data = box(b"data", struct.pack(">II", 1, 0), text.encode("utf-8", "replace"))
    known = _KNOWN_TAGS.get(name)
    if known:
        return box(known, data)
    mean = full_box(b"mean", b"com.apple.iTunes")
    return box(b"----", mean, full_box(b"name", name.encode("utf-8", "replace")), data)
