"""Textures made of seeded numbers: cloud-like noise, gradients, film grain, streaks of rain."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from film_pipeline.renderer.animatic.palette import Colour

Float = npt.NDArray[np.float32]


def clouds(rng: np.random.Generator, width: int, height: int, cells: float = 3.0, octaves: int = 4) -> Float:
    """Smooth noise from 0 to 1 that repeats from its right edge to its left; ``cells`` a picture height."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for octave in range(octaves):
        rows = max(2, round(cells * 2**octave))
        columns = max(2, round(cells * 2**octave * width / height / 2))
        if rows > height or columns > width:
            break
        seedling = rng.random((rows, columns), np.float32)
        padded = np.concatenate([seedling[:, -2:], seedling, seedling[:, :2]], axis=1)
        image = Image.fromarray(padded)
        step = width / columns
        box = (2.0, 0.0, 2.0 + columns, float(rows))
        total += (
            weight
            * np.asarray(image.resize((round(step * columns), height), Image.Resampling.BICUBIC, box=box))[:, :width]
        )
        weight *= 0.5
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def gradient(height: int, stops: list[tuple[float, Colour]]) -> Float:
    """Colours (height, 3) between stops given as (place from 0 to 1, colour)."""
    y = np.linspace(0, 1, height, dtype=np.float32)
    places = [place for place, _ in stops]
    return np.stack([np.interp(y, places, [colour[i] for _, colour in stops]) for i in range(3)], axis=-1).astype(
        np.float32
    )


def to_image(data: Float, rng: np.random.Generator) -> Image.Image:
    """RGB or grey from floats, dithered, because a dark gradient in eight bits shows bands."""
    noise = rng.random(data.shape[:2], np.float32)
    dithered = data + (noise if data.ndim == 2 else noise[..., None])
    return Image.fromarray(np.clip(dithered, 0, 255).astype(np.uint8))


def grain(rng: np.random.Generator, width: int, height: int, size: float) -> npt.NDArray[np.int16]:
    """Film grain: signed noise of standard deviation ``size``."""
    noise = rng.standard_normal((height, width), np.float32)
    soft = (noise + np.roll(noise, 1, axis=0) + np.roll(noise, 1, axis=1)) * np.float32(0.577 * size)
    rounded: npt.NDArray[np.int16] = np.rint(soft).astype(np.int16)
    return rounded


def streaks(
    rng: np.random.Generator,
    width: int,
    height: int,
    count: int,
    length: float,
    thickness: float,
    slant: float,
    light: int,
) -> npt.NDArray[np.int16]:
    """Rain: lines of ``length`` pixels, repeating in both directions; twice the size, to be cut at any offset."""
    image = Image.new("L", (width * 2, height * 2))
    pen = ImageDraw.Draw(image)
    for x, y, size in zip(
        rng.uniform(0, width, count), rng.uniform(0, height, count), rng.uniform(0.5, 1, count), strict=True
    ):
        reach, glow = length * size * 2, round(light * size)
        for ox in (-2 * width, 0, 2 * width):
            for oy in (-2 * height, 0):
                x0, y0 = 2 * x + ox, 2 * y + oy
                pen.line((x0, y0, x0 + reach * slant, y0 + reach), fill=glow, width=max(1, round(thickness * 2)))
    tile = np.asarray(image.reduce(2)).astype(np.int16)
    twice: npt.NDArray[np.int16] = np.tile(tile, (2, 2))
    return twice
