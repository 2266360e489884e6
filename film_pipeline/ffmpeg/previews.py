"""Preview pictures that a server sends while it samples: made small and safe to show.

The bytes are a stranger's. They are measured before they are decoded and encoded anew, so that what people open is a
small JPEG of ours and nothing else. Not here: pictures out of clips (``pictures.py``).
"""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

LARGEST_SIDE = 512
"""Pixels; previews are drawn from the latent and have no more to show."""

_MOST_BYTES = 4 << 20
_MOST_PIXELS = 4096 * 4096
_KINDS = ("JPEG", "PNG", "WEBP")
_QUALITY = 80


def as_small_jpeg(image: bytes) -> bytes | None:
    """The picture as a JPEG of at most 512 pixels a side, or None where the bytes are no picture or too large."""
    if len(image) > _MOST_BYTES:
        return None
    try:
        with Image.open(BytesIO(image), formats=_KINDS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                return None
            opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
            small = opened.convert("RGB")
    # Pillow raises each of these for damaged bytes, by format and by where the damage is.
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
