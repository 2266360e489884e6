import hashlib
import os
import time
from pathlib import Path

import pytest

from film_pipeline.editor import known_files
from film_pipeline.editor.known_files import KnownFiles
from film_pipeline.models.digests import sha256_of

HOUR = 3600 * 10**9
PICTURE = hashlib.sha256(b"picture").hexdigest()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"picture")
    return path


@pytest.fixture
def reads(monkeypatch) -> list[Path]:
    """Which files were read; all of them count as settled."""
    read: list[Path] = []
    monkeypatch.setattr(known_files, "_SETTLED_SECONDS", -1.0)
    monkeypatch.setattr(known_files, "sha256_of", lambda path: read.append(path) or sha256_of(path))
    return read


def ask(note: Path, clip: Path, sha256: str = PICTURE) -> bool:
    known = KnownFiles(note)
    answer = known.is_still(clip, sha256)
    known.save()
    return answer


def test_an_untouched_file_is_read_once(tmp_path, clip, reads) -> None:
    assert all(ask(tmp_path / "known" / "note.json", clip) for _ in range(3))
    assert reads == [clip]


def flip(clip: Path) -> None:
    clip.write_bytes(b"pictura")


def flip_and_put_the_time_back(clip: Path) -> None:
    before = clip.stat()
    clip.write_bytes(b"pictura")
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_another_there(clip: Path) -> None:
    other = clip.with_name("other")
    other.write_bytes(b"pictura")
    other.replace(clip)


@pytest.mark.parametrize("touch", [flip, flip_and_put_the_time_back, put_another_there])
def test_a_touched_file_is_read_again(tmp_path, clip, reads, touch) -> None:
    note = tmp_path / "note.json"
    ask(note, clip)
    os.utime(clip, ns=(HOUR, HOUR))
    ask(note, clip)
    time.sleep(0.02)  # a tick of older systems' clocks
    touch(clip)
    assert not ask(note, clip)
    assert len(reads) == 3


def test_a_file_that_was_just_written_is_not_noted(tmp_path, clip) -> None:
    note = tmp_path / "note.json"
    ask(note, clip)
    assert "clip" not in (note.read_text() if note.exists() else "")


@pytest.mark.parametrize("damage", ["", "[]", '{"clip": 1}', "{", "another digest"])
def test_a_damaged_note_costs_a_reading_and_condemns_no_file(tmp_path, clip, reads, damage) -> None:
    note = tmp_path / "note.json"
    ask(note, clip)
    note.write_text(note.read_text().replace(PICTURE, "0" * 64) if damage == "another digest" else damage)
    assert ask(note, clip)
    assert len(reads) == 2


def test_another_file_than_the_wanted_one_is_known_as_such(tmp_path, clip, reads) -> None:
    assert ask(tmp_path / "note.json", clip)
    assert not ask(tmp_path / "note.json", clip, "0" * 64)


def test_a_note_that_cannot_be_kept_is_no_fault(clip, reads) -> None:
    assert ask(clip / "note.json", clip)
