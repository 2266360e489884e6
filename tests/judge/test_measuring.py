"""Known flaws are found, in the mark they belong to; every mark is a number from 0 to 1, whatever is seen."""

import math
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flawed_clips import FLAWED, GOOD, glide, write
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from film_pipeline.errors import MediaError
from film_pipeline.judge.measuring import WEIGHTS, NumpyJudge, weighted
from film_pipeline.judge.qualities import Exposure, Motion, Sharpness, Steadiness
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene
from film_pipeline.models.take import RenderSpec

SCENE = Scene(id="001", duration=1.0, prompt="a street")
SPEC = RenderSpec(
    renderer="x/1", prompt="a street", frames=24, width=320, height=180, frame_rate=Fraction(24), seed=1, take=1
)


def rated(clip: Path, **scene: Any) -> Rating:
    return NumpyJudge().rate(clip, SCENE.model_copy(update=scene), SPEC)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Rating:
    return rated(write(tmp_path_factory.mktemp("good") / "clip.mp4", GOOD))


def test_a_good_clip_has_good_marks(good: Rating) -> None:
    assert set(good.marks) == set(WEIGHTS)
    assert min(good.marks.values()) > 0.8
    assert good.total > 0.9
    assert good.total == good.measured


@pytest.mark.parametrize("flaw", FLAWED)
def test_a_flawed_clip_loses_and_by_the_mark_that_names_its_flaw(flaw: str, good: Rating, tmp_path: Path) -> None:
    name, draw = FLAWED[flaw]
    flawed = rated(write(tmp_path / "clip.mp4", draw))
    assert flawed.total < good.total - 0.1, flawed
    assert flawed.marks[name] < good.marks[name] - 0.3, flawed


def test_worse_is_worse(tmp_path: Path) -> None:
    def total(name: str) -> float:
        return rated(write(tmp_path / "clip.mp4", FLAWED[name][1])).total

    assert total("very soft") < total("soft")
    assert total("frozen") < total("nearly frozen")


def test_wanted_stillness_and_darkness_cost_nothing(tmp_path: Path) -> None:
    still = write(tmp_path / "still.mp4", FLAWED["frozen"][1])
    assert rated(still).total < 0.6
    assert rated(still, allow_still=True).marks["motion"] == 1
    dark = write(tmp_path / "dark.mp4", FLAWED["underexposed"][1])
    assert rated(dark, allow_black=True).marks["exposure"] == 1


def test_the_size_of_the_picture_hardly_matters(good: Rating, tmp_path: Path) -> None:
    large = rated(write(tmp_path / "large.mp4", GOOD, size=(1280, 720)))
    assert large.total == pytest.approx(good.total, abs=0.25)
    assert rated(write(tmp_path / "tiny.mp4", GOOD, size=(64, 64))).total > 0


def test_the_same_clip_gets_the_same_rating(good: Rating, tmp_path: Path) -> None:
    assert rated(write(tmp_path / "again.mp4", GOOD)) == good


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    def peak(frames: int) -> int:
        clip = write(tmp_path / f"{frames}.mp4", lambda n: glide(n % 24), frames=frames)
        tracemalloc.start()
        rated(clip)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(12)
    assert peak(240) < peak(24) + 500_000, "one picture of this size has 230 kB"


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(5_000))
    with pytest.raises(MediaError):
        rated(broken)


PICTURES = st.lists(
    arrays(np.float32, st.tuples(st.integers(2, 40), st.integers(2, 60)), elements=st.floats(0, 1, width=32)),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(pictures=PICTURES, frame_rate=st.floats(1, 120))
def test_marks_are_finite_and_from_0_to_1_for_any_pictures(pictures: list[Any], frame_rate: float) -> None:
    qualities = {
        "motion": Motion(frame_rate),
        "sharpness": Sharpness(),
        "steadiness": Steadiness(),
        "exposure": Exposure(),
    }
    for picture in pictures:
        for quality in qualities.values():
            quality.see(picture)
    marks = {name: quality.mark() for name, quality in qualities.items()}
    assert all(math.isfinite(mark) and 0 <= mark <= 1 for mark in marks.values()), marks
    assert 0 < weighted(marks, WEIGHTS) <= 1


@given(marks=st.fixed_dictionaries({name: st.floats(0, 1) for name in WEIGHTS}))
def test_the_total_lies_between_the_marks_and_grows_with_each(marks: dict[str, float]) -> None:
    total = weighted(marks, WEIGHTS)
    assert max(0.02, min(marks.values())) - 1e-4 <= total <= max(0.02, *marks.values()) + 1e-4
    for name in marks:
        assert weighted({**marks, name: 1.0}, WEIGHTS) >= total
