"""Marking: honest words about what took part, and Content Credentials that a reader can check."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from factories import make_clip
from signing import PEM, Signer

from film_pipeline.editor import marking_c2pa
from film_pipeline.editor.marking import Ingredient, Marking, sidecar_text
from film_pipeline.editor.marking_c2pa import credits_of, load_credentials, sign
from film_pipeline.errors import SettingsError, StorageError, StorageFullError, UnfitMediaError
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.ffmpeg.verify import examine

TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def ingredient(number: int, trained: bool = True) -> Ingredient:
    return Ingredient(
        scene=f"{number:03d}",
        take=1,
        digest=f"{number:064x}",
        sha256=f"{number + 7:064x}",
        renderer="comfyui/1" if trained else "animatic/3",
        workflow="w" * 64 if trained else "",
        models=("wan2.2.safetensors",) if trained else (),
        seed=number,
        trained=trained,
    )


def marking(*trained: bool, music: bool = True, director: bool = True, slates: bool = False) -> Marking:
    return Marking(
        film="night",
        title='Nächt "7"',
        ingredients=tuple(ingredient(number, each) for number, each in enumerate(trained, start=1)),
        composer="comfyui/1" if music else "synth/2",
        soundtrack_sha256="5" * 64,
        soundtrack_trained=music,
        director="openai/gpt" if director else "offline/4",
        director_trained=director,
        slates=slates,
    )


@pytest.mark.parametrize(
    ("made", "term"),
    [
        (marking(True, True), "trainedAlgorithmicMedia"),
        (marking(True, True, director=False), "trainedAlgorithmicMedia"),
        (marking(True, False), "compositeWithTrainedAlgorithmicMedia"),
        (marking(True, True, music=False), "compositeWithTrainedAlgorithmicMedia"),
        (marking(True, slates=True), "compositeWithTrainedAlgorithmicMedia"),
        (marking(False, False), "compositeWithTrainedAlgorithmicMedia"),
        (marking(False, music=False), "compositeWithTrainedAlgorithmicMedia"),
        (marking(False, False, music=False, director=False), "algorithmicMedia"),
        (marking(music=False, director=False, slates=True), "algorithmicMedia"),
    ],
)
def test_the_source_type_is_honest(made: Marking, term: str) -> None:
    assert made.source_type == term
    assert f"({term}); " in made.tags["comment"]
    assert made.tags["comment"].startswith("AI-generated")


def test_the_sidecar_names_everything_that_took_part() -> None:
    text = sidecar_text(
        marking(True, False), movie="final_movie.mp4", sha256="a" * 64, size=7, created="now", signed=False
    )
    said = json.loads(text)
    assert said["digital_source_type"] == TERM + "compositeWithTrainedAlgorithmicMedia"
    assert said["trained_model_took_part"] is True
    assert said["movie"] == {"file": "final_movie.mp4", "bytes": 7, "sha256": "a" * 64, "content_credentials": False}
    first, second = said["ingredients"]
    assert first == {
        "scene": "001",
        "take": 1,
        "digest": f"{1:064x}",
        "sha256": f"{8:064x}",
        "renderer": "comfyui/1",
        "workflow": "w" * 64,
        "models": ["wan2.2.safetensors"],
        "seed": 1,
        "digital_source_type": TERM + "trainedAlgorithmicMedia",
    }
    assert second["digital_source_type"] == TERM + "algorithmicMedia"
    assert said["soundtrack"]["digital_source_type"] == TERM + "trainedAlgorithmicMedia"
    assert said["statement"].endswith("; renderer: animatic, comfyui, director: openai, composer: comfyui")


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("signer"))


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """A movie as the editor leaves it: picture and sound, its index in front."""
    plain = make_clip(tmp_path / "plain.mp4", 24)
    arguments = ["-i", file_argument(plain), "-f", "lavfi", "-i", "sine=duration=2", "-c:v", "copy", "-c:a", "aac"]
    path = tmp_path / "final_movie.mp4"
    run_ffmpeg([*arguments, "-movflags", "+faststart", file_argument(path)], doing="making a movie")
    return path


def boxes(path: Path) -> list[str]:
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def test_a_signed_movie_is_valid_and_the_same_film(movie: Path, signer: Signer) -> None:
    before = examine(movie)
    made = marking(True, True, False)
    sign(movie, made, load_credentials(signer.cert, signer.key))
    found = credits_of(movie)
    assert found.state == "Valid"
    assert found.problems == ("signingCredential.untrusted",)
    assert found.source_type == TERM + "compositeWithTrainedAlgorithmicMedia"
    assert found.ingredients == ("Scene 001, take 1", "Scene 002, take 1", "Scene 003, take 1")
    assert credits_of(movie, signer.root).state == "Trusted"
    after = examine(movie)
    assert (after.frames, after.audio_seconds, after.faults) == (before.frames, before.audio_seconds, ())
    names = [name for name in boxes(movie) if name != "free"]
    assert names == ["ftyp", "uuid", "moov", "mdat"]
    assert [path.name for path in movie.parent.iterdir() if "signed" in path.name] == []


def test_one_changed_byte_is_found(movie: Path, signer: Signer) -> None:
    sign(movie, marking(True), load_credentials(signer.cert, signer.key))
    data = bytearray(movie.read_bytes())
    data[-1000] ^= 1
    movie.write_bytes(data)
    found = credits_of(movie, signer.root)
    assert found.state == "Invalid"
    assert "assertion.bmffHash.mismatch" in found.problems


def test_a_movie_without_credentials_has_none(movie: Path) -> None:
    assert credits_of(movie).state is None


def test_a_film_of_many_scenes_is_signed(movie: Path, signer: Signer) -> None:
    size = movie.stat().st_size
    sign(movie, marking(*[True] * 300), load_credentials(signer.cert, signer.key))
    assert len(credits_of(movie).ingredients) == 300
    assert movie.stat().st_size - size < 1_000_000


def test_files_that_cannot_sign_are_told_without_their_content(tmp_path: Path, signer: Signer) -> None:
    other = Signer(tmp_path / "other")
    broken = tmp_path / "broken.pem"
    broken.write_bytes(signer.key.read_bytes().replace(b"M", b"!", 3))
    locked = tmp_path / "locked.pem"
    key = serialization.load_pem_private_key(signer.key.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word"))
    )
    secret = signer.key.read_text().splitlines()[1]
    for cert, key_file, says in (
        (tmp_path / "gone.pem", signer.key, "No such file"),
        (signer.cert, tmp_path / "gone.pem", "No such file"),
        (signer.key, signer.key, "no chain"),
        (signer.cert, signer.cert, "no private key"),
        (signer.cert, broken, "no private key"),
        (signer.cert, locked, "password"),
        (signer.cert, other.key, "not the key"),
    ):
        with pytest.raises(SettingsError, match=says) as caught:
            load_credentials(cert, key_file)
        assert secret[8:40] not in str(caught.value)
    assert secret[8:40] not in repr(load_credentials(signer.cert, signer.key))


@pytest.mark.parametrize("wrong", [{"purpose": False}, {"days": -30}])
def test_a_certificate_that_may_not_sign_is_refused(movie: Path, tmp_path: Path, wrong: dict[str, Any]) -> None:
    before = movie.read_bytes()
    own = Signer(tmp_path / "own", **wrong)
    with pytest.raises(SettingsError, match="FILM_C2PA_CERT") as caught:
        sign(movie, marking(True), load_credentials(own.cert, own.key))
    assert "PRIVATE" not in str(caught.value)
    assert movie.read_bytes() == before
    assert len(list(movie.parent.glob("*signed*"))) == 0


def test_a_signing_that_changes_the_film_is_refused(
    movie: Path, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = movie.read_bytes(), marking_c2pa._write_signed

    def another_film(source: Path, signed: Path, *rest: object) -> None:
        write(make_clip(tmp_path / "other.mp4", 12), signed, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(marking_c2pa, "_write_signed", another_film)
    with pytest.raises(UnfitMediaError, match="picture or sound changed"):
        sign(movie, marking(True), load_credentials(signer.cert, signer.key))
    assert movie.read_bytes() == before


def test_a_temporary_folder_that_cannot_be_used_is_named(
    movie: Path, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = load_credentials(signer.cert, signer.key)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    monkeypatch.setitem(marking_c2pa._OFFLINE, "core", {"backing_store_memory_threshold_in_mb": 0})
    with pytest.raises(StorageError, match="TMPDIR"):
        sign(movie, marking(True), credentials)


def test_a_full_disk_is_told_before_signing(movie: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking_c2pa, "_ROOM", 1 << 60)
    with pytest.raises(StorageFullError):
        sign(movie, marking(True), load_credentials(signer.cert, signer.key))
