"""The storyboard's rules: what is accepted, and what each refusal says."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_pipeline.errors import StoryboardError
from film_pipeline.models.format import FilmFormat, parse_frame_rate
from film_pipeline.models.storyboard import Storyboard, parse_storyboard, storyboard_to_json

SEED = """{"title": "Neo-Amsterdam",
 "scenes": [
  {"id": 1, "duration": 4, "prompt": "Cyberpunk detective walking, rain, neon lights, canals of Amsterdam, \
futuristic architecture, 8k, unreal engine 5"},
  {"id": 2, "duration": 3, "prompt": "Close up of cybernetic eye looking at a holographic map"}]}"""


def scene(**fields: object) -> dict[str, object]:
    return {"id": 1, "duration": 1, "prompt": "x", **fields}


def film(*scenes: dict[str, object], **fields: object) -> str:
    return json.dumps({"title": "t", "scenes": list(scenes) or [scene()], **fields})


def test_the_seed_is_accepted_as_it_stands() -> None:
    storyboard = parse_storyboard(SEED)
    assert [scene.id for scene in storyboard.scenes] == ["001", "002"]
    assert storyboard.seconds == 7
    assert storyboard.transition.kind == "dissolve"
    assert storyboard.transition.seconds == 0.5


def test_a_written_storyboard_reads_back_as_itself() -> None:
    text = film(scene(transition="fade", characters=["Mara"]), characters=[{"name": "Mara"}], fps="23.976")
    storyboard = parse_storyboard(text)
    assert parse_storyboard(storyboard_to_json(storyboard)) == storyboard
    assert storyboard.fps == Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON (storyboard, line 1, column 1)"),
        ("[]", "storyboard: must be an object"),
        ('{"title": "t"}', "scenes: is missing"),
        (film(scenes=[]), "scenes: must have at least one entry"),
        (film(scene(), scene()), "two scenes have the id 001"),
        (film(scene(), scene(id="001")), "two scenes have the id 001"),
        (film(scene(duration=0)), "scenes[0].duration: should be greater than or equal to 0.2, not 0"),
        (film(scene(duration=-3)), "not -3"),
        (film(scene(duration=1e6)), "scenes[0].duration: should be less than or equal to 600, not 1000000.0"),
        (film(scene(duration="4")), "scenes[0].duration: should be a valid number, not '4'"),
        (film(scene(duration=True)), "scenes[0].duration: should be a valid number"),
        (film(scene(duration=None)), "scenes[0].duration: should be a valid number"),
        (film(scene(duration=float("nan"))), "NaN is not a number"),
        (film(scene(duration=float("inf"))), "Infinity is not a number"),
        (film(scene(duration=1)).replace('"duration": 1', '"duration": 1e999'), "must be a finite number"),
        (film(scene(prompt="  ")), "scenes[0].prompt: must not be empty"),
        (film(scene(prompt="x" * 100_000)), "scenes[0].prompt: String should have at most 4000 characters"),
        (film({"id": 1, "duration": 1}), "scenes[0].prompt: is missing"),
        (film({"id": 1, "prompt": "x"}), "scenes[0].duration: is missing"),
        (film({"duration": 1, "prompt": "x"}), "scenes[0].id: is missing"),
        (film(scene(), scene(id=2, colour="red")), "scenes[1].colour: is not a known field"),
        (film(director="me"), "director: is not a known field"),
        (film(scene(transition="swirl")), "scenes[0].transition.kind: should be 'cut', 'dissolve'"),
        (film(scene(transition={"kind": "fade", "duration": 60})), "scenes[0].transition.duration"),
        (film(scene(id="../etc")), "scenes[0].id"),
        (film(scene(id="A b")), "scenes[0].id: must be a number, or a name of a-z 0-9 _ - with at most 32 characters"),
        (film(scene(id=-1)), "scenes[0].id: a number must be from 0"),
        (film(scene(prompt="a\u0000b")), "unprintable character U+0000 at position 2"),
        (film(scene(prompt="\ud800")), "scenes[0].prompt: holds a lone surrogate"),
        (film(scene(seed=2**64)), "scenes[0].seed"),
        ('{"title": "t", "scenes": "all"}', "scenes: must be a list in [ ]"),
        (film(size="big"), "size: must be WIDTHxHEIGHT"),
        (film(size="97x64"), "size: width and height must be even"),
        (film(size="10x10"), "size: width and height must be from 64 to 8192 pixels, not 10x10."),
        (film(size="8192x8192"), "size: 8192x8192 is more than"),
        (film(fps=0), "fps: must be from 1 to 120 frames a second, not 0."),
        ('{"title": "a", "title": "b"}', "the key 'title' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"title": "t", "scenes": ' + "[" * 900 + "]" * 900 + "}", "scenes[0]: must be an object"),
    ],
)
def test_a_broken_rule_is_named_by_its_path(text: str, says: str) -> None:
    with pytest.raises(StoryboardError) as caught:
        parse_storyboard(text)
    assert says in str(caught.value)
    assert caught.value.remedy


def test_a_thousand_scenes_are_a_film() -> None:
    storyboard = parse_storyboard(film(*[scene(id=number) for number in range(1, 1001)]))
    assert len(storyboard.scenes) == 1000
    assert storyboard.scenes[-1].id == "1000"


def test_emoji_and_right_to_left_are_words() -> None:
    assert parse_storyboard(film(scene(prompt="🎬 שלום مرحبا é\u200d"))).scenes[0].prompt.startswith("🎬")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_accepted_or_refused_in_our_words(data: object) -> None:
    text = json.dumps({"title": "t", "scenes": [data]})
    refusal = None
    try:
        assert isinstance(parse_storyboard(text), Storyboard)
    except StoryboardError as error:
        refusal = error
    assert refusal is None or refusal.remedy


@pytest.mark.parametrize(
    ("written", "means"), [("24", Fraction(24)), (29.97, Fraction(30000, 1001)), ("30000/1001", Fraction(30000, 1001))]
)
def test_frame_rates_people_write(written: object, means: Fraction) -> None:
    assert parse_frame_rate(written) == means


def test_the_format_counts_whole_frames() -> None:
    shape = FilmFormat(width=1280, height=720, frame_rate="24000/1001")
    assert shape.frames(4) == 96
    assert shape.frames(0.001) == 1
    assert FilmFormat().frames(0.5) == 12


@pytest.mark.parametrize("size", [(62, 64), (1281, 720), (8192, 8192)])
def test_a_size_no_encoder_takes_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"even|pixels|64"):
        FilmFormat(width=size[0], height=size[1])
