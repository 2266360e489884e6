"""Previews are a stranger's bytes: small and ours afterwards, or nothing."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from film_pipeline.ffmpeg.previews import LARGEST_SIDE, as_small_jpeg


def encoded(size: tuple[int, int], kind: str, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 128).save(buffer, kind)
    return buffer.getvalue()


def huge_png() -> bytes:
    """A picture of 50,000 x 50,000 pixels in a hundred bytes."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_kind_becomes_a_small_jpeg(kind: str, mode: str) -> None:
    small = as_small_jpeg(encoded((1600, 900), kind, mode))
    assert small is not None
    with Image.open(io.BytesIO(small)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (LARGEST_SIDE, LARGEST_SIDE * 9 // 16))


def test_a_small_picture_keeps_its_size() -> None:
    small = as_small_jpeg(encoded((64, 36), "PNG", "RGBA"))
    assert small is not None
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.size == (64, 36)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg/>", b"\xff\xd8\xff", encoded((8, 8), "GIF"), huge_png(), b"\xff\xd8" + b"x" * (5 << 20)],
    ids=["empty", "markup", "stump", "gif", "huge", "long"],
)
def test_what_is_no_small_picture_is_none(data: bytes) -> None:
    assert as_small_jpeg(data) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_pictures_never_raise(kind: str) -> None:
    whole, chance = encoded((64, 36), kind), random.Random(kind)
    for _ in range(300):
        damaged = bytearray(whole[: chance.randint(1, len(whole))])
        for _ in range(chance.randint(0, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        small = as_small_jpeg(bytes(damaged))
        assert small is None or small.startswith(b"\xff\xd8")
