"""Clips whose every frame says which one it is: the oracle for whether a film has the right frames at the right places.

A frame is a grid of large black and white cells: the upper half holds the scene number, the lower the frame number.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.timeline import TimelineClip

WIDTH, HEIGHT = 320, 180
COLUMNS, ROWS = 8, 4
SCENE_BITS = COLUMNS * (ROWS // 2)


def picture(scene: int, frame: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """RGB, shape (height, width, 3)."""
    bits = [scene >> bit & 1 for bit in range(SCENE_BITS)] + [frame >> bit & 1 for bit in range(SCENE_BITS)]
    cells = np.array(bits, np.uint8).reshape(ROWS, COLUMNS) * 200 + 28
    rows = np.arange(height) * ROWS // height
    columns = np.arange(width) * COLUMNS // width
    return np.repeat(cells[rows][:, columns][:, :, None], 3, axis=2)


def cells_of(luma: np.ndarray) -> np.ndarray:
    """The mean of the middle of each cell, 0 to 255."""
    height, width = luma.shape
    grid = np.empty((ROWS, COLUMNS))
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = row * height // ROWS, column * width // COLUMNS
            grid[row, column] = luma[
                top + height // ROWS // 4 : top + height // ROWS * 3 // 4,
                left + width // COLUMNS // 4 : left + width // COLUMNS * 3 // 4,
            ].mean()
    return grid


def code_of(cells: np.ndarray) -> tuple[int, int]:
    """Scene and frame number as read."""
    bits = (cells.reshape(-1) > 128).astype(int)
    weights = 1 << np.arange(SCENE_BITS)
    return int(bits[:SCENE_BITS] @ weights), int(bits[SCENE_BITS:] @ weights)


def write_clip(
    path: Path,
    scene: int,
    frames: int,
    rate: Fraction = Fraction(24),
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
    options: tuple[str, ...] = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p"),
    filters: str = "scale=out_color_matrix=bt709:out_range=tv,setparams=colorspace=bt709:range=tv",
    inputs: tuple[str, ...] = (),
) -> Path:
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(rate), "-i", "pipe:0"]
    with feeding_ffmpeg(["-y", *raw, *inputs, "-vf", filters, *options, file_argument(path)], doing="drawing") as pipe:
        for frame in range(frames):
            pipe.write(picture(scene, frame, width, height).tobytes())
    return path


def timeline_clip(path: Path, scene: int, frames: int) -> TimelineClip:
    return TimelineClip(scene=f"{scene:03d}", take=1, media=str(path), sha256=sha256_of(path), frames=frames)


def decoded_cells(movie: Path) -> Iterator[tuple[Fraction, np.ndarray]]:
    """Time in seconds and cells of every frame."""
    with av.open(str(movie)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray").astype(float)
            yield frame.pts * frame.time_base, cells_of(luma)
