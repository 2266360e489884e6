"""What holds for every store, a folder or a bucket: nothing half-written is seen, the pointer is never lost.

Each test runs over both. The bucket's server is moto, or the real one that ``TEST_S3_ENDPOINT`` names.
"""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from film_pipeline.errors import StorageConflictError, StorageCorruptError, StorageError
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.take import Selection
from film_pipeline.storage import ABSENT, FilmStore, Objects, open_store

_SPAWN = multiprocessing.get_context("spawn")


def test_a_conditional_write_loses_against_a_quicker_writer(objects: Objects) -> None:
    objects.write("films/a/cut.json", b"1", expected=ABSENT)
    with pytest.raises(StorageConflictError):
        objects.write("films/a/cut.json", b"2", expected=ABSENT)
    with pytest.raises(StorageConflictError):
        objects.write("films/a/cut.json", b"2", expected=b"0")
    objects.write("films/a/cut.json", b"2", expected=b"1")
    assert objects.read("films/a/cut.json") == b"2"


def test_publishing_moves_the_file_and_refuses_another_content(objects: Objects) -> None:
    with objects.workspace() as work:
        file = work / "clip.mp4"
        file.write_bytes(b"clip")
        with pytest.raises(StorageCorruptError):
            objects.publish("films/a/x.mp4", file, "0" * 64)
        assert objects.stat("films/a/x.mp4") is None
        objects.publish("films/a/x.mp4", file, sha256_of(file))
    assert objects.read("films/a/x.mp4") == b"clip"
    assert list(objects.keys("films/")) == ["films/a/x.mp4"]


def test_a_reader_never_sees_a_part_of_a_small_object(objects: Objects) -> None:
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
def test_no_key_leaves_the_root(objects: Objects, key: str) -> None:
    with pytest.raises(StorageError):
        objects.read(key)


def test_two_writers_of_the_cut_lose_nothing(objects: Objects, tmp_path: Path) -> None:
    writers = [
        _SPAWN.Process(target=_select_many, args=(objects.describe(), tmp_path / "home", number)) for number in range(3)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 3
    assert len(FilmStore(objects).cut("film").scenes) == 3 * 5


def _select_many(root: str, home: Path, writer: int) -> None:
    store = open_store(root, home)
    for number in range(5):
        store.select("film", f"{writer}-{number}", Selection(take=1, digest="d", bytes=1, basis="b"))


def test_a_broken_record_names_its_file_and_what_to_do(objects: Objects) -> None:
    objects.write("films/film/cut.json", b'{"scenes": {"001": {"take": 0')
    with pytest.raises(StorageCorruptError, match=r"cut\.json.*Delete this file"):
        FilmStore(objects).cut("film")


def test_work_folders_of_dead_processes_are_swept(objects: Objects, tmp_path: Path) -> None:
    process = _SPAWN.Process(target=_work_for_ever, args=(objects.describe(), tmp_path / "home"))
    process.start()
    while not list(tmp_path.glob("*/.work/*-*")):
        time.sleep(0.01)
    assert objects.sweep() == 0
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert objects.sweep() == 1


def _work_for_ever(root: str, home: Path) -> None:
    with open_store(root, home).workspace():
        time.sleep(60)


def test_an_object_is_listed_with_what_changes_when_it_does(objects: Objects) -> None:
    objects.write("films/a/takes/001/x.json", b"1")
    objects.write("films/b/storyboard.json", b"one")
    before = dict(objects.stats("films/"))
    assert set(before) == {"films/a/takes/001/x.json", "films/b/storyboard.json"}
    stat = objects.stat("films/b/storyboard.json")
    assert stat
    assert (stat.bytes, stat.version) == (3, before["films/b/storyboard.json"].version)
    objects.write("films/b/storyboard.json", b"two")  # the same length, within the same second
    after = objects.stat("films/b/storyboard.json")
    assert after
    assert after.version != before["films/b/storyboard.json"].version
    assert objects.folders("films/") == ["a", "b"]
    assert objects.folders("films/a/takes/") == ["001"]
    assert objects.folders("films/none/") == []
    assert objects.stat("films/none") is None
    assert objects.read("films/none") is None


def test_a_listing_is_followed_to_its_end(objects: Objects) -> None:
    """Longer than a page of a bucket's listing, which has 1,000 entries or fewer."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: objects.write(f"scripts/{number:04d}.txt", b"x"), range(1_050)))
    assert list(objects.keys("scripts/")) == [f"scripts/{number:04d}.txt" for number in range(1_050)]


def test_an_object_is_fetched_whole_and_read_in_ranges(objects: Objects) -> None:
    content = os.urandom(700_000)
    objects.write("films/a/x.mp4", content)
    with objects.fetched("films/a/x.mp4") as path:
        assert path.read_bytes() == content
    with objects.opened("films/a/x.mp4") as opened:
        assert opened
        assert opened.stat.bytes == len(content)
        for part in (range(10), range(300_000, 700_000), range(699_999, 700_000), range(5, 5)):
            assert b"".join(opened.pieces(part)) == content[part.start : part.stop]
    with objects.opened("films/a/none.mp4") as nothing:
        assert nothing is None


def test_a_deleted_object_is_gone_and_may_be_deleted_again(objects: Objects) -> None:
    objects.write("films/a/x.mp4", b"x")
    objects.delete("films/a/x.mp4")
    objects.delete("films/a/x.mp4")
    assert objects.stat("films/a/x.mp4") is None


def chosen(digest: str, requested: float = 0, chosen_by: str = "person", basis: str = "b") -> Selection:
    return Selection(take=1, digest=digest, bytes=1, basis=basis, chosen_by=chosen_by, requested=requested)


def test_the_last_requested_selection_wins_in_whatever_order_they_arrive(objects: Objects) -> None:
    store = FilmStore(objects)
    for digest in "abcde":
        objects.write(f"films/neo/takes/001/{digest}.mp4", b"x")

    def selected_after(selection: Selection) -> str:
        store.select("neo", "001", selection)
        return store.cut("neo").scenes["001"].digest

    assert selected_after(chosen("a", requested=20)) == "a"
    assert selected_after(chosen("b", requested=10)) == "a", "asked for earlier, done later"
    assert selected_after(chosen("c", chosen_by="pipeline")) == "a", "the pipeline yields to a person"
    assert selected_after(chosen("d", requested=30)) == "d"
    assert selected_after(chosen("e", requested=5, basis="an edited scene")) == "e"
    objects.delete("films/neo/takes/001/e.mp4")
    assert selected_after(chosen("a", requested=1, basis="an edited scene")) == "a", "a lost clip holds no place"
