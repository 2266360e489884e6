"""What a media file says about itself, read from its head and its first frame; nothing is measured here."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from film_pipeline.ffmpeg.opening import open_media, unreadable

# Numbers of ITU-T H.273, as FFmpeg uses them.
_MATRICES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 11: "dci-p3", 12: "display-p3"}
_TRANSFERS = {1: "bt709", 6: "smpte170m", 8: "linear", 13: "srgb", 14: "bt2020", 15: "bt2020", 16: "pq", 18: "hlg"}
_FULL_RANGE = 2
_ATTACHED_PICTURE = 0x400


@dataclass(frozen=True)
class MediaInfo:
    """A video file by its own words.

    ``width`` and ``height`` in pixels as shown, after ``rotation`` (degrees, counter-clockwise); ``pixel_aspect`` is
    1 for square pixels; ``claimed_frames`` is what the container promises, or None where it does not. Colour names
    are ``unknown`` for untagged files.
    """

    container: str
    duration_seconds: float | None
    video_codec: str
    width: int
    height: int
    rotation: int
    pixel_aspect: Fraction
    frame_rate: Fraction
    variable_rate: bool
    claimed_frames: int | None
    pixel_format: str
    bit_depth: int
    matrix: str
    full_range: bool
    primaries: str
    transfer: str
    interlaced: bool
    has_alpha: bool
    has_audio: bool
    audio_codec: str
    sample_rate: int
    channels: int

    @property
    def is_hdr(self) -> bool:
        return self.transfer in ("pq", "hlg")

    @property
    def has_wide_colours(self) -> bool:
        """More colours than BT.709 has."""
        return self.primaries in ("bt2020", "dci-p3", "display-p3")


def probe(path: Path) -> MediaInfo:
    """Describe a video file.

    Raises:
        UnreadableMediaError: not media, damaged at its head, or without a picture.
    """
    with open_media(path) as container:
        stream = picture_stream(container, path)
        frame = next(container.decode(stream), None)
        if frame is None:
            raise unreadable(path, "not one picture of it can be decoded")
        return _describe(container, stream, frame, path)


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first moving picture; cover art does not count."""
    for stream in container.streams.video:
        if not int(stream.disposition) & _ATTACHED_PICTURE:
            return stream
    raise unreadable(path, "there is no picture in it")


def _describe(container: InputContainer, stream: VideoStream, frame: VideoFrame, path: Path) -> MediaInfo:
    rotation = frame.rotation % 360
    sideways = rotation in (90, 270)
    components = frame.format.components
    rate, varies = _rate(stream, path)
    audio = next(iter(container.streams.audio), None)
    return MediaInfo(
        container=container.format.name,
        duration_seconds=container.duration / 1_000_000 if container.duration else None,
        video_codec=stream.codec_context.name,
        width=frame.height if sideways else frame.width,
        height=frame.width if sideways else frame.height,
        rotation=rotation,
        pixel_aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
        frame_rate=rate,
        variable_rate=varies,
        claimed_frames=stream.frames or None,
        pixel_format=frame.format.name,
        bit_depth=max(component.bits for component in components),
        matrix="rgb" if frame.format.is_rgb else _MATRICES.get(int(frame.colorspace), "unknown"),
        full_range=int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj"),
        primaries=_PRIMARIES.get(int(frame.color_primaries), "unknown"),
        transfer=_TRANSFERS.get(int(frame.color_trc), "unknown"),
        interlaced=frame.interlaced_frame,
        has_alpha=any(component.is_alpha for component in components) or stream.metadata.get("alpha_mode") == "1",
        has_audio=audio is not None,
        audio_codec=audio.codec_context.name if audio else "",
        sample_rate=audio.codec_context.sample_rate if audio else 0,
        channels=audio.codec_context.channels if audio else 0,
    )


def _rate(stream: VideoStream, path: Path) -> tuple[Fraction, bool]:
    """Average frames a second, and whether single frames keep to it (to one part in a hundred)."""
    average, smallest_step = stream.average_rate, stream.base_rate
    rate = average or stream.guessed_rate or smallest_step
    if not rate:
        raise unreadable(path, "it does not tell its frame rate")
    varies = bool(average and smallest_step) and abs(Fraction(smallest_step or 1) / Fraction(rate) - 1) > Fraction(
        1, 100
    )
    return Fraction(rate), varies
