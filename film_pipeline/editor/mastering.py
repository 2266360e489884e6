"""Brings a mix to its loudness and encodes it: measure, one gain for all, peaks limited, measured again as encoded."""

from dataclasses import dataclass
from pathlib import Path

from film_pipeline.editor.disk import writing
from film_pipeline.editor.limiter import limited
from film_pipeline.editor.samples import SoundFile, SoundWriter
from film_pipeline.ffmpeg.graphs import CHANNELS, SAMPLE_RATE, aac_arguments, silence_arguments
from film_pipeline.ffmpeg.loudness import SILENCE_LUFS, Loudness, measure_input, measure_loudness
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

TRUE_PEAK_DB = -1.0
KILOBITS = 192

_NEARLY_SILENT_LUFS = -50.0
_MOST_LIMITING_DB = 20.0  # beyond this a limiter makes noise, not loudness
_HEADROOM_DB = 0.5  # AAC does not keep peaks; this is what it usually adds
_CLOSE_ENOUGH_LU = 0.2
_WORTH_A_NOTE_LU = 1.0
_ROUNDS = 8


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


def silence(samples: int, into: Path) -> Master:
    """Encode a film's worth of nothing: there is nothing to measure before or after."""
    arguments = silence_arguments(samples, into.name, KILOBITS)
    run_ffmpeg(arguments, doing="encoding the film's sound", within=into.parent)
    return Master(Loudness(SILENCE_LUFS, float("-inf"), 0.0), ("the sound is silent and was not made louder",))


class _Mastering:
    """One mix on its way to its loudness."""

    def __init__(self, mix: SoundFile, target_lufs: float, into: Path, mastered: Path) -> None:
        self.mix, self.target, self.into, self.mastered = mix, target_lufs, into, mastered
        self.peak_db = self.mix_lufs = self.lost_lu = 0.0

    def run(self) -> Master:
        measured = _measure(self.mix.path)
        if measured.integrated_lufs < _NEARLY_SILENT_LUFS:
            return self._leave(measured)
        self.peak_db, self.mix_lufs = measured.true_peak_db, measured.integrated_lufs
        gain, ceiling = self.target - measured.integrated_lufs, TRUE_PEAK_DB - _HEADROOM_DB
        for _ in range(_ROUNDS):
            gain = self._level(gain, ceiling)
            loudness = self._encode()
            off, over = self.target - loudness.integrated_lufs, loudness.true_peak_db - TRUE_PEAK_DB
            if over <= 0 and (abs(off) <= _CLOSE_ENOUGH_LU or self._is_spent(gain, ceiling)):
                break
            ceiling -= over + 0.1 if over > 0 else 0.0
            self.lost_lu += off
        return Master(loudness, self._notes(loudness))

    def _leave(self, measured: Loudness) -> Master:
        said = "silent" if measured.is_silent else f"nearly silent ({measured.integrated_lufs:.0f} LUFS)"
        self._write(0.0, None)
        return Master(self._encode(), (f"the sound is {said} and was not made louder",))

    def _level(self, gain: float, ceiling: float) -> float:
        """Write samples that will have the target loudness under the ceiling; returns the gain that took.

        Behind a limiter a decibel of gain brings less than one of loudness; how much is learnt on the way.
        """
        target, slope = self.target + self.lost_lu, 1.0
        before: tuple[float, float] | None = None
        for _ in range(_ROUNDS):
            gain = min(gain, self._most(ceiling))
            limits = self.peak_db + gain > ceiling
            self._write(gain, ceiling if limits else None)
            loudness = _measure(self.mastered).integrated_lufs if limits else self.mix_lufs + gain
            off = target - loudness
            if abs(off) <= _CLOSE_ENOUGH_LU / 2 or (off > 0 and self._is_spent(gain, ceiling)):
                break
            if before is not None and gain != before[0]:
                slope = min(1.0, max(0.2, (loudness - before[1]) / (gain - before[0])))
            before = (gain, loudness)
            gain += off / slope
        return gain

    def _most(self, ceiling: float) -> float:
        return ceiling + _MOST_LIMITING_DB - self.peak_db

    def _is_spent(self, gain: float, ceiling: float) -> bool:
        return gain >= self._most(ceiling) - 0.01

    def _notes(self, loudness: Loudness) -> tuple[str, ...]:
        if abs(loudness.integrated_lufs - self.target) <= _WORTH_A_NOTE_LU:
            return ()
        note = (
            f"the sound is at {loudness.integrated_lufs:.1f} LUFS, not {self.target:g}: "
            f"more would need over {_MOST_LIMITING_DB:g} dB of limiting on its peaks"
        )
        return (note,)

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
