import numpy as np
import pytest

from film_pipeline.editor.ducking import HOP, MEMORY, Ducking

SAMPLE_RATE = 48_000


def level(speech: np.ndarray, block: int = SAMPLE_RATE) -> np.ndarray:
    """The gain of music under a scene's sound (of one channel), taken block by block."""
    ducking, stereo = Ducking(), np.repeat(speech[:, None], 2, axis=1).astype(np.float32)
    return np.concatenate([ducking.gain(stereo[start : start + block]) for start in range(0, len(stereo), block)])


def spoken(seconds: float, start: float, end: float) -> np.ndarray:
    sound = np.zeros(round(seconds * SAMPLE_RATE))
    sound[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] = 0.1
    return sound


def test_music_goes_down_within_a_quarter_second_and_comes_back_within_three() -> None:
    gain = level(spoken(8, 2, 4))
    at = {second: gain[round(second * SAMPLE_RATE)] for second in (1.99, 2.25, 3.9, 4.5, 7)}
    assert at[1.99] == 1
    assert 20 * np.log10(at[2.25]) == pytest.approx(-10, abs=0.1)
    assert 20 * np.log10(at[3.9]) == pytest.approx(-10, abs=0.01)
    assert at[3.9] < at[4.5] < at[7] == 1
    assert np.abs(np.diff(gain)).max() < 1e-3


def test_what_was_heard_long_ago_changes_nothing() -> None:
    long, first = spoken(12, 2, 4), 6 * SAMPLE_RATE
    begin = (first - MEMORY) // HOP * HOP
    assert np.array_equal(level(long)[first:], level(long[begin:])[first - begin :])


@pytest.mark.parametrize("block", [HOP, 7 * HOP, 20 * SAMPLE_RATE])
def test_blocks_of_any_whole_hops_give_the_same(block) -> None:
    sound = spoken(5, 0.505, 1.3) + spoken(5, 2.1, 2.2)
    assert np.allclose(level(sound), level(sound, block), atol=1e-7)


def test_what_is_hardly_audible_ducks_nothing() -> None:
    assert (level(spoken(2, 0.5, 1) * 0.02) == 1).all()
