"""Watches a row of pictures for black, frozen and one-colour frames; keeps two small pictures, however long the row."""

from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

# Pictures are looked at in this size: each cell is the mean of many pixels, so that noise of the encoder is gone.
_WIDTH, _HEIGHT = 128, 72

# All in steps of 255. Measured on encoded clips: black pictures stay below 3.
BLACK_PEAK = 8
FLAT_SPREAD = 5

# A still picture that is encoded "breathes" from key frame to key frame, and the more so the more contrast it has:
# worst cell and mean of all cells for a picture without contrast, and what a standard deviation of 1 adds to them.
# Measured at crf 33, preset ultrafast, deviation 46: worst cell 10, mean 1.7.
STILL_CELL, STILL_CELL_SLOPE = 5.0, 0.15
STILL_MEAN, STILL_MEAN_SLOPE = 0.6, 0.03

_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)

Picture = NDArray[np.float32]


@dataclass
class PictureWatch:
    """Running facts about the frames seen so far; luma from 0 (black) to 255 (white)."""

    frames: int = 0
    black: int = 0
    flat: int = 0
    longest_still: int = 0
    luma_min: float = 255.0
    luma_max: float = 0.0
    contrast: float = 0.0
    _still: int = 0
    _reference: Picture | None = None
    _reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    def see(self, frame: VideoFrame) -> None:
        small = self._reformatter.reformat(frame, _WIDTH, _HEIGHT, "rgb24", interpolation=Interpolation.AREA)
        self.see_picture(small.to_ndarray().astype(np.float32))

    def see_picture(self, picture: Picture) -> None:
        """Count one picture of any (fixed) size, shape (height, width, 3), 0 to 255."""
        luma = picture @ _LUMA
        mean = float(luma.mean())
        self.frames += 1
        self.luma_min, self.luma_max = min(self.luma_min, mean), max(self.luma_max, mean)
        contrast = float(luma.std())
        self.contrast = max(self.contrast, contrast)
        if float(luma.max()) < BLACK_PEAK:
            self.black += 1
        elif float(np.ptp(picture, axis=(0, 1)).max()) <= FLAT_SPREAD:
            self.flat += 1
        self._follow_motion(luma, contrast)

    def _follow_motion(self, luma: Picture, contrast: float) -> None:
        # Against the picture where the stillness began, not the one before: a slow move adds up and is seen.
        if self._reference is not None and _same(self._reference, luma, contrast):
            self._still += 1
        else:
            self._reference, self._still = luma, 1
        self.longest_still = max(self.longest_still, self._still)


def _same(one: Picture, other: Picture, contrast: float) -> bool:
    difference = np.abs(one - other)
    return (
        float(difference.max()) <= STILL_CELL + STILL_CELL_SLOPE * contrast
        and float(difference.mean()) <= STILL_MEAN + STILL_MEAN_SLOPE * contrast
    )
