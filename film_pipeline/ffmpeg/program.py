"""Finds the FFmpeg program and runs it: arguments as a list, never a shell, never a question on the terminal.

Not here: what the arguments say. Every caller writes its own list.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from film_pipeline.errors import FFmpegFailedError, FFmpegMissingError, StorageFullError

_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error")
_FULL_DISK = re.compile(r"No space left on device|Disk quota exceeded|File too large")


def ffmpeg_program() -> str:
    """The path of FFmpeg: ``FFMPEG_BINARY``, else the one on ``PATH``, else the one that comes with the Python package.

    Raises:
        FFmpegMissingError: ``FFMPEG_BINARY`` names no program, or there is none at all.
    """
    return _find_program(os.environ.get("FFMPEG_BINARY", ""), os.environ.get("PATH", ""))


@cache
def _find_program(wanted: str, _path: str) -> str:
    if wanted:
        found = shutil.which(wanted)
        if not found:
            raise FFmpegMissingError(
                "FFmpeg was not found",
                where=f"FFMPEG_BINARY={wanted}",
                remedy="Set FFMPEG_BINARY to a program, or unset it.",
            )
        return found
    found = shutil.which("ffmpeg")
    if found:
        return found
    import imageio_ffmpeg  # looks for its program at import; only needed where there is no other

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FFmpegMissingError(
            "FFmpeg was not found",
            why="it is not on PATH and the package imageio-ffmpeg carries none for this machine",
            remedy="Install FFmpeg, or set FFMPEG_BINARY to a program.",
        ) from error


def ffmpeg_version(program: str) -> str:
    """The version of a program, such as ``9.0.2-static``; part of every cache key, as bytes differ by version."""
    return _about(program)[0]


def ffmpeg_encoders(program: str) -> frozenset[str]:
    """The encoders that a program was built with, such as ``libx265``."""
    return _about(program)[1]


@cache
def _about(program: str) -> tuple[str, frozenset[str]]:
    """Version and encoders, which one start of the program tells."""
    result = subprocess.run(
        [program, "-encoders"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    match = re.match(r"ffmpeg version (\S+)", result.stderr)
    if not match:
        raise FFmpegMissingError(
            "FFmpeg does not start", where=program, why=result.stderr.strip()[-300:], remedy="Set FFMPEG_BINARY."
        )
    return match[1], frozenset(re.findall(r"^ [VAS][A-Z.]{5} (\S+)", result.stdout, re.MULTILINE))


def file_argument(path: Path) -> str:
    """``path`` for FFmpeg: absolute and behind ``file:``, so that no name is taken for an option or an address."""
    return f"file:{path.absolute()}"


def run_ffmpeg(arguments: Sequence[str], *, doing: str, within: Path | None = None) -> str:
    """Run FFmpeg to its end and return what it wrote to standard error; ``doing`` is for the error message.

    ``within`` is the folder that relative names in ``arguments`` start from.

    A return is no proof that the result is good: decode and count it (see :mod:`film_pipeline.ffmpeg.probe`).

    Raises:
        FFmpegFailedError, FFmpegMissingError, StorageFullError
    """
    command = [ffmpeg_program(), *_QUIET, *arguments]
    result = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False, cwd=within)
    said = result.stderr.decode("utf-8", "replace")
    _raise_for(result.returncode, said, doing)
    return said


@contextmanager
def feeding_ffmpeg(arguments: Sequence[str], *, doing: str) -> Iterator[IO[bytes]]:
    """Run FFmpeg with a pipe on standard input (use ``-i pipe:0``) to write raw frames or samples to.

    Leaving the block closes the pipe and waits; leaving it by an exception kills FFmpeg.

    Raises:
        FFmpegFailedError, FFmpegMissingError, StorageFullError
    """
    with TemporaryFile() as complaints:
        # No -nostdin: standard input is the data.
        command = [ffmpeg_program(), *_QUIET[1:], *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)
        assert process.stdin is not None
        fed = False
        try:
            yield process.stdin
            process.stdin.close()
            fed = True
        except BrokenPipeError:
            pass  # FFmpeg ended early; its exit status and words below tell why
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            with suppress(BrokenPipeError):  # what is still buffered has no reader any more
                process.stdin.close()
        process.wait()
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace")
        if process.returncode == 0 and not fed:
            raise FFmpegFailedError(f"FFmpeg failed while {doing}", why="it stopped reading before the end")
        _raise_for(process.returncode, said, doing)


def _raise_for(returncode: int, said: str, doing: str) -> None:
    if returncode == 0:
        return
    if _FULL_DISK.search(said) or returncode == -signal.SIGXFSZ:
        raise StorageFullError(
            f"No room on the disk while {doing}", why=said.strip()[-200:], remedy="Free some space and run again."
        )
    how = f"killed by signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
    raise FFmpegFailedError(f"FFmpeg failed while {doing}", where=how, why=said.strip()[-600:])
