"""The door: a script file becomes text, or a clear refusal. Nothing behind it meets a byte, a BOM or a FIFO.

What the text means is not decided here: the directors read it.
"""

import errno
import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import NoReturn

from film_pipeline.director import Script, ScriptKind
from film_pipeline.errors import ScriptError
from film_pipeline.models.storyboard import MAX_STORYBOARD_BYTES

MAX_SCRIPT_CHARACTERS = 400_000
# No character takes more than four bytes in UTF-8 or UTF-16; four more for the byte order mark.
MAX_SCRIPT_BYTES = MAX_SCRIPT_CHARACTERS * 4 + 4

_KINDS: dict[str, ScriptKind] = {".txt": "text", ".md": "markdown", ".fountain": "fountain", ".json": "storyboard"}
_REMEDY_TEXT = "Save the script as plain text in UTF-8."
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Zero-width and direction marks, the soft hyphen and the braille blank print nothing by themselves.
_INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\ufeff]+"
)
_MAGIC = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive, such as a Word or OpenDocument file",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "a rich text (RTF) document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x7fELF": "a program",
    b"RIFF": "a RIFF sound or video file",
    b"ftyp": "an MP4 or MOV video",
    b"\x1f\x8b": "a gzip archive",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
}
_FILE_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO (named pipe)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_script(path: Path) -> Script:
    """Read a script file; never waits on a pipe and never reads more than a bounded number of bytes.

    Raises:
        ScriptError: what is wrong with the file, at which line where there is one, and what to do.
    """
    where = printable_name(str(path))
    try:
        _refuse_other_than_file(path.stat().st_mode, where)
        kind = _kind_of(path.name, where)
        data, size = _read_bounded(path, _byte_limit(kind), where)
    except FileNotFoundError as error:
        raise ScriptError(
            "There is no such script", where=where, remedy="Check the path; the file may have been moved or deleted."
        ) from error
    except PermissionError as error:
        raise ScriptError(
            "The script may not be read", where=where, remedy="Give yourself the right to read the file."
        ) from error
    except (OSError, ValueError) as error:
        raise ScriptError(
            "The script cannot be read", where=where, why=_os_reason(error), remedy="Check the path and the disk."
        ) from error
    return _script(data, size, path.name, where, kind)


def read_script_bytes(data: bytes, name: str) -> Script:
    """Read a script that came from object storage; ``name`` is its key or file name.

    Raises:
        ScriptError: as ``read_script``.
    """
    where = printable_name(name)
    file_name = PurePosixPath(name).name
    return _script(data, len(data), file_name, where, _kind_of(file_name, where))


def printable_name(name: str) -> str:
    """A file name fit for a message: no control characters, no lone surrogates, not endless."""
    plain = name.encode("utf-8", "backslashreplace").decode()
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", "?", plain)
    return plain if len(plain) <= 300 else f"{plain[:140]}...{plain[-140:]}"


def _kind_of(file_name: str, where: str) -> ScriptKind:
    kind = _KINDS.get(PurePosixPath(file_name).suffix.lower())
    if kind is None:
        raise ScriptError(
            "The script has an unknown ending",
            where=where,
            why="a script ends in .txt, .md or .fountain, a storyboard in .json",
            remedy="Rename the file, or save it as plain text.",
        )
    return kind


def _byte_limit(kind: ScriptKind) -> int:
    return MAX_STORYBOARD_BYTES if kind == "storyboard" else MAX_SCRIPT_BYTES


def _refuse_other_than_file(mode: int, where: str) -> None:
    for is_kind, words in _FILE_KINDS:
        if is_kind(mode):
            raise ScriptError(
                f"The script is {words}, not a file", where=where, remedy="Name a .txt, .md, .fountain or .json file."
            )


