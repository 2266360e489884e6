"""Proves that a movie is what its timeline says, by reading it back as a player would.

Every frame of a movie was decoded in a movie. What is new is decoded now; what was decoded in an earlier cut must be
the same, byte for byte. So a small change in a long film is proven in little time, and nothing is taken on trust: not
the exit status of an encoder, not the tables that we wrote ourselves.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from av.container import InputContainer

from film_pipeline.editor.parts import Part
from film_pipeline.editor.samples import sample_at
from film_pipeline.errors import UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE
from film_pipeline.ffmpeg.opening import named, open_media
from film_pipeline.ffmpeg.probe import picture_stream
from film_pipeline.models.timeline import Timeline

_AAC_FRAME = 1024


def require_movie(movie: Path, timeline: Timeline, parts: Sequence[Part], sound: Part, workers: int = 1) -> None:
    """Read a movie whole, decode what is new in it, and compare it with its timeline and its ``sound``.

    Raises:
        UnreadableMediaError: it does not decode. UnfitMediaError: frames, size, times or sound are not as planned.
    """
    try:
        faults = _faults(movie, timeline, parts, sound, workers)
        if faults:
            # A note of an earlier proof may be what is damaged: without the notes everything is decoded.
            for part in (*parts, sound):
                part.proof.unlink(missing_ok=True)
            faults = _faults(movie, timeline, parts, sound, workers)
    except UnreadableMediaError:
        _forget_unproven([*parts, sound])
        raise
    if faults:
        _forget_unproven([*parts, sound])
        raise UnfitMediaError(
            "The movie is not what its timeline says",
            where=named(movie),
            why="; ".join(faults[:5]),
            remedy="Cut it again; if that gives the same, please report it.",
        )


def _forget_unproven(parts: Sequence[Part]) -> None:
    """Delete what may be at fault, so that the next cut makes it anew."""
    for part in parts:
        if not part.proof.exists():
            part.path.unlink(missing_ok=True)


def _faults(movie: Path, timeline: Timeline, parts: Sequence[Part], sound: Part, workers: int) -> list[str]:
    with open_media(movie) as container:
        faults = [*_PictureProof(container, movie, timeline, workers).faults(parts)]
    with open_media(movie) as container:
        return faults + _sound_faults(container, timeline, sound.proof)


class _PictureProof:
    """One pass over the packets of the picture, part by part; new parts in a row are decoded in one go."""

    def __init__(self, container: InputContainer, movie: Path, timeline: Timeline, workers: int) -> None:
        self.stream = picture_stream(container, movie)
        self.decoder = self.stream.codec_context
        self.decoder.options = {"err_detect": "explode"}
        self.decoder.thread_count = workers
        self.packets = (packet for packet in container.demux(self.stream) if packet.size)
        self.format, self.frames = timeline.format, timeline.frames
        self.ticks = 1 / (self.stream.time_base * timeline.format.frame_rate) if self.stream.time_base else Fraction(0)
        self.misplaced = 0
        self.sizes = {(self.decoder.width, self.decoder.height)}
        self.new: list[tuple[Path, str]] = []
        self.next_decoded = 0

    def faults(self, parts: Sequence[Part]) -> Iterator[str]:
        position = 0
        for part in parts:
            yield from self._part_faults(part, position)
            position += part.frames
        yield from self._end_decoding(position)
        if position != self.frames or any(True for _ in self.packets):
            yield f"its parts have {position} frames and not {self.frames}, or there are more"
        if self.misplaced:
            yield f"{self.misplaced} frames are not at their time"
        if self.sizes != {(self.format.width, self.format.height)}:
            yield f"sizes {sorted(self.sizes)} instead of {self.format.size}"

    def _part_faults(self, part: Part, position: int) -> Iterator[str]:
        known = _noted(part.proof)
        if known is not None:
            yield from self._end_decoding(position)
            self.next_decoded = position + part.frames
        digest = hashlib.sha256()
        shown: set[int] = set()
        for packet in islice(self.packets, part.frames):
            if not shown and not packet.is_keyframe:
                yield f"frame {position} is no key frame"
            shown.add(self._frame_number(packet.pts))
            digest.update(packet)
            if known is None:
                self._see(self.decoder.decode(packet))
        if shown != set(range(position, position + part.frames)):
            yield f"frames from {position} to {position + part.frames - 1} are not there once each"
        if known is None:
            self.new.append((part.proof, digest.hexdigest()))
        elif digest.hexdigest() != known:
            yield f"frames from {position} to {position + part.frames - 1} are not those that were proven before"

    def _frame_number(self, time: int | None) -> int:
        if time is None:
            self.misplaced += 1
            return -1
        number, rest = divmod(time * self.ticks.denominator, self.ticks.numerator)
        self.misplaced += rest != 0
        return number

    def _see(self, frames: Sequence[Any]) -> None:
        """Frames come out of the decoder in the order of showing: each must be the next one."""
        for frame in frames:
            self.sizes.add((frame.width, frame.height))
            self.misplaced += self._frame_number(frame.pts) != self.next_decoded
            self.next_decoded += 1

    def _end_decoding(self, position: int) -> Iterator[str]:
        """Take what the decoder still holds; what was new until ``position`` is proven if nothing is missing."""
        if not self.new:
            return
        self._see(self.decoder.decode(None))
        self.decoder.flush_buffers()
        if self.next_decoded != position:
            yield f"{position - self.next_decoded} frames before frame {position} do not decode"
        elif not self.misplaced:
            for proof, digest in self.new:
                _note(proof, digest)
        self.new.clear()


def _sound_faults(container: InputContainer, timeline: Timeline, proof: Path) -> list[str]:
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        return ["there is no sound"]
    known, digest = _noted(proof), hashlib.sha256()
    stream.codec_context.options = {"err_detect": "explode"}
    wanted, samples = sample_at(timeline.frames, timeline.format.frame_rate), 0
    for packet in container.demux(stream):
        digest.update(packet)
        samples += sum(frame.samples for frame in packet.decode()) if known is None else 0
    found = digest.hexdigest()
    if known is not None:
        return [] if found == known else ["the sound is not the one that was proven before"]
    if abs(samples - wanted) > _AAC_FRAME:
        return [f"{samples / SAMPLE_RATE:.3f} s of sound for {wanted / SAMPLE_RATE:.3f} s of picture"]
    _note(proof, found)
    return []


def _noted(proof: Path) -> str | None:
    try:
        return proof.read_text(encoding="ascii") or None
    except (OSError, UnicodeError):
        return None


def _note(proof: Path, digest: str) -> None:
    """Keep a proof for the next cut. Where that fails, the next cut decodes once more: nothing is lost."""
    with contextlib.suppress(OSError):
        proof.write_text(digest, encoding="ascii")
