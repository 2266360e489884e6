"""A scene is conformed in its own step, so that the cut after the last one has little left to do."""

from dataclasses import replace
from pathlib import Path

import pytest
from factories import make_scene, make_storyboard, make_studio

from film_pipeline.errors import UnreadableMediaError
from film_pipeline.models.storyboard import Storyboard, storyboard_to_json
from film_pipeline.studio import Studio, rendering, shots
from film_pipeline.studio.movies import cut
from film_pipeline.studio.music import compose, publish_music
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard
from film_pipeline.studio.timelines import planned_timeline, timeline_around


def quiet(share: float, words: str) -> None:
    assert 0 <= share <= 1


def varied() -> Storyboard:
    """Every way in which a scene can meet its neighbours, with some too short for what they wish."""
    wishes = ["fade:0.25", None, "cut", "wipe_left:0.5", "dissolve:1", "fade_white:0.25"]
    lengths = [1, 0.25, 0.5, 1, 0.3, 1]
    scenes = []
    for number, (wish, seconds) in enumerate(zip(wishes, lengths, strict=True), start=1):
        scene = make_scene(number, duration=seconds)
        if wish:
            kind, _, length = wish.partition(":")
            scene["transition"] = {"kind": kind, "duration": float(length or 0)} if length else kind
        scenes.append(scene)
    return make_storyboard(*scenes, transition={"kind": "dissolve", "duration": 0.5})


@pytest.fixture
def studio(settings) -> Studio:
    return make_studio(settings)


def begin(studio: Studio, folder: Path, storyboard: Storyboard) -> str:
    path = folder / "neo.json"
    path.write_text(storyboard_to_json(storyboard))
    film = receive_file(studio.store, path, None).film
    publish_storyboard(studio, write_storyboard(studio, film))
    return film


def render_all(studio: Studio, film: str) -> None:
    for scene in studio.plan(film).scenes:
        with shoot(studio, film, scene.scene, Wish(), quiet) as shot:
            publish_shot(studio, shot)


def test_neighbours_alone_decide_how_a_clip_is_cut(studio, tmp_path) -> None:
    film = begin(studio, tmp_path, varied())
    storyboard, planned = studio.store.storyboard(film), studio.plan(film)
    whole = planned_timeline(storyboard, planned)
    for clip, span in zip(whole.clips, whole.spans(), strict=True):
        around, number = timeline_around(storyboard, planned.format, clip)
        assert (around.spans()[number].head, around.spans()[number].tail) == (span.head, span.tail)
        assert around.clips[number] == clip


def test_after_rendering_the_cut_encodes_transitions_and_sound_only(studio, tmp_path) -> None:
    film = begin(studio, tmp_path, varied())
    render_all(studio, film)
    with compose(studio, film, quiet) as music:
        publish_music(studio, music)
    with cut(studio, film, quiet) as movie:
        edges = [t for t in movie.timeline.transitions if t.frames] + [movie.timeline.opening]
        assert movie.facts.encoded_parts == len(edges) + 1
        assert movie.facts.reused_parts == len(movie.timeline.clips)
        prepared = movie.facts.sha256
    elsewhere = replace(studio, settings=studio.settings.model_copy(update={"home": tmp_path / "another"}))
    with cut(elsewhere, film, quiet) as movie:
        assert movie.facts.reused_parts == 0
        assert movie.facts.sha256 == prepared


def test_a_clip_that_cannot_be_conformed_is_told_in_its_own_step(studio, tmp_path, monkeypatch) -> None:
    film = begin(studio, tmp_path, make_storyboard())

    def damaged(clip: Path, *_: object) -> tuple:
        clip.write_bytes(clip.read_bytes()[:2000])
        return ()

    monkeypatch.setattr(rendering, "_require_as_asked", damaged)
    with shoot(studio, film, "001", Wish(), quiet) as shot, pytest.raises(UnreadableMediaError, match="scene 001"):
        publish_shot(studio, shot)


def test_a_cache_that_cannot_be_written_costs_no_clip(studio, tmp_path) -> None:
    film = begin(studio, tmp_path, make_storyboard())
    studio.settings.cache_folder.write_text("a file where the cache should be")
    render_all(studio, film)
    assert [take.number for take in studio.store.takes(film, "001")] == [1]
    assert studio.plan(film).complete


def test_rendering_alone_keeps_the_cache_within_its_limit(studio, tmp_path) -> None:
    small = replace(studio, settings=studio.settings.model_copy(update={"cache_gb": 60_000 / 1e9}))
    film = begin(small, tmp_path, make_storyboard(*(make_scene(number) for number in range(1, 6))))
    render_all(small, film)
    kept = sum(path.stat().st_size for path in (studio.settings.cache_folder / "parts").rglob("*") if path.is_file())
    assert 0 < kept <= 60_000


def test_a_kill_while_preparing_costs_no_render(studio, tmp_path, monkeypatch) -> None:
    film = begin(studio, tmp_path, make_storyboard())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shots, "prepare", killed)
    with shoot(studio, film, "001", Wish(), quiet) as shot, pytest.raises(KeyboardInterrupt):
        publish_shot(studio, shot)
    assert studio.plan(film).scenes[0].state == "current"
