"""Finds the one gain and the one ceiling that bring a film to its loudness. Numbers only: others mix and encode.

Both lie on a grid. So a scene that is a little louder or softer than the one before it leaves them as they were, and
what was encoded of all others stays good.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from film_pipeline.ffmpeg.loudness import Loudness
from film_pipeline.ffmpeg.moments import Moments

TRUE_PEAK_DB = -1.0
STEP_DB = 0.25
"""The grid: at most an eighth of a decibel from the wanted loudness."""

_NEARLY_SILENT_LUFS = -50.0
_SILENT_PEAK_DB = -50.0  # loudness alone cannot tell: it hardly counts the lowest tones
_MOST_LIMITING_DB = 20.0  # beyond this a limiter makes noise, not loudness
_HEADROOM_DB = 0.5  # AAC does not keep peaks; this is what it usually adds
_FIRST_CEILING_DB = TRUE_PEAK_DB - _HEADROOM_DB
_CLOSE_ENOUGH_LU = 0.25
_WORTH_A_NOTE_LU = 1.0
_ROUNDS = 8


@dataclass(frozen=True)
class Levelling:
    """What is done to a mix: a gain, and a ceiling (dBTP) that peaks are pressed down to, where there is one."""

    gain_db: float
    ceiling_db: float | None

    def on_peak(self, peak_db: float) -> "Levelling":
        """The same for a sound of such a peak: without the ceiling, if it stays below."""
        if self.ceiling_db is None or peak_db + self.gain_db <= self.ceiling_db:
            return Levelling(self.gain_db, None)
        return self


class Sounding(Protocol):
    """A film's sound, which can be tried out."""

    def mixed(self) -> Moments:
        """As it was mixed."""
        ...

    def levelled(self, levelling: Levelling) -> Moments:
        """As it is to be encoded."""
        ...

    def encoded(self, levelling: Levelling) -> Moments:
        """As it is heard once it was encoded."""
        ...


@dataclass(frozen=True)
class Master:
    """How a film is levelled, and its loudness after encoding."""

    levelling: Levelling
    loudness: Loudness
    notes: tuple[str, ...]


def master(sounding: Sounding, target_lufs: float) -> Master:
    """Level a film to ``target_lufs`` with a true peak of at most -1 dB.

    What is nearly silent, or too short to be measured, gets no gain, since that might only bring up noise; a note
    says so. Its peaks may be high all the same, and are limited.
    """
    mixed = sounding.mixed()
    loudness = mixed.loudness()
    if loudness.integrated_lufs >= _NEARLY_SILENT_LUFS:
        return _Mastering(sounding, mixed.true_peak_db, target_lufs).run(target_lufs - loudness.integrated_lufs)
    return _only_limited(sounding, f"the sound is {_why_as_it_is(mixed)} and was not made louder")


def _why_as_it_is(mixed: Moments) -> str:
    loudness = mixed.loudness()
    if loudness.is_silent and loudness.true_peak_db <= _SILENT_PEAK_DB:
        return "silent"
    return "too short to be measured" if mixed.is_too_short else f"nearly silent ({loudness.integrated_lufs:.0f} LUFS)"


def _only_limited(sounding: Sounding, note: str) -> Master:
    """No gain, and a ceiling that presses only where a peak is above it."""
    ceiling = _FIRST_CEILING_DB
    for _ in range(_ROUNDS):
        levelling = Levelling(0.0, ceiling)
        loudness = sounding.encoded(levelling).loudness()
        if loudness.true_peak_db <= TRUE_PEAK_DB:
            break
        ceiling = _lowered(ceiling, loudness.true_peak_db)
    return Master(levelling, loudness, (note,))


class _Mastering:
    """One film on its way to its loudness."""

    def __init__(self, sounding: Sounding, peak_db: float, target_lufs: float) -> None:
        self.sounding, self.peak_db, self.target = sounding, peak_db, target_lufs
        self.lost_lu = 0.0

    def run(self, gain: float) -> Master:
        ceiling = _FIRST_CEILING_DB
        for _ in range(_ROUNDS):
            levelling = Levelling(self._gain(gain, ceiling), ceiling)
            gain = levelling.gain_db
            loudness = self.sounding.encoded(levelling).loudness()
            off, over = self.target - loudness.integrated_lufs, loudness.true_peak_db - TRUE_PEAK_DB
            is_close = abs(off) <= _CLOSE_ENOUGH_LU or (off > 0 and self._is_spent(gain, ceiling))
            if over <= 0 and is_close:
                break
            ceiling = _lowered(ceiling, loudness.true_peak_db)
            self.lost_lu += 0.0 if is_close else off
        return Master(levelling, loudness, self._notes(loudness))

    def _gain(self, gain: float, ceiling: float) -> float:
        """The gain that gives the wanted loudness under the ceiling, sought from ``gain`` on.

        Behind a limiter a decibel of gain brings less than one of loudness; how much is learnt on the way.
        """
        target, slope = self.target + self.lost_lu, 1.0
        before: tuple[float, float] | None = None
        gain = min(_on_grid(gain), self._most(ceiling))
        for _ in range(_ROUNDS):
            lufs = self.sounding.levelled(Levelling(gain, ceiling)).loudness().integrated_lufs
            off = target - lufs
            if abs(off) <= STEP_DB / 2 or (off > 0 and self._is_spent(gain, ceiling)):
                break
            if before is not None and gain != before[0]:
                slope = min(1.0, max(0.2, (lufs - before[1]) / (gain - before[0])))
            before = (gain, lufs)
            step = _on_grid(off / slope) or math.copysign(STEP_DB, off)
            gain = min(gain + step, self._most(ceiling))
        return gain

    def _most(self, ceiling: float) -> float:
        return math.floor((ceiling + _MOST_LIMITING_DB - self.peak_db) / STEP_DB) * STEP_DB

    def _is_spent(self, gain: float, ceiling: float) -> bool:
        return gain >= self._most(ceiling)

    def _notes(self, loudness: Loudness) -> tuple[str, ...]:
        if abs(loudness.integrated_lufs - self.target) <= _WORTH_A_NOTE_LU:
            return ()
        note = (
            f"the sound is at {loudness.integrated_lufs:.1f} LUFS, not {self.target:g}: "
            f"more would need over {_MOST_LIMITING_DB:g} dB of limiting on its peaks"
        )
        return (note,)


def _lowered(ceiling: float, peak_db: float) -> float:
    """A ceiling lower by as much as the encoded peak is over -1 dB, if it is."""
    return ceiling - max(0, math.ceil((peak_db - TRUE_PEAK_DB) / STEP_DB)) * STEP_DB


def _on_grid(decibels: float) -> float:
    return round(decibels / STEP_DB) * STEP_DB
