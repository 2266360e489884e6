"""MP4 boxes, as ISO/IEC 14496-12 writes them: a length, four letters, content. Reading and writing, no meaning."""

import struct
from collections.abc import Iterator
from pathlib import Path

_LARGE = 1  # a length of 1 says that the real one follows in 64 bits


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box whose content starts with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes within a box, each as kind and content.

    Raises:
        ValueError: a length makes no sense.
    """
    position = 0
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if length < 8 or position + length > len(content):
            raise ValueError(f"a {kind!r} box of {length} bytes in {len(content) - position}")
        yield kind, content[position + 8 : position + length]
        position += length


def inner(content: bytes, *path: bytes) -> bytes:
    """The content of the first box along a path of kinds.

    Raises:
        ValueError: there is none.
    """
    for wanted in path:
        for kind, inside in children(content):
            if kind == wanted:
                content = inside
                break
        else:
            raise ValueError(f"no {wanted.decode('latin-1')} box")
    return content


def read_index(path: Path) -> bytes:
    """The content of a file's ``moov`` box; the media is passed over unread.

    Raises:
        ValueError: there is none. OSError
    """
    with path.open("rb") as file:
        while len(head := file.read(16)) >= 8:
            length, kind = struct.unpack_from(">I4s", head)
            start = 8
            if length == _LARGE:
                length, start = struct.unpack_from(">Q", head, 8)[0], 16
            file.seek(start - len(head), 1)
            if kind == b"moov":
                return file.read(length - start)
            if length < start:
                break
            file.seek(length - start, 1)
    raise ValueError("no moov box")
