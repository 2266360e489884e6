"""Leases: never two at a time, over a folder and over a bucket; the dead are not waited for longer than needed."""

import json
import multiprocessing
import os
import time
from pathlib import Path

import pytest

from film_pipeline.storage import Objects, leases, open_store
from film_pipeline.storage.leases import leased

KEY = "films/neo/takes/001/.lease"
_SPAWN = multiprocessing.get_context("spawn")


def never() -> None:
    pytest.fail("nobody holds the lease, and yet it was waited for")


def hold(objects: Objects, **other: object) -> None:
    """What another machine wrote and does not renew."""
    content = {"request": "a", "host": "another", "process": 1, "mark": "x", **other}
    objects.write(KEY, json.dumps(content).encode())


def test_workers_of_one_scene_come_one_after_the_other(objects: Objects, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workers = [
        _SPAWN.Process(target=_work, args=(objects.describe(), tmp_path / "home", log, str(number)))
        for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    lines = log.read_text().split()
    assert len(lines) == 6
    for begin, end in zip(lines[::2], lines[1::2], strict=True):
        assert (begin[0], end[0]) == ("b", "e")
        assert begin[1:] == end[1:]
    assert objects.read(KEY) is None, "the lease is given back"


def _work(root: str, home: Path, log: Path, name: str) -> None:
    with leased(open_store(root, home).objects, KEY, f"request {name}", lambda: None), log.open("a") as file:
        file.write(f"b{name}\n")
        file.flush()
        time.sleep(0.3)
        file.write(f"e{name}\n")


def test_a_lease_that_is_not_renewed_expires(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "EXPIRES_AFTER_SECONDS", 0.3)
    monkeypatch.setattr(leases, "_POLL_SECONDS", 0.05)
    hold(objects)
    waited: list[int] = []
    with leased(objects, KEY, "b", lambda: waited.append(1)):
        assert json.loads(objects.read(KEY) or b"")["request"] == "b"
    assert waited


def test_a_lease_that_is_renewed_does_not_expire(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "EXPIRES_AFTER_SECONDS", 0.6)
    monkeypatch.setattr(leases, "RENEWED_EVERY_SECONDS", 0.1)
    with leased(objects, KEY, "a", never):
        before = objects.read(KEY)
        time.sleep(0.3)
        assert objects.read(KEY) != before


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ({"request": "b"}, "an earlier try of the same request"),
        ({"host": os.uname().nodename, "process": 2**22 + 1}, "a process of this machine that is gone"),
        ({"host": os.uname().nodename, "process": os.getpid()}, "a step of this process that failed"),
    ],
)
def test_some_are_not_waited_for(objects: Objects, held: dict[str, object], why: str) -> None:
    hold(objects, **held)
    with leased(objects, KEY, "b", never):
        assert json.loads(objects.read(KEY) or b"")["mark"] != "x", why


def test_what_is_no_lease_is_replaced(objects: Objects) -> None:
    objects.write(KEY, b"\xff[")
    with leased(objects, KEY, "", never):
        pass


def test_a_lease_that_was_taken_over_is_left_alone(objects: Objects) -> None:
    with leased(objects, KEY, "a", never):
        hold(objects, request="b")
    assert json.loads(objects.read(KEY) or b"")["request"] == "b"
