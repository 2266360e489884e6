"""The plan: what is missing, stale or current, for every way a film changes."""

from fractions import Fraction
from typing import Any

from factories import make_scene, make_storyboard

from film_pipeline.models.format import FilmFormat
from film_pipeline.models.rating import Rating
from film_pipeline.models.report import FilmReport
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Cut, Recipe, Refusal, Selection, Take
from film_pipeline.planning import Plan, ScenePlan, full_prompt, new_take, plan, seed_of

FORMAT = FilmFormat(width=160, height=90, frame_rate=Fraction(12))


class Film:
    """A film in memory: what was rendered, selected and cut so far."""

    def __init__(self) -> None:
        self.takes: dict[str, list[Take]] = {}
        self.cut = Cut()
        self.report: FilmReport | None = None
        self.recipe = Recipe(renderer="pattern/1")

    def plan(self, storyboard: Storyboard, **changes: Any) -> Plan:
        given: dict[str, Any] = {
            "takes": {scene.id: self.takes.get(scene.id, []) for scene in storyboard.scenes},
            "clips": {take.digest: 1 for takes in self.takes.values() for take in takes},
            "cut": self.cut,
            "report": self.report,
            "soundtrack": None,
            "default_format": FORMAT,
            "loudness": -14.0,
            "recipe_of": lambda storyboard, scene: self.recipe,
            "composer": "tone/1",
        }
        return plan("film", storyboard, **(given | changes))

    def render(self, planned: Plan) -> list[str]:
        """Render and select everything that is not current; returns the scenes that were rendered."""
        done = []
        for scene in planned.scenes:
            if scene.to_render:
                self.take(scene)
                done.append(scene.scene)
            if scene.state != "current":
                chosen = Selection(take=scene.take, digest=scene.digest, bytes=1, basis=scene.basis)
                self.cut = self.cut.selecting(scene.scene, chosen)
        return done

    def take(self, scene: ScenePlan) -> None:
        made = Take(
            scene=scene.scene, number=scene.take, digest=scene.spec.digest, basis=scene.basis, spec=scene.spec,
            created="now", seconds=1, sha256="0", bytes=1,
        )  # fmt: skip
        self.takes.setdefault(scene.scene, []).append(made)

    def finish(self, storyboard: Storyboard) -> None:
        self.render(self.plan(storyboard))
        self.report = FilmReport.model_construct(signature=self.plan(storyboard).signature)


def states(planned: Plan) -> list[str]:
    return [scene.state for scene in planned.scenes]


def test_a_new_film_misses_everything() -> None:
    planned = Film().plan(make_storyboard())
    assert states(planned) == ["missing", "missing"]
    assert planned.cut
    assert planned.compose
    assert not planned.complete
    assert planned.seconds_to_render == 2


def test_a_finished_film_needs_nothing() -> None:
    film = Film()
    film.finish(make_storyboard())
    assert film.plan(make_storyboard()).current


def test_one_edited_prompt_is_one_stale_scene_and_a_cut() -> None:
    film = Film()
    film.finish(make_storyboard())
    edited = make_storyboard(make_scene(1), make_scene(2, prompt="something else"))
    planned = film.plan(edited)
    assert states(planned) == ["current", "stale"]
    assert planned.scenes[1].take == 2
    assert planned.cut
    assert film.render(planned) == ["002"]


def test_an_edit_taken_back_renders_nothing() -> None:
    film = Film()
    film.finish(make_storyboard())
    film.finish(make_storyboard(make_scene(1), make_scene(2, prompt="something else")))
    planned = film.plan(make_storyboard())
    assert states(planned) == ["current", "selectable"]
    assert film.render(planned) == []
    assert film.cut.scenes["002"].take == 1


def test_a_scene_put_between_renames_no_other() -> None:
    film = Film()
    film.finish(make_storyboard())
    planned = film.plan(make_storyboard(make_scene(1), make_scene("001a"), make_scene(2)))
    assert states(planned) == ["current", "missing", "current"]


def test_a_removed_scene_is_dropped_and_the_movie_cut() -> None:
    film = Film()
    film.finish(make_storyboard())
    planned = film.plan(make_storyboard(make_scene(1)))
    assert planned.drop == ("002",)
    assert planned.cut
    assert planned.complete


def test_what_decides_no_pixel_renders_nothing() -> None:
    film = Film()
    film.finish(make_storyboard())
    planned = film.plan(make_storyboard(title="Another title", transition={"kind": "fade", "duration": 0.3}))
    assert states(planned) == ["current", "current"]
    assert planned.cut
    planned = film.plan(make_storyboard(), codec="hevc")
    assert states(planned) == ["current", "current"]
    assert planned.cut


