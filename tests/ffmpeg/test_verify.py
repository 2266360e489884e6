"""Damaged clips are found, good ones are let through: also the dark, the slow and the nearly still."""

from fractions import Fraction

import numpy as np
import pytest
from clipmaking import X264, draw, turn, write
from PIL import Image, ImageDraw

from film_pipeline.errors import UnfitMediaError, UnreadableMediaError
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.ffmpeg.verify import check_clip, examine, require_clip

WIDTH, HEIGHT, FRAMES = 320, 180, 48
BARS = f"testsrc2=s={WIDTH}x{HEIGHT}:r=24"
WANTED = {"frames": FRAMES, "width": WIDTH, "height": HEIGHT, "frame_rate": Fraction(24)}


def failed(path, **more) -> set[str]:
    return {check.name for check in check_clip(examine(path), **(WANTED | more)) if not check.passed}


def noise(seed: int, low: int, high: int, size=(HEIGHT, WIDTH)) -> np.ndarray:
    """Blotches some pixels wide, as in a picture, not single dots."""
    small = np.random.default_rng(seed).integers(low, high, (size[0] // 9, size[1] // 16, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((size[1], size[0]), Image.Resampling.BICUBIC))


def title(x: float = 60, ink: int = 230, paper: int = 0) -> np.ndarray:
    card = Image.new("RGB", (WIDTH, HEIGHT), (paper,) * 3)
    ImageDraw.Draw(card).text((x, 80), "NEO-AMSTERDAM 2084", fill=(ink,) * 3)
    return np.asarray(card)


def candle(frame: int) -> np.ndarray:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    flicker = 6 + frame * 7 % 5
    picture[80 : 80 + flicker, 150 : 150 + flicker] = (255, 180, 60)
    return picture


def grain(seed: int, low: int, high: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (HEIGHT, WIDTH, 3))


def flat(*colour: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def scaled(picture: np.ndarray, factor: float) -> np.ndarray:
    return (picture * factor).astype(np.uint8)


def brighter(picture: np.ndarray, by: int | np.ndarray) -> np.ndarray:
    return np.clip(picture.astype(int) + by, 0, 255).astype(np.uint8)


GOOD = {
    "dark with structure": lambda f: np.roll(noise(1, 4, 16), f, axis=1),
    "night with grain": lambda f: grain(f, 0, 30).astype(np.uint8),
    "a candle in the dark": candle,
    "snow: nearly white": lambda f: np.roll(noise(2, 238, 255), f, axis=0),
    "a title that slides": lambda f: title(40 + f),
    "a title that slides slowly": lambda f: title(60 + f / 12),
    "a title that fades in": lambda f: title(ink=min(230, f * 10)),
    "a dim title on black that fades in": lambda f: title(ink=f),
    "fog: faint moving shapes": lambda f: np.roll(noise(3, 120, 140), f, axis=1),
    "out of the black": lambda f: scaled(noise(4, 0, 255), min(1, f / 24)),
    "into the black": lambda f: scaled(noise(5, 0, 255), min(1, (47 - f) / 24)),
    "a breath of light": lambda f: brighter(noise(6, 60, 200), int(6 * np.sin(f / 8))),
    "a blinking light": lambda f: title(ink=230 if f // 6 % 2 else 60),
    "a slow push in": lambda f: zoomed(noise(7, 0, 255), 1 + f / 1500),
}


def zoomed(picture: np.ndarray, factor: float) -> np.ndarray:
    width, height = WIDTH / factor, HEIGHT / factor
    box = ((WIDTH - width) / 2, (HEIGHT - height) / 2, (WIDTH + width) / 2, (HEIGHT + height) / 2)
    return np.asarray(Image.fromarray(picture).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box))


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("crf", [18, 30])
def test_good_clips_pass(tmp_path, kind, crf) -> None:
    path = write(tmp_path / "clip.mp4", map(GOOD[kind], range(FRAMES)), *X264, "-crf", str(crf))
    assert failed(path) == set()


BAD = {
    "black": (lambda f: flat(0, 0, 0), "not_black"),
    "black with noise": (lambda f: grain(f, 0, 3).astype(np.uint8), "not_black"),
    "black from the middle on": (lambda f: noise(f // 3, 0, 255) * (f < 24), "not_black"),
    "black but for its first frame": (lambda f: noise(f, 0, 255) * (f < 1), "not_black"),
    "grey": (lambda f: flat(128, 128, 128), "not_flat"),
    "white": (lambda f: flat(255, 255, 255), "not_flat"),
    "green": (lambda f: flat(0, 180, 0), "not_flat"),
    "one colour that pulses": (lambda f: flat(60 + 3 * f, 60, 60), "not_flat"),
    "frozen": (lambda f: noise(1, 0, 255), "not_frozen"),
    "frozen with grain": (lambda f: brighter(noise(1, 20, 235), grain(f, -3, 4)), "not_frozen"),
    "frozen in the dark": (lambda f: noise(1, 4, 16), "not_frozen"),
    "a title that does not move": (lambda f: title(), "not_frozen"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("crf", [18, 30])
def test_bad_pictures_are_found(tmp_path, kind, crf) -> None:
    picture, wanted = BAD[kind]
    assert wanted in failed(write(tmp_path / "clip.mp4", map(picture, range(FRAMES)), *X264, "-crf", str(crf)))


def test_a_still_is_fine_where_it_is_wanted(tmp_path) -> None:
    path = write(tmp_path / "clip.mp4", (title() for _ in range(FRAMES)))
    assert failed(path, allow_still=True) == set()


def test_black_is_fine_where_it_is_wanted(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", f"color=c=black:s={WIDTH}x{HEIGHT}:r=24")
    assert failed(path) == {"not_black", "not_frozen"}
    assert failed(path, allow_black=True) == set()


def test_sizes_and_lengths(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", BARS)
    assert failed(path, width=322) == {"size"}
    assert failed(path, frames=47) == failed(path, frames=49) == {"frames"}
    assert failed(path, frames=45, at_least=True) == set()
    assert failed(path, frames=49, at_least=True) == {"frames"}
    assert failed(path, frames=20, at_least=True) == {"frames"}


def test_another_rate_is_judged_by_time(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", "testsrc2=s=320x180:r=16", frames=32)
    assert failed(path) == set()
    assert failed(path, frames=60) == {"frames"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    sound = ("-c:a", "aac")
    kinds = {
        "index at the end": (*X264, *sound),
        "index in front": (*X264, *sound, "-movflags", "+faststart"),
        "without sound": (*X264, "-movflags", "+faststart"),
        "matroska": (*X264, "-f", "matroska"),
        "fragmented": (*X264, "-movflags", "frag_keyframe+empty_moov", "-g", "12"),
    }
    result = {}
    for name, options in kinds.items():
        with_sound = "sine=440" if "-c:a" in options else ""
        result[name] = draw(folder / f"{name}.mp4", BARS, *options, sound=with_sound).read_bytes()
        assert examine(folder / f"{name}.mp4").faults == ()
    return result


KINDS = ["index at the end", "index in front", "without sound", "matroska", "fragmented"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenths", range(10))
def test_clips_cut_short_are_found(tmp_path, whole, kind, tenths) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole[kind][: len(whole[kind]) * tenths // 10])
    with pytest.raises((UnreadableMediaError, UnfitMediaError), match=r"clip\.mp4"):
        require_clip(path, **WANTED)


@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.parametrize("seed", range(4))
def test_clips_overwritten_in_the_middle_are_found(tmp_path, whole, kind, seed) -> None:
    data = bytearray(whole[kind])
    start = int(len(data) * (0.3 + 0.1 * seed))
    data[start : start + 400] = np.random.default_rng(seed).bytes(400)
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    with pytest.raises((UnreadableMediaError, UnfitMediaError)):
        require_clip(path, **WANTED)


def test_the_error_names_everything_that_is_wrong(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", "color=c=black:s=64x64:r=24", frames=10)
    with pytest.raises(UnfitMediaError) as caught:
        require_clip(path, **WANTED)
    text = str(caught.value)
    assert "frames: 10 frames at 24 a second, wanted 48" in text
    assert "size: 64x64, wanted 320x180" in text
    assert "not_black: 100% of the frames are black" in text
    assert "bf16" in text


def test_what_was_found_is_told(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", BARS, *X264, "-c:a", "aac", sound="sine=440:r=48000")
    examination = require_clip(path, **WANTED)
    assert (examination.frames, examination.promised, examination.gaps) == (48, 48, 0)
    assert examination.audio_seconds == pytest.approx(2, abs=0.2)
    assert examination.last_seconds == pytest.approx(47 / 24)
    assert 0 < examination.luma_min <= examination.luma_max < 255
    assert examination.contrast > 20


def test_gaps_between_frames_are_counted(tmp_path) -> None:
    path = draw(tmp_path / "clip.mp4", BARS + ",select='not(between(n,10,19))'", *X264, "-fps_mode", "vfr", frames=38)
    assert examine(path).gaps > 0


def test_a_turned_clip_has_its_upright_size(tmp_path) -> None:
    draw(tmp_path / "clip.mp4", "testsrc2=s=180x320:r=24")
    turned = turn(tmp_path / "clip.mp4", tmp_path / "turned.mp4", 90)
    assert failed(turned) == set()


def test_a_clip_trimmed_by_its_index_is_whole(tmp_path) -> None:
    """An edit list hides frames that are there; that is no damage."""
    draw(tmp_path / "clip.mp4", BARS, *X264, "-g", "48", frames=72)
    trimmed = tmp_path / "trimmed.mp4"
    run_ffmpeg(["-ss", "1", "-i", file_argument(tmp_path / "clip.mp4"), "-c", "copy", file_argument(trimmed)], doing="")
    assert examine(trimmed).faults == ()
