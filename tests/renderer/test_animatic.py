"""The animatic renderer, measured on what it writes: frames are decoded and counted, pictures are compared."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from film_pipeline.models.storyboard import MAX_SEED, parse_storyboard
from film_pipeline.models.take import RenderSpec
from film_pipeline.renderer.animatic import AnimaticRenderer

NEON = "Cyberpunk detective walking, rain, neon lights, canals of Amsterdam, futuristic architecture"


def make_spec(prompt=NEON, *, frames=3, size=(160, 90), rate="24", seed=1, caption="001 · EXT. CANAL - NIGHT", take=1):
    return RenderSpec(
        renderer="animatic/1", prompt=prompt, caption=caption, frames=frames, width=size[0], height=size[1],
        frame_rate=rate, seed=seed, take=take,
    )  # fmt: skip


def shoot(spec, folder: Path, name="clip.mp4"):
    clip = folder / name
    clip.unlink(missing_ok=True)
    AnimaticRenderer().render(spec, clip, lambda share, words: None)
    return clip


def decode(clip: Path):
    """All frames as RGB, and the stream's facts."""
    with av.open(str(clip)) as container:
        assert not container.streams.audio
        stream = container.streams.video[0]
        facts = (stream.codec_context.name, stream.codec_context.pix_fmt, stream.average_rate)
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    return np.stack(frames), facts


def luma(frames):
    return float((frames @ np.array([0.2126, 0.7152, 0.0722])).mean())


def test_recipe_says_that_it_is_a_captioned_stand_in():
    storyboard = parse_storyboard('{"title": "A", "scenes": [{"id": 1, "duration": 1, "prompt": "rain"}]}')
    recipe = AnimaticRenderer().recipe(storyboard, storyboard.scenes[0])
    assert recipe.renderer == "animatic/1"
    assert recipe.captioned
    assert recipe.stand_in


@pytest.mark.parametrize(
    ("size", "rate", "frames"),
    [
        ((64, 64), "24", 5),
        ((66, 90), "25", 7),
        ((90, 160), "24000/1001", 13),
        ((160, 90), "1", 3),
        ((128, 128), "120", 121),
        ((320, 136), "60000/1001", 4),
        ((1280, 720), "24", 1),
        ((720, 1280), "30", 2),
        ((2560, 1440), "24", 1),
    ],
)
def test_writes_exactly_the_frames_size_and_rate_that_were_asked_for(tmp_path, size, rate, frames):
    clip = shoot(make_spec(size=size, rate=rate, frames=frames), tmp_path)
    pictures, facts = decode(clip)
    assert pictures.shape == (frames, size[1], size[0], 3)
    assert facts == ("h264", "yuv420p", Fraction(rate))
    assert luma(pictures) > 15


def test_states_the_colours_of_high_definition_television(tmp_path):
    with av.open(str(shoot(make_spec(), tmp_path))) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_range, context.colorspace) == (1, 1)
        assert (context.color_primaries, context.color_trc) == (1, 1)


