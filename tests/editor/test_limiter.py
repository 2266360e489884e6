import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from film_pipeline.editor.limiter import limited, true_peaks
from film_pipeline.editor.samples import BLOCK, SoundFile

SAMPLE_RATE = 48_000


def sound_file(folder, samples: np.ndarray) -> SoundFile:
    path = folder / "sound.f32"
    samples.astype(np.float32).tofile(path)
    return SoundFile(path, "float32")


def result(sound: SoundFile, gain_db: float, ceiling_db: float | None) -> np.ndarray:
    return np.concatenate(list(limited(sound, gain_db, ceiling_db)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 12), st.floats(-6, -0.5))
def test_no_peak_is_above_the_ceiling(tmp_path_factory, seed, gain, ceiling) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.3, (SAMPLE_RATE * 3 // 2, 2))
    out = result(sound_file(tmp_path_factory.mktemp("limiter"), noise), gain, ceiling)

    assert out.shape == noise.shape
    assert true_peaks(out).max() <= 10 ** (ceiling / 20) * 1.02


def test_peaks_between_samples_are_seen() -> None:
    """A tone at a quarter of the sample rate, sampled beside its crests: 3 dB more than its samples show."""
    samples = np.sin(np.arange(4800) * np.pi / 2 + np.pi / 4)
    assert np.abs(samples).max() == pytest.approx(0.707, abs=0.001)
    assert true_peaks(np.repeat(samples[:, None], 2, axis=1).astype(np.float32))[100:-100].max() == pytest.approx(
        1, abs=0.01
    )


def test_what_is_below_the_ceiling_stays_as_it_is(tmp_path) -> None:
    quiet = np.random.default_rng(1).normal(0, 0.05, (SAMPLE_RATE, 2))
    out = result(sound_file(tmp_path, quiet), 0.0, -1.5)
    assert np.array_equal(out, quiet.astype(np.float32))


def test_only_the_surroundings_of_a_peak_are_pressed(tmp_path) -> None:
    samples = np.full((SAMPLE_RATE * 2, 2), 0.3)
    samples[SAMPLE_RATE] = 2.0
    out = result(sound_file(tmp_path, samples), 0.0, -1.0)
    touched = np.nonzero(np.abs(out - samples.astype(np.float32)).max(axis=1) > 1e-6)[0]
    assert SAMPLE_RATE - 2500 < touched.min() < SAMPLE_RATE < touched.max() < SAMPLE_RATE + 2500


def test_blocks_leave_no_seams(tmp_path) -> None:
    """The same sound, moved by whole cells against the blocks, is pressed in the same way."""
    noise = np.random.default_rng(5).normal(0, 0.5, (BLOCK * 2, 2))
    shift = 16 * 1000
    here = result(sound_file(tmp_path, noise), 3, -1)
    there = result(sound_file(tmp_path, np.concatenate([np.zeros((shift, 2)), noise])), 3, -1)
    middle = slice(BLOCK // 2, BLOCK * 3 // 2)
    assert np.allclose(here[middle], there[shift:][middle], atol=1e-6)
