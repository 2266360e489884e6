"""The picture format of a film: size in pixels and frames a second; and the codecs a movie may have."""

import re
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

Codec = Literal["h264", "hevc", "av1"]
"""How a movie's picture is stored; parts that are joined share it."""

MIN_SIDE, MAX_SIDE = 64, 8192
MAX_PIXELS = 7680 * 4320
MIN_RATE, MAX_RATE = 1, 120

# Rates that people write as decimals but film and television mean as fractions of 1001.
_NTSC = {
    "23.976": "24000/1001",
    "23.98": "24000/1001",
    "29.97": "30000/1001",
    "59.94": "60000/1001",
    "119.88": "120000/1001",
}


def parse_frame_rate(value: Any) -> Fraction:
    """Read ``24``, ``"24"``, ``"24000/1001"`` or ``"23.976"`` (meaning 24000/1001) as frames a second.

    Raises:
        ValueError: not a number, or outside 1 to 120.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Fraction):
        raise ValueError("must be a number of frames a second, such as 24 or 24000/1001")
    text = str(value).strip()
    text = _NTSC.get(text, text)
    if len(text) > 24 or not re.fullmatch(r"\d+(\.\d+)?|\d+/\d+", text):
        raise ValueError(f"must be a number of frames a second, such as 24 or 24000/1001, not {text[:40]!r}")
    numerator, _, denominator = text.partition("/")
    if denominator and int(denominator) == 0:
        raise ValueError("must not be divided by zero")
    rate = (Fraction(numerator) / int(denominator or 1)).limit_denominator(1001)
    if not MIN_RATE <= rate <= MAX_RATE:
        raise ValueError(f"must be from {MIN_RATE} to {MAX_RATE} frames a second, not {text}")
    return rate


def parse_size(value: Any) -> tuple[int, int]:
    """Read ``"1280x720"`` as width and height in pixels.

    Raises:
        ValueError: not ``WIDTHxHEIGHT``, or a size that :class:`FilmFormat` does not take.
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be WIDTHxHEIGHT in pixels, such as 1280x720")
    width, height = int(match[1]), int(match[2])
    _require_encodable(width, height)
    return width, height


def _require_encodable(width: int, height: int) -> None:
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise ValueError(f"width and height must be from {MIN_SIDE} to {MAX_SIDE} pixels, not {width}x{height}")
    if width % 2 or height % 2:
        even = f"{width + width % 2}x{height + height % 2}"
        raise ValueError(f"width and height must be even, as video stores colour for pairs of pixels; use {even}")
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width}x{height} is more than {MAX_PIXELS} pixels (8K)")


FrameRate = Annotated[Fraction, BeforeValidator(parse_frame_rate), PlainSerializer(str, return_type=str)]


class FilmFormat(BaseModel):
    """Width and height in pixels (even, as 4:2:0 colour needs) and frames a second."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = 1280
    height: int = 720
    frame_rate: FrameRate = Fraction(24)

    @model_validator(mode="after")
    def _encodable(self) -> "FilmFormat":
        _require_encodable(self.width, self.height)
        return self

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    def frames(self, duration_seconds: float) -> int:
        """The whole number of frames nearest to a duration, at least one."""
        return max(1, round(Fraction(duration_seconds).limit_denominator(1_000_000) * self.frame_rate))

    def seconds(self, frames: int) -> float:
        return float(frames / self.frame_rate)
