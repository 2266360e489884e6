"""``film export``: files that open, clips beside them, and nothing of an incomplete film."""

import json
from pathlib import Path

import av
import opentimelineio as otio
import pytest
from factories import PatternRenderer, make_scene, make_storyboard, make_studio
from PIL import Image
from typer.testing import CliRunner

from film_pipeline.cli import app
from film_pipeline.errors import MissingClipsError, StaleSoundtrackError, UnfitMediaError, UnknownFilmError
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import Storyboard, storyboard_to_json
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.exports import KINDS, export
from film_pipeline.studio.music import compose, publish_music
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard

BOARD = make_storyboard(
    make_scene(1, duration=1.5, narration="ANNA: Hello?"),
    make_scene(2, duration=2.0),
    make_scene(3, narration="VOICE: Nobody."),
    transition={"kind": "dissolve", "duration": 0.25},
)


def quiet(share: float, words: str) -> None:
    assert 0 <= share <= 1


def received(studio: Studio, folder: Path, board: Storyboard) -> str:
    path = folder / "night.json"
    path.write_text(storyboard_to_json(board))
    key = receive_file(studio.store, path).film
    publish_storyboard(studio, write_storyboard(studio, key))
    return key


def rendered(studio: Studio, folder: Path, board: Storyboard) -> str:
    """A film with its clips and music; not yet cut, since an export needs no movie."""
    film = received(studio, folder, board)
    for scene in studio.plan(film).scenes:
        with shoot(studio, film, scene.scene, Wish(), quiet) as shot:
            publish_shot(studio, shot)
    with compose(studio, film, quiet) as music:
        publish_music(studio, music)
    return film


@pytest.fixture
def studio(settings: Settings) -> Studio:
    return make_studio(settings, PatternRenderer())


def test_everything_is_exported_and_opens(studio: Studio, tmp_path: Path) -> None:
    film = rendered(studio, tmp_path, BOARD)
    done = export(studio, film, progress=quiet)
    folder = Path(studio.store.where(keys.export(film)))
    assert done.folder == folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "clips",
        "contact_sheet.jpg",
        "night.edl",
        "night.otio",
        "night.srt",
        "night.vtt",
        "night.xml",
        "soundtrack.wav",
    ]
    assert set(done.files) == set(KINDS)
    assert done.notes == []
    timeline = otio.adapters.read_from_file(str(folder / "night.otio"))
    assert timeline.duration().value == 18 + 24 + 12 - 2 * 3
    for clip in timeline.tracks[0].find_clips():
        media = folder / clip.media_reference.target_url
        assert probe(media).claimed_frames == clip.available_range().duration.value
    with av.open(str(folder / "soundtrack.wav")) as sound:
        assert float(sound.duration or 0) / 1e6 == pytest.approx(48 / 12, abs=0.01)
        assert sound.streams.audio[0].codec_context.name == "pcm_s24le"
    with Image.open(folder / "contact_sheet.jpg") as image:
        assert image.width == 1920
    assert (folder / "night.srt").read_text().count("-->") == 2


def test_clips_are_copies_that_are_kept_while_they_are_right(studio: Studio, tmp_path: Path) -> None:
    film = rendered(studio, tmp_path, BOARD)
    take = studio.store.takes(film, "001")[0]
    clip = export(studio, film, ["otio"]).clips[0]
    assert sha256_of(clip) == take.sha256
    assert clip.name == "001-take1.mp4"
    assert clip.stat().st_nlink == 1, "an editing program may write into its media"
    kept = clip.stat().st_mtime_ns
    assert export(studio, film, ["otio"]).clips[0].stat().st_mtime_ns == kept
    clip.write_bytes(b"touched by an editing program")
    assert sha256_of(export(studio, film, ["otio"]).clips[0]) == take.sha256


def test_only_what_is_named_goes_where_it_is_named(studio: Studio, tmp_path: Path) -> None:
    film = rendered(studio, tmp_path, BOARD)
    done = export(studio, film, ["vtt"], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["night.vtt"]
    assert done.clips == []


def test_letters_that_the_contact_sheet_lacks_are_told(studio: Studio, tmp_path: Path) -> None:
    board = make_storyboard(make_scene(1, prompt="Дождь над рекой"), make_scene(2, prompt="雨"))
    film = rendered(studio, tmp_path, board)
    assert export(studio, film, ["contact-sheet"]).notes == ["the contact sheet has no letters for 雨"]


def test_an_incomplete_film_is_refused(studio: Studio, tmp_path: Path) -> None:
    film = received(studio, tmp_path, BOARD)
    with pytest.raises(MissingClipsError, match="001, 002, 003"):
        export(studio, film)
    for scene in studio.plan(film).scenes:
        with shoot(studio, film, scene.scene, Wish(), quiet) as shot:
            publish_shot(studio, shot)
    with pytest.raises(StaleSoundtrackError, match="film cut"):
        export(studio, film)
    assert export(studio, film, ["srt"]).files["srt"]
    with pytest.raises(UnknownFilmError):
        export(studio, "other")


def test_without_narration_there_are_no_subtitles_and_it_is_said(studio: Studio, tmp_path: Path) -> None:
    film = rendered(studio, tmp_path, make_storyboard())
    done = export(studio, film, ["srt", "vtt"])
    assert done.files == {}
    assert done.notes == ["no subtitles: no scene of this film has a narration"]
    assert list(done.folder.iterdir()) == []


def test_a_rate_without_timecode_is_a_note_or_an_error(tmp_path: Path) -> None:
    settings = Settings(FILM_HOME=tmp_path / "home", FILM_SIZE="160x90", FILM_FPS="12.5", FILM_WORKERS=1)
    studio = make_studio(settings, PatternRenderer())
    film = rendered(studio, tmp_path, make_storyboard())
    done = export(studio, film)
    assert set(done.files) == {"otio", "contact-sheet"}
    assert [note.split(":")[0] for note in done.notes] == ["no edl", "no fcp7", "no subtitles"]
    with pytest.raises(UnfitMediaError, match="--otio"):
        export(studio, film, ["edl"])


def test_the_command_prints_what_it_wrote(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = rendered(studio, tmp_path, BOARD)
    monkeypatch.setattr("film_pipeline.cli._studio", lambda home: studio)
    result = CliRunner().invoke(app, ["export", film, "--otio", "--edl", "--into", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert set(shown["files"]) == {"otio", "edl"}
    assert shown["soundtrack"] == str(tmp_path / "out" / "soundtrack.wav")
    assert len(shown["clips"]) == 3
    assert "text" not in shown
    result = CliRunner().invoke(app, ["export", "nosuch"])
    assert result.exit_code == 1
    assert "There is no such film" in result.stderr
