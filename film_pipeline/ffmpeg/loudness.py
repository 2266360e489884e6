"""Loudness as broadcasters measure it (EBU R 128, ITU-R BS.1770); measuring only, nothing is changed."""

import re
from dataclasses import dataclass
from pathlib import Path

from film_pipeline.errors import FFmpegFailedError
from film_pipeline.ffmpeg.opening import input_options
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

_SUMMARY = re.compile(r"I:\s+(?P<integrated>\S+) LUFS.*?Peak:\s+(?P<peak>\S+) dBFS", re.DOTALL)

SILENCE_LUFS = -70.0
"""What the measure gives for silence, and for less than 0.4 s of any sound."""


@dataclass(frozen=True)
class Loudness:
    """``integrated_lufs`` in LUFS (-70 for silence), ``true_peak_db`` in dBTP (-inf for silence)."""

    integrated_lufs: float
    true_peak_db: float

    @property
    def is_silent(self) -> bool:
        return self.integrated_lufs <= SILENCE_LUFS


def measure_loudness(path: Path) -> Loudness:
    """Measure the first sound stream of a media file.

    Raises:
        UnreadableMediaError, FFmpegFailedError
    """
    before = [part for name, value in input_options(path).items() for part in (f"-{name}", value)]
    measure = ["-map", "0:a:0", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    arguments = ["-loglevel", "info", "-nostats", *before, "-i", file_argument(path), *measure]
    said = run_ffmpeg(arguments, doing="measuring the loudness")
    found = None
    for found in _SUMMARY.finditer(said):  # noqa: B007  # the last summary is the final one
        pass
    if found is None:
        raise FFmpegFailedError("FFmpeg gave no loudness", why=said.strip()[-300:])
    return Loudness(_number(found["integrated"]), _number(found["peak"]))


def _number(text: str) -> float:
    return float("-inf") if text in ("-inf", "nan", "-nan") else float(text)
