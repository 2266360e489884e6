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


# What is only blended, never shown as it is, is kept fine, and quickly made: it is decoded once or twice, and need not
# be small. What is shown comes in short runs that start anew, which costs them quality that one long encode would have:
# measured in SSIM, this brings them level with it or above; in PSNR up to half a decibel below in bodies at "medium".
_RAW_MATERIAL = {"preset": "ultrafast", "crf": "10"}
_BODY_FINER_BY, _BLEND_FINER_BY = 1.0, 1.0


def material_options(encoding: Encoding) -> dict[str, str]:
    """FFmpeg's output options for the head or tail of a clip, which will be blended with others."""
    return picture_options(encoding) | _RAW_MATERIAL


def body_options(encoding: Encoding) -> dict[str, str]:
    """FFmpeg's output options for the rest of a clip, which is shown as it is."""
    return _finer(encoding, _BODY_FINER_BY)


def blend_options(encoding: Encoding) -> dict[str, str]:
    """FFmpeg's output options for a transition."""
    return _finer(encoding, _BLEND_FINER_BY)


def _finer(encoding: Encoding, steps: float) -> dict[str, str]:
    return picture_options(encoding) | {"crf": f"{max(1.0, encoding.crf - steps):g}"}


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
