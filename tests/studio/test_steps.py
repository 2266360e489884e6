"""The steps of a film without Dagster: receive, direct, render, compose, cut; and that nothing is done twice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from factories import PatternRenderer, make_scene, make_storyboard, make_studio

from film_pipeline.cli.showing import rough_shown
from film_pipeline.errors import (
    FFmpegMissingError,
    MissingClipsError,
    RenderContentError,
    ScriptError,
    StaleSoundtrackError,
    StoryboardError,
    UnfitMediaError,
    UnknownFilmError,
)
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import cut, publish_movie
from film_pipeline.studio.music import compose, publish_music
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, select_take, shoot
from film_pipeline.studio.storyboards import Edits, publish_storyboard, write_storyboard


def quiet(share: float, words: str) -> None:
    assert 0 <= share <= 1


@pytest.fixture
def renderer() -> PatternRenderer:
    return PatternRenderer()


@pytest.fixture
def studio(settings: Settings, renderer: PatternRenderer) -> Studio:
    return make_studio(settings, renderer)


def receive(studio: Studio, path: Path, text: str, film: str | None = None) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    key = receive_file(studio.store, path, film).film
    publish_storyboard(studio, write_storyboard(studio, key))
    return key


def render_all(studio: Studio, film: str, wish: Wish = Wish()) -> None:  # noqa: B008 - frozen
    for scene in studio.plan(film).scenes:
        with shoot(studio, film, scene.scene, wish, quiet) as shot:
            publish_shot(studio, shot)


def finish(studio: Studio, film: str) -> None:
    render_all(studio, film)
    with compose(studio, film, quiet) as music:
        publish_music(studio, music)
    with cut(studio, film, quiet) as movie:
        publish_movie(studio, movie)


@pytest.fixture
def film(studio: Studio, tmp_path: Path) -> str:
    return receive(studio, tmp_path / "neo.json", storyboard_to_json(make_storyboard()))


def test_a_storyboard_becomes_a_movie_with_a_report(studio: Studio, film: str) -> None:
    finish(studio, film)
    report = studio.store.report(film)
    assert studio.plan(film).current
    assert report is not None
    assert report.frames == 24
    assert [scene.scene for scene in report.scenes] == ["001", "002"]
    assert report.renderers == ("pattern/1",)
    assert any("renderer: pattern" in said for said in report.stand_ins)
    movie = Path(studio.store.where(keys.movie(film)))
    info = probe(movie)
    assert (info.width, info.height, info.frame_rate) == (160, 90, 12)
    assert info.has_audio
    text = Path(studio.store.where(keys.report_text(film))).read_text()
    assert "## Stand-ins" in text


def test_nothing_is_done_twice(studio: Studio, renderer: PatternRenderer, film: str) -> None:
    finish(studio, film)
    finish(studio, film)
    assert len(renderer.rendered) == 2
    assert len(studio.composer.composed) == 1  # type: ignore[attr-defined]


def test_one_edited_prompt_renders_one_scene(studio: Studio, renderer: PatternRenderer, film: str) -> None:
    finish(studio, film)
    path = Path(studio.store.where(keys.storyboard(film)))
    path.write_text(path.read_text().replace("scene 2", "another scene"))
    finish(studio, film)
    assert [spec.prompt for spec in renderer.rendered] == ["scene 1", "scene 2", "another scene"]
    assert studio.plan(film).current


def test_a_new_take_is_selected_and_a_retry_makes_no_second(
    studio: Studio, renderer: PatternRenderer, film: str
) -> None:
    finish(studio, film)
    for _ in range(2):
        with shoot(studio, film, "001", Wish(new_take=True, request="run-7"), quiet) as shot:
            publish_shot(studio, shot)
    assert [take.number for take in studio.store.takes(film, "001")] == [1, 2]
    assert studio.store.cut(film).scenes["001"].take == 2
    assert studio.plan(film).cut
    assert len(renderer.rendered) == 3


def test_an_earlier_take_is_selected_by_number(studio: Studio, film: str) -> None:
    finish(studio, film)
    with shoot(studio, film, "001", Wish(new_take=True, request="r"), quiet) as shot:
        publish_shot(studio, shot)
    select_take(studio, film, "001", 1)
    assert studio.store.cut(film).scenes["001"].chosen_by == "person"
    assert studio.plan(film).current
    with pytest.raises(UnknownFilmError, match="takes here: 1, 2"):
        select_take(studio, film, "001", 3)


def test_a_damaged_clip_is_found_at_the_cut_and_rendered_again(
    studio: Studio, renderer: PatternRenderer, film: str
) -> None:
    finish(studio, film)
    take = studio.store.takes(film, "002")[0]
    clip = Path(studio.store.where(keys.clip(film, "002", take.digest)))
    content = bytearray(clip.read_bytes())
    content[len(content) // 2] ^= 255
    clip.write_bytes(content)
    with pytest.raises(MissingClipsError, match="002"), cut(studio, film, quiet):
        pass
    assert [scene.scene for scene in studio.plan(film).to_render] == ["002"]
    finish(studio, film)
    assert len(renderer.rendered) == 3
    assert studio.store.takes(film, "002")[0].sha256 == take.sha256


def test_a_truncated_clip_is_no_clip(studio: Studio, film: str) -> None:
    finish(studio, film)
    take = studio.store.takes(film, "001")[0]
    clip = Path(studio.store.where(keys.clip(film, "001", take.digest)))
    clip.write_bytes(clip.read_bytes()[:-100])
    with pytest.raises(MissingClipsError, match="001"), cut(studio, film, quiet):
        pass
    assert [scene.scene for scene in studio.plan(film).to_render] == ["001"]


def test_the_final_cut_names_every_missing_clip(studio: Studio, film: str) -> None:
    with pytest.raises(MissingClipsError, match="001, 002"), cut(studio, film, quiet):
        pass


def test_a_clip_that_is_not_as_asked_is_not_published(settings: Settings, tmp_path: Path) -> None:
    class Short(PatternRenderer):
        def render(self, spec, into, progress, **others):  # type: ignore[no-untyped-def]
            return super().render(spec.model_copy(update={"frames": 3}), into, progress)

    studio = make_studio(settings, Short())
    film = receive(studio, tmp_path / "neo.json", storyboard_to_json(make_storyboard()))
    with pytest.raises(UnfitMediaError, match="12"), shoot(studio, film, "001", Wish(), quiet):
        pass
    assert studio.store.takes(film, "001") == []
    assert studio.store.clips(film) == {}


def test_a_refused_scene_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    renderer = PatternRenderer(failing=lambda spec: RenderContentError("no", why="not allowed"))
    studio = make_studio(settings, renderer)
    film = receive(studio, tmp_path / "neo.json", storyboard_to_json(make_storyboard()))
    with pytest.raises(RenderContentError), shoot(studio, film, "001", Wish(), quiet):
        pass
    assert studio.store.clips(film) == {}
    assert not any((studio.settings.home / ".work").iterdir())


def test_the_same_file_is_the_same_film_and_another_one_gets_a_suffix(studio: Studio, tmp_path: Path) -> None:
    board = storyboard_to_json(make_storyboard())
    other = storyboard_to_json(make_storyboard(title="Other"))
    assert receive(studio, tmp_path / "a" / "neo.json", board) == "neo"
    assert receive(studio, tmp_path / "a" / "neo.json", board.replace("scene 2", "edited")) == "neo"
    assert receive(studio, tmp_path / "b" / "neo.json", other) == "neo-2"
    receipt = receive_file(studio.store, tmp_path / "b" / "neo.json")
    assert (receipt.film, receipt.changed) == ("neo-2", False)
    assert "--film" in receipt.notes[0]
    assert receive(studio, tmp_path / "c" / "neo.json", other, film="chosen") == "chosen"


def test_a_copy_of_a_script_takes_no_film_away_from_it_but_a_moved_one_does(studio: Studio, tmp_path: Path) -> None:
    first, copy = tmp_path / "neo.txt", tmp_path / "copies" / "neo.txt"
    assert receive(studio, first, "Rain on the canals.") == "neo"
    assert receive(studio, copy, "Rain on the canals.") == "neo"
    assert receive(studio, copy, "Snow on the roofs.") == "neo-2"
    assert receive(studio, first, "Rain on the roofs.") == "neo"
    first.rename(tmp_path / "moved.txt")
    assert receive(studio, tmp_path / "copies" / "moved" / "neo.txt", "Rain on the roofs.") == "neo"
    assert receive(studio, tmp_path / "copies" / "moved" / "neo.txt", "Rain on the sea.") == "neo"


def test_a_hand_edit_survives_until_the_script_changes_and_is_kept_then(studio: Studio, tmp_path: Path) -> None:
    script = tmp_path / "night.txt"
    film = receive(studio, script, "A detective walks through the rain.\n\nShe finds a letter on the bridge.")
    path = Path(studio.store.where(keys.storyboard(film)))
    data = json.loads(path.read_text())
    data["scenes"][0]["prompt"] = "edited by hand"
    path.write_text(json.dumps(data))
    again = write_storyboard(studio, film)
    assert again.storyboard.scenes[0].prompt == "edited by hand"
    assert not again.changed
    script.write_text("A detective walks through the snow.\n\nShe finds a letter on the bridge.")
    assert receive_file(studio.store, script).changed
    written = write_storyboard(studio, film)
    publish_storyboard(studio, written)
    assert "your edited one is kept" in written.notes[-1]
    kept = path.with_name("storyboard.edited-1.json")
    assert "edited by hand" in kept.read_text()
    assert "snow" in path.read_text()


def test_edits_by_run_configuration(studio: Studio, film: str) -> None:
    edits = Edits(prompts={"002": "typed in the UI"}, durations={"001": 2.0})
    publish_storyboard(studio, write_storyboard(studio, film, edits))
    storyboard = studio.store.storyboard(film)
    assert (storyboard.scenes[0].duration, storyboard.scenes[1].prompt) == (2.0, "typed in the UI")
    with pytest.raises(StoryboardError, match="009"):
        write_storyboard(studio, film, Edits(drop=["009"]))
    with pytest.raises(StoryboardError, match="scenes"):
        write_storyboard(studio, film, Edits(drop=["001", "002"]))


def test_caps_are_checked_before_anything_is_rendered(tmp_path: Path) -> None:
    settings = Settings(FILM_HOME=tmp_path / "home", FILM_MAX_SCENES=2, FILM_MAX_SECONDS=5)
    studio = make_studio(settings)
    many = make_storyboard(make_scene(1), make_scene(2), make_scene(3))
    long = make_storyboard(make_scene(1, duration=6))
    for number, (board, says) in enumerate(((many, "3 scenes, and FILM_MAX_SCENES is 2"), (long, "FILM_MAX_SECONDS"))):
        with pytest.raises(StoryboardError) as caught:
            receive(studio, tmp_path / f"film{number}.json", storyboard_to_json(board))
        assert says.split()[0] in str(caught.value)
        assert "FILM_MAX" in str(caught.value)


def test_a_script_that_vanished_or_is_empty_says_so(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(ScriptError):
        receive_file(studio.store, tmp_path / "gone.txt")
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(ScriptError, match="empty"):
        receive_file(studio.store, tmp_path / "empty.txt")
    assert studio.store.films() == []


def test_a_script_without_anything_to_film_is_a_film_without_storyboard(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="nothing to film"):
        receive(studio, tmp_path / "dots.txt", "...")
    with pytest.raises(UnknownFilmError, match=r"no storyboard yet \(dots, from .*dots\.txt\)"):
        studio.plan("dots")
    with pytest.raises(UnknownFilmError, match="There is no such film yet"):
        studio.plan("dashes")


def test_what_was_shortened_stands_in_the_report_once(studio: Studio, tmp_path: Path) -> None:
    board = make_storyboard(make_scene(1, duration=0.5), make_scene(2, duration=0.5), transition="dissolve")
    film = receive(studio, tmp_path / "short.json", storyboard_to_json(board))
    finish(studio, film)
    report = studio.store.report(film)
    assert report is not None
    assert len([fault for fault in report.faults if "shortened" in fault]) == 1


def test_a_rough_cut_has_slates_and_replaces_nothing(studio: Studio, film: str) -> None:
    with shoot(studio, film, "001", Wish(), quiet) as shot:
        publish_shot(studio, shot)
    with compose(studio, film, quiet) as music:
        publish_music(studio, music)
    with cut(studio, film, quiet, rough=True) as movie:
        publish_movie(studio, movie)
    rough = Path(studio.store.where(keys.rough_movie(film)))
    shown = rough_shown(studio, movie.report)["text"].splitlines()
    assert shown[1].startswith("stand-in  renderer: pattern")
    assert shown[-2:] == [f"report    {rough.with_suffix('.md')}", str(rough)]
    assert movie.report.frames == 24
    assert "scene 002: no current clip, a slate stands in its place" in movie.report.faults
    assert examine(rough).frames == 24
    assert studio.store.report(film) is None
    assert studio.plan(film).cut


def test_a_wish_that_was_changed_is_told_once(studio: Studio, tmp_path: Path) -> None:
    board = make_storyboard(transition={"kind": "dissolve", "duration": 5})
    film = receive(studio, tmp_path / "neo.json", storyboard_to_json(board))
    finish(studio, film)
    report = studio.store.report(film)
    assert report is not None
    told = "transition into scene 002 shortened from 60 to 6 frames: scene 001 has only 12 frames"
    assert report.faults.count(told) == 1
    assert len(set(report.faults)) == len(report.faults)


def test_a_seed_wished_for_a_scene_that_was_never_rendered_is_used(studio: Studio, film: str) -> None:
    with shoot(studio, film, "001", Wish(new_take=True, seed=7), quiet) as shot:
        publish_shot(studio, shot)
    take = studio.store.takes(film, "001")[0]
    assert (take.number, take.spec.seed) == (1, 7)
    assert studio.plan(film).scenes[0].state == "current"


def test_a_take_shorter_than_the_scene_now_is_cannot_be_selected(studio: Studio, film: str) -> None:
    finish(studio, film)
    path = Path(studio.store.where(keys.storyboard(film)))
    path.write_text(path.read_text().replace('"duration": 1.0', '"duration": 2.0', 1))
    finish(studio, film)
    with pytest.raises(UnfitMediaError, match="lasts 1 s and the scene 2 s"):
        select_take(studio, film, "001", 1)


def test_a_movie_is_not_cut_with_an_old_soundtrack(studio: Studio, film: str) -> None:
    finish(studio, film)
    path = Path(studio.store.where(keys.storyboard(film)))
    path.write_text(path.read_text().replace('"title": "Test"', '"title": "Test", "soundtrack": {"tempo": 90}'))
    with pytest.raises(StaleSoundtrackError, match="film cut"), cut(studio, film, quiet):
        pass


def test_another_codec_recuts_the_film_and_renders_nothing(studio: Studio, film: str) -> None:
    finish(studio, film)
    other = replace(studio, settings=studio.settings.model_copy(update={"codec": "av1"}))
    planned = other.plan(film)
    assert planned.cut
    assert planned.complete
    with cut(other, film, quiet) as movie:
        publish_movie(other, movie)
    assert other.plan(film).current
    assert "in AV1" in movie.text
    assert probe(Path(studio.store.where(keys.movie(film)))).video_codec == "libdav1d"


def test_a_codec_that_cannot_be_written_is_refused_before_anything_is_rendered(
    studio: Studio, renderer: PatternRenderer, film: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ffmpeg version 5 >&2\necho ' V....D libx264              libx264 H.264'\n")
    program.chmod(0o755)
    monkeypatch.setenv("FFMPEG_BINARY", str(program))
    other = replace(studio, settings=studio.settings.model_copy(update={"codec": "hevc"}))
    with pytest.raises(FFmpegMissingError, match="cannot encode HEVC"), shoot(other, film, "001", Wish(), quiet):
        pass
    assert not renderer.rendered
