"""The door: every script that cannot be read is refused with what, where, why and a remedy."""

import os
import socket
import time
from pathlib import Path

import pytest

from film_pipeline.director.script import MAX_SCRIPT_CHARACTERS, printable_name, read_script, read_script_bytes
from film_pipeline.errors import ScriptError


def refusal(path: Path) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        read_script(path)
    assert caught.value.remedy, "every refusal says what to do"
    assert "\n" not in str(caught.value)
    return caught.value


def written(tmp_path: Path, data: bytes | str, name: str = "script.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text"), ("a.md", "markdown"), ("A.FOUNTAIN", "fountain"), ("a.JSON", "storyboard")],
)
def test_kind_comes_from_the_ending(tmp_path: Path, name: str, kind: str) -> None:
    script = read_script(written(tmp_path, "Rain.", name))
    assert (script.name, script.text, script.kind) == (name, "Rain.", kind)


@pytest.mark.parametrize(
    "data",
    [
        "Räin 🌧\nلقد\u200f e\u0301\u200d".encode(),
        "\ufeffRäin 🌧\nلقد\u200f e\u0301\u200d".encode(),
        b"\xff\xfe" + "Räin 🌧\nلقد\u200f e\u0301\u200d".encode("utf-16-le"),
        b"\xfe\xff" + "Räin 🌧\nلقد\u200f e\u0301\u200d".encode("utf-16-be"),
        "Räin 🌧\r\nلقد\u200f e\u0301\u200d".encode(),
        "Räin 🌧\rلقد\u200f e\u0301\u200d".encode(),
    ],
    ids=["utf-8", "utf-8 with BOM", "utf-16 le", "utf-16 be", "CRLF", "CR"],
)
def test_every_unicode_text_comes_out_the_same(tmp_path: Path, data: bytes) -> None:
    assert read_script(written(tmp_path, data)).text == "Räin 🌧\nلقد\u200f e\u0301\u200d"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["empty", "nothing to film"]),
        (b" \n\t\r\n ", ["empty", "white space"]),
        ("\u200b\u200f\ufeff \n".encode(), ["empty", "white space"]),
        (b"\xff\xfe", ["empty"]),
        (b"Rain.\nCaf\xe9 noir.", ["UTF-8", "line 2", "0xE9", "offset 9"]),
        (b"\xff\xfeR\x00a", ["UTF-16", "line 1"]),
        (b"\xff\xfe\x00\x00R\x00\x00\x00", ["UTF-32"]),
        (b"Rain.\nSnow\x00.", ["line 2", "NUL", "U+0000"]),
        (b"Rain.\n\nSnow\x1b[31m and a lot of other text that is fine.", ["line 3", "U+001B"]),
        (bytes(range(256)) * 8, ["binary"]),
        (b"\x00\x01\x02\x03" * 100, ["binary"]),
        (b"%PDF-1.7 ...", ["PDF"]),
        (b"PK\x03\x04....", ["Word"]),
        (b"\x00\x00\x00\x20ftypisom", ["MP4"]),
        (b"{\\rtf1\\ansi Rain.}", ["RTF"]),
    ],
)
def test_unreadable_text_is_refused_with_its_place(tmp_path: Path, data: bytes, words: list[str]) -> None:
    message = str(refusal(written(tmp_path, data)))
    assert [word for word in ["script.txt", *words] if word not in message] == []


def test_form_feeds_and_line_separators_end_lines(tmp_path: Path) -> None:
    assert read_script(written(tmp_path, "a\x0cb\u2028c\x0bd\u0085e")).text == "a\nb\nc\nd\ne"


@pytest.mark.parametrize("count", [MAX_SCRIPT_CHARACTERS + 1, 1_048_576, 3_000_000])
def test_a_script_too_long_is_refused_with_both_numbers_at_once(tmp_path: Path, count: int) -> None:
    path = written(tmp_path, "a b\n" * (count // 4) + "c" * (count % 4))
    began = time.process_time()
    message = str(refusal(path))
    assert time.process_time() - began < 1
    assert f"{count:,}" in message
    assert f"{MAX_SCRIPT_CHARACTERS:,}" in message


def test_the_longest_script_allowed_is_read_in_the_widest_encoding(tmp_path: Path) -> None:
    text = "🌧" * MAX_SCRIPT_CHARACTERS
    assert len(read_script(written(tmp_path, text)).text) == MAX_SCRIPT_CHARACTERS


def test_only_a_bounded_number_of_bytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000_000)
    began = time.process_time()
    assert "50,000,000,000 bytes" in str(refusal(path))
    assert time.process_time() - began < 1


def test_a_folder_a_fifo_a_socket_and_a_device_are_named_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "link.txt").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.txt"))
        found = {name: str(refusal(tmp_path / f"{name}.txt")) for name in ("pipe", "folder", "link", "socket")}
    assert "FIFO" in found["pipe"]
    assert "a folder" in found["folder"]
    assert "a device" in found["link"]
    assert "a socket" in found["socket"]


def test_a_file_that_becomes_a_pipe_between_look_and_open_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "Rain.")
    before = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(Path, "stat", lambda self, **_: before)
    assert "FIFO" in str(refusal(path))


def test_missing_vanished_looping_and_impossible_paths(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    assert "no such script" in str(refusal(tmp_path / "missing.txt"))
    assert "no such script" in str(refusal(tmp_path / "gone.txt"))
    assert "circle" in str(refusal(tmp_path / "loop.txt"))
    assert "too long" in str(refusal(tmp_path / f"{'n' * 300}.txt"))
    assert "NUL" in str(refusal(tmp_path / "a\0b.txt"))


def test_a_file_without_the_right_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "Rain.")

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # root may read everything, so the refusal is made
    assert "may not be read" in str(refusal(path))


@pytest.mark.parametrize("name", ["script.docx", "script", "script.txt.exe", ".txt"])
def test_an_unknown_ending_names_the_known_ones(tmp_path: Path, name: str) -> None:
    assert ".fountain" in str(refusal(written(tmp_path, "Rain.", name)))


def test_bytes_from_object_storage_pass_the_same_door() -> None:
    script = read_script_bytes(b"\xef\xbb\xbfRain.\r\n", "scripts/night/rain.txt")
    assert (script.name, script.text) == ("rain.txt", "Rain.\n")
    with pytest.raises(ScriptError, match=r"NUL.*|rain"):
        read_script_bytes(b"Rain\0.", "scripts/rain.txt")
    with pytest.raises(ScriptError, match="1,048,576"):
        read_script_bytes(b"a" * 1_048_576, "scripts/rain.txt")


def test_hostile_file_names_are_printed_safely(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff\nname\x1b[31m.txt")
    message = str(refusal(path))
    assert message.isprintable()
    assert len(printable_name("x" * 5_000)) < 400


def test_json_is_left_to_the_storyboard(tmp_path: Path) -> None:
    text = '{"title": "a\u2028b",\r\n "scenes": []}'
    assert read_script(written(tmp_path, text, "a.json")).text == text
