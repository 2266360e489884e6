"""Opens media files, and only media files: local, of a known container, with the demuxer named by us.

FFmpeg guesses what a file is and follows what is written in it. Here the first bytes decide, playlists and texts
under a media name are refused, and no protocol but ``file`` is allowed. Not here: what is inside (see ``probe``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from film_pipeline.errors import UnreadableMediaError
from film_pipeline.ffmpeg.program import file_argument

_HEAD_BYTES = 16
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
_REMEDY = "Give a video file that plays from start to end, or make the clip again."


def named(path: Path) -> str:
    """A path fit for a message: odd characters, such as newlines, are shown escaped."""
    text = str(path)
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode()


def unreadable(path: Path, why: str) -> UnreadableMediaError:
    return UnreadableMediaError("The file cannot be read as media", where=named(path), why=why, remedy=_REMEDY)


def demuxer_of(path: Path) -> str:
    """FFmpeg's name of the container, told by the first bytes and never by the name: ``mov``, ``matroska``, ...

    Raises:
        UnreadableMediaError: no plain file, empty, a text or playlist, or an unknown container.
    """
    try:
        if not path.is_file():
            raise unreadable(path, "there is no such file" if not path.exists() else "it is not a plain file")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise unreadable(path, str(error)) from error
    if not head:
        raise unreadable(path, "it is empty (zero bytes)")
    demuxer = _recognize(head)
    if demuxer is None:
        kind = "it is a text" if head.isascii() and b"\0" not in head else "its first bytes are of no known container"
        raise unreadable(path, f"{kind}, not MP4, MOV, Matroska, WebM, AVI, Ogg, FLAC, WAV or MP3")
    return demuxer


def _recognize(head: bytes) -> str | None:
    if head[4:8] in _MP4_BOXES:
        return "mov"
    if head.startswith(b"RIFF"):
        return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])
    for signature, demuxer in ((b"\x1a\x45\xdf\xa3", "matroska"), (b"OggS", "ogg"), (b"fLaC", "flac"), (b"ID3", "mp3")):
        if head.startswith(signature):
            return demuxer
    is_mpeg_audio = head[0] == 0xFF and head[1:2] >= b"\xe0"
    return "mp3" if is_mpeg_audio else None


def input_options(path: Path) -> dict[str, str]:
    """FFmpeg options that go before ``-i``: the demuxer, no protocol but ``file``, and no damage let through.

    Raises:
        UnreadableMediaError
    """
    return {"f": demuxer_of(path), "protocol_whitelist": "file", "err_detect": "explode"}


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading; whatever FFmpeg cannot read becomes an :class:`UnreadableMediaError`."""
    demuxer = demuxer_of(path)
    try:
        with av.open(file_argument(path), format=demuxer, options={"protocol_whitelist": "file"}) as container:
            yield container
    except (av.FFmpegError, UnicodeError) as error:
        raise unreadable(path, _words(error)) from error


def _words(error: Exception) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return "it is damaged or cut short (FFmpeg: invalid data)"
    return f"FFmpeg: {getattr(error, 'strerror', None) or error}"
