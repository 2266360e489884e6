"""An edited script keeps every scene it did not touch: same id, prompt, duration and seed, so the same clip."""

from pathlib import Path

import pytest

from film_pipeline.director import Direction, Limits, Script
from film_pipeline.director.offline import OfflineDirector
from film_pipeline.models.storyboard import Scene, Storyboard, Transition

SCRIPTS = Path(__file__).parent / "scripts"
LIMITS = Limits(1_000, 10_000)
PROSE = (SCRIPTS / "clockmaker.txt").read_text(encoding="utf-8")
SCREENPLAY = (SCRIPTS / "the-last-lighthouse.fountain").read_text(encoding="utf-8")
FOX = (SCRIPTS / "the-fox.md").read_text(encoding="utf-8")


def direct(text: str, previous: Storyboard | None = None, name: str = "film.txt") -> Direction:
    kinds = {".txt": "text", ".md": "markdown", ".fountain": "fountain"}
    script = Script(name, text, kinds[Path(name).suffix])  # type: ignore[arg-type]
    return OfflineDirector().direct(script, LIMITS, previous)


def picture(scene: Scene) -> tuple[str, str, float, int | None]:
    return scene.id, scene.prompt, scene.duration, scene.seed


def rendered_again(before: Storyboard, after: Storyboard) -> list[str]:
    """The ids of scenes that need a new clip."""
    known = {picture(scene) for scene in before.scenes}
    return [scene.id for scene in after.scenes if picture(scene) not in known]


EDITS = [
    ("film.txt", PROSE, "His hands tremble.", "His hands are calm."),
    ("film.txt", PROSE, "All night he works.", "All night he works and sings."),
    ("film.txt", PROSE, "in a leather apron", "in a blue apron"),
    ("film.txt", PROSE, "It is late evening and rain runs", "It is early morning and snow falls"),
    ("film.txt", PROSE, "They told me you never give up.", "They told me that you always give up."),
    ("film.fountain", SCREENPLAY, "It dies. She strikes another.", "It dies. She curses and strikes another."),
    ("film.fountain", SCREENPLAY, "Nobody knocks here.", "Nobody ever knocks here at night, nobody."),
    ("film.fountain", SCREENPLAY, "soaked yellow raincoat", "soaked red raincoat"),
    ("film.fountain", SCREENPLAY, "The third match burns.", "The seventh match burns."),
    ("film.fountain", SCREENPLAY, "Forty years I kept it burning.", "Fifty years I kept it burning."),
    ("film.md", FOX, "The lantern is still warm.", "The lantern is already cold."),
]


@pytest.mark.parametrize(("name", "text", "old", "new"), EDITS, ids=[edit[2][:30] for edit in EDITS])
def test_one_edited_sentence_renders_exactly_one_scene(name: str, text: str, old: str, new: str) -> None:
    assert text.count(old) == 1
    before = direct(text, name=name).storyboard
    after = direct(text.replace(old, new), before, name).storyboard
    assert len(rendered_again(before, after)) == 1
    assert [scene.id for scene in after.scenes] == [scene.id for scene in before.scenes]


def test_every_single_word_can_be_edited_alone() -> None:
    before = direct(PROSE).storyboard
    words = PROSE.split(" ")
    for number in range(3, len(words), 5):
        edited = " ".join([*words[:number], f"{words[number]} indeed", *words[number + 1 :]])
        after = direct(edited, before).storyboard
        assert len(rendered_again(before, after)) <= 1, words[number]


def test_an_inserted_paragraph_is_one_new_scene_with_an_unused_id() -> None:
    before = direct(PROSE).storyboard
    extra = "A black cat jumps on the table and looks at the dancer with its head bent to one side for a long time.\n\n"
    after = direct(PROSE.replace("All night", f"{extra}All night"), before).storyboard
    new = rendered_again(before, after)
    assert new == [f"{len(before.scenes) + 1:03d}"]
    assert [scene.id for scene in after.scenes if scene.id not in new] == [scene.id for scene in before.scenes]
    assert after.scenes[-1].id != new[0], "the order of the list is the order of the film"


