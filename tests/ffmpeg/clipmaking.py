"""Clips of every good and bad kind, drawn by FFmpeg."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument, run_ffmpeg

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def draw(path: Path, source: str, *options: str, frames: int = 48, sound: str = "") -> Path:
    """A clip from one of FFmpeg's own picture sources, such as ``testsrc2=s=320x180:r=24``."""
    inputs = ["-f", "lavfi", "-i", source]
    if sound:
        inputs += ["-f", "lavfi", "-t", str(frames / 24), "-i", sound]
    run_ffmpeg(["-y", *inputs, "-frames:v", str(frames), *(options or X264), file_argument(path)], doing="drawing")
    return path


def write(path: Path, pictures: Iterable[np.ndarray], *options: str, rate: Fraction = Fraction(24)) -> Path:
    """A clip of RGB pictures, all of one shape (height, width, 3)."""
    pictures = iter(pictures)
    first = next(pictures)
    size = f"{first.shape[1]}x{first.shape[0]}"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(rate), "-i", "pipe:0"]
    with feeding_ffmpeg(["-y", *raw, *(options or X264), file_argument(path)], doing="drawing") as pipe:
        pipe.write(first.tobytes())
        for picture in pictures:
            pipe.write(picture.tobytes())
    return path


def turn(path: Path, into: Path, degrees: int) -> Path:
    """The same clip, to be shown turned counter-clockwise; as a phone writes it, the pictures stay as they are."""
    with av.open(str(path)) as source, av.open(str(into), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(degrees)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return into
