import contextlib
import json
import multiprocessing
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from film_pipeline.editor import cache as cache_module
from film_pipeline.editor.cache import PartsCache
from film_pipeline.errors import StorageError, UnfitMediaError

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def cache(tmp_path: Path) -> PartsCache:
    return PartsCache(tmp_path / "cache", limit_bytes=3_000)


def writes(text: str, **facts: object):
    def make(folder: Path) -> dict:
        (folder / "part.mp4").write_text(text)
        return facts

    return make


def refuses(folder: Path) -> dict:
    raise AssertionError("it is in the cache")


def test_what_was_made_is_found_again(cache) -> None:
    made = cache.get(KEY, writes("one", has_audio=True))
    found = cache.get(KEY, refuses)

    assert (made.fresh, found.fresh) == (True, False)
    assert found.file("part.mp4").read_text() == "one"
    assert found.facts == made.facts == {"has_audio": True}
    assert found.hashes == made.hashes


def change(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def put_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("lost+found")


DAMAGES = {
    "a byte changed": lambda folder: (folder / "part.mp4").write_text("onf"),
    "cut short": lambda folder: (folder / "part.mp4").write_text("on"),
    "emptied": lambda folder: (folder / "part.mp4").write_text(""),
    "deleted": lambda folder: (folder / "part.mp4").unlink(),
    "no record": lambda folder: (folder / "entry.json").unlink(),
    "half a record": lambda folder: (folder / "entry.json").write_text('{"key": "aaa'),
    "a strange record": lambda folder: (folder / "entry.json").write_text("[]"),
    "a record of another": lambda folder: (folder / "entry.json").write_text(
        json.dumps({"key": OTHER, "facts": {}, "files": {}})
    ),
    "a letter of the record changed": lambda folder: change(folder / "entry.json", "has_audio", "has_audip"),
    "a number in the record changed": lambda folder: change(folder / "entry.json", "-14.5", "-94.5"),
    "a file in its place": put_a_file,
    "a file in the place of its shelf": lambda folder: put_a_file(folder.parent),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entries_are_made_again(cache, damage) -> None:
    entry = cache.get(KEY, writes("one", has_audio=True, lufs=[-14.5]))
    DAMAGES[damage](entry.folder)
    healed = cache.get(KEY, writes("one", has_audio=True, lufs=[-14.5]))

    assert healed.fresh
    assert healed.file("part.mp4").read_text() == "one"
    assert not cache.get(KEY, refuses).fresh


def test_a_failure_leaves_nothing(cache, tmp_path) -> None:
    def fails(folder: Path) -> dict:
        (folder / "part.mp4").write_text("half")
        raise UnfitMediaError("no")

    with pytest.raises(UnfitMediaError):
        cache.get(KEY, fails)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
    assert cache.get(KEY, writes("one")).fresh


def test_the_longest_unused_entries_go_first(cache) -> None:
    keys = [letter * 64 for letter in "abcde"]
    for age, key in enumerate(keys):
        folder = cache.get(key, writes("x" * 1000)).folder
        os.utime(folder, (time.time() - 1000 + age, time.time() - 1000 + age))
    assert cache.get(keys[0], refuses)  # used again, so it is the youngest now

    assert cache.evict() == 3
    assert [key for key in keys if not cache.get(key, writes("y")).fresh] == [keys[0], keys[4]]


def test_what_running_work_uses_is_never_evicted(cache, tmp_path) -> None:
    with PartsCache(tmp_path / "cache", limit_bytes=10).in_use():
        for letter in "abcde":
            cache.get(letter * 64, writes("x" * 1000))
        assert cache.evict() == 0
    assert cache.get("e" * 64, writes("again")).fresh


def test_what_is_used_while_others_are_cleared_away_stays(cache, tmp_path, monkeypatch) -> None:
    """Walking through a large cache takes seconds, in which other work begins."""
    keys = [letter * 64 for letter in "abcde"]
    for age, key in enumerate(keys):
        folder = cache.get(key, writes("x" * 1000)).folder
        os.utime(folder, (time.time() - 1000 + age, time.time() - 1000 + age))
    other, walk = PartsCache(tmp_path / "cache"), cache_module._measured

    with contextlib.ExitStack() as work:

        def walk_slowly(entries):
            found = list(walk(entries))
            work.enter_context(other.in_use())
            assert other.find(keys[0])
            return found

        monkeypatch.setattr(cache_module, "_measured", walk_slowly)
        assert cache.evict() == 3
        assert [key for key in keys if cache.find(key)] == [keys[0], keys[4]]
        assert not other.has_lost_entries()


def test_an_entry_that_is_cleared_away_in_use_is_noticed(cache) -> None:
    entry = cache.get(KEY, writes("one"))
    assert not cache.has_lost_entries()
    entry.file("part.mp4").unlink()
    assert cache.has_lost_entries()


def test_a_file_in_the_place_of_a_folder_gives_way(tmp_path) -> None:
    root = tmp_path / "cache"
    root.mkdir()
    for name in ("parts", "scratch"):
        (root / name).touch()
    assert PartsCache(root).get(KEY, writes("one")).fresh


def test_work_that_fails_halfway_leaves_the_cache_within_its_limit(cache, tmp_path) -> None:
    def fails(folder: Path) -> dict:
        raise UnfitMediaError("no")

    for letter in "abcde":
        cache.get(letter * 64, writes("x" * 1000))
    with pytest.raises(UnfitMediaError), cache.in_use():
        cache.get(OTHER[:63] + "0", fails)
    left = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert left <= 3_000


def test_scratch_of_the_dead_is_swept_and_that_of_the_living_is_not(cache, tmp_path) -> None:
    scratch = tmp_path / "cache" / "scratch"
    dead = scratch / "dead"
    dead.mkdir()
    (dead / "part.mp4").write_text("half")
    with cache.scratch() as living:
        for folder in (dead, living):
            os.utime(folder, (0, 0))
        cache.sweep()
        assert living.is_dir()
        assert not dead.exists()
    assert list(scratch.iterdir()) == []


def test_threads_that_want_the_same_make_it_once(cache) -> None:
    def make(folder: Path) -> dict:
        time.sleep(0.05)
        return writes("one")(folder)

    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: cache.get(KEY, make), range(8)))
    assert [entry.fresh for entry in entries].count(True) == 1


def _make_many(root: str, number: int) -> None:
    cache = PartsCache(Path(root))
    for key in range(40):
        entry = cache.get(f"{key:064d}", writes(f"{key}"))
        assert entry.file("part.mp4").read_text() == f"{key}", number


def test_processes_share_a_cache(tmp_path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_make_many, args=(str(tmp_path), number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told(tmp_path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StorageError, match="Cannot write the cache of parts"):
        PartsCache(tmp_path / "cache")
