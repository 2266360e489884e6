"""The frames of a clip as grey pictures, one after the other, so that memory is flat in the clip's length."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from film_pipeline.ffmpeg.opening import open_media
from film_pipeline.ffmpeg.probe import picture_stream

WIDTH = 640
"""Pictures are not wider than this: enough to tell a sharp one from a soft one, and quickly looked at."""

Picture = NDArray[np.float32]
"""Luma from 0 (black) to 1 (white), shape (height, width)."""


def grey_pictures(clip: Path) -> Iterator[Picture]:
    """Every frame; one that is scaled down has the mean of all pixels that each of its own stands for.

    Raises:
        UnreadableMediaError
    """
    reformatter = VideoReformatter()
    with open_media(clip) as container:
        for frame in container.decode(picture_stream(container, clip)):
            width = min(WIDTH, frame.width)
            height = max(2, round(frame.height * width / frame.width))
            grey = reformatter.reformat(frame, width, height, "gray", interpolation=Interpolation.AREA)
            yield grey.to_ndarray().astype(np.float32) / np.float32(255)


def in_cells(picture: Picture, across: int) -> Picture:
    """The picture in square cells, about ``across`` in a row; each is the mean of its pixels."""
    size = max(1, round(picture.shape[1] / across))
    rows, columns = max(1, picture.shape[0] // size), max(1, picture.shape[1] // size)
    size = min(size, *picture.shape)
    cut = picture[: rows * size, : columns * size]
    cells: Picture = cut.reshape(rows, size, columns, size).mean(axis=(1, 3))
    return cells
