"""The four qualities that are measured in moving pictures, each as a mark from 0 (bad) to 1 (good).

Each class sees the pictures of a clip in order and keeps a few small ones and a number a frame. Luma is from 0 to 1.
The constants are set so that the good clips of ``benchmarks/judge.py`` get marks near 1 and the flawed ones lie below.
Marks compare takes of one scene; between scenes they also tell what the scenes show.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from film_pipeline.judge.pictures import Picture, in_cells


class Quality(Protocol):
    """Sees every picture of a clip, and then has a mark for it."""

    def see(self, picture: Picture) -> None: ...

    def mark(self) -> float: ...


@dataclass
class Motion:
    """Enough motion, and not jerky.

    The speed of a frame is how much further the picture went in two frames than in one: the mean change of luma since
    the frame before last, less that since the last one, in cells of 1/80 of the width without the brightness of the
    whole picture, in parts of its contrast (standard deviation, at least ``FAINT``) a second. Noise and flicker go
    nowhere, and have no speed. Enough is ``mean(speed) / ENOUGH``, at most 1. Jerkiness is
    ``sum |speed[t] - speed[t-1]| / sum (speed[t] + speed[t-1])``: 0 for an even move, 1 where every other frame stands
    still (the unevenness by which repeated and dropped frames are found in video quality measurement, ITU-T J.247).
    The mark is ``enough * (1 - jerkiness / JERKY)``.
    """

    frame_rate: float
    _speeds: list[float] = field(default_factory=list)
    _before: list[Picture] = field(default_factory=list)

    ENOUGH: ClassVar[float] = 0.3
    JERKY: ClassVar[float] = 1.2
    FAINT: ClassVar[float] = 0.03

    def see(self, picture: Picture) -> None:
        cells = in_cells(picture, 80)
        cells = cells - cells.mean()
        if any(before.shape != cells.shape for before in self._before):
            self._before = []
        if len(self._before) == 2:
            one, two = (float(np.abs(cells - before).mean()) for before in reversed(self._before))
            contrast = max(self.FAINT, float(cells.std()))
            self._speeds.append(max(0.0, two - one) * self.frame_rate / contrast)
        self._before = [*self._before[-1:], cells]

    def mark(self) -> float:
        if not self._speeds:
            return 0.0
        speeds = np.array(self._speeds)
        changes, sums = float(np.abs(np.diff(speeds)).sum()), float((speeds[1:] + speeds[:-1]).sum())
        jerkiness = changes / sums if sums > 0 else 0.0
        return _limited(float(speeds.mean()) / self.ENOUGH) * _limited(1 - jerkiness / self.JERKY)


@dataclass
class Sharpness:
    """How much a picture loses when it is blurred once more: a soft one loses little.

    The blur of a picture along an axis is ``1 - sum max(0, D - D') / sum D``, with ``D`` the absolute differences of
    neighbouring pixels and ``D'`` those after a box blur of 9 pixels; the larger of both axes counts (Crete, Dolmiere,
    Ladret and Nicolas, "The Blur Effect", SPIE 6492, 2007). Differences below ``GRAIN`` are not looked at: steps of 8
    bits and noise of the encoder. The mark maps the median over every fourth frame from
    ``SOFT`` (0) to ``CRISP`` (1).
    """

    _blurs: list[float] = field(default_factory=list)
    _seen: int = 0

    SOFT: ClassVar[float] = 0.75
    CRISP: ClassVar[float] = 0.3
    GRAIN: ClassVar[float] = 0.012

    def see(self, picture: Picture) -> None:
        if self._seen % 4 == 0:
            self._blurs.append(max(self._blur(picture), self._blur(picture.T)))
        self._seen += 1

    def mark(self) -> float:
        if not self._blurs:
            return 0.0
        return _limited((self.SOFT - float(np.median(self._blurs))) / (self.SOFT - self.CRISP))

    def _blur(self, picture: Picture, size: int = 9) -> float:
        """From 0 (every pixel stands alone) to 1 (flat)."""
        if picture.shape[1] <= size + 1:
            return 1.0
        half = size // 2
        sharp = np.abs(picture[:, half + 1 : -half] - picture[:, half : -half - 1])
        soft = np.abs(picture[:, size:] - picture[:, :-size]) / size  # neighbours of a moving mean differ by its ends
        sharp = np.where(sharp > self.GRAIN, sharp, 0)
        total = float(sharp.sum())
        return 1 - float(np.maximum(0, sharp - soft).sum()) / total if total > 0 else 1.0


@dataclass
class Steadiness:
    """No flicker: light that changes does not come back in the next frame.

    In cells of 1/16 of the width, a change of luma that is followed by one in the other direction counts with the
    smaller of both; the flicker of a clip is their mean over cells and frames. The mark is
    ``exp(-flicker / FLICKER)``. (Mean brightness of cells against neighbouring frames, as in film restoration: van
    Roosmalen, "Restoration of Archived Film and Video", 1999.)
    """

    _flickers: list[float] = field(default_factory=list)
    _before: Picture | None = None
    _change: Picture | None = None

    FLICKER: ClassVar[float] = 0.01

    def see(self, picture: Picture) -> None:
        cells = in_cells(picture, 16)
        change = cells - self._before if self._before is not None and self._before.shape == cells.shape else None
        if change is not None and self._change is not None:
            returns = change * self._change < 0
            self._flickers.append(float((np.minimum(np.abs(change), np.abs(self._change)) * returns).mean()))
        self._before, self._change = cells, change

    def mark(self) -> float:
        return float(np.exp(-np.mean(self._flickers) / self.FLICKER)) if self._flickers else 1.0


@dataclass
class Exposure:
    """Light and shadow that still show something.

    A picture's mark is the share of its cells (1/160 of the width) that are neither crushed (luma below ``BLACK``) nor
    blown out (above ``WHITE``), times its range of tones, from the 2nd to the 98th percentile, against ``RANGE``, at
    most 1; the clip's is their mean. It is what a camera's zebra and histogram show.
    """

    _marks: list[float] = field(default_factory=list)

    BLACK: ClassVar[float] = 0.03
    WHITE: ClassVar[float] = 0.97
    RANGE: ClassVar[float] = 0.5

    def see(self, picture: Picture) -> None:
        cells = in_cells(picture, 160)
        low, high = np.percentile(cells, (2, 98))
        kept = float(((cells >= self.BLACK) & (cells <= self.WHITE)).mean())
        self._marks.append(kept * _limited(float(high - low) / self.RANGE))

    def mark(self) -> float:
        return float(np.mean(self._marks)) if self._marks else 0.0


def _limited(value: float) -> float:
    return min(1.0, max(0.0, value))
