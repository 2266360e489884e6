"""How the film's picture is encoded: one set of options for every part, as parts of unlike headers cannot be joined."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Encoding:
    """x264's trade of speed for size (``preset``) and its quality (``crf``, lower is better, 18 to 28 is usual)."""

    preset: str = "veryfast"
    crf: int = 20


def time_scale(frame_rate: Fraction) -> int:
    """Ticks a second, so that every frame lasts a whole number of them: 12288 for 24, 24000 for 24000/1001."""
    scale = frame_rate.numerator
    while scale < 10_000:
        scale *= 2
    return scale


def frame_ticks(frame_rate: Fraction) -> int:
    """How many ticks of :func:`time_scale` one frame lasts."""
    return int(time_scale(frame_rate) / frame_rate)


# What is only blended, never shown as it is, is kept fine. Blends are short and start anew, which costs them quality
# that a long encode would have: measured, this brings them level with it.
_RAW_MATERIAL_CRF = 10
_BLEND_FINER_BY = 2


def conformed_options(encoding: Encoding, frames: int, head: int, tail: int) -> dict[str, str]:
    """FFmpeg's output options for a clip of ``frames``, of which ``head`` and ``tail`` will be blended with others."""
    splits = tuple(sorted({split for split in (head, frames - tail) if 0 < split < frames}))
    options = picture_options(encoding)
    zones = [
        f"{first},{end - 1},crf={_RAW_MATERIAL_CRF}"
        for first, end in ((0, head), (frames - tail, frames))
        if first < end
    ]
    if zones:
        options["x264-params"] += ":zones=" + "/".join(zones)
    if splits:
        options["force_key_frames"] = "expr:" + "+".join(f"eq(n,{frame})" for frame in splits)
        options["forced-idr"] = "1"
    return options


def blend_options(encoding: Encoding) -> dict[str, str]:
    """FFmpeg's output options for a transition."""
    return picture_options(encoding) | {"crf": str(max(1, encoding.crf - _BLEND_FINER_BY))}


def picture_options(encoding: Encoding) -> dict[str, str]:
    """FFmpeg's output options that all parts have in common.

    ``stitchable`` keeps the headers equal whatever the content; one thread keeps the bytes equal on every machine.
    """
    return {
        "c:v": "libx264",
        "preset": encoding.preset,
        "crf": str(encoding.crf),
        "profile:v": "high",
        "pix_fmt": "yuv420p",
        "threads": "1",
        "x264-params": "keyint=250:min-keyint=1:open-gop=0:stitchable=1",
        "color_range": "tv",
        "colorspace": "bt709",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "fps_mode": "passthrough",
        "fflags": "+bitexact",
        "map_metadata": "-1",
    }
