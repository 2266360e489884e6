"""The local store: nothing half-written is ever seen, the pointer is never lost, no key leaves the root."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_pipeline.errors import (
    StorageError,
    StorageFullError,
    UnknownFilmError,
)
from film_pipeline.models.digests import sha256_of
from film_pipeline.storage import LocalObjects
from film_pipeline.storage.keys import FILM_KEY, film_key_for, split_partition


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "root")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_so(objects: LocalObjects, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFullError, match="Free some space"):
        objects.write("films/a/cut.json", b"1")
    assert list((objects.root / "films/a").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("neo.json", "neo"),
        ("Neo Amsterdam.txt", "neo-amsterdam"),
        ("../../etc/passwd.txt", "passwd"),
        ("Crème brûlée.md", "creme-brulee"),
        ("x" * 300 + ".txt", "x" * 63),
        ("-rf.txt", "rf"),
    ],
)
def test_film_keys_of_file_names(name: str, key: str) -> None:
    assert film_key_for(name) == key


@pytest.mark.parametrize("name", ["CON.txt", "nul.md", "🎬.txt", "电影.txt", "...", ".txt", ""])
def test_odd_names_get_a_key_of_their_own(name: str) -> None:
    assert FILM_KEY.fullmatch(film_key_for(name))
    assert film_key_for(name) not in ("con", "nul")


@given(st.text())
def test_every_name_gets_a_legal_key(name: str) -> None:
    assert FILM_KEY.fullmatch(film_key_for(name))


@pytest.mark.parametrize(
    "key", ["", "film", "film/", "/001", "film/../x", "Film/001", "film/001/2", "film/a b", "f\n/1"]
)
def test_a_hostile_partition_key_is_refused(key: str) -> None:
    with pytest.raises(UnknownFilmError):
        split_partition(key)


def test_publishing_from_another_disk_copies_and_then_replaces(objects: LocalObjects, tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        other = tmp_path  # one disk only: then the plain way is what this machine takes
    file = other / f"clip-{os.getpid()}.mp4"
    file.write_bytes(b"clip")
    objects.publish("films/a/x.mp4", file, sha256_of(file))
    file.unlink(missing_ok=True)
    assert objects.read("films/a/x.mp4") == b"clip"
    assert [path.name for path in (objects.root / "films/a").iterdir()] == ["x.mp4"]


def test_a_fault_names_the_whole_path(objects: LocalObjects) -> None:
    (objects.root / "films").mkdir(parents=True)
    with pytest.raises(StorageError) as caught:
        objects.read("films")
    assert caught.value.where == f"{objects.root}/films"
