"""Joins parts and sound into one MP4 by copying what is encoded; every frame's time is counted, none is added up."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet

from film_pipeline.editor.disk import writing
from film_pipeline.editor.parts import Part
from film_pipeline.errors import UnfitMediaError
from film_pipeline.ffmpeg.encoding import frame_ticks, time_scale
from film_pipeline.ffmpeg.opening import open_media
from film_pipeline.ffmpeg.probe import picture_stream
from film_pipeline.ffmpeg.program import file_argument


def join(parts: Sequence[Part], sound: Path, into: Path, frame_rate: Fraction, tags: Mapping[str, str]) -> None:
    """Write the film to ``into``: the parts one after the other, the sound beside them, the index in front.

    Raises:
        UnfitMediaError: a part has other headers or another length than the rest. StorageFullError, StorageError.
    """
    with (
        writing("the movie", into),
        av.open(file_argument(into), "w", format="mp4", options={"movflags": "+faststart+use_metadata_tags"}) as film,
    ):
        film.metadata.update(tags)
        _Joining(film, frame_rate).run(parts, sound)


class _Joining:
    """One film being written."""

    def __init__(self, film: OutputContainer, frame_rate: Fraction) -> None:
        self.film = film
        self.tick = Fraction(1, time_scale(frame_rate))
        self.frame_ticks = frame_ticks(frame_rate)
        self.frame_rate = frame_rate

    def run(self, parts: Sequence[Part], sound: Path) -> None:
        with open_media(parts[0].path) as first, open_media(sound) as sound_file:
            template = picture_stream(first, parts[0].path)
            picture = self.film.add_stream_from_template(template)
            picture.time_base = self.tick
            sound_stream = sound_file.streams.audio[0]
            heard = self.film.add_stream_from_template(sound_stream)
            headers = template.codec_context.extradata
            packets = sound_file.demux(sound_stream)
            position = 0
            for part in parts:
                for packet in self._copied(part, position, headers):
                    packet.stream = picture
                    self.film.mux(packet)
                position += part.frames
                self._copy_sound(packets, heard, Fraction(position) / self.frame_rate)
            self._copy_sound(packets, heard, None)

    def _copied(self, part: Part, position: int, headers: bytes | None) -> Iterator["Packet[Any]"]:
        """The packets of one part with their times in the film, counted in whole frames."""
        with open_media(part.path) as container:
            stream = picture_stream(container, part.path)
            if stream.codec_context.extradata != headers:
                raise UnfitMediaError("Parts of unlike headers cannot be joined", where=part.path.name)
            delay = stream.codec_context.reorder_depth
            count, first = 0, 0
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                assert packet.pts is not None
                first = packet.pts if count == 0 else first
                shown = position + round((packet.pts - first) * packet.time_base / self.tick / self.frame_ticks)
                packet.time_base = self.tick
                packet.pts = shown * self.frame_ticks
                packet.dts = (position + count - delay) * self.frame_ticks
                packet.duration = self.frame_ticks
                count += 1
                yield packet
        if count != part.frames:
            raise UnfitMediaError(f"A part has {count} frames instead of {part.frames}", where=part.path.name)

    def _copy_sound(self, packets: Iterator["Packet[Any]"], heard: Any, until_seconds: Fraction | None) -> None:
        for packet in packets:
            if not packet.size:
                continue
            assert packet.pts is not None
            time = packet.pts * packet.time_base
            packet.stream = heard
            self.film.mux(packet)
            if until_seconds is not None and time >= until_seconds:
                return
