"""One gain and one ceiling for a film: on a grid, so that small changes change neither."""

import math

import numpy as np
import pytest

from film_pipeline.editor.mastering import STEP_DB, Levelling, master
from film_pipeline.ffmpeg.moments import Moments


class Sound:
    """A sound of even loudness with a peak; a limiter takes from its loudness, and encoding adds to both."""

    def __init__(self, lufs: float, peak: float, *, lost: float = 0.0, overshoot: float = 0.0, pressed: float = 0.3):
        self.lufs, self.peak, self.lost, self.overshoot, self.pressed = lufs, peak, lost, overshoot, pressed
        self.tried: list[Levelling] = []

    def mixed(self) -> Moments:
        return self._moments(self.lufs, self.peak)

    def levelled(self, levelling: Levelling) -> Moments:
        peak = self.peak + levelling.gain_db
        over = max(0.0, peak - levelling.ceiling_db) if levelling.ceiling_db is not None else 0.0
        return self._moments(self.lufs + levelling.gain_db - over * self.pressed, peak - over)

    def encoded(self, levelling: Levelling) -> Moments:
        self.tried.append(levelling)
        before = self.levelled(levelling)
        return self._moments(before.lufs[0] - self.lost, before.true_peak_db + self.overshoot)

    def _moments(self, lufs: float, peak: float) -> Moments:
        return Moments((lufs,) * 50, peak)


@pytest.mark.parametrize("lufs", np.linspace(-45, -5, 23))
@pytest.mark.parametrize("crest", [8, 14, 20])
def test_every_film_comes_near_its_target_on_the_grid(lufs, crest) -> None:
    sound = Sound(lufs, lufs + crest, lost=0.1)
    mastered = master(sound, -14)
    assert mastered.loudness.integrated_lufs == pytest.approx(-14, abs=0.251)
    assert mastered.loudness.true_peak_db <= -1
    assert mastered.levelling.gain_db % STEP_DB == mastered.levelling.ceiling_db % STEP_DB == 0
    assert len(sound.tried) <= 2


def test_a_small_change_changes_no_gain() -> None:
    """Of many films that become a hundredth louder, few get another gain: those at the edge of a step."""
    levels = np.linspace(-30, -20, 400)
    moved = [
        master(Sound(lufs, lufs + 16), -14).levelling != master(Sound(lufs + 0.01, lufs + 16), -14).levelling
        for lufs in levels
    ]
    assert 0 < np.mean(moved) < 0.06


def test_the_ceiling_goes_down_by_steps_until_no_peak_is_over() -> None:
    sound = Sound(-20, -4, overshoot=0.9)
    mastered = master(sound, -14)
    assert mastered.loudness.true_peak_db <= -1
    ceilings = [levelling.ceiling_db for levelling in sound.tried]
    assert ceilings[0] == -1.5
    assert mastered.levelling.ceiling_db == -2.0


def test_hopeless_peaks_are_limited_by_20_decibels_and_no_more() -> None:
    mastered = master(Sound(-45, -1, pressed=0.9), -14)
    assert mastered.levelling.gain_db == math.floor((-1.5 + 20 + 1) / STEP_DB) * STEP_DB
    assert "more would need over 20 dB of limiting" in mastered.notes[0]


@pytest.mark.parametrize(
    ("lufs", "peak", "said"),
    [
        (-70, -60, "the sound is silent and"),
        (-70, -40, "the sound is nearly silent (-70 LUFS) and"),
        (-55, -40, "the sound is nearly silent (-55 LUFS) and"),
    ],
)
def test_what_can_hardly_be_heard_stays_as_it_is(lufs, peak, said) -> None:
    mastered = master(Sound(lufs, peak), -14)
    assert mastered.levelling.on_peak(peak) == Levelling(0.0, None)
    assert said in mastered.notes[0]


@pytest.mark.parametrize("lufs", [-70, -55])
@pytest.mark.parametrize("overshoot", [0.0, 0.9, 3.0])
def test_peaks_of_what_can_hardly_be_heard_are_limited(lufs, overshoot) -> None:
    mastered = master(Sound(lufs, 3.0, overshoot=overshoot), -14)
    assert mastered.levelling.gain_db == 0
    assert -1.6 < mastered.loudness.true_peak_db <= -1


def test_what_stays_below_the_ceiling_is_not_limited() -> None:
    assert Levelling(6.0, -1.5).on_peak(-7.5) == Levelling(6.0, None)
    assert Levelling(6.0, -1.5).on_peak(-7.4) == Levelling(6.0, -1.5)
