"""The local store: nothing half-written is ever seen, the pointer is never lost, no key leaves the root."""

import errno
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_pipeline.errors import (
    StorageConflictError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    UnknownFilmError,
)
from film_pipeline.models.take import Selection
from film_pipeline.storage import ABSENT, FilmStore, LocalObjects, sha256_of
from film_pipeline.storage.keys import FILM_KEY, film_key_for, split_partition


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "root")


def test_a_conditional_write_loses_against_a_quicker_writer(objects: LocalObjects) -> None:
    objects.write("films/a/cut.json", b"1", expected=ABSENT)
    with pytest.raises(StorageConflictError):
        objects.write("films/a/cut.json", b"2", expected=ABSENT)
    with pytest.raises(StorageConflictError):
        objects.write("films/a/cut.json", b"2", expected=b"0")
    objects.write("films/a/cut.json", b"2", expected=b"1")
    assert objects.read("films/a/cut.json") == b"2"


def test_publishing_moves_the_file_and_refuses_another_content(objects: LocalObjects) -> None:
    with objects.workspace() as work:
        file = work / "clip.mp4"
        file.write_bytes(b"clip")
        with pytest.raises(StorageCorruptError):
            objects.publish("films/a/x.mp4", file, "0" * 64)
        assert objects.stat("films/a/x.mp4") is None
        objects.publish("films/a/x.mp4", file, sha256_of(file))
    assert objects.read("films/a/x.mp4") == b"clip"
    assert list(objects.keys("films/")) == ["films/a/x.mp4"]


def test_a_reader_never_sees_a_part_of_a_small_object(objects: LocalObjects) -> None:
    objects.write("films/a/cut.json", b"a" * 200_000)
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            content = objects.read("films/a/cut.json")
            assert content is not None
            seen.add(bytes({content[0], content[-1], len(content) == 200_000}))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"bcdefgh" * 5:
        objects.write("films/a/cut.json", bytes([letter]) * 200_000)
    stop.set()
    reader.join()
    assert len(seen) >= 1
    assert all(len(mark) == 2 for mark in seen), "first and last byte differ, or the length is short"


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "films/../../x", "a\0b"])
def test_no_key_leaves_the_root(objects: LocalObjects, key: str) -> None:
    with pytest.raises(StorageError):
        objects.read(key)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_so(objects: LocalObjects, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFullError, match="Free some space"):
        objects.write("films/a/cut.json", b"1")
    assert list((objects.root / "films/a").iterdir()) == []


def test_work_folders_of_dead_processes_are_swept(objects: LocalObjects) -> None:
    process = multiprocessing.get_context("fork").Process(target=_work_for_ever, args=(objects,))
    process.start()
    while not list((objects.root / ".work").glob("*-*")):
        time.sleep(0.01)
    assert objects.sweep() == 0
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert objects.sweep() == 1


def _work_for_ever(objects: LocalObjects) -> None:
    with objects.workspace():
        time.sleep(60)


def test_two_writers_of_the_cut_lose_nothing(objects: LocalObjects) -> None:
    store = FilmStore(objects)
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_select_many, args=(store, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(store.cut("film").scenes) == 4 * 5


def _select_many(store: FilmStore, writer: int) -> None:
    for number in range(5):
        store.select("film", f"{writer}-{number}", Selection(take=1, digest="d", bytes=1, basis="b"))


def test_a_broken_record_names_its_file_and_what_to_do(objects: LocalObjects) -> None:
    objects.write("films/film/cut.json", b'{"scenes": {"001": {"take": 0')
    with pytest.raises(StorageCorruptError, match=r"cut\.json.*Delete this file"):
        FilmStore(objects).cut("film")


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
