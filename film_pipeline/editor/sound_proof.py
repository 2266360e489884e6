"""Proves that the sound in a movie decodes and lies where it belongs; what of it is new is told by the caller."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from av.container import InputContainer

from film_pipeline.editor.parts import SoundPart
from film_pipeline.editor.samples import sample_at
from film_pipeline.editor.stretches import AAC_FRAME
from film_pipeline.editor.tracks import Track
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE
from film_pipeline.models.timeline import Timeline


def sound_table_faults(heard: Track, timeline: Timeline, sounds: Sequence[SoundPart]) -> Iterator[str]:
    """What the index of the movie says against the plan: as much sound as picture, each AAC frame at its time."""
    wanted = sample_at(timeline.frames, timeline.format.frame_rate)
    samples = heard.duration - heard.run_up
    if samples != wanted or heard.run_up != AAC_FRAME or heard.time_scale != SAMPLE_RATE:
        yield f"{samples / heard.time_scale:.6f} s of sound for {wanted / SAMPLE_RATE:.6f} s of picture"
    frames = sum(part.frames for part in sounds)
    if not np.array_equal(heard.shown, np.arange(frames) * AAC_FRAME) or heard.first_shown:
        yield f"{len(heard.sizes)} frames of sound, not {frames} each at its time"


class SoundProof:
    """Decodes the new stretches of a movie's sound; those in a row are decoded in one go."""

    def __init__(self, container: InputContainer) -> None:
        self.container = container
        self.stream = next(iter(container.streams.audio))
        self.decoder = self.stream.codec_context
        self.decoder.options = {"err_detect": "explode"}

    def faults(self, lengths: Sequence[int], is_new: Sequence[bool]) -> Iterator[str]:
        """``lengths`` of the stretches in AAC frames."""
        position = 0
        for new, run in groupby(zip(lengths, is_new, strict=True), key=lambda pair: pair[1]):
            frames = sum(length for length, _ in run)
            if new:
                yield from self._run_faults(position, frames, is_last=position + frames == sum(lengths))
            position += frames

    def _run_faults(self, first: int, frames: int, *, is_last: bool) -> Iterator[str]:
        samples = 0
        for packet in self._packets(first, frames):
            samples += sum(frame.samples for frame in self.decoder.decode(packet))
        samples += sum(frame.samples for frame in self.decoder.decode(None))
        self.decoder.flush_buffers()
        # The film's first frame only prepares the decoder, and its last one may be heard in part.
        wanted = (frames - (first == 0)) * AAC_FRAME
        if not wanted - (AAC_FRAME - 1) * is_last <= samples <= wanted:
            yield f"{samples} samples of sound instead of {wanted} from AAC frame {first} on"

    def _packets(self, first: int, frames: int) -> Iterator[Any]:
        """So many from the one of number ``first`` on; what lies before it is passed over."""
        start = (first - 1) * AAC_FRAME  # the frame before the film's start has a time below zero
        if first:
            self.container.seek(start, stream=self.stream)
        left = frames
        for packet in self.container.demux(self.stream):
            if not left or not packet.size:
                return
            if packet.pts is not None and packet.pts >= start:
                left -= 1
                yield packet
