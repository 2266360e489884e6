"""Proves that a movie is what its timeline says, by reading it back.

Every frame of a movie was decoded: a clip's part when it was made, all else in the first movie it stands in, as a
player would. From then on it must be the same bytes under the same headers, shown at the same times. So a small change
in a long film is proven in little time, and nothing is taken on trust: not the exit status of an encoder, not the
tables that we wrote ourselves.
"""

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from av.container import InputContainer

from film_pipeline.editor.parts import Part, SoundPart
from film_pipeline.editor.reading import read_back
from film_pipeline.editor.sound_proof import SoundProof, sound_table_faults
from film_pipeline.editor.tracks import Track, read_track
from film_pipeline.errors import UnfitMediaError
from film_pipeline.ffmpeg.opening import named, open_media
from film_pipeline.ffmpeg.probe import picture_stream
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.timeline import Timeline


def require_movie(
    movie: Path, timeline: Timeline, parts: Sequence[Part], sounds: Sequence[SoundPart], workers: int = 1
) -> str:
    """Read a movie whole, decode what is new in it, compare it with its timeline; returns its SHA-256.

    Raises:
        UnreadableMediaError: it does not decode. UnfitMediaError: frames, size, times or sound are not as planned.
        DamagedPartError: a part that is used for the first time is not what was made.
    """
    picture, heard = read_track(movie, 0), read_track(movie, 1)
    lengths, spoken = [part.frames for part in parts], [part.frames for part in sounds]
    _require([*_table_faults(picture, timeline, lengths), *sound_table_faults(heard, timeline, sounds)], movie)
    read = read_back(movie, (picture, lengths), (heard, spoken))
    known = [_noted(part.proof) for part in (*parts, *sounds)]
    digests = [read.digests[: len(parts)], read.digests[len(parts) :]]
    _require([*_difference_faults(known, digests[0], lengths, "frames")], movie)
    _require([*_difference_faults(known[len(parts) :], digests[1], spoken, "AAC frames of the sound")], movie)
    for part, note in zip((*parts, *sounds), known, strict=True):
        if note is None:
            part.require_content()
    is_new = [note is None for note in known]
    with open_media(movie) as container:
        _require([*_PictureProof(container, movie, timeline.format, workers).faults(lengths, is_new)], movie)
    if any(is_new[len(parts) :]):
        with open_media(movie) as container:
            _require([*SoundProof(container).faults(spoken, is_new[len(parts) :])], movie)
    for part, note, digest in zip((*parts, *sounds), known, read.digests, strict=True):
        if note is None:
            _note(part.proof, digest)
    return read.sha256


def prove_part(part: Path, proof: Path, frames: int, film_format: FilmFormat) -> None:
    """Decode a part that was just made, and note that in ``proof``.

    Raises:
        UnreadableMediaError, UnfitMediaError
    """
    read = read_back(part, (read_track(part), [frames]))
    with open_media(part) as container:
        _require([*_PictureProof(container, part, film_format, 1).faults([frames], [True])], part, "A part")
    _note(proof, read.digests[0])


def _require(faults: Sequence[str], file: Path, what: str = "The movie") -> None:
    if faults:
        raise UnfitMediaError(
            f"{what} is not what its timeline says",
            where=named(file),
            why="; ".join(faults[:5]),
            remedy="Cut it again; if that gives the same, please report it.",
        )


def _table_faults(picture: Track, timeline: Timeline, counts: Sequence[int]) -> Iterator[str]:
    """What the index of the movie says against the plan: every frame once, at its time, in its part."""
    rate, frames = timeline.format.frame_rate, timeline.frames
    lengths = np.array(counts, np.int64)
    if lengths.sum() != frames or len(picture.sizes) != frames:
        yield f"{len(picture.sizes)} frames in {lengths.sum()} frames of parts, not {frames}"
        return
    if picture.size != (timeline.format.width, timeline.format.height):
        yield f"a size of {picture.size} instead of {timeline.format.size}"
    ticks = Fraction(picture.time_scale) / rate
    numbers, rest = np.divmod(picture.shown * ticks.denominator, ticks.numerator)
    if rest.any() or picture.duration != frames * ticks or picture.run_up != picture.first_shown:
        yield f"{np.count_nonzero(rest)} frames are not at their time"
    starts = np.cumsum(lengths) - lengths
    if not set(starts.tolist()) <= set(picture.keys.tolist()):
        yield "a part does not start with a key frame"
    misplaced = np.sort(numbers) != np.arange(frames)
    strayed = (numbers < np.repeat(starts, lengths)) | (numbers >= np.repeat(starts + lengths, lengths))
    for fault, what in ((misplaced, "not there once each"), (strayed, "not in their part")):
        if fault.any():
            yield f"frames from {int(np.argmax(fault))} on are {what}"


