"""Proves that a movie is what its timeline says: every frame and every second of sound is decoded and counted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer

from film_pipeline.editor.samples import sample_at
from film_pipeline.errors import UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE
from film_pipeline.ffmpeg.opening import named, open_media
from film_pipeline.ffmpeg.probe import picture_stream
from film_pipeline.models.timeline import Timeline

_AAC_FRAME = 1024


def require_movie(movie: Path, timeline: Timeline) -> None:
    """Decode a movie whole and compare it with its timeline.

    Raises:
        UnreadableMediaError: it does not decode. UnfitMediaError: frames, size, times or sound are not as planned.
    """
    with open_media(movie) as container:
        faults = _Counting(movie, container, timeline).faults()
    if faults:
        raise UnfitMediaError(
            "The movie is not what its timeline says",
            where=named(movie),
            why="; ".join(faults),
            remedy="Cut it again; if that gives the same, please report it with the timeline.",
        )


class _Counting:
    """The counters of one pass."""

    def __init__(self, movie: Path, container: InputContainer, timeline: Timeline) -> None:
        self.movie, self.container, self.timeline = movie, container, timeline
        self.frames = self.misplaced = self.samples = 0
        self.sizes: set[tuple[int, int]] = set()

    def faults(self) -> list[str]:
        for frame in self._decoded():
            if isinstance(frame, AudioFrame):
                self.samples += frame.samples
            else:
                self._see(frame)
        return list(self._differences())

    def _decoded(self) -> Iterator[Any]:
        streams = [picture_stream(self.container, self.movie), *self.container.streams.audio]
        for stream in streams:
            stream.codec_context.options = {"err_detect": "explode"}
            stream.codec_context.thread_count = 1
        try:
            for packet in self.container.demux(*streams):
                yield from packet.decode()
        except av.FFmpegError as error:
            raise UnreadableMediaError(
                "The finished movie does not decode", where=named(self.movie), why=str(error), remedy="Cut it again."
            ) from error

    def _see(self, frame: Any) -> None:
        self.misplaced += frame.pts * frame.time_base * self.timeline.format.frame_rate != self.frames
        self.sizes.add((frame.width, frame.height))
        self.frames += 1

    def _differences(self) -> Iterator[str]:
        film_format = self.timeline.format
        if self.frames != self.timeline.frames:
            yield f"{self.frames} frames instead of {self.timeline.frames}"
        if self.misplaced:
            yield f"{self.misplaced} frames are not at their time"
        if self.sizes != {(film_format.width, film_format.height)}:
            yield f"sizes {sorted(self.sizes)} instead of {film_format.size}"
        wanted = sample_at(self.timeline.frames, film_format.frame_rate)
        if abs(self.samples - wanted) > _AAC_FRAME:
            yield f"{self.samples / SAMPLE_RATE:.3f} s of sound for {wanted / SAMPLE_RATE:.3f} s of picture"
