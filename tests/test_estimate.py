"""The estimate: by the median of past takes of the same kind, and none where there is no such take."""

import pytest
from factories import make_scene, make_storyboard, make_studio
from hypothesis import given
from hypothesis import strategies as st

from film_pipeline.estimate import estimate
from film_pipeline.models.price import GpuPrice, Spending, duration_words, parse_price
from film_pipeline.models.take import RenderSpec, Take
from film_pipeline.settings import Settings
from film_pipeline.studio.estimates import estimate_of
from film_pipeline.studio.shots import Wish, publish_shot, shoot

EUROS = GpuPrice(per_hour=3.6, currency="EUR")


def make_spec(frames: int = 24, *, workflow: str = "w", width: int = 64, seed: int = 1) -> RenderSpec:
    return RenderSpec(
        renderer="comfyui/1",
        prompt="p",
        frames=frames,
        width=width,
        height=64,
        frame_rate="24",
        seed=seed,
        take=1,
        workflow=workflow,
    )


def make_take(spec: RenderSpec, seconds: float, gpu_seconds: float | None = None) -> Take:
    made = {} if gpu_seconds is None else {"gpu_seconds": gpu_seconds}
    about = {"scene": "001", "number": 1, "digest": spec.digest, "basis": "b", "created": "x", "sha256": "0"}
    return Take(**about, bytes=1, spec=spec, seconds=seconds, made=made)


def test_the_median_take_of_the_same_kind_decides() -> None:
    past = [make_take(make_spec(24), seconds, seconds - 1) for seconds in (11.0, 13.0, 1001.0)]
    found = estimate([(make_spec(24), 1), (make_spec(48), 1)], past, EUROS)
    assert (found.scenes, found.seconds) == (2, 3.0)
    assert found.render_seconds == 39.0
    assert found.gpu_seconds == 36.0
    assert found.cost == 0.036
    assert found.words == "2 scenes, 3.0 s of film; about 36 s of GPU, 0.036 EUR, by the median of 3 takes of that kind"


def test_several_takes_of_a_scene_count_each() -> None:
    found = estimate([(make_spec(24), 3)], [make_take(make_spec(24), 5.0, 4.0)])
    assert (found.scenes, found.clips, found.seconds, found.gpu_seconds) == (1, 3, 3.0, 12.0)
    assert found.words.startswith("1 scene in 3 takes, 3.0 s of film; about 12 s of GPU")


def test_another_workflow_or_size_says_nothing() -> None:
    past = [make_take(make_spec(workflow="other"), 5.0), make_take(make_spec(width=128), 5.0)]
    found = estimate([(make_spec(), 1)], past, EUROS)
    assert (found.render_seconds, found.gpu_seconds, found.cost, found.takes) == (None, None, None, 0)
    assert "no estimate" in found.words


def test_scenes_without_history_are_counted() -> None:
    found = estimate([(make_spec(), 1), (make_spec(workflow="new"), 1)], [make_take(make_spec(), 5.0)])
    assert found.unknown == 1
    assert found.render_seconds is None
    assert "1 of them" in found.words


def test_a_renderer_without_gpu_is_told_in_seconds_of_rendering() -> None:
    found = estimate([(make_spec(), 1)], [make_take(make_spec(), 5.0)], EUROS)
    assert (found.gpu_seconds, found.cost) == (0.0, 0.0)
    assert found.words == "1 scene, 1.0 s of film; about 5.0 s of rendering, by one take of that kind"


def test_nothing_to_render_needs_no_history() -> None:
    assert estimate([], []).words == "nothing to render"
    assert estimate([], []).render_seconds == 0.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 10_000))
def test_the_estimate_lies_within_the_past(seconds: list[float], frames: int) -> None:
    found = estimate([(make_spec(frames), 1)], [make_take(make_spec(10), second) for second in seconds])
    assert found.render_seconds is not None
    assert min(seconds) * frames / 10 - 0.1 <= found.render_seconds <= max(seconds) * frames / 10 + 0.1


def test_history_is_this_films_then_that_of_others(settings: Settings) -> None:
    studio = make_studio(settings)
    studio.store.write_storyboard("neo", make_storyboard(make_scene(1), make_scene(2)))
    studio.store.write_storyboard("other", make_storyboard(make_scene(1)))
    assert estimate_of(studio, studio.plan("neo")).render_seconds is None
    with shoot(studio, "other", "001", Wish(), lambda share, words: None) as shot:
        publish_shot(studio, shot)
    found = estimate_of(studio, studio.plan("neo"))
    assert (found.scenes, found.takes) == (2, 1)
    assert found.render_seconds == pytest.approx(2 * shot.take.seconds, abs=0.1)
    with shoot(studio, "neo", "001", Wish(), lambda share, words: None) as shot:
        publish_shot(studio, shot)
    found = estimate_of(studio, studio.plan("neo"))
    assert (found.scenes, found.takes) == (1, 2)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("2.49 EUR", GpuPrice(per_hour=2.49, currency="EUR")),
        ("3", GpuPrice(per_hour=3)),
        (" 0.5  $ ", GpuPrice(per_hour=0.5, currency="$")),
    ],
)
def test_prices_are_read(text: str, price: GpuPrice) -> None:
    assert parse_price(text) == price


@pytest.mark.parametrize("text", ["EUR", "-1 EUR", "1,5 EUR", "nan EUR", "inf", "1e9 EUR", "2 EUR an hour"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2\.49 EUR"):
        parse_price(text)


def test_sums_keep_digits_that_say_something() -> None:
    assert [EUROS.words(seconds) for seconds in (0, 0.5, 36, 450, 3600)] == [
        "0.00 EUR",
        "0.0005 EUR",
        "0.036 EUR",
        "0.45 EUR",
        "3.60 EUR",
    ]
    assert Spending(gpu_seconds=1000, gpu_seconds_made=2000, price=EUROS).cost_made == 2.0
    assert Spending(gpu_seconds=1000).cost is None
    assert [duration_words(seconds) for seconds in (4.25, 48, 720, 12600)] == ["4.2 s", "48 s", "12 min", "3.5 h"]