def test_the_same_spec_gives_the_same_file_and_another_seed_or_take_another_picture(tmp_path):
    first, again = (shoot(make_spec(), tmp_path, name).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert first == again
    pictures, _ = decode(tmp_path / "a.mp4")
    for other in (make_spec(seed=2), make_spec(take=2), make_spec(seed=MAX_SEED)):
        changed, _ = decode(shoot(other, tmp_path))
        assert np.abs(pictures.astype(int) - changed).mean() > 3


def test_night_is_darker_than_day_and_weather_changes_the_picture(tmp_path):
    def picture(words):
        return decode(shoot(make_spec(words, frames=2, caption=""), tmp_path))[0]

    assert luma(picture("a street by day")) > 1.5 * luma(picture("a street at night"))
    day = picture("a street by day").astype(int)
    for weather in ("rain", "snow", "fog"):
        assert np.abs(day - picture(f"a street by day, {weather}")).mean() > 2
    red, blue = picture("corridor, red light").mean((0, 1, 2)), picture("corridor, blue light").mean((0, 1, 2))
    assert red[0] - red[2] > blue[0] - blue[2] + 20


def test_the_camera_moves_as_the_words_say(tmp_path):
    """A pan to the right moves the picture to the left, a pan to the left to the right."""

    def drift(words):
        pictures, _ = decode(shoot(make_spec(words, frames=48, size=(192, 108), caption=""), tmp_path))
        columns = pictures[:, 10:70].mean(axis=(1, 3))
        first, last = columns[4] - columns[4].mean(), columns[43] - columns[43].mean()
        scores = {shift: float(np.dot(np.roll(first, shift), last)) for shift in range(-40, 41)}
        return max(scores, key=scores.get)

    assert drift("a row of canal houses in Amsterdam by day, pan right") < 0
    assert drift("a row of canal houses in Amsterdam by day, pan left") > 0


PROMPTS = [
    NEON,
    "Close up of cybernetic eye looking at a holographic map",
    "Extreme close-up of her face, static camera, night",
    "A hand holding a key by candle light, close up",
    "Static shot of an empty dark room at night",
    "Misty forest at dawn with a deer",
    "Desert caravan, aerial shot",
    "A ship in a storm at sea, lightning",
    "Snow on mountains, handheld",
    "Spaceship corridor, orbit around an astronaut running",
    "Over the shoulder of a woman in an office, day",
    "A busy night market, crane up",
    "Deep space, a ringed planet",
    "🚀🌈🐙",
    "شارع ممطر في الليل",
    "日本の夏の花火",
    ".",
    "a  b\n\nc\td",
    "word " * 799,
    "x" * 4000,
]


@pytest.mark.parametrize("prompt", PROMPTS, ids=range(len(PROMPTS)))
def test_no_prompt_gives_a_black_blank_or_frozen_picture(tmp_path, prompt):
    pictures, _ = decode(shoot(make_spec(prompt, frames=8, size=(192, 108), caption="007"), tmp_path))
    assert luma(pictures) > 18
    assert pictures.std(axis=(1, 2)).max(axis=1).min() > 8
    moved = np.abs(np.diff(pictures.astype(int), axis=0)).mean(axis=(1, 2, 3))
    assert moved.min() > 0.02


@pytest.mark.parametrize(
    "text", ["%{pts} %d :'\"\\ ,;[in]", "a\nb\\n", "' ; rm -rf / #", "e\u0301\u200f\u202e\ufe0f", "-i x"]
)
def test_text_is_only_text(tmp_path, text):
    pictures, _ = decode(shoot(make_spec(text, caption=text, frames=2), tmp_path, "-strange %03d'name.mp4"))
    assert len(pictures) == 2


def test_the_caption_is_written_and_missing_letters_are_noted(tmp_path):
    spec = make_spec("a street by day", size=(640, 360), caption="", frames=1)
    plain, _ = decode(shoot(spec, tmp_path))
    labelled, _ = decode(shoot(spec.model_copy(update={"caption": "042 · SOMEWHERE"}), tmp_path))
    changed = np.abs(plain.astype(int) - labelled).mean(axis=(0, 2, 3))
    assert changed[: 360 * 3 // 4].max() < 1
    assert changed[360 * 3 // 4 :].max() > 5
    rendering = AnimaticRenderer().render(make_spec("日本 street"), tmp_path / "note.mp4", lambda share, words: None)
    assert "日本" in rendering.notes[0]
    assert AnimaticRenderer().render(make_spec("Ça va, Łódź?"), tmp_path / "no.mp4", lambda s, w: None).notes == ()


def test_progress_is_told_every_half_second_and_ends_at_one(tmp_path):
    told = []
    AnimaticRenderer().render(
        make_spec(frames=50), tmp_path / "a.mp4", lambda share, words: told.append((share, words))
    )
    assert [share for share, _ in told] == [0.24, 0.48, 0.72, 0.96, 1.0]
    assert told[-1][1] == "frame 50 of 50"


VOCABULARY = {
    "shot": ["", "close-up", "extreme close-up", "medium shot", "aerial", "establishing", "over the shoulder"],
    "subject": [
        "detective",
        "woman",
        "robot",
        "astronaut",
        "eye",
        "face",
        "hand",
        "map",
        "car",
        "boat",
        "drone",
        "crowd",
        "key",
        "cup",
        "gun",
        "clock",
        "dog",
    ],
    "place": [
        "",
        *[
            "street",
            "canal",
            "bar",
            "lab",
            "corridor",
            "forest",
            "desert",
            "sea",
            "mountains",
            "space",
            "field",
            "market",
            "station",
            "roof",
        ],
    ],
    "time": ["night", "dawn", "day", "dusk", "golden hour"],
    "weather": ["", "rain", "snow", "fog", "storm", "neon", "fire", "candle"],
    "camera": ["pan left", "tilt up", "push in", "pull out", "tracking", "handheld", "static", "orbit"],
}


@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompt=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip),
    words=st.tuples(*(st.sampled_from(choices) for choices in VOCABULARY.values())),
    seed=st.integers(0, MAX_SEED),
)
def test_any_words_give_moving_pictures(tmp_path, prompt, words, seed):
    spec = make_spec(" ".join([*words, prompt]), seed=seed, size=(64, 64), frames=2, rate="8")
    pictures, _ = decode(shoot(spec, tmp_path))
    assert len(pictures) == 2
    assert luma(pictures) > 10
