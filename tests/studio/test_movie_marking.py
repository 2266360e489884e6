"""What is published beside and in a movie about its making, and signing as the last step."""

import json
from pathlib import Path

import av
import pytest
from factories import PatternRenderer, make_scene, make_storyboard, make_studio
from signing import Signer

from film_pipeline.cli.doctor import examine_home
from film_pipeline.editor.marking_c2pa import credits_of
from film_pipeline.errors import SettingsError
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings, load_settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import cut, publish_movie
from film_pipeline.studio.music import compose, publish_music
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard


def quiet(share: float, words: str) -> None:
    assert 0 <= share <= 1


def received(studio: Studio, folder: Path) -> str:
    path = folder / "night.json"
    path.write_text(storyboard_to_json(make_storyboard(make_scene(1), make_scene(2))))
    film = receive_file(studio.store, path).film
    publish_storyboard(studio, write_storyboard(studio, film))
    return film


def finish(studio: Studio, film: str) -> Path:
    for scene in studio.plan(film).to_render:
        with shoot(studio, film, scene.scene, Wish(), quiet) as shot:
            publish_shot(studio, shot)
    with compose(studio, film, quiet) as music:
        publish_music(studio, music)
    with cut(studio, film, quiet) as movie:
        publish_movie(studio, movie)
    return Path(studio.store.where(keys.movie(film)))


def sidecar_of(studio: Studio, film: str) -> dict[str, object]:
    said = json.loads(Path(studio.store.where(keys.marking(film))).read_text())
    assert isinstance(said, dict)
    return said


def comment_of(movie: Path) -> str:
    with av.open(str(movie)) as container:
        return container.metadata["comment"]


@pytest.fixture
def signed_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the film home that the fixture ``settings`` has, and a signer."""
    signer = Signer(tmp_path / "signer")
    monkeypatch.setenv("FILM_C2PA_CERT", str(signer.cert))
    monkeypatch.setenv("FILM_C2PA_KEY", str(signer.key))
    return load_settings(FILM_HOME=tmp_path / "home", FILM_SIZE="160x90", FILM_FPS="12", FILM_WORKERS=1)


def test_a_film_of_stand_ins_claims_no_trained_model(settings: Settings, tmp_path: Path) -> None:
    studio = make_studio(settings)
    film = received(studio, tmp_path)
    movie = finish(studio, film)
    said = sidecar_of(studio, film)
    assert comment_of(movie) == said["statement"]
    assert "(algorithmicMedia); renderer: pattern, director: storyboard, composer: tone" in comment_of(movie)
    assert said["trained_model_took_part"] is False
    assert said["movie"] == {
        "file": "final_movie.mp4",
        "bytes": movie.stat().st_size,
        "sha256": sha256_of(movie),
        "content_credentials": False,
    }
    takes = [studio.store.takes(film, scene)[0] for scene in ("001", "002")]
    assert [one["digest"] for one in said["ingredients"]] == [take.digest for take in takes]  # type: ignore[attr-defined]


def test_one_scene_of_a_trained_model_makes_a_composite(settings: Settings, tmp_path: Path) -> None:
    class Model(PatternRenderer):
        def recipe(self, storyboard, scene):  # type: ignore[no-untyped-def]
            recipe = super().recipe(storyboard, scene)
            return recipe.model_copy(update={"stand_in": False, "models": ("wan.safetensors",)})

    studio = make_studio(settings, Model())
    film = received(studio, tmp_path)
    assert "(compositeWithTrainedAlgorithmicMedia)" in comment_of(finish(studio, film))


def test_a_configured_movie_is_published_signed(settings: Settings, signed_settings: Settings, tmp_path: Path) -> None:
    plain = make_studio(settings)
    film = received(plain, tmp_path)
    finish(plain, film)
    assert plain.plan(film).current
    studio = make_studio(signed_settings)
    assert studio.plan(film).cut, "a new signer asks for a new cut"
    movie = finish(studio, film)
    found, report = credits_of(movie), studio.store.report(film)
    assert found.state == "Valid"
    assert len(found.ingredients) == 2
    assert found.source_type.endswith("/algorithmicMedia")
    assert examine(movie).frames == 24
    assert report is not None
    assert (report.sha256, report.bytes) == (sha256_of(movie), movie.stat().st_size)
    assert sidecar_of(studio, film)["movie"]["content_credentials"] is True  # type: ignore[index]
    assert studio.plan(film).current
    assert comment_of(movie).startswith("AI-generated")


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_movies_of_every_codec_are_marked_and_signed(signed_settings: Settings, tmp_path: Path, codec: str) -> None:
    studio = make_studio(signed_settings.model_copy(update={"codec": codec}))
    movie = finish(studio, received(studio, tmp_path))
    assert credits_of(movie).state == "Valid"
    assert examine(movie).frames == 24
    assert comment_of(movie).startswith("AI-generated")


def test_a_movie_too_large_to_sign_says_so(
    signed_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("film_pipeline.studio.credits.MAX_SIGNED_BYTES", 1000)
    studio = make_studio(signed_settings)
    film = received(studio, tmp_path)
    assert credits_of(finish(studio, film)).state is None
    report = studio.store.report(film)
    assert report is not None
    assert any(fault.startswith("not signed") for fault in report.faults)


def test_a_key_that_cannot_sign_stops_before_the_cut(signed_settings: Settings, tmp_path: Path) -> None:
    studio = make_studio(signed_settings)
    film = received(studio, tmp_path)
    finish(studio, film)
    assert signed_settings.c2pa_key is not None
    signed_settings.c2pa_key.write_text("no key")
    with pytest.raises(SettingsError, match="FILM_C2PA_KEY"), cut(studio, film, quiet):
        pass
    assert signed_settings.c2pa_cert is not None
    signed_settings.c2pa_cert.unlink()
    with pytest.raises(SettingsError, match="FILM_C2PA_CERT"):
        studio.plan(film)


@pytest.mark.parametrize(("given", "missing"), [("CERT", "KEY"), ("KEY", "CERT")])
def test_certificate_and_key_come_together(given: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"FILM_C2PA_{given}", "/etc/some.pem")
    with pytest.raises(SettingsError, match=f"FILM_C2PA_{missing} is missing"):
        load_settings()


def test_the_doctor_says_whether_movies_can_be_signed(signed_settings: Settings) -> None:
    def signing() -> list[tuple[bool, str]]:
        found = examine_home(signed_settings.home)
        return [(finding.well, finding.says) for finding in found if finding.name == "signing"]

    ((well, says),) = signing()
    assert well
    assert says.endswith("(es256)")
    assert signed_settings.c2pa_key is not None
    signed_settings.c2pa_key.unlink()
    ((well, says),) = signing()
    assert not well
    assert "FILM_C2PA_KEY" in says