def test_what_decides_pixels_makes_every_scene_stale() -> None:
    film = Film()
    film.finish(make_storyboard())
    for changes in ({"size": "320x180"}, {"fps": 24}, {"seed": 7}, {"negative_prompt": "text"}, {"style": "noir"}):
        assert states(film.plan(make_storyboard(**changes))) == ["stale", "stale"], changes
    film.recipe = Recipe(renderer="comfyui", workflow="digest")
    assert states(film.plan(make_storyboard())) == ["stale", "stale"]


def test_a_lost_clip_is_rendered_as_the_same_take() -> None:
    film = Film()
    film.finish(make_storyboard())
    digest = film.cut.scenes["001"].digest
    film.takes["001"] = []
    planned = film.plan(make_storyboard())
    assert states(planned) == ["stale", "current"]
    assert planned.scenes[0].spec.digest == digest


def test_a_person_s_choice_of_an_older_take_holds_until_the_scene_is_edited() -> None:
    film = Film()
    film.finish(make_storyboard())
    edited = make_storyboard(make_scene(1), make_scene(2, prompt="something else"))
    film.finish(edited)
    older = film.takes["002"][0]
    basis = film.plan(edited).scenes[1].basis
    chosen = Selection(take=1, digest=older.digest, bytes=1, basis=basis, chosen_by="person")
    film.cut = film.cut.selecting("002", chosen)
    assert states(film.plan(edited)) == ["current", "current"]
    assert film.plan(edited).cut
    again = make_storyboard(make_scene(1), make_scene(2, prompt="a third wording"))
    assert states(film.plan(again)) == ["current", "stale"]


def test_a_new_take_differs_in_number_seed_and_digest_only() -> None:
    film, storyboard = Film(), make_storyboard()
    film.finish(storyboard)
    scene = storyboard.scenes[0]
    wanted: dict[str, Any] = {"shape": FORMAT, "recipe": film.recipe, "made": film.takes["001"]}
    second = new_take("film", storyboard, scene, seed=None, **wanted)
    fixed = new_take("film", storyboard, scene, seed=5, **wanted)
    first = film.takes["001"][0]
    assert (second.take, second.basis) == (2, first.basis)
    assert second.spec.seed != first.spec.seed
    assert len({first.digest, second.digest, fixed.digest}) == 3
    assert fixed.spec.seed == 5


def test_seeds_are_the_scene_s_then_the_film_s_then_derived() -> None:
    scene = Scene(id="001", duration=1, prompt="x", seed=3)
    plain = Scene(id="001", duration=1, prompt="x")
    board, seeded = make_storyboard(), make_storyboard(seed=9)
    assert seed_of("film", board, scene, 1) == 3
    assert seed_of("film", seeded, plain, 1) == 9
    assert seed_of("film", board, plain, 1) == seed_of("film", board, plain, 1)
    assert len({seed_of("film", board, plain, take) for take in range(1, 50)}) == 49
    assert seed_of("film", board, plain, 1) != seed_of("other", board, plain, 1)


def test_cast_and_style_are_added_where_the_scene_does_not_say_them() -> None:
    cast = [{"name": "Mara", "description": "grey coat"}]
    board = make_storyboard(make_scene(1, characters=["Mara", "Nobody"]), characters=cast, style="film noir")
    assert full_prompt(board, board.scenes[0]) == "scene 1. Mara: grey coat. film noir"
    own = make_storyboard(make_scene(1, prompt="A film noir alley.", style="film noir"), style="other")
    assert full_prompt(own, own.scenes[0]) == "A film noir alley."


def rated(film: Film, number: int, total: float, judge: str = "numpy/1", measured: float | None = None) -> None:
    """Give the take ``number`` of scene 001 a rating."""
    rating = Rating(
        judge=judge, total=total, measured_by="numpy/1", measured=total if measured is None else measured, marks={}
    )
    film.takes["001"] = [
        take.model_copy(update={"rating": rating}) if take.number == number else take for take in film.takes["001"]
    ]


def shoot_all(film: Film, storyboard: Storyboard, **changes: Any) -> int:
    """Render the takes of scene 001 until none is left; returns how many that were."""
    count = 0
    while (scene := film.plan(storyboard, **changes).scenes[0]).takes_left:
        film.take(scene.model_copy(update={"take": scene.spec.take}))
        count += 1
    return count


def select(film: Film, number: int, **fields: Any) -> None:
    take = next(take for take in film.takes["001"] if take.number == number)
    chosen = Selection(take=number, digest=take.digest, bytes=1, basis=take.basis, **fields)
    film.cut = film.cut.selecting("001", chosen)


def one_scene(**fields: Any) -> Storyboard:
    return make_storyboard(make_scene(1, **fields))


