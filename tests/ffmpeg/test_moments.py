import numpy as np
import pytest

from film_pipeline.ffmpeg.loudness import measure_loudness
from film_pipeline.ffmpeg.moments import MOMENT, Moments, measure_lufs, measure_peak_db, softened
from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument

SAMPLE_RATE = 48_000


def blocks(sound: np.ndarray, size: int = SAMPLE_RATE):
    return (sound[start : start + size] for start in range(0, len(sound), size))


@pytest.fixture
def noise() -> np.ndarray:
    """Loud, quiet and silent in turns: 12 s."""
    sound = np.random.default_rng(1).normal(0, 0.1, (12 * SAMPLE_RATE, 2)).astype(np.float32)
    sound[3 * SAMPLE_RATE : 5 * SAMPLE_RATE] *= 0.03
    sound[7 * SAMPLE_RATE : 8 * SAMPLE_RATE] = 0
    return sound


def peak_of(sound: np.ndarray) -> float:
    return measure_peak_db(softened(blocks(sound), len(sound)), float(np.abs(sound).max()))


@pytest.mark.parametrize("gain", [1.0, 0.02])
def test_pieces_add_up_to_what_ffmpeg_says_of_the_whole(tmp_path, noise, gain) -> None:
    noise = noise * np.float32(gain)
    form = ["-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "pipe:0", "-c:a", "pcm_f32le"]
    with feeding_ffmpeg(["-y", *form, file_argument(tmp_path / "noise.wav")], doing="writing") as pipe:
        pipe.write(noise.tobytes())
    whole = measure_loudness(tmp_path / "noise.wav")

    pieces, before = [], 5 * MOMENT
    for start in range(0, len(noise), 4 * SAMPLE_RATE):
        begin, end = max(0, start - before), start + 4 * SAMPLE_RATE
        lufs = measure_lufs(blocks(noise[begin:end]))[(start - begin) // MOMENT :]
        pieces.append(Moments(lufs, peak_of(noise[begin:end])))
    found = Moments.of_all(pieces)
    assert len(found.lufs) == 120
    assert found.loudness().integrated_lufs == pytest.approx(whole.integrated_lufs, abs=0.1)
    assert found.true_peak_db == pytest.approx(whole.true_peak_db, abs=0.1)


def test_peaks_between_samples_are_seen_however_soft_the_sound() -> None:
    tone = np.sin(np.arange(SAMPLE_RATE) * np.pi / 2 + np.pi / 4)
    for level in (1.0, 1e-4):
        sound = np.repeat(level * tone[:, None], 2, axis=1).astype(np.float32)
        assert peak_of(sound) == pytest.approx(20 * np.log10(level), abs=0.1)


def test_a_gain_moves_every_value(noise) -> None:
    moments = Moments(measure_lufs(blocks(noise)), peak_of(noise))
    louder = Moments(measure_lufs(blocks(noise * np.float32(2))), peak_of(noise * np.float32(2)))
    by = moments.louder(20 * np.log10(2)).loudness()
    assert by.integrated_lufs == pytest.approx(louder.loudness().integrated_lufs, abs=0.01)
    assert by.true_peak_db == pytest.approx(louder.true_peak_db, abs=0.01)


def test_silence_after_sound_is_silent() -> None:
    """FFmpeg calls it "nan" or "-inf", as its rounding has it."""
    for seed in (0, 4):
        sound = np.random.default_rng(seed).normal(0, 0.2, (2 * SAMPLE_RATE, 2)).astype(np.float32)
        sound[SAMPLE_RATE:] = 0
        lufs = measure_lufs(blocks(sound))
        assert min(lufs[3:10]) > -20
        assert lufs[15:] == (-120.0,) * 5


def test_silence_has_no_loudness_and_counts_for_nothing() -> None:
    silent = np.zeros((SAMPLE_RATE, 2), np.float32)
    measured = Moments(measure_lufs(blocks(silent)), measure_peak_db(blocks(silent), 0.0))
    assert measured == Moments.of_silence(10)
    assert measured.loudness().is_silent
    loud = Moments((-20.0,) * 100, -6.0)
    together = Moments.of_all([loud, Moments.of_silence(50)])
    assert together.loudness() == loud.loudness()
    assert together.loudness().integrated_lufs == pytest.approx(-20)
