"""Heartbeats and previews of steps: seen while a step is under way, bounded, and gone afterwards."""

import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from film_pipeline.defs import progress
from film_pipeline.defs.progress import beating, live_heartbeats, read_heartbeat, read_picture


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 36), colour).save(buffer, "PNG")
    return buffer.getvalue()


def colour_of(jpeg: bytes | None) -> str:
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as opened:
        red, _, blue = opened.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def ignored(words: str) -> None:
    """Nobody reads the log."""


def test_a_step_is_seen_with_its_preview_and_leaves_nothing(tmp_path: Path) -> None:
    with beating(tmp_path, "neo", "001", ignored) as beat:
        assert live_heartbeats(tmp_path, "neo") == {}
        beat(0.25, "step 5 of 20, about 30 s left")
        beat.picture(picture("red"), "image/png")
        seen = live_heartbeats(tmp_path, "neo")["001"]
        assert (seen.share, seen.words) == (0.25, "step 5 of 20, about 30 s left")
        assert seen.picture is not None
        assert colour_of(read_picture(tmp_path, "neo", "001")) == "red"
    beat.picture(picture("blue"), "image/png")  # a socket may still speak
    assert live_heartbeats(tmp_path, "neo") == {}
    assert list((tmp_path / "progress" / "neo").iterdir()) == []


def test_one_preview_a_second_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with beating(tmp_path, "neo", "001", ignored) as beat:
        beat.picture(picture("red"), "image/png")
        beat.picture(picture("blue"), "image/png")
        assert colour_of(read_picture(tmp_path, "neo", "001")) == "red"
        monkeypatch.setattr(progress, "_PICTURE_EVERY_SECONDS", 0.0)
        beat.picture(picture("blue"), "image/png")
        assert colour_of(read_picture(tmp_path, "neo", "001")) == "blue"


def test_what_is_no_picture_is_no_preview(tmp_path: Path) -> None:
    with beating(tmp_path, "neo", "001", ignored) as beat:
        beat.picture(b"<script>", "text/html")
        assert read_picture(tmp_path, "neo", "001") is None


def test_a_preview_left_by_a_killed_process_is_not_shown_for_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "progress" / "neo"
    folder.mkdir(parents=True)
    (folder / "001.jpg").write_bytes(b"old")
    with beating(tmp_path, "neo", "001", ignored):
        assert read_picture(tmp_path, "neo", "001") is None


def test_a_heartbeat_that_is_old_or_damaged_is_not_live(tmp_path: Path) -> None:
    folder = tmp_path / "progress" / "neo"
    folder.mkdir(parents=True)
    (folder / "001.json").write_text('{"share": 0.5, "words": "x"}')
    os.utime(folder / "001.json", (time.time() - 3600, time.time() - 3600))
    (folder / "002.json").write_text("{")
    assert live_heartbeats(tmp_path, "neo") == {}
    assert read_heartbeat(tmp_path, "neo", "001") is not None


def test_a_home_that_cannot_be_written_costs_the_bar_and_no_render(tmp_path: Path) -> None:
    (tmp_path / "progress").write_text("a file where a folder should be")
    with beating(tmp_path, "neo", "001", ignored) as beat:
        beat(0.5, "step 1 of 2")
        beat.picture(picture("red"), "image/png")


def test_long_work_tells_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOG_EVERY_SECONDS", 0.0)
    said: list[str] = []
    with beating(tmp_path, "neo", "001", said.append) as beat:
        beat(0.25, "step 5 of 20, about 30 s left")
        beat.picture(picture("red"), "image/png")
    assert said == ["25% step 5 of 20, about 30 s left"]
