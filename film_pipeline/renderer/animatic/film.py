"""Shooting the scene: the stage is drawn frame by frame, framed by the camera, captioned and fed to the encoder."""

import math
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument
from film_pipeline.models.take import RenderSpec
from film_pipeline.renderer import Progress
from film_pipeline.renderer.animatic.camera import Camera, Framing
from film_pipeline.renderer.animatic.canvas import Canvas
from film_pipeline.renderer.animatic.caption import Caption, make_caption
from film_pipeline.renderer.animatic.palette import palette_for
from film_pipeline.renderer.animatic.reading import read
from film_pipeline.renderer.animatic.scene import dress
from film_pipeline.renderer.animatic.stage import Moment, Stage

Luma = npt.NDArray[np.uint8]

# Drawn a little smaller than shown: silhouettes in haze lose nothing by it, and drawing is cheaper by the square.
_WORKING_SCALE = 0.86
_MOST_WORKING_PIXELS = 1600 * 900


class Shot:
    """One scene ready to be shot: ``frames`` yields the raw picture of each frame, planes Y, U and V in one piece."""

    def __init__(self, spec: RenderSpec) -> None:
        self.spec = spec
        reading = read(spec.prompt, spec.caption)
        self._seed = spec.seed & (2**63 - 1)
        rng = np.random.default_rng([self._seed, spec.take])
        self._camera = Camera(reading, spec.seconds, rng)
        unit, width, height = _working_size(spec.width, spec.height, self._camera.headroom)
        self._view = (width, _even(unit))
        self._canvas = Canvas(width, height)
        self.stage = Stage(reading, palette_for(reading, rng), rng, self._camera, width, height, unit, self._seed)
        dress(self.stage)
        self.caption: Caption = make_caption(spec.caption, spec.prompt, spec.width, spec.height)

    def frames(self) -> Iterator[bytes]:
        for number in range(self.spec.frames):
            yield self._frame(number)

    def _frame(self, number: int) -> bytes:
        seconds = number / float(self.spec.frame_rate)
        share = number / max(1, self.spec.frames - 1)
        framing = self._camera.at(share, seconds)
        moment = Moment(seconds, share, framing, np.random.default_rng([self._seed, number]))
        for actor in self.stage.actors:
            actor.draw(self._canvas, moment)
        return self._developed(framing)

    def _developed(self, framing: Framing) -> bytes:
        """The part of the canvas that the camera sees, at the size of the film, with its caption."""
        box = self._box(framing)
        half = tuple(edge / 2 for edge in box)
        size = (self.spec.width, self.spec.height)
        small = (size[0] // 2, size[1] // 2)
        luma = np.array(_to_bytes(self._canvas.y, 0).resize(size, Image.Resampling.BILINEAR, box=box))
        chroma = tuple(
            np.array(
                _to_bytes(plane, 128).resize(small, Image.Resampling.BILINEAR, box=(half[0], half[1], half[2], half[3]))
            )
            for plane in self._canvas.c
        )
        self.caption.write_on(luma, chroma)
        return b"".join((luma.tobytes(), *(plane.tobytes() for plane in chroma)))

    def _box(self, framing: Framing) -> tuple[float, float, float, float]:
        width, height = self._view
        spare = self._canvas.height - height
        w, h = width / framing.zoom, height / framing.zoom
        x = (width - w) / 2 + framing.sway_x * height
        y = spare * (1 - framing.rise) + (height - h) / 2 + framing.sway_y * height
        x, y = min(max(x, 0.0), self._canvas.width - w), min(max(y, 0.0), self._canvas.height - h)
        return x, y, x + w, y + h


def _even(pixels: float) -> int:
    return max(2, math.ceil(pixels / 2) * 2)


def _working_size(width: int, height: int, headroom: float) -> tuple[float, int, int]:
    """Pixels a picture height, and the canvas's width and height."""
    scale = _WORKING_SCALE if height >= 360 and width >= 360 else 1.0
    scale = min(scale, math.sqrt(_MOST_WORKING_PIXELS / (width * height)))
    unit = float(_even(height * scale))
    return unit, _even(width * scale), _even(unit * (1 + headroom))


def _to_bytes(plane: npt.NDArray[np.int16], offset: int) -> Image.Image:
    if offset:
        plane = plane + np.int16(offset)
    return Image.fromarray(np.clip(plane, 16, 240 if offset else 235).astype(np.uint8))


def encoder_arguments(width: int, height: int, rate: Fraction, into: Path) -> list[str]:
    """FFmpeg's arguments for raw planes on standard input: fast, one thread, the same bytes for the same frames."""
    colours = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    return [
        "-f", "rawvideo", "-pix_fmt", "yuv420p", *colours, "-s", f"{width}x{height}", "-framerate", str(rate),
        "-i", "pipe:0", "-map", "0:v", "-c:v", "libx264", "-preset", "superfast", "-crf", "21",
        "-bf", "0", "-x264-params", "me=dia:partitions=none:weightp=0:scenecut=0",
        "-threads", "1", "-g", str(max(1, round(rate))), "-pix_fmt", "yuv420p", *colours, "-r", str(rate),
        "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart",
        "-f", "mp4", file_argument(into),
    ]  # fmt: skip


def shoot(
    spec: RenderSpec, into: Path, progress: Progress
) -> tuple[dict[str, str | int | float | bool | None], tuple[str, ...]]:
    """Write the clip of ``spec``; returns what is known of its making, and notes.

    Raises:
        FFmpegFailedError, FFmpegMissingError, StorageFullError
    """
    started = time.process_time()
    shot = Shot(spec)
    step = max(1, round(float(spec.frame_rate) / 2))
    arguments = encoder_arguments(spec.width, spec.height, spec.frame_rate, into)
    try:
        with feeding_ffmpeg(arguments, doing="encoding the animatic") as pipe:
            for number, picture in enumerate(shot.frames(), start=1):
                pipe.write(picture)
                if number % step == 0 or number == spec.frames:
                    progress(number / spec.frames, f"frame {number} of {spec.frames}")
    finally:
        shot.stage.strike()
    reading = shot.stage.reading
    made: dict[str, str | int | float | bool | None] = {
        "place": reading.place, "time": reading.time, "shot": reading.shot, "camera": reading.camera,
        "drawing_cpu_seconds": round(time.process_time() - started, 2),
    }  # fmt: skip
    return made, _notes(shot.caption)


def _notes(caption: Caption) -> tuple[str, ...]:
    if not caption.missing:
        return ()
    shown = caption.missing[:12] + ("…" if len(caption.missing) > 12 else "")
    return (f"The caption's font has no letters for {shown}; squares are shown in their place.",)
