"""Holds our movie and that of the single graph against the same edit without loss: frames, times, likeness, drift."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from editing.clips import RATE, draw_clips
from editing.ways import OVERLAP, single_graph, timeline_of
from numpy.typing import NDArray

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.movie import cut_movie
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.graphs import SAMPLE_RATE
from film_pipeline.ffmpeg.program import ffmpeg_program, run_ffmpeg
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import TimelineClip

RATES = (Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001))
_seconds = np.arange(SAMPLE_RATE // 200) / SAMPLE_RATE
# 5 ms that rise from 500 to 8,000 Hz: like itself at one place only, also after encoding.
TICK = (0.5 * np.sin(2 * np.pi * (500 * _seconds + 750_000 * _seconds**2))).astype(np.float32)


def correctness(folder: Path, size: str, preset: str) -> None:
    timeline = timeline_of(draw_clips(folder, size, 8), size)
    ways = {"single": folder / "single.mp4", "ours": folder / "ours.mp4"}
    lossless = folder / "lossless.mp4"
    subprocess.run(single_graph(timeline, preset, ways["single"]), check=True)
    subprocess.run(single_graph(timeline, "ultrafast", lossless, ("-qp", "0")), check=True)
    encoding = Encoding(preset)
    cut_movie(timeline, soundtrack=None, into=ways["ours"], cache=folder / "cache", workers=2, encoding=encoding)
    blended = np.zeros(timeline.frames, bool)
    for start in timeline.starts()[1:]:
        blended[start : start + OVERLAP] = True
    print(f"\nCorrectness, 8 clips, {size}, {preset}, against the same edit without loss ({timeline.frames} frames)")
    print(f"{'':8}{'frames':>7}{'off time':>9}{'PSNR bodies':>12}{'joins':>7}{'SSIM bodies':>12}{'joins':>8}", end="")
    print(f"{'worst':>8}{'bytes':>10}")
    for name, path in ways.items():
        shown = _times(path)
        off = sum(time != Fraction(number, RATE) for number, time in enumerate(shown))
        signal = np.minimum(99, _likeness("psnr", "psnr_avg", path, lossless))
        form = _likeness("ssim", "All", path, lossless)
        print(f"{name:8}{len(shown):7}{off:9}{signal[~blended].mean():12.2f}{signal[blended].mean():7.2f}", end="")
        print(f"{form[~blended].mean():12.4f}{form[blended].mean():8.4f}{form.min():8.4f}", end="")
        print(f"{path.stat().st_size:10}", flush=True)


def drift(folder: Path, count: int) -> None:
    """How far the sound of each of many scenes is from its picture, in finished movies, decoded as a player does.

    Told in samples and milliseconds, positive where the sound is late. A sound that is not there at all shows as an
    early one, at the edge of what is searched: four frames.
    """
    for number, rate in enumerate(RATES):
        shelf = folder / f"{number}"
        shelf.mkdir()
        off = _sound_off_picture(_flashing_film(shelf, rate, count), rate)
        worst = int(np.argmax(np.abs(off)))
        print(f"sound against picture, {len(off)} of {count} scenes seen at {rate}: ", end="")
        print(f"at most {_apart(off[worst])}, scene {worst + 1}; the last {_apart(off[-1])}", flush=True)


def _apart(samples: float) -> str:
    return f"{samples:+.1f} samples ({samples / SAMPLE_RATE * 1000:+.3f} ms)"


def _flashing_film(folder: Path, rate: Fraction, count: int) -> Path:
    """Dissolves of 3 frames between scenes of 16, each black and silent but for a white frame that begins with a tick.

    Neighbours flash at different frames outside their dissolves, so that the sound of one does not pass for another's.
    """
    clips = [_flashing_clip(folder, rate, 5 + number) for number in range(4)]
    row = [
        TimelineClip(scene=f"{n:03d}", take=1, media=str(clips[n % 4]), sha256=sha256_of(clips[n % 4]), frames=16)
        for n in range(count)
    ]
    dissolve = Transition(kind="dissolve", duration=float(3 / rate))
    film_format = FilmFormat(width=128, height=72, frame_rate=rate)
    timeline = assemble("Drift", film_format, row, [None] + [dissolve] * (count - 1))
    movie = folder / "movie.mp4"
    cut_movie(timeline, soundtrack=None, into=movie, cache=folder / "cache", workers=2)
    return movie


def _flashing_clip(folder: Path, rate: Fraction, flash: int) -> Path:
    samples, clip = folder / f"{flash}.f32", folder / f"{flash}.mkv"
    sound = np.zeros(round(16 / rate * SAMPLE_RATE), np.float32)
    begin = round(flash / rate * SAMPLE_RATE)
    sound[begin : begin + len(TICK)] = TICK
    sound.tofile(samples)
    black = f"color=black:s=128x72:r={rate},drawbox=color=white:t=fill:enable='eq(n,{flash})'"
    inputs = ["-f", "lavfi", "-i", black, "-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", samples.name]
    encode = ["-frames:v", "16", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "flac", clip.name]
    run_ffmpeg([*inputs, *encode], doing="drawing flashes", within=folder)
    return clip


def _sound_off_picture(movie: Path, rate: Fraction) -> NDArray[np.float64]:
    """For each white frame of a movie, how many samples after its begin the tick begins."""
    with av.open(str(movie)) as container:
        flashes = [
            float(frame.pts * frame.time_base * SAMPLE_RATE)
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 128
        ]
    with av.open(str(movie)) as container:
        # Each frame of sound where its timestamp puts it, and not just behind the one before.
        heard = [(round(f.pts * f.time_base * SAMPLE_RATE), f.to_ndarray().mean(0)) for f in container.decode(audio=0)]
    sound = np.zeros(max(start + len(block) for start, block in heard))
    for start, block in heard:
        sound[start : start + len(block)] = block
    reach = round(4 / rate * SAMPLE_RATE)
    begins = [round(flash) - reach for flash in flashes]
    likeness = [np.correlate(sound[begin : begin + 2 * reach], TICK) for begin in begins]
    return np.array([begin + int(np.argmax(like)) for begin, like in zip(begins, likeness, strict=True)]) - flashes


def _times(movie: Path) -> list[Fraction]:
    """When each frame is shown, in seconds."""
    with av.open(str(movie)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def _likeness(measure: str, column: str, movie: Path, reference: Path) -> np.ndarray:
    """Of every frame, as FFmpeg's filter of that name says."""
    numbered = f"settb=1/{RATE},setpts=N"
    graph = f"[0:v]{numbered}[a];[1:v]{numbered}[b];[a][b]{measure}=stats_file=-"
    inputs = ["-i", str(movie), "-i", str(reference)]
    command = [ffmpeg_program(), "-v", "error", *inputs, "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return np.array([float(value) for value in re.findall(rf"{column}:(\S+)", said)])
