from io import BytesIO

import numpy as np
import pytest
from clipmaking import X264, draw, write
from PIL import Image

from film_pipeline.errors import FFmpegFailedError, UnreadableMediaError
from film_pipeline.ffmpeg.loudness import measure_loudness
from film_pipeline.ffmpeg.pictures import frame_image, thumbnail
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg


def test_a_known_tone_has_its_known_loudness(tmp_path) -> None:
    """EBU Tech 3341: a stereo 1 kHz sine with peaks at -23 dBFS measures -23 LUFS."""
    path = tmp_path / "tone.wav"
    level = 10 ** (-23 / 20)
    tone = f"aevalsrc={level}*sin(2*PI*1000*t)|{level}*sin(2*PI*1000*t):s=48000:d=5"
    run_ffmpeg(["-f", "lavfi", "-i", tone, "-c:a", "pcm_f32le", file_argument(path)], doing="drawing")

    loudness = measure_loudness(path)
    assert loudness.integrated_lufs == pytest.approx(-23, abs=0.1)
    assert loudness.true_peak_db == pytest.approx(-23, abs=0.2)
    assert not loudness.is_silent


def test_silence_is_known_as_such(tmp_path) -> None:
    path = tmp_path / "silence.wav"
    run_ffmpeg(["-f", "lavfi", "-i", "anullsrc=d=2", file_argument(path)], doing="drawing")
    assert measure_loudness(path).is_silent


def test_what_has_no_sound_has_no_loudness(tmp_path) -> None:
    with pytest.raises(FFmpegFailedError, match="measuring the loudness"):
        measure_loudness(draw(tmp_path / "clip.mp4", "testsrc2", frames=3))


def numbered(count: int):
    return (np.full((180, 320, 3), 5 * number, np.uint8) for number in range(count))


@pytest.mark.parametrize(("seconds", "frame"), [(0, 0), (1.0, 24), (1.03, 24), (1.99, 47), (99, 47)])
def test_the_frame_at_a_time(tmp_path, seconds, frame) -> None:
    path = write(tmp_path / "clip.mp4", numbered(48), *X264, "-g", "10", "-crf", "5")
    assert abs(int(np.asarray(frame_image(path, seconds)).mean()) - 5 * frame) <= 2


def test_a_thumbnail_fits_where_it_must(tmp_path) -> None:
    random = np.random.default_rng(1)
    hard = write(tmp_path / "hard.mp4", (random.integers(0, 255, (360, 640, 3), np.uint8) for _ in range(3)))
    easy = draw(tmp_path / "easy.mp4", "testsrc2=s=320x180", frames=3)
    for path in (hard, easy):
        data = thumbnail(path)
        assert len(data) <= 600
        image = Image.open(BytesIO(data))
        assert image.format == "WEBP"
        assert image.width / image.height == pytest.approx(16 / 9, rel=0.1)
    assert Image.open(BytesIO(thumbnail(easy))).size == (112, 63)


def test_no_picture_from_a_damaged_clip(tmp_path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    with pytest.raises(UnreadableMediaError):
        thumbnail(path)
