"""Brings a mix to its loudness and encodes it: measure, one gain for all, peaks limited, measured again as encoded."""

from dataclasses import dataclass
from pathlib import Path

from film_pipeline.editor.disk import writing
from film_pipeline.editor.limiter import limited
from film_pipeline.editor.samples import SoundFile, SoundWriter
from film_pipeline.ffmpeg.graphs import CHANNELS, SAMPLE_RATE, aac_arguments
from film_pipeline.ffmpeg.loudness import Loudness, measure_input, measure_loudness
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

TRUE_PEAK_DB = -1.0
KILOBITS = 192

_NEARLY_SILENT_LUFS = -50.0
_MOST_LIMITING_DB = 15.0
_HEADROOM_DB = 0.5  # AAC does not keep peaks; this is what it usually adds
_CLOSE_ENOUGH_LU = 0.2
_ROUNDS = 5


@dataclass(frozen=True)
class Master:
    """The encoded sound of a film, as measured after encoding."""

    loudness: Loudness
    notes: tuple[str, ...]


def master(mix: SoundFile, target_lufs: float, into: Path, scratch: Path) -> Master:
    """Encode a mix to ``into`` (AAC in MP4) at ``target_lufs`` with a true peak of at most -1 dB.

    What is nearly silent is left as it is, since a gain would only bring up noise; a note says so.
    """
    return _Mastering(mix, target_lufs, into, scratch / "mastered.f32").run()


class _Mastering:
    """One mix on its way to its loudness."""

    def __init__(self, mix: SoundFile, target_lufs: float, into: Path, mastered: Path) -> None:
        self.mix, self.target, self.into, self.mastered = mix, target_lufs, into, mastered
        self.notes: list[str] = []

    def run(self) -> Master:
        measured = _measure(self.mix.path)
        if measured.integrated_lufs < _NEARLY_SILENT_LUFS:
            return self._leave(measured)
        gain = self.target - measured.integrated_lufs
        ceiling = TRUE_PEAK_DB - _HEADROOM_DB
        loudness = measured
        for _ in range(_ROUNDS):
            gain = self._level(gain, ceiling, measured)
            loudness = self._encode()
            off = self.target - loudness.integrated_lufs
            over = loudness.true_peak_db - TRUE_PEAK_DB
            if over <= 0 and (abs(off) <= _CLOSE_ENOUGH_LU or self.notes):
                break
            gain += off
            ceiling -= max(0.0, over + 0.1) if over > 0 else 0.0
        return Master(loudness, tuple(self.notes))

    def _leave(self, measured: Loudness) -> Master:
        said = "silent" if measured.is_silent else f"nearly silent ({measured.integrated_lufs:.0f} LUFS)"
        self._write(0.0, None)
        loudness = self._encode()
        return Master(loudness, (f"the sound is {said} and was not made louder",))

    def _level(self, gain: float, ceiling: float, measured: Loudness) -> float:
        """Write the mastered samples; returns the gain that brings them to the target under the ceiling."""
        most = _MOST_LIMITING_DB + ceiling - measured.true_peak_db
        for _ in range(_ROUNDS):
            gain = self._at_most(gain, most)
            peaks = measured.true_peak_db + gain > ceiling
            self._write(gain, ceiling if peaks else None)
            if not peaks:
                return gain  # without limiting the first gain is exact
            off = self.target - _measure(self.mastered).integrated_lufs
            if abs(off) <= _CLOSE_ENOUGH_LU or self.notes:
                return gain
            gain += off
        return gain

    def _at_most(self, gain: float, most: float) -> float:
        if gain <= most or gain <= 0:
            return gain
        if not self.notes:
            self.notes.append(
                f"the sound is too spiky for {self.target:g} LUFS: its peaks would need more than "
                f"{_MOST_LIMITING_DB:g} dB of limiting, so it stays softer"
            )
        return most

    def _write(self, gain: float, ceiling: float | None) -> None:
        with writing("the film's sound", self.mastered), SoundWriter(self.mastered) as file:
            for block in limited(self.mix, gain, ceiling):
                file.write(block)

    def _encode(self) -> Loudness:
        run_ffmpeg(
            aac_arguments(self.mastered, self.into.name, KILOBITS),
            doing="encoding the film's sound",
            within=self.into.parent,
        )
        return measure_loudness(self.into)


def _measure(samples: Path) -> Loudness:
    form = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", str(CHANNELS), "-protocol_whitelist", "file"]
    return measure_input([*form, "-i", file_argument(samples)])
