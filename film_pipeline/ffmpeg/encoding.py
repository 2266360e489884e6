"""How the film's picture is encoded: one set of options for every part, as parts of unlike headers cannot be joined."""

from dataclasses import dataclass, replace
from fractions import Fraction

from film_pipeline.errors import FFmpegMissingError
from film_pipeline.ffmpeg.program import ffmpeg_encoders, ffmpeg_program
from film_pipeline.models.format import Codec

CODEC_NAMES: dict[Codec, str] = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1"}


@dataclass(frozen=True)
class Encoding:
    """A codec, the trade of speed for size (``preset``) and the quality (``crf``, lower is better, 18 to 28 is usual).

    Both are in x264's words; other codecs are given what comes to the same.
    """

    preset: str = "veryfast"
    crf: float = 20
    codec: Codec = "h264"


def time_scale(frame_rate: Fraction) -> int:
    """Ticks a second, so that every frame lasts a whole number of them: 12288 for 24, 24000 for 24000/1001."""
    scale = frame_rate.numerator
    while scale < 10_000:
        scale *= 2
    return scale


def frame_ticks(frame_rate: Fraction) -> int:
    """How many ticks of :func:`time_scale` one frame lasts."""
    return int(time_scale(frame_rate) / frame_rate)


# What is shown comes in runs that start anew. The shorter a run, the less an encoder can borrow from frames to come,
# and the coarser it is beside one long encode at the same settings. So much finer it is asked to be: measured at
# "veryfast" and "medium", that brings PSNR and SSIM level with the long encode or above.
_FINER_BY = 2.0
_FINER_FRAMES = 24


# What x264's slower presets look for and seldom find in a blend: likeness to older frames, motion of small blocks,
# better places for B frames. It is searching only, so the headers stay the same. Measured at "medium": half the
# computing for as many bytes, and still no worse than one long encode.
_BRIEF = ":mixed-refs=0:partitions=i8x8:b-adapt=0"
_PLAIN = ":subme=6:psy=0:chroma-qp-offset=-2"  # the offset that x264 writes by itself where psy is on
_BRIEF_SEARCHES = dict.fromkeys(("veryfast", "faster"), _BRIEF) | dict.fromkeys(
    ("fast", "medium", "slow", "slower"), _BRIEF + _PLAIN
)


def material_options() -> dict[str, str]:
    """FFmpeg's output options for the head or tail of a clip, which is only blended with others, never shown as it is.

    Without loss, and half as dear to write and to read as the quickest H.264, for two or three times the bytes.
    """
    return _COMMON | {"c:v": "utvideo"}


def shown_options(encoding: Encoding, frames: int) -> dict[str, str]:
    """FFmpeg's output options for ``frames`` that are seen as they are: the rest of a clip, and transitions."""
    own = {"h264": _x264, "hevc": _x265, "av1": _svt_av1}[encoding.codec]
    finer = min(_FINER_BY, _FINER_FRAMES / frames)
    return _COMMON | own(replace(encoding, crf=max(1.0, round(encoding.crf - finer, 2))))


def blended_options(encoding: Encoding, frames: int) -> dict[str, str]:
    """:func:`shown_options` for frames that mix two clips, where a long search finds nothing."""
    options = shown_options(encoding, frames)
    if encoding.codec == "h264":
        options["x264-params"] += _BRIEF_SEARCHES.get(encoding.preset, "")
    return options


def require_encoder(codec: Codec) -> None:
    """Refuse a codec that the FFmpeg at hand cannot write, before anything is spent.

    Raises:
        FFmpegMissingError
    """
    program = ffmpeg_program()
    for library in ("libx264", _LIBRARIES[codec]):
        if library not in ffmpeg_encoders(program):
            raise FFmpegMissingError(
                f"FFmpeg cannot encode {CODEC_NAMES[codec]}",
                where=program,
                why=f"it was built without {library}",
                remedy=f"Set FFMPEG_BINARY to an FFmpeg with {library}"
                + (", or FILM_CODEC to h264." if library != "libx264" else "."),
            )


_LIBRARIES: dict[Codec, str] = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}

# One thread keeps the bytes equal on every machine.
_COMMON = {
    "pix_fmt": "yuv420p",
    "threads": "1",
    "color_range": "tv",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "fps_mode": "passthrough",
    "fflags": "+bitexact",
    "map_metadata": "-1",
}


def _x264(encoding: Encoding) -> dict[str, str]:
    """``stitchable`` keeps the headers equal whatever the content."""
    return {
        "c:v": "libx264",
        "preset": encoding.preset,
        "crf": f"{encoding.crf:g}",
        "profile:v": "high",
        "x264-params": "keyint=250:min-keyint=1:open-gop=0:stitchable=1",
    }


def _x265(encoding: Encoding) -> dict[str, str]:
    """The headers go into the sample entry alone (``hvc1``), and without words on the encoder."""
    own = "keyint=250:min-keyint=1:open-gop=0:info=0:frame-threads=1:pools=none:wpp=0:log-level=error"
    return {
        "c:v": "libx265",
        "tag:v": "hvc1",
        "preset": encoding.preset,
        "crf": f"{encoding.crf:g}",
        "x265-params": own,
    }


_SVT_PRESETS = {
    "ultrafast": 12,
    "superfast": 11,
    "veryfast": 10,
    "faster": 9,
    "fast": 8,
    "medium": 7,
    "slow": 5,
    "slower": 4,
    "veryslow": 3,
}
_SVT_CRF_MORE = 8  # so much more gives the PSNR that x264 has at 20, measured at "veryfast"


def _svt_av1(encoding: Encoding) -> dict[str, str]:
    return {
        "c:v": "libsvtav1",
        "preset": str(_SVT_PRESETS[encoding.preset]),
        "crf": str(min(63, round(encoding.crf) + _SVT_CRF_MORE)),
        "svtav1-params": "keyint=250:irefresh-type=2:lp=1",
    }
