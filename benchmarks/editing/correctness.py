"""Holds our movie and that of the single graph against the same edit without loss: frames, times, likeness, drift."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from editing.clips import FRAMES, RATE, draw_clips
from editing.ways import OVERLAP, single_graph, timeline_of

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.movie import cut_movie
from film_pipeline.editor.sound import scene_places
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.program import ffmpeg_program
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import TimelineClip


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


def drift(count: int) -> None:
    """How far the sound of each of many scenes is from its picture, by the plan of samples."""
    for rate in (Fraction(24), Fraction(24000, 1001)):
        row = [TimelineClip(scene=f"{n:03d}", take=1, media="", sha256="", frames=FRAMES) for n in range(count)]
        dissolve = Transition(kind="dissolve", duration=OVERLAP / RATE)
        film_format = FilmFormat(width=640, height=360, frame_rate=rate)
        timeline = assemble("Drift", film_format, row, [None] + [dissolve] * (count - 1))
        places = scene_places(timeline, range(count))
        off = [place[0] - span.start / rate * 48000 for place, span in zip(places, timeline.spans(), strict=True)]
        worst = max(abs(float(samples)) for samples in off)
        print(f"sound against picture, {count} scenes at {rate}: at most {worst:.2f} samples apart")


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