def _read_bounded(path: Path, limit: int, where: str) -> tuple[bytes, int]:
    """At most ``limit + 1`` bytes, and the size the file claims."""
    # The file may have become a pipe since it was looked at: O_NONBLOCK keeps the open from waiting for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        now = os.fstat(file.fileno())
        _refuse_other_than_file(now.st_mode, where)
        return file.read(limit + 1), now.st_size


def _os_reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        if error.errno == errno.ELOOP:
            return "its links lead in a circle"
        return (error.strerror or type(error).__name__).lower()
    return "the path holds a NUL character"


def _script(data: bytes, size: int, file_name: str, where: str, kind: ScriptKind) -> Script:
    _refuse_too_many_bytes(data, size, kind, where)
    text = _decode(data, where)
    if kind != "storyboard":  # JSON has its own rules for what stands in a text
        text = _LINE_ENDS.sub("\n", text)
        _refuse_control_characters(text, where)
    if kind != "storyboard" and len(text) > MAX_SCRIPT_CHARACTERS:
        _refuse_length(f"{len(text):,} characters", where)
    if not _INVISIBLE.sub("", text):
        raise ScriptError(
            "The script is empty",
            where=where,
            why="there is nothing to film" if not data else "it holds only white space",
            remedy="Write at least one sentence.",
        )
    return Script(printable_name(file_name), text, kind)


def _refuse_too_many_bytes(data: bytes, size: int, kind: ScriptKind, where: str) -> None:
    limit = _byte_limit(kind)
    if len(data) <= limit:
        return
    if kind == "storyboard":
        raise ScriptError(
            f"The storyboard has {max(size, len(data)):,} bytes, more than the {limit:,} allowed",
            where=where,
            remedy="Split it into several films.",
        )
    _refuse_length(f"{max(size, len(data)):,} bytes", where)


def _refuse_length(found: str, where: str) -> NoReturn:
    raise ScriptError(
        f"The script has {found}, more than the {MAX_SCRIPT_CHARACTERS:,} characters allowed",
        where=where,
        remedy="Split it into several scripts, one film each.",
    )


def _decode(data: bytes, where: str) -> str:
    for magic, words in _MAGIC.items():
        if data.startswith(magic, 4 if magic == b"ftyp" else 0):
            raise ScriptError("The script is not text", where=where, why=f"it is {words}", remedy=_REMEDY_TEXT)
    encoding = _encoding(data, where)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and _looks_binary(data):
            raise ScriptError("The script is binary, not text", where=where, remedy=_REMEDY_TEXT) from error
        line = data.count(b"\n", 0, error.start) + 1
        raise ScriptError(
            f"The script is not valid {encoding.upper()}",
            where=f"{where}, line {line}",
            why=f"the byte 0x{data[error.start]:02X} at offset {error.start:,} is not part of a character",
            remedy=_REMEDY_TEXT,
        ) from error


def _encoding(data: bytes, where: str) -> str:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise ScriptError("The script is in UTF-32, which is not read", where=where, remedy=_REMEDY_TEXT)
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if data.startswith(b"\xfe\xff"):
        return "utf-16-be"
    return "utf-8"


def _looks_binary(data: bytes) -> bool:
    start = data[:8192]
    strange = sum(byte < 9 or 13 < byte < 32 for byte in start)
    return strange * 20 > len(start)


def _refuse_control_characters(text: str, where: str) -> None:
    found = _CONTROL.search(text)
    if found is None:
        return
    line = text.count("\n", 0, found.start()) + 1
    strange = sum(1 for _ in _CONTROL.finditer(text, 0, 8192))
    if strange > 8 and strange * 20 > min(len(text), 8192):
        why = "so many control characters stand in binary files only"
    else:
        code = ord(found[0])
        why = f"it holds {'a NUL' if code == 0 else 'the control'} character U+{code:04X}"
    raise ScriptError(
        "The script is not plain text",
        where=f"{where}, line {line}",
        why=why,
        remedy="Remove the character, or save the script again as plain text in UTF-8.",
    )
