"""Slates: the card that stands in a rough cut where a clip is missing; scene number, prompt and reason."""

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument
from film_pipeline.letters.typeface import in_reading_order, readable, typeface
from film_pipeline.models.take import RenderSpec

_PAPER, _INK, _DIM, _STRIPES = (24, 24, 28), (236, 236, 230), (150, 150, 156), ((236, 236, 230), (24, 24, 28))


def render_slate(spec: RenderSpec, scene: str, reason: str, into: Path) -> None:
    """Write a still slate of ``spec``'s length, size and rate to ``into``.

    Raises:
        FFmpegFailedError, FFmpegMissingError, StorageFullError
    """
    picture = _drawn(spec, scene, reason).tobytes()
    arguments = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{spec.width}x{spec.height}", "-r", str(spec.frame_rate)]
    arguments += ["-i", "pipe:0", "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"]
    arguments += ["-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-threads", "1"]
    arguments += ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    with feeding_ffmpeg([*arguments, file_argument(into)], doing=f"drawing the slate of scene {scene}") as pipe:
        for _ in range(spec.frames):
            pipe.write(picture)


def _drawn(spec: RenderSpec, scene: str, reason: str) -> Image.Image:
    width, height = spec.width, spec.height
    image = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(image)
    bar = height // 8
    for number, left in enumerate(range(-bar, width + bar, bar)):
        pen.polygon([(left, bar), (left + bar, bar), (left + bar * 2, 0), (left + bar, 0)], fill=_STRIPES[number % 2])
    pad, size = width // 20, max(8, height // 9)
    y = bar + pad
    for text, big, colour in (
        (f"SCENE {scene}", size, _INK),
        (reason, size // 2, _INK),
        (spec.prompt, size // 3, _DIM),
    ):
        y = _written(pen, text, typeface("Bold" if big == size else "", max(8, big)), (pad, y), (width, height), colour)
    return image


def _written(
    pen: ImageDraw.ImageDraw,
    text: str,
    letters: ImageFont.FreeTypeFont,
    at: tuple[int, int],
    room: tuple[int, int],
    colour: tuple[int, int, int],
) -> int:
    """Write wrapped text while it fits, and return where the next text begins."""
    x, y = at
    line_height = round(letters.size * 1.35)
    columns = max(4, int((room[0] - 2 * x) / (letters.size * 0.58)))
    for line in textwrap.wrap(readable(text)[0], columns):
        if y + line_height > room[1]:
            break
        pen.text((x, y), in_reading_order(line), font=letters, fill=colour)
        y += line_height
    return y + line_height // 2
