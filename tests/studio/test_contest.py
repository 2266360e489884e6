"""Several takes of a scene: each rendered once, rated, the best chosen; a person's choice always wins."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from factories import PatternRenderer, make_scene, make_storyboard, make_studio

from film_pipeline.errors import RenderContentError, RenderMachineError, UnfitMediaError
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene, storyboard_to_json
from film_pipeline.models.take import RenderSpec
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import Shot, Wish, publish_shot, select_take, shoot


@dataclass
class TakeJudge:
    """Gives each take the total that stands at its number."""

    totals: dict[int, float] = field(default_factory=lambda: {1: 0.4, 2: 0.9, 3: 0.6})
    name: str = "numpy/1"
    rated: list[int] = field(default_factory=list)

    def accepts(self, rating: Rating) -> bool:
        return rating.judge == self.name

    def rate(self, clip: Path, scene: Scene, spec: RenderSpec) -> Rating:
        assert clip.stat().st_size > 0
        self.rated.append(spec.take)
        total = self.totals.get(spec.take, 0.5)
        return Rating(judge=self.name, total=total, measured_by=self.name, measured=total, marks={"motion": total})


@pytest.fixture
def renderer() -> PatternRenderer:
    return PatternRenderer()


@pytest.fixture
def judge() -> TakeJudge:
    return TakeJudge()


@pytest.fixture
def studio(settings: Settings, renderer: PatternRenderer, judge: TakeJudge) -> Studio:
    return make_studio(settings, renderer, judge)


def ask_for(studio: Studio, **scene: object) -> None:
    """Write a storyboard of one short scene."""
    board = make_storyboard(make_scene(1, duration=0.5, **scene))
    studio.store.objects.write(keys.storyboard("neo"), storyboard_to_json(board).encode())


def take_part(studio: Studio, **wish: object) -> Shot:
    with shoot(studio, "neo", "001", Wish(**wish), lambda share, words: None) as shot:  # type: ignore[arg-type]
        publish_shot(studio, shot)
    return shot


def numbers(studio: Studio) -> list[int]:
    return [take.number for take in studio.store.takes("neo", "001")]


def test_three_takes_are_rendered_rated_and_the_best_is_selected(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    told: list[tuple[float, str]] = []
    with shoot(studio, "neo", "001", Wish(), lambda share, words: told.append((share, words))) as shot:
        publish_shot(studio, shot)
    assert told == [(pytest.approx(n / 3), f"take {n} of 3: done") for n in (1, 2, 3)]
    assert len({spec.seed for spec in renderer.rendered}) == 3
    selection = studio.store.cut("neo").scenes["001"]
    assert (selection.take, selection.chosen_by, selection.among) == (2, "judge", 3)
    assert shot.rendered
    assert shot.checks
    record = json.loads(Path(studio.store.where(keys.take("neo", "001", selection.digest))).read_text())
    assert record["rating"]["total"] == 0.9
    assert studio.plan("neo").scenes[0].state == "current"


def test_nothing_is_rendered_or_rated_twice(studio: Studio, renderer: PatternRenderer, judge: TakeJudge) -> None:
    ask_for(studio, takes=3)
    take_part(studio)
    before = studio.store.objects.read(keys.cut("neo"))
    for wish in ({}, {"request": "daemon"}):
        shot = take_part(studio, **wish)
        assert not shot.rendered
    assert studio.store.objects.read(keys.cut("neo")) == before
    assert (len(renderer.rendered), judge.rated) == (3, [1, 2, 3])


def fails_once(number: int) -> Callable[[RenderSpec], Exception | None]:
    faults = {number: RenderMachineError("the server is gone")}
    return lambda spec: faults.pop(spec.take, None)


def test_a_kill_after_two_takes_costs_only_the_third(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    renderer.failing = fails_once(3)
    with pytest.raises(RenderMachineError):
        take_part(studio)
    assert numbers(studio) == [1, 2]
    assert studio.plan("neo").scenes[0].state == "short"
    take_part(studio)
    assert [spec.take for spec in renderer.rendered] == [1, 2, 3, 3]
    assert studio.store.cut("neo").scenes["001"].take == 2


def test_a_kill_before_the_choice_renders_nothing(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    with shoot(studio, "neo", "001", Wish(), lambda share, words: None):
        pass  # never published: the pointer is as it was
    assert studio.plan("neo").scenes[0].state == "selectable"
    take_part(studio, new_take=True, request="")
    assert len(renderer.rendered) == 4, "a person who asks for one more take gets it"
    ask_for(studio, takes=3, prompt="another")
    with shoot(studio, "neo", "001", Wish(), lambda share, words: None):
        pass
    take_part(studio)
    assert len(renderer.rendered) == 7


def test_more_takes_later_are_judged_with_the_first(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio)
    take_part(studio)
    assert studio.store.takes("neo", "001")[0].rating is None, "a single take needs no judge"
    ask_for(studio, takes=3)
    shot = take_part(studio)
    assert len(renderer.rendered) == 3
    assert shot.take.number == 2
    assert [take.rating and take.rating.total for take in studio.store.takes("neo", "001")] == [0.4, 0.9, 0.6]
    ask_for(studio, takes=2)
    take_part(studio)
    ask_for(studio)
    take_part(studio)
    assert len(renderer.rendered) == 3
    assert studio.store.cut("neo").scenes["001"].take == 2


def test_the_choice_of_a_person_stays_until_the_scene_is_edited(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    take_part(studio)
    select_take(studio, "neo", "001", 1)
    ask_for(studio, takes=5)
    take_part(studio)
    assert len(renderer.rendered) == 3
    assert studio.store.cut("neo").scenes["001"].take == 1
    ask_for(studio, takes=3, prompt="another")
    take_part(studio)
    assert len(renderer.rendered) == 6
    assert studio.store.cut("neo").scenes["001"].chosen_by == "judge"


def test_a_person_who_chooses_while_the_last_take_is_rendered_is_not_overruled(
    studio: Studio, renderer: PatternRenderer
) -> None:
    ask_for(studio, takes=3)

    def choosing(spec: RenderSpec) -> None:
        if spec.take == 3:
            select_take(studio, "neo", "001", 1)

    renderer.failing = choosing  # type: ignore[assignment]
    take_part(studio)
    selection = studio.store.cut("neo").scenes["001"]
    assert (selection.take, selection.chosen_by) == (1, "person")
    assert studio.plan("neo").scenes[0].state == "current"


def test_a_take_that_a_person_asks_for_is_selected_whatever_the_judge_says(
    studio: Studio, renderer: PatternRenderer
) -> None:
    ask_for(studio, takes=3)
    take_part(studio)
    for _ in range(2):
        shot = take_part(studio, new_take=True, request="run-7")
        assert shot.take.number == 4
    assert len(renderer.rendered) == 4
    assert shot.take.rating is not None, "shown beside the others"
    ask_for(studio, takes=5)
    take_part(studio)
    assert len(renderer.rendered) == 4
    assert studio.store.cut("neo").scenes["001"].take == 4


def test_a_retry_of_a_person_s_run_keeps_the_winner(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    for _ in range(2):
        assert take_part(studio, new_take=True, request="run-1").take.number == 2
    assert len(renderer.rendered) == 3


def test_a_refused_take_is_recorded_and_the_best_of_the_others_wins(
    studio: Studio, renderer: PatternRenderer, judge: TakeJudge
) -> None:
    ask_for(studio, takes=3)
    renderer.failing = lambda spec: RenderContentError("Refused", why="it is black") if spec.take == 2 else None
    contest = take_part(studio).contest
    assert contest is not None
    assert [take.number for take in contest.takes] == [1, 3]
    assert [(refusal.number, refusal.why) for refusal in contest.refused] == [(2, "Refused: it is black")]
    assert contest.chosen.number == 3
    assert contest.notes == ("take 2 was refused: Refused: it is black",)
    assert "take 1 has 0.40 (motion 0.40 against 0.60); take 2 was refused" in contest.why
    take_part(studio)
    assert [spec.take for spec in renderer.rendered] == [1, 2, 3]
    assert studio.store.cut("neo").scenes["001"].among == 3
    renderer.failing = lambda spec: None
    assert take_part(studio, new_take=True).take.number == 4


def test_a_scene_fails_only_when_all_takes_are_refused_and_then_begins_anew(
    studio: Studio, renderer: PatternRenderer
) -> None:
    ask_for(studio, takes=2)
    renderer.failing = lambda spec: RenderContentError("Refused", why=f"seed {spec.take}")
    for _ in range(2):
        with pytest.raises(UnfitMediaError, match=r"All 2 takes were refused.*take 1: Refused: seed 1; take 2"):
            take_part(studio)
        assert studio.plan("neo").scenes[0].work == renderer.rendered[0].digest, "automation knows what was refused"
    assert [spec.take for spec in renderer.rendered] == [1, 2, 1, 2]
    renderer.failing = lambda spec: None
    take_part(studio)
    assert numbers(studio) == [1, 2]


def test_a_damaged_take_is_set_aside_and_rendered_again(
    studio: Studio, renderer: PatternRenderer, judge: TakeJudge
) -> None:
    from film_pipeline.judge.measuring import NumpyJudge

    studio = make_studio(studio.settings, renderer, NumpyJudge())
    ask_for(studio)
    take = take_part(studio).take
    clip = Path(studio.store.where(keys.clip("neo", "001", take.digest)))
    clip.write_bytes(bytes(take.bytes))
    ask_for(studio, takes=2)
    take_part(studio)
    assert numbers(studio) == [1, 2]
    assert [spec.take for spec in renderer.rendered] == [1, 1, 2]
    assert studio.store.takes("neo", "001")[0].sha256 == take.sha256


def test_without_a_judge_the_takes_are_there_to_choose_from(settings: Settings, renderer: PatternRenderer) -> None:
    from dataclasses import replace

    studio = replace(make_studio(settings, renderer), judge=None)
    ask_for(studio, takes=2)
    take_part(studio)
    assert numbers(studio) == [1, 2]
    assert studio.store.cut("neo").scenes["001"].chosen_by == "pipeline"
    assert studio.plan("neo").scenes[0].state == "current"
    take_part(studio)
    assert len(renderer.rendered) == 2


def test_takes_are_counted_in_the_cap(tmp_path: Path) -> None:
    from film_pipeline.errors import StoryboardError

    studio = make_studio(Settings(FILM_HOME=tmp_path, FILM_MAX_SECONDS=1, FILM_TAKES=3))
    ask_for(studio)
    with pytest.raises(StoryboardError, match=r"1.5 seconds with all takes, and FILM_MAX_SECONDS is 1"):
        studio.plan("neo")
    ask_for(studio, takes=2)
    assert studio.plan("neo").takes_left == 2


def test_a_person_and_the_judge_who_choose_the_same_take_are_of_one_mind(
    studio: Studio, renderer: PatternRenderer
) -> None:
    ask_for(studio, takes=3)

    def choosing(spec: RenderSpec) -> None:
        if spec.take == 3:
            select_take(studio, "neo", "001", 2)

    renderer.failing = choosing  # type: ignore[assignment]
    take_part(studio)
    assert studio.store.cut("neo").scenes["001"].chosen_by == "person"
    ask_for(studio, takes=5)
    assert studio.plan("neo").scenes[0].state == "current"


def test_a_person_s_take_that_was_damaged_is_made_again_and_stays(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=3)
    take_part(studio)
    chosen = select_take(studio, "neo", "001", 1)
    studio.store.set_clip_aside("neo", chosen)
    take_part(studio)
    assert [spec.take for spec in renderer.rendered] == [1, 2, 3, 1]
    selection = studio.store.cut("neo").scenes["001"]
    assert (selection.take, selection.chosen_by) == (1, "person")


def test_what_refuses_every_take_alike_is_told_as_it_is(studio: Studio, renderer: PatternRenderer) -> None:
    ask_for(studio, takes=2)
    renderer.failing = lambda spec: RenderContentError("Refused", why="no such node", remedy="Mend the workflow.")
    with pytest.raises(RenderContentError, match=r"Refused: no such node\. Mend the workflow\."):
        take_part(studio)
