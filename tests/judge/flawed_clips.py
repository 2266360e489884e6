"""Clips of one street that a camera glides along, good and with one flaw each."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument

WIDTH, HEIGHT, FRAMES, RATE = 320, 180, 24, 24

Picture = NDArray[np.uint8]


def _street() -> Image.Image:
    random = np.random.default_rng(3)
    street = Image.new("RGB", (640, 400))
    pen = ImageDraw.Draw(street)
    for y in range(400):
        pen.line((0, y, 640, y), fill=(30 + y // 6, 40 + y // 5, 70 + y // 4))
    for _ in range(50):
        x, y, wide, high = (int(random.integers(0, most)) for most in (600, 360, 80, 100))
        pen.rectangle((x, y, x + wide, y + high), fill=tuple(int(value) for value in random.integers(10, 240, 3)))
    for _ in range(30):
        place = (int(random.integers(0, 580)), int(random.integers(0, 380)))
        pen.text(place, "NEON BAR", fill=tuple(int(value) for value in random.integers(60, 255, 3)))
    return street


_STREET = _street()


def glide(n: float) -> Picture:
    """The view after ``n`` frames."""
    view = (1.4, 0, 2.3 * n, 0, 1.4, 1.1 * n)
    return np.asarray(_STREET.transform((WIDTH, HEIGHT), Image.Transform.AFFINE, view, Image.Resampling.BICUBIC))


def lit(picture: Picture, gain: float = 1, more: float = 0) -> Picture:
    return np.clip(picture.astype(np.float32) * gain + more, 0, 255).astype(np.uint8)


def blurred(picture: Picture, pixels: float) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(pixels)))


GOOD: Callable[[int], Picture] = glide

FLAWED: dict[str, tuple[str, Callable[[int], Picture]]] = {
    "frozen": ("motion", lambda n: glide(0)),
    "nearly frozen": ("motion", lambda n: glide(n / 24)),
    "every frame twice": ("motion", lambda n: glide(n - n % 2)),
    "every frame three times": ("motion", lambda n: glide(n - n % 3)),
    "there and back": ("motion", lambda n: glide(4 * (n % 2))),
    "soft": ("sharpness", lambda n: blurred(glide(n), 2)),
    "very soft": ("sharpness", lambda n: blurred(glide(n), 5)),
    "flickering": ("steadiness", lambda n: lit(glide(n), more=12 * (-1) ** n)),
    "flickering in a corner": ("steadiness", lambda n: _corner(glide(n), 30 * (-1) ** n)),
    "underexposed": ("exposure", lambda n: lit(glide(n), gain=0.12)),
    "overexposed": ("exposure", lambda n: lit(glide(n), more=150)),
    "fog": ("exposure", lambda n: lit(glide(n), gain=0.15, more=110)),
    "noise": ("motion", lambda n: np.random.default_rng(n).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)),
}
"""The mark that must suffer, and how frame ``n`` is drawn."""


def _corner(picture: Picture, more: float) -> Picture:
    picture = picture.copy()
    picture[:90, :160] = lit(picture[:90, :160], more=more)
    return picture


def write(path: Path, draw: Callable[[int], Picture], *, frames: int = FRAMES, size: tuple[int, int] = (0, 0)) -> Path:
    """Encode ``frames`` drawings, scaled to ``size`` where one is given."""
    width, height = size if size[0] else (WIDTH, HEIGHT)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(RATE), "-i", "pipe:0"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p"]
    with feeding_ffmpeg(["-y", *raw, *coding, file_argument(path)], doing="drawing") as pipe:
        for number in range(frames):
            picture = draw(number)
            if size[0]:
                picture = np.asarray(Image.fromarray(picture).resize(size))
            pipe.write(np.ascontiguousarray(picture).tobytes())
    return path
