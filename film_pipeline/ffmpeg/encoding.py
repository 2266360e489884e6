"""How the film's picture is encoded: one set of options for every part, as parts of unlike headers cannot be joined."""

from dataclasses import dataclass
from fractions import Fraction

from film_pipeline.models.format import FilmFormat


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


def picture_options(film_format: FilmFormat, encoding: Encoding, key_frames: tuple[int, ...] = ()) -> dict[str, str]:
    """FFmpeg's output options for one part; ``key_frames`` are frame numbers that must start a new group.

    ``stitchable`` keeps the headers equal whatever the content; one thread keeps the bytes equal on every machine.
    """
    options = {
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
    if key_frames:
        options["force_key_frames"] = "expr:" + "+".join(f"eq(n,{frame})" for frame in key_frames)
        options["forced-idr"] = "1"
    return options
