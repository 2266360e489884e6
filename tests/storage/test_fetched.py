"""Local copies of a bucket's objects: fetched once, within a bound, never taken from under a user."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from film_pipeline.errors import StorageError, StorageFullError
from film_pipeline.storage.fetched import FetchedFiles

_SPAWN = multiprocessing.get_context("spawn")


def write(size: int):
    return lambda path: path.write_bytes(b"x" * size)


def copies(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "files").iterdir())


def test_a_copy_is_fetched_once(tmp_path: Path) -> None:
    kept = FetchedFiles(tmp_path)
    with kept.using("a.mp4", write(5)) as first, kept.using("a.mp4", lambda path: pytest.fail("again")) as second:
        assert first == second
        assert first.read_bytes() == b"xxxxx"


def test_nothing_half_fetched_is_kept(tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        path.write_bytes(b"half")
        raise StorageError("cut")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    kept = FetchedFiles(tmp_path)
    for fetch, error in ((broken, StorageError), (full, StorageFullError)):
        with pytest.raises(error), kept.using("a.mp4", fetch):
            pass
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"]


def test_copies_stay_within_the_bound_and_those_in_use_stay(tmp_path: Path) -> None:
    kept = FetchedFiles(tmp_path, limit_bytes=250)
    with kept.using("0.mp4", write(100)):
        for number in range(1, 4):
            with kept.using(f"{number}.mp4", write(100)):
                pass
        assert copies(tmp_path) == ["0.mp4", "3.mp4"]
    os.utime(tmp_path / "last-use" / "0.mp4", (1, 1))  # the longest unused by far
    with kept.using("4.mp4", write(100)):
        pass
    assert copies(tmp_path) == ["3.mp4", "4.mp4"]


def test_the_longest_unused_goes_first_and_not_the_first_that_came(tmp_path: Path) -> None:
    kept = FetchedFiles(tmp_path, limit_bytes=250)
    for name in ("first.mp4", "second.mp4", "first.mp4"):
        with kept.using(name, write(100)) as copy:
            before = copy.stat()
        assert copy.stat().st_ctime_ns == before.st_ctime_ns
        time.sleep(0.02)
    with kept.using("third.mp4", write(100)):
        pass
    assert copies(tmp_path) == ["first.mp4", "third.mp4"]
    assert sorted(path.name for path in (tmp_path / "last-use").iterdir()) == copies(tmp_path)


def test_copies_that_another_process_uses_stay_until_it_is_gone(tmp_path: Path) -> None:
    process = _SPAWN.Process(target=_use_for_ever, args=(tmp_path,))
    process.start()
    while not list((tmp_path / "in-use").glob("*/*theirs*")) or "theirs.mp4" not in copies(tmp_path):
        time.sleep(0.02)
    kept = FetchedFiles(tmp_path, limit_bytes=1)
    kept.sweep()
    with kept.using("ours.mp4", write(100)):
        assert copies(tmp_path) == ["ours.mp4", "theirs.mp4"]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    kept.sweep()
    with kept.using("more.mp4", write(100)):
        assert copies(tmp_path) == ["more.mp4"]


def _use_for_ever(root: Path) -> None:
    with FetchedFiles(root, limit_bytes=10**6).using("theirs.mp4", write(100)):
        time.sleep(60)


def test_what_another_pod_uses_stays_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pod counts its processes from 1, and sees none of another's."""
    here = os.uname()
    kept = FetchedFiles(tmp_path, limit_bytes=1)
    with kept.using("theirs.mp4", write(100)), monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "uname", lambda: SimpleNamespace(nodename=f"another-{here.nodename}"))
        with kept.using("theirs.mp4", lambda path: pytest.fail("again")):
            pass
        kept.adopt(tmp_path / "none", "ours.mp4")
        assert copies(tmp_path) == ["theirs.mp4"]
        (theirs,) = (tmp_path / "in-use").glob(f"{os.getpid()}@{here.nodename}")
        os.utime(theirs, (1, 1))
        kept.adopt(tmp_path / "none", "ours.mp4")
        assert copies(tmp_path) == []


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    kept = FetchedFiles(tmp_path, limit_bytes=1)
    for name in ("a.mp4", "b.mp4"):
        with kept.using(name, write(100)) as copy:
            assert copy.exists()
    assert copies(tmp_path) == ["b.mp4"]


def test_a_file_just_stored_is_taken_as_a_copy(tmp_path: Path) -> None:
    kept, file = FetchedFiles(tmp_path / "cache"), tmp_path / "new.mp4"
    file.write_bytes(b"new")
    kept.adopt(file, "a.mp4")
    with kept.using("a.mp4", lambda path: pytest.fail("fetched")) as copy:
        assert copy.read_bytes() == b"new"
