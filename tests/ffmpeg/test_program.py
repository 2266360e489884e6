import stat
import subprocess
import sys
from pathlib import Path

import pytest

from film_pipeline.errors import FFmpegFailedError, FFmpegMissingError, StorageFullError
from film_pipeline.ffmpeg.program import (
    feeding_ffmpeg,
    ffmpeg_program,
    ffmpeg_version,
    file_argument,
    run_ffmpeg,
)

GREY = ["-f", "lavfi", "-i", "color=c=gray:s=64x64:r=24:d=1"]


def fake_program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_program_is_always_found() -> None:
    assert ffmpeg_version(ffmpeg_program())[0].isalnum()


def test_the_variable_comes_first(monkeypatch, tmp_path) -> None:
    wanted = fake_program(tmp_path / "my-ffmpeg", "echo ffmpeg version 7.7-mine >&2")
    monkeypatch.setenv("FFMPEG_BINARY", wanted)
    assert ffmpeg_program() == wanted
    assert ffmpeg_version(wanted) == "7.7-mine"


def test_then_comes_the_path(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("FFMPEG_BINARY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ffmpeg_program() == fake_program(tmp_path / "ffmpeg", "exit 0") or "imageio" in ffmpeg_program()
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    assert ffmpeg_program() == str(tmp_path / "ffmpeg")


def test_a_variable_that_names_no_program_is_told(monkeypatch) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", "/nowhere/ffmpeg")
    with pytest.raises(FFmpegMissingError, match="FFMPEG_BINARY=/nowhere/ffmpeg"):
        ffmpeg_program()


def test_a_program_that_does_not_start_is_told(tmp_path) -> None:
    with pytest.raises(FFmpegMissingError, match="does not start"):
        ffmpeg_version(fake_program(tmp_path / "broken", "echo no; exit 1"))


def test_a_failure_says_what_was_done_and_why(tmp_path) -> None:
    with pytest.raises(FFmpegFailedError, match=r"FFmpeg failed while testing \(exit code \d+\): .*No such file"):
        run_ffmpeg(["-i", file_argument(tmp_path / "gone.mp4"), "-f", "null", "-"], doing="testing")


def test_a_killed_program_is_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", fake_program(tmp_path / "killed", "kill -9 $$"))
    with pytest.raises(FFmpegFailedError, match="killed by signal 9"):
        run_ffmpeg([], doing="testing")


@pytest.mark.parametrize("words", ["No space left on device", "Disk quota exceeded", "File too large"])
def test_a_full_disk_is_its_own_error(monkeypatch, tmp_path, words) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", fake_program(tmp_path / "full", f"echo 'av_write: {words}' >&2; exit 1"))
    with pytest.raises(StorageFullError, match="No room on the disk while testing"):
        run_ffmpeg([], doing="testing")


def test_a_file_that_grows_too_large_is_a_full_disk(tmp_path) -> None:
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))\n"
        "from film_pipeline.ffmpeg.program import run_ffmpeg\n"
        "from film_pipeline.errors import StorageFullError\n"
        "try:\n"
        f"    run_ffmpeg({GREY!r} + ['-f', 'rawvideo', {file_argument(tmp_path / 'x')!r}], doing='testing')\n"
        "except StorageFullError as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "No room on the disk while testing" in result.stdout, result.stderr


def test_names_never_become_options_or_addresses(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_argument(Path("-y")) == f"file:{tmp_path}/-y"
    assert file_argument(Path("http://host/x.mp4")) == f"file:{tmp_path}/http:/host/x.mp4"


def test_relative_names_start_within_a_folder(tmp_path) -> None:
    run_ffmpeg([*GREY, "-frames:v", "1", "-f", "rawvideo", "100%d.raw"], doing="testing", within=tmp_path)
    assert (tmp_path / "100%d.raw").stat().st_size > 0


def test_raw_frames_are_fed_by_a_pipe(tmp_path) -> None:
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "8x8", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "gray"]
    with feeding_ffmpeg([*raw, file_argument(tmp_path / "out")], doing="feeding") as pipe:
        pipe.write(bytes(range(64)))
    assert (tmp_path / "out").read_bytes() == bytes(range(64))


def test_a_program_that_stops_reading_is_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", fake_program(tmp_path / "early", "echo enough >&2; exit 3"))

    def feed() -> None:
        with feeding_ffmpeg([], doing="feeding") as pipe:
            for _ in range(100):
                pipe.write(bytes(100_000))

    with pytest.raises(FFmpegFailedError, match="enough"):
        feed()


def test_an_error_while_feeding_ends_the_program(tmp_path) -> None:
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "8x8", "-i", "pipe:0", "-f", "null", "-"]

    def feed() -> None:
        with feeding_ffmpeg(raw, doing="feeding") as pipe:
            pipe.write(bytes(64))
            raise KeyError("stop")

    with pytest.raises(KeyError):
        feed()