def _difference_faults(
    known: Sequence[str | None], found: Sequence[str], lengths: Sequence[int], what: str
) -> Iterator[str]:
    position = 0
    for note, digest, frames in zip(known, found, lengths, strict=False):
        if note not in (None, digest):
            yield f"{what} from {position} to {position + frames - 1} are not those that were proven before"
        position += frames


class _PictureProof:
    """Decodes the new parts of a file; those in a row are decoded in one go."""

    def __init__(self, container: InputContainer, movie: Path, film_format: FilmFormat, workers: int) -> None:
        self.container, self.stream = container, picture_stream(container, movie)
        self.decoder = self.stream.codec_context
        self.decoder.options = {"err_detect": "explode"}
        self.decoder.thread_count = workers
        self.format = film_format
        time_base = self.stream.time_base or Fraction(1)
        self.ticks = 1 / (time_base * film_format.frame_rate)
        self.misplaced = self.next_decoded = 0
        self.sizes = {(self.decoder.width, self.decoder.height)}

    def faults(self, lengths: Sequence[int], is_new: Sequence[bool]) -> Iterator[str]:
        position = 0
        for new, run in groupby(zip(lengths, is_new, strict=False), key=lambda pair: pair[1]):
            frames = sum(length for length, _ in run)
            if new:
                yield from self._run_faults(position, frames)
            position += frames
        if self.misplaced:
            yield f"{self.misplaced} frames are not at their time"
        if self.sizes != {(self.format.width, self.format.height)}:
            yield f"sizes {sorted(self.sizes)} instead of {self.format.size}"

    def _run_faults(self, start: int, frames: int) -> Iterator[str]:
        self.next_decoded = start
        for packet in self._packets(start, frames):
            self._see(self.decoder.decode(packet))
        self._see(self.decoder.decode(None))
        self.decoder.flush_buffers()
        if self.next_decoded != start + frames:
            yield f"{start + frames - self.next_decoded} frames before frame {start + frames} do not decode"

    def _packets(self, start: int, frames: int) -> Iterator[Any]:
        """Those of a run, found by its first key frame; what lies before it is passed over."""
        if start:
            self.container.seek(int(start * self.ticks) - int(self.ticks), stream=self.stream)
        left, begun = frames, not start
        for packet in self.container.demux(self.stream):
            begun = begun or (packet.is_keyframe and self._frame_number(packet.pts) == start)
            if not left or not packet.size:
                return
            if begun:
                left -= 1
                yield packet

    def _frame_number(self, time: int | None) -> int:
        number, rest = divmod((time or 0) * self.ticks.denominator, self.ticks.numerator)
        return -1 if rest or time is None else int(number)

    def _see(self, frames: Sequence[Any]) -> None:
        """Frames come out of the decoder in the order of showing: each must be the next one."""
        for frame in frames:
            self.sizes.add((frame.width, frame.height))
            self.misplaced += self._frame_number(frame.pts) != self.next_decoded
            self.next_decoded += 1


def _noted(proof: Path) -> str | None:
    try:
        return proof.read_text(encoding="ascii") or None
    except (OSError, UnicodeError):
        return None


def _note(proof: Path, digest: str) -> None:
    """Keep a proof for the next cut. Where that fails, the next cut decodes once more: nothing is lost."""
    with contextlib.suppress(OSError):
        proof.write_text(digest, encoding="ascii")
