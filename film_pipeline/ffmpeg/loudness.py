"""Loudness as broadcasters measure it (EBU R 128, ITU-R BS.1770); measuring only, nothing is changed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from film_pipeline.errors import FFmpegFailedError
from film_pipeline.ffmpeg.opening import input_options
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

_MEASURE = "ebur128=framelog=verbose"
_SUMMARY = re.compile(r"I:\s+(?P<integrated>\S+) LUFS.*?Peak:\s+(?P<peak>\S+) dBFS", re.DOTALL)
_MOMENT = re.compile(r"lavfi\.r128\.M=(\S+)")

SILENCE_LUFS = -70.0
"""What the measure gives for silence, and for less than 0.4 s of any sound."""

_NOTHING_DB = -120.0  # below any value that counts; JSON knows no infinity
_UNFILLED_MOMENTS = 3  # a value is of 0.4 s; before, there is not enough sound for one
_RELATIVE_GATE_LU = -10.0


@dataclass(frozen=True)
class Loudness:
    """``integrated_lufs`` in LUFS (-70 for silence), ``true_peak_db`` in dBTP (-inf for silence)."""

    integrated_lufs: float
    true_peak_db: float

    @property
    def is_silent(self) -> bool:
        return self.integrated_lufs <= SILENCE_LUFS


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

    def loudness(self) -> Loudness:
        """Of the whole, with both gates of BS.1770: what is silent or far below the rest does not count."""
        lufs = np.array(self.lufs[_UNFILLED_MOMENTS:])
        counted = lufs[lufs > SILENCE_LUFS]
        if not len(counted):
            return Loudness(SILENCE_LUFS, self.true_peak_db)
        counted = counted[counted > _mean(counted) + _RELATIVE_GATE_LU]
        return Loudness(_mean(counted), self.true_peak_db)


def _mean(lufs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(10 * np.log10(np.mean(10 ** (lufs / 10))))


def measure_loudness(path: Path) -> Loudness:
    """Measure the first sound stream of a media file.

    Raises:
        UnreadableMediaError, FFmpegFailedError
    """
    before = [part for name, value in input_options(path).items() for part in (f"-{name}", value)]
    measure = f"{_MEASURE}:peak=true"
    return _summary(_said([*before, "-i", file_argument(path), "-map", "0:a:0", "-af", measure, "-f", "null", "-"]))


def measure_moments(
    input_arguments: list[str], lufs_of: tuple[int, int], peak_of: tuple[int, int], *, left_out: int
) -> Moments:
    """Measure what the input arguments (``-i`` and all before it) bring: loudness and peak, each from sample to sample.

    Of the values of loudness, the first ``left_out`` are dropped.
    """
    lufs_by, peak_by = f"{_MEASURE}:metadata=1", f"{_MEASURE}:peak=true"
    printed = "ametadata=print:key=lavfi.r128.M"
    if lufs_of == peak_of:
        graph = f"[0:a:0]{_trim(lufs_of)},{peak_by}:metadata=1,{printed}[out]"
    else:
        one, other = f"{_trim(lufs_of)},{lufs_by},{printed},anullsink", f"{_trim(peak_of)},{peak_by}[out]"
        graph = f"[0:a:0]asplit[one][other];[one]{one};[other]{other}"
    options = ["-filter_complex", graph, "-filter_complex_threads", "1", "-map", "[out]", "-f", "null", "-"]
    said = _said([*input_arguments, *options])
    lufs = tuple(max(_number(text), _NOTHING_DB) for text in _MOMENT.findall(said))
    return Moments(lufs[left_out:], max(_summary(said).true_peak_db, _NOTHING_DB))


def _trim(samples: tuple[int, int]) -> str:
    return "atrim=start_sample={}:end_sample={}".format(*samples)


def _said(arguments: list[str]) -> str:
    return run_ffmpeg(["-loglevel", "info", "-nostats", *arguments], doing="measuring the loudness")


def _summary(said: str) -> Loudness:
    found = None
    for found in _SUMMARY.finditer(said):  # noqa: B007  # the last summary is the final one
        pass
    if found is None:
        raise FFmpegFailedError("FFmpeg gave no loudness", why=said.strip()[-300:])
    return Loudness(_number(found["integrated"]), _number(found["peak"]))


def _number(text: str) -> float:
    return float("-inf") if text in ("-inf", "nan", "-nan") else float(text)
