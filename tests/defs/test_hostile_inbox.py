"""Whatever lies in the inbox is received or reported, ends in seconds, and stops no other script."""

import os
import socket
from pathlib import Path

import pytest
from factories import make_storyboard
from ticking import Daemon

from film_pipeline.models.storyboard import storyboard_to_json

BOARD = storyboard_to_json(make_storyboard())

NAMES = [
    "-rf.txt",
    "two\nlines.txt",
    "quote'\"`$(id).txt",
    "%s%n{0}.txt",
    "CON.txt",
    "a" * 251 + ".txt",
    "محقق.txt",
    "e\u0301\u202e.txt",
    ".txt",
    "no ending",
    "UPPER.TXT",
    "<script>.txt",
    "a.report.md.txt",
    "..txt",
]


@pytest.fixture
def inbox(daemon: Daemon) -> Path:
    daemon.drop("good.json", BOARD)
    return daemon.studio.settings.home / "scripts"


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_stops_nothing_and_leaves_the_home_as_it_was(daemon: Daemon, inbox: Path, name: str) -> None:
    daemon.drop(name, "A man walks in the rain.")
    daemon.tick("new_scripts")
    daemon.tick("new_scripts")
    assert "good" in daemon.studio.store.films()
    assert all(daemon.studio.store.record(film) for film in daemon.studio.store.films())
    assert {path.name for path in daemon.studio.settings.home.parent.iterdir()} == {"home"}
    daemon.tick()


def test_a_name_that_is_no_text_is_refused_beside_it(daemon: Daemon, inbox: Path) -> None:
    daemon.drop(os.fsdecode(b"\xff\xfe.txt"), "A man walks in the rain.")
    daemon.tick("new_scripts")
    assert daemon.studio.store.films() == ["good"]
    assert "not UTF-8" in (inbox / os.fsdecode(b"\xff\xfe.report.md")).read_text()


def test_what_is_no_file_is_passed_over(daemon: Daemon, inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.txt")
    (inbox / "loop.txt").symlink_to("loop.txt")
    (inbox / "dangling.txt").symlink_to("nowhere")
    (inbox / "endless.txt").symlink_to("/dev/zero")
    (inbox / "folder.txt").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inbox / "s.txt"))
        for path in inbox.iterdir():
            if path.is_fifo() or path.is_socket():
                os.utime(path, (0, 0))
        daemon.tick("new_scripts")
    assert daemon.studio.store.films() == ["good"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG picture"),
        (b"\xff\xfe" + "A man walks.".encode("utf-16-le"), "the film `bad`"),
        (b"a" * 40_000_000, "too large"),
    ],
    ids=["empty", "binary", "utf-16", "huge"],
)
def test_a_hostile_content_is_told_beside_the_script(daemon: Daemon, inbox: Path, content: bytes, said: str) -> None:
    (inbox / "bad.txt").write_bytes(content)
    os.utime(inbox / "bad.txt", (0, 0))
    daemon.tick("new_scripts")
    assert said.lower() in (inbox / "bad.report.md").read_text().lower()
    assert "good" in daemon.studio.store.films()


def test_a_note_of_what_was_received_that_is_spoilt_costs_only_another_look(daemon: Daemon, inbox: Path) -> None:
    daemon.work()
    (inbox / ".received.json").write_bytes(b"\0[[[")
    assert daemon.work() == []
    assert daemon.studio.store.films() == ["good"]
