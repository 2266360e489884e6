"""The loudness of a sound that is made in pieces: measured piece by piece, and added up to that of the whole.

FFmpeg's filter measures, within this process, as starting a program takes longer than measuring ten seconds of sound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

from film_pipeline.ffmpeg.loudness import SILENCE_LUFS, Loudness

Samples = NDArray[np.float32]
"""Shape (samples, 2), 48 kHz."""

MOMENT = 4800
"""Samples from one value of loudness to the next."""

_SAMPLE_RATE = 48_000
_NOTHING_DB = -120.0  # below any value that counts; JSON knows no infinity
_UNFILLED_MOMENTS = 3  # a value is of 0.4 s; before, there is not enough sound for one
_RELATIVE_GATE_LU = -10.0
_SOFT_SAMPLES = 64


@dataclass(frozen=True)
class Moments:
    """The momentary loudness (LUFS over 0.4 s) at each tenth of a second, and the true peak in dBTP.

    Those of pieces that follow each other add up to the loudness of the whole. -120 stands for silence.
    """

    lufs: tuple[float, ...]
    true_peak_db: float

    @classmethod
    def of_silence(cls, count: int) -> "Moments":
        return cls((_NOTHING_DB,) * count, _NOTHING_DB)

    @classmethod
    def of_all(cls, pieces: Iterable["Moments"]) -> "Moments":
        """Of pieces that follow each other."""
        rows = list(pieces)
        whole = tuple(value for row in rows for value in row.lufs)
        return cls(whole, max((row.true_peak_db for row in rows), default=_NOTHING_DB))

    def louder(self, gain_db: float) -> "Moments":
        """What a gain makes of it."""
        lufs = tuple(max(value + gain_db, _NOTHING_DB) for value in self.lufs)
        return Moments(lufs, max(self.true_peak_db + gain_db, _NOTHING_DB))

    @property
    def is_too_short(self) -> bool:
        """Less than 0.4 s: there is no value of loudness, whatever is heard."""
        return len(self.lufs) <= _UNFILLED_MOMENTS

    def loudness(self) -> Loudness:
        """Of the whole, with both gates of BS.1770: what is silent or far below the rest does not count."""
        lufs = np.array(self.lufs[_UNFILLED_MOMENTS:])
        counted = lufs[lufs > SILENCE_LUFS]
        if not len(counted):
            return Loudness(SILENCE_LUFS, self.true_peak_db)
        counted = counted[counted > _mean(counted) + _RELATIVE_GATE_LU]
        return Loudness(_mean(counted), self.true_peak_db)


def _mean(lufs: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (lufs / 10))))


def measure_lufs(blocks: Iterable[Samples]) -> tuple[float, ...]:
    """The momentary loudness at the end of each tenth of a second, counted from the first sample."""
    metered = _metered(blocks, "metadata=1")
    # In silence after sound FFmpeg may say "nan"; then max gives its first argument.
    return tuple(max(_NOTHING_DB, float(values["lavfi.r128.M"])) for values in metered)


def measure_peak_db(blocks: Iterable[Samples], loudest: float) -> float:
    """The true peak of a sound, whose loudest sample is given: by that it is made so loud that no digit is lost.

    It should begin and end softly (see :func:`softened`).
    """
    if not loudest:
        return _NOTHING_DB
    peak = 0.0
    silence = np.zeros((2 * MOMENT, 2), np.float32)  # the filter speaks at whole tenths of a second, and lags
    louder = (block / np.float32(loudest) for block in chain(blocks, [silence]))
    for values in _metered(louder, "metadata=1:peak=true"):
        peak = max(peak, float(values["lavfi.r128.true_peaks_ch0"]), float(values["lavfi.r128.true_peaks_ch1"]))
    return max(20 * float(np.log10(max(peak, 1.0) * loudest)), _NOTHING_DB)


def softened(blocks: Iterable[Samples], count: int) -> Iterator[Samples]:
    """A sound of so many samples that begins and ends softly: cut off, it would have peaks at its edges."""
    position = 0
    for block in blocks:
        place = np.arange(position, position + len(block))
        yield block * np.clip(np.minimum(place, count - 1 - place) / _SOFT_SAMPLES, 0, 1).astype(np.float32)[:, None]
        position += len(block)


def _metered(blocks: Iterable[Samples], options: str) -> Iterator[dict[str, str]]:
    """What the filter says of each tenth of a second."""
    graph = Graph()
    form = {"sample_rate": str(_SAMPLE_RATE), "sample_fmt": "flt", "channel_layout": "stereo"}
    source = graph.add("abuffer", time_base=f"1/{_SAMPLE_RATE}", **form)
    meter, sink = graph.add("ebur128", f"framelog=quiet:{options}"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    position = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = _SAMPLE_RATE, position, Fraction(1, _SAMPLE_RATE)
        position += len(block)
        source.push(frame)
        yield from _said(sink)
    source.push(None)
    yield from _said(sink)


def _said(sink: FilterContext) -> Iterator[dict[str, str]]:
    while True:
        try:
            values = sink.pull().metadata
        except (av.BlockingIOError, av.EOFError):
            return
        if "lavfi.r128.M" in values:
            yield dict(values)
