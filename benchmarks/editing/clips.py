"""Draws the clips that edits are measured on: textures as rich as photographs, that pan, zoom and turn."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument, run_ffmpeg

RATE, SECONDS = 24, 4
FRAMES = RATE * SECONDS
ORIGINALS = 8
QUALITY = 19  # what video models' tools write by default

_BICUBIC, _AFFINE = Image.Resampling.BICUBIC, Image.Transform.AFFINE


def draw_clips(folder: Path, size: str, count: int) -> list[Path]:
    """Clips of ``SECONDS``; beyond the first few they differ in a tag only, which is enough to be another clip."""
    numbers = range(min(count, ORIGINALS))
    with ProcessPoolExecutor() as pool:
        originals = list(pool.map(_draw, [folder] * len(numbers), [size] * len(numbers), numbers))
    return [
        tagged(originals[number % len(originals)], folder / f"clip{number}.mp4", str(number)) for number in range(count)
    ]


def tagged(original: Path, path: Path, tag: str) -> Path:
    """A copy that is another file: a tag more, the same picture."""
    copy = ["-i", file_argument(original), "-c", "copy", "-metadata", f"comment={tag}", "-y", file_argument(path)]
    run_ffmpeg(copy, doing="copying clips")
    return path


def _draw(folder: Path, size: str, seed: int) -> Path:
    path = folder / f"original{seed}.mp4"
    width, height = map(int, size.split("x"))
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(RATE), "-i", "pipe:0"]
    colours = "colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    bt709 = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams={colours}"
    encode = ["-c:v", "libx264", "-preset", "medium", "-crf", str(QUALITY)]
    with feeding_ffmpeg(["-y", *raw, "-vf", bt709, *encode, file_argument(path)], doing="drawing clips") as pipe:
        for picture in _pictures(seed, width, height):
            pipe.write(picture.tobytes())
    return path


def _pictures(seed: int, width: int, height: int) -> Iterator[Image.Image]:
    """A slow camera over one texture, and a disc of another that turns and passes by."""
    random = np.random.default_rng(seed)
    back, front = (_texture(random, int(width * more), random.uniform(1.25, 1.6)) for more in (1.6, 0.8))
    side = int(height * 0.7)
    disc = _disc(side)
    pan, pass_by = random.uniform(-1, 1, (2, 2)) * width / 300
    zoom, turn = random.uniform(-1, 1, 2) * (0.0015, 0.005)
    for number in range(FRAMES):
        scale, step = 1 + zoom * number, number - FRAMES / 2
        left, top = back.width / 2 + pan[0] * step, back.height / 2 + pan[1] * step
        view = (scale, 0, left - width * scale / 2, 0, scale, top - height * scale / 2)
        picture = back.transform((width, height), _AFFINE, view, _BICUBIC)
        cosine, sine = np.cos(turn * number), np.sin(turn * number)
        turned = (cosine, sine, front.width / 4, -sine, cosine, front.height / 4)
        place = (int(width / 2 - side / 2 + pass_by[0] * step), int(height / 2 - side / 2 + pass_by[1] * step))
        picture.paste(front.transform(disc.size, _AFFINE, turned, _BICUBIC), place, disc)
        yield picture


def _texture(random: np.random.Generator, size: int, slope: float) -> Image.Image:
    """Noise whose spectrum falls as that of photographs does."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    frequency[0, 0] = 1

    def layer(steeper: float) -> np.ndarray:
        phases = np.exp(2j * np.pi * random.random(frequency.shape))
        values = np.fft.irfft2(phases * frequency ** -(slope + steeper), s=(size, size))
        return values / values.std()

    light = layer(0)
    colours = np.stack([light + 0.5 * layer(0.3) for _ in range(3)], axis=-1)
    return Image.fromarray(np.clip(110 + 48 * (colours - colours.mean()) / colours.std(), 0, 255).astype(np.uint8))


def _disc(side: int) -> Image.Image:
    """A mask with a soft edge."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    return Image.fromarray((255 / (1 + np.exp((np.hypot(x, y) - 0.42) * 60))).astype(np.uint8))