def test_a_deleted_paragraph_drops_its_scene_and_renders_nothing() -> None:
    before = direct(PROSE).storyboard
    after = direct(
        PROSE.replace(next(p for p in PROSE.split("\n\n") if p.startswith("All night")), ""), before
    ).storyboard
    assert rendered_again(before, after) == []
    assert len(after.scenes) == len(before.scenes) - 1


def test_a_deleted_sentence_changes_only_its_scene() -> None:
    before = direct(PROSE).storyboard
    after = direct(PROSE.replace(" His hands tremble.", ""), before).storyboard
    assert len(rendered_again(before, after)) == 1


def test_a_dropped_id_is_not_given_to_another_scene() -> None:
    before = direct("A dog.\n\n" + PROSE).storyboard
    extra = "A black cat jumps on the table and looks at the dancer with its head bent to one side for a long time."
    shorter = "\n\n".join([*PROSE.split("\n\n")[:-2], extra, extra.replace("cat", "bird")])
    after = direct(shorter, before).storyboard
    known = {scene.id: scene for scene in before.scenes}
    assert len({scene.id for scene in after.scenes}) == len(after.scenes)
    assert all(scene.id in known or int(scene.id) > len(known) for scene in after.scenes)


def test_swapped_paragraphs_keep_their_ids() -> None:
    first, *middle, last = PROSE.split("\n\n")[1:]
    before = direct(PROSE).storyboard
    after = direct("\n\n".join(["The Clockmaker", last, *middle, first]), before).storyboard
    assert rendered_again(before, after) == []
    assert [scene.id for scene in after.scenes] != [scene.id for scene in before.scenes]


def test_the_same_paragraph_twice_is_two_scenes() -> None:
    paragraph = "A boat crosses the wide grey river while the bells of the town ring for the evening."
    film = direct(f"{paragraph}\n\n{paragraph}\n\n{paragraph}").storyboard
    assert len({scene.seed for scene in film.scenes}) == 3
    assert rendered_again(film, direct(f"{paragraph}\n\n{paragraph}", film).storyboard) == []


def test_a_changed_transition_renders_nothing() -> None:
    before = direct(SCREENPLAY, name="film.fountain").storyboard
    after = direct(SCREENPLAY.replace("DISSOLVE TO:", "CUT TO:"), before, "film.fountain").storyboard
    assert rendered_again(before, after) == []
    changed = [new.id for old, new in zip(before.scenes, after.scenes, strict=True) if old.transition != new.transition]
    assert len(changed) == 1


def test_work_done_by_hand_stays_on_untouched_scenes() -> None:
    made = direct(PROSE).storyboard
    by_hand = made.scenes[1].model_copy(
        update={"prompt": "My own words", "negative_prompt": "text", "transition": Transition(kind="wipe_up")}
    )
    scenes = (made.scenes[0], by_hand, *made.scenes[2:])
    edited = made.model_copy(update={"scenes": scenes, "style": "charcoal drawing", "fps": None, "workflow": "mine"})
    after = direct(PROSE.replace("All night he works.", "All night he sings."), edited).storyboard
    assert after.scenes[1] == by_hand
    assert (after.style, after.workflow) == ("charcoal drawing", "mine")
    assert len(rendered_again(edited, after)) == 1


def test_a_storyboard_without_seeds_is_matched_by_its_words() -> None:
    made = direct(PROSE).storyboard
    without = made.model_copy(
        update={"scenes": tuple(scene.model_copy(update={"seed": None}) for scene in made.scenes)}
    )
    assert rendered_again(without, direct(PROSE, without).storyboard) == []


def test_another_film_is_not_dressed_in_the_old_one() -> None:
    before = direct(PROSE).storyboard.model_copy(update={"style": "charcoal drawing"})
    after = direct(FOX, before, "film.md").storyboard
    assert after.style is None
    assert after.title == "The Fox and the Lantern"


def test_a_former_look_that_is_kept_is_reported() -> None:
    before = direct(SCREENPLAY, name="film.fountain").storyboard
    direction = direct(SCREENPLAY.replace("soaked yellow raincoat", "soaked red raincoat"), before, "film.fountain")
    assert any("keep their former prompt" in note for note in direction.notes)
    assert direction.made["kept"] == len(before.scenes) - 1