def test_a_scene_of_three_takes_is_rendered_three_times_and_the_best_is_to_be_selected() -> None:
    film, board = Film(), one_scene(takes=3)
    scene = film.plan(board).scenes[0]
    assert (scene.state, scene.takes_left, film.plan(board).seconds_to_render) == ("missing", 3, 3)
    assert shoot_all(film, board) == 3
    assert len({take.spec.seed for take in film.takes["001"]}) == 3
    for number, total in ((1, 0.4), (2, 0.9), (3, 0.5)):
        rated(film, number, total)
    scene = film.plan(board).scenes[0]
    assert (scene.state, scene.take, scene.takes_left) == ("selectable", 2, 0)
    select(film, 2, chosen_by="judge", among=3)
    assert film.plan(board).scenes[0].state == "current"


def test_a_kill_after_two_of_three_takes_leaves_one() -> None:
    film, board = Film(), one_scene(takes=3)
    for _ in range(2):
        scene = film.plan(board).scenes[0]
        film.take(scene.model_copy(update={"take": scene.spec.take}))
    scene = film.plan(board).scenes[0]
    assert (scene.state, scene.takes_left, scene.spec.take) == ("short", 1, 3)
    assert film.plan(board).complete, "the cut has a clip"
    assert not film.plan(board).current


def test_more_takes_are_rendered_beside_those_that_are_there_and_fewer_change_nothing() -> None:
    film = Film()
    film.finish(one_scene())
    signature = film.plan(one_scene()).signature
    scene = film.plan(one_scene(takes=3)).scenes[0]
    assert (scene.state, scene.take, scene.spec.take, scene.takes_left) == ("short", 1, 2, 2)
    assert not film.plan(one_scene(takes=3)).cut, "the movie that is there stays as it is until another take wins"
    assert film.plan(one_scene(takes=3)).signature == signature
    assert shoot_all(film, one_scene(takes=3)) == 2
    select(film, 3, chosen_by="judge", among=3)
    for takes in (3, 2, 1):
        assert film.plan(one_scene(takes=takes)).scenes[0].state == "current"
    assert film.plan(one_scene(takes=4)).scenes[0].takes_left == 1


def test_the_choice_of_a_person_is_neither_judged_away_nor_added_to() -> None:
    film = Film()
    film.finish(one_scene())
    select(film, 1, chosen_by="person")
    assert film.plan(one_scene(takes=8)).current
    edited = film.plan(one_scene(takes=3, prompt="another")).scenes[0]
    assert (edited.state, edited.takes_left) == ("stale", 3)


def test_the_storyboard_says_how_many_takes_then_the_setting() -> None:
    film = Film()
    board = make_storyboard(make_scene(1, takes=4), make_scene(2), takes=2)
    assert [scene.takes_left for scene in film.plan(board, default_takes=5).scenes] == [4, 2]
    assert film.plan(one_scene(), default_takes=5).takes_left == 5
    assert film.plan(one_scene()).takes_left == 1


def test_refused_takes_count_and_their_numbers_are_not_used_again() -> None:
    film, board = Film(), one_scene(takes=3)
    refusals: dict[str, list[Refusal]] = {"001": []}

    def refuse() -> None:
        scene = film.plan(board, refusals=refusals).scenes[0]
        about = {"scene": "001", "number": scene.spec.take, "digest": scene.spec.digest, "basis": scene.basis}
        refusals["001"].append(Refusal(**about, seed=1, created="now", why="black"))

    refuse()
    scene = film.plan(board, refusals=refusals).scenes[0]
    assert (scene.state, scene.spec.take, scene.takes_left) == ("missing", 2, 2)
    assert shoot_all(film, board, refusals=refusals) == 2
    assert [take.number for take in film.takes["001"]] == [2, 3]
    film.takes.clear()
    refuse()
    refuse()
    scene = film.plan(board, refusals=refusals).scenes[0]
    assert (scene.spec.take, scene.takes_left) == (1, 3), "all were refused: the next run begins anew"


def test_a_lost_clip_among_several_gets_its_number_again() -> None:
    film, board = Film(), one_scene(takes=3)
    shoot_all(film, board)
    select(film, 2, chosen_by="judge", among=3)
    lost = film.takes["001"].pop(1)
    scene = film.plan(board).scenes[0]
    assert (scene.state, scene.spec.digest, scene.takes_left) == ("short", lost.digest, 1)


def test_takes_of_different_judges_are_compared_by_what_was_measured() -> None:
    film, board = Film(), one_scene(takes=2)
    shoot_all(film, board)
    rated(film, 1, 0.95, judge="vision/1 a", measured=0.3)
    rated(film, 2, 0.6, judge="numpy/1")
    assert film.plan(board).scenes[0].take == 2
    rated(film, 2, 0.5, judge="vision/1 a", measured=0.9)
    assert film.plan(board).scenes[0].take == 1


def test_the_number_of_takes_decides_no_pixel() -> None:
    assert Film().plan(one_scene()).scenes[0].basis == Film().plan(one_scene(takes=8)).scenes[0].basis
