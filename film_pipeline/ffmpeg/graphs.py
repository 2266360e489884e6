"""FFmpeg's filter graphs, built with ffmpeg-python; the only module that imports it.

Every function returns arguments for :func:`film_pipeline.ffmpeg.program.run_ffmpeg`. Output names are relative and
our own; input names are absolute and behind ``file:``. No text of a script ever enters a graph.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from film_pipeline.ffmpeg.encoding import Encoding, blended_options, material_options, shown_options, time_scale
from film_pipeline.ffmpeg.opening import input_options
from film_pipeline.ffmpeg.probe import MediaInfo
from film_pipeline.ffmpeg.program import file_argument
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import TransitionKind

HEAD, SHOWN, TAIL = "head.mov", "shown.mp4", "tail.mov"
"""Names of files: what is shown as it is, and the material that is only blended."""

SAMPLE_RATE = 48_000
CHANNELS = 2

# FFmpeg's names. Its "fade" is what editors call a dissolve.
_XFADES: dict[TransitionKind, str] = {
    "dissolve": "fade",
    "fade": "fadeblack",
    "fade_white": "fadewhite",
    "wipe_left": "wipeleft",
    "wipe_right": "wiperight",
    "wipe_up": "wipeup",
    "wipe_down": "wipedown",
}


def conform_arguments(
    clip: Path,
    info: MediaInfo,
    film_format: FilmFormat,
    encoding: Encoding,
    *,
    frames: int,
    head: int,
    tail: int,
    clone_last: bool = False,
) -> list[str]:
    """Bring a clip to the film's format, in ``HEAD``, ``SHOWN`` and ``TAIL``: ``head`` frames, the rest, ``tail``.

    Files that would be empty are not written; ``clone_last`` repeats the last picture where the clip ends early.
    """
    picture = _input(clip).video
    if info.interlaced:  # before anything scales the two moments of a picture into each other
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
    # An AVI does not say when pictures are shown: behind B frames its first one only seems to come late.
    start = {} if info.container == "avi" else {"start_time": 0}
    picture = picture.filter("fps", fps=str(film_format.frame_rate), round="near", **start)
    picture = _fit(picture, info, film_format)
    if clone_last:
        picture = picture.filter("tpad", stop=-1, stop_mode="clone")
    picture = picture.filter("trim", end_frame=frames)
    parts = [(HEAD, 0, head), (SHOWN, head, frames - tail), (TAIL, frames - tail, frames)]
    parts = [part for part in parts if part[1] < part[2]]
    copies = picture.filter_multi_output("split", len(parts)) if len(parts) > 1 else [picture]
    outputs = []
    for copy, (name, first, end) in enumerate(parts):
        own = copies[copy].filter("trim", start_frame=first, end_frame=end)
        options = shown_options(encoding, end - first) if name == SHOWN else material_options()
        outputs.append(_output(own, name, end - first, film_format, options))
    return _arguments(*outputs)


def transition_arguments(
    outgoing: Path, incoming: Path, kind: TransitionKind, frames: int, film_format: FilmFormat, encoding: Encoding
) -> list[str]:
    """Blend ``frames`` frames of two parts of equal length into ``SHOWN``."""
    # Two frames more than needed: FFmpeg 5.1 drops or doubles the last ones where a blend ends with its input.
    sides = [
        _part_of(part, film_format.frame_rate).filter("tpad", stop=2, stop_mode="clone")
        for part in (outgoing, incoming)
    ]
    duration = f"{float(frames / film_format.frame_rate):.6f}"
    blend = ffmpeg.filter(sides, "xfade", transition=_XFADES[kind], duration=duration, offset=0)
    is_mixed = kind not in ("fade", "fade_white")  # in those two, every frame is of one clip alone
    options = blended_options(encoding, frames) if is_mixed else shown_options(encoding, frames)
    return _part(blend, frames, film_format, options)


def colour_fade_arguments(
    part: Path, kind: TransitionKind, frames: int, film_format: FilmFormat, encoding: Encoding, *, opening: bool
) -> list[str]:
    """Fade a part in from its colour (``opening``) or out to it, into ``SHOWN``."""
    colour = "white" if kind == "fade_white" else "black"
    direction = "in" if opening else "out"
    faded = _part_of(part, film_format.frame_rate).filter(
        "fade", type=direction, start_frame=0, nb_frames=frames, color=colour
    )
    return _part(faded, frames, film_format, shown_options(encoding, frames))


def pcm_arguments(media: Path, output: str) -> list[str]:
    """Decode the first sound stream to raw 16-bit stereo at 48 kHz, silence put in where it starts late or has gaps."""
    sound = _input(media).audio.filter("aresample", SAMPLE_RATE, **{"async": 1, "first_pts": 0})
    options = {"f": "s16le", "c:a": "pcm_s16le", "ac": str(CHANNELS), "ar": str(SAMPLE_RATE), "fflags": "+bitexact"}
    return _arguments(ffmpeg.output(sound, output, **options))


def aac_arguments(samples: Path, output: str, kilobits: int) -> list[str]:
    """Encode raw 32-bit float stereo at 48 kHz as AAC in MP4."""
    sound = ffmpeg.input(
        file_argument(samples), f="f32le", ar=SAMPLE_RATE, ac=CHANNELS, protocol_whitelist="file"
    ).audio
    # No noise in place of noise: every decoder would make up its own, with peaks that nobody measured.
    options = {"c:a": "aac", "b:a": f"{kilobits}k", "aac_pns": "0"}
    return _arguments(ffmpeg.output(sound, output, f="mp4", fflags="+bitexact", map_metadata="-1", **options))


def _fit(picture: Any, info: MediaInfo, film_format: FilmFormat) -> Any:
    """Scale into the frame with bars, in limited-range BT.709 with square pixels."""
    if info.pixel_aspect != 1:
        picture = picture.filter("scale", w="trunc(iw*sar/2)*2", h="ih").filter("setsar", 1)
    width, height = film_format.width, film_format.height
    colour = {"out_color_matrix": "bt709", "out_range": "tv", "flags": "bicubic"}
    if info.matrix != "bt709":  # else what passes through RGB is rounded down, and up to two steps darker
        colour["flags"] += "+accurate_rnd+full_chroma_int"
    if info.matrix != "rgb":
        # Untagged clips come from tools that convert with BT.601 and say nothing of it.
        colour["in_color_matrix"] = "bt601" if info.matrix == "unknown" else info.matrix
        colour["in_range"] = "pc" if info.full_range else "tv"
    picture = picture.filter(
        "scale",
        w=width,
        h=height,
        force_original_aspect_ratio="decrease",
        force_divisible_by=2,
        **colour,
    )
    picture = picture.filter("format", "yuv420p")
    picture = picture.filter("pad", w=width, h=height, x="(ow-iw)/2", y="(oh-ih)/2", color="black")
    return picture.filter("setsar", 1)


def _part(picture: Any, frames: int, film_format: FilmFormat, options: dict[str, str]) -> list[str]:
    # Scaling to the same size changes nothing but where colour samples lie: unspecified, as in conformed clips. HEVC
    # has that in its headers, and H.264 decoders fill it in.
    picture = picture.filter("trim", end_frame=frames).filter("scale")
    return _arguments(_output(picture, SHOWN, frames, film_format, options))


def _output(picture: Any, name: str, frames: int, film_format: FilmFormat, options: dict[str, str]) -> Any:
    """``frames`` frames of a picture, encoded into the file of that name."""
    counted = {"frames:v": str(frames), "video_track_timescale": str(time_scale(film_format.frame_rate))}
    return ffmpeg.output(_tagged(picture, film_format.frame_rate), name, **options, **counted)


def _tagged(picture: Any, frame_rate: Fraction) -> Any:
    """Ready to be encoded: numbered, and said to be what it is. FFmpeg 9 takes the tags from here, 5.1 from options."""
    tags = {"range": "tv", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709"}
    return _number(picture, frame_rate).filter("setparams", **tags)


def _number(picture: Any, frame_rate: Fraction) -> Any:
    """Frame n gets the time n: whatever the times were, none is lost or doubled after this."""
    return picture.filter("settb", str(1 / frame_rate)).filter("setpts", "N")


def _part_of(path: Path, frame_rate: Fraction) -> Any:
    """The picture of a head or tail; its rate is stated, as a guess would get into the headers of some codecs."""
    return _number(_input(path, r=str(frame_rate)).video, frame_rate)


def _input(path: Path, **options: str) -> Any:
    return ffmpeg.input(file_argument(path), threads=1, **input_options(path), **options)


def _arguments(*outputs: Any) -> list[str]:
    built: list[str] = ffmpeg.merge_outputs(*outputs).overwrite_output().get_args()
    return ["-xerror", "-filter_threads", "1", "-filter_complex_threads", "1", *built]
