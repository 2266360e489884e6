"""What an edit costs, against one filter graph that encodes the whole film again, as most scripts do.

Ratios of CPU seconds (user and system, of all processes) in one run; medians of ``--runs``, all rows in turn in each.
Our cuts include a silent sound track, and the proof by decoding and comparing, which the single graph does not; a
second row adds a check to it. Starting Python and importing is measured apart, as a running pipeline pays it once. A
row for MoviePy appears where it is installed; it is no dependency.
``python benchmarks/edit.py --quick`` takes a minute; ``--clips 20 60 200`` chooses the lengths.
"""

import argparse
import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.disk import sha256_of
from film_pipeline.editor.movie import cut_movie
from film_pipeline.editor.sound import scene_places
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.program import ffmpeg_program, file_argument, run_ffmpeg
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline, TimelineClip

RATE, SECONDS, OVERLAP = 24, 4, 12
FRAMES = RATE * SECONDS
ORIGINALS = 8
REFERENCE = "one graph, everything encoded again"
START = "starting Python and importing"


def draw_clips(folder: Path, size: str, count: int) -> list[Path]:
    """Moving pictures; beyond the first few they differ in a tag only, which is enough to be another clip."""
    originals = []
    for number in range(min(count, ORIGINALS)):
        path = folder / f"original{number}.mp4"
        source = f"mandelbrot=s={size}:r={RATE}:start_scale={1 / 2 ** (number + 1)}:maxiter=60"
        lively = f"{source},hue=h={number * 40},scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
        lively += ",setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
        options = [
            "-frames:v",
            str(FRAMES),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "19",
            "-pix_fmt",
            "yuv420p",
        ]
        run_ffmpeg(["-f", "lavfi", "-i", lively, *options, "-y", file_argument(path)], doing="drawing clips")
        originals.append(path)
    return [
        tagged(originals[number % len(originals)], folder / f"clip{number}.mp4", str(number)) for number in range(count)
    ]


def tagged(original: Path, path: Path, tag: str) -> Path:
    copy = ["-i", file_argument(original), "-c", "copy", "-metadata", f"comment={tag}", "-y", file_argument(path)]
    run_ffmpeg(copy, doing="copying clips")
    return path


def timeline_of(clips: list[Path], size: str) -> Timeline:
    width, height = map(int, size.split("x"))
    film_format = FilmFormat(width=width, height=height, frame_rate=Fraction(RATE))
    row = [
        TimelineClip(scene=f"{number:03d}", take=1, media=str(path), sha256=sha256_of(path), frames=FRAMES)
        for number, path in enumerate(clips)
    ]
    dissolve = Transition(kind="dissolve", duration=OVERLAP / RATE)
    return assemble("Benchmark", film_format, row, [None] + [dissolve] * (len(row) - 1))


def single_graph(timeline: Timeline, preset: str, into: Path) -> list[str]:
    """One FFmpeg, one chain of blends."""
    inputs, graph, last = [], [], "0:v"
    for number, clip in enumerate(timeline.clips):
        inputs += ["-threads", "1", "-i", file_argument(Path(clip.media))]
        graph.append(f"[{number}:v]settb=1/{RATE},setpts=N[c{number}]")
    for number, start in enumerate(timeline.starts()[1:], start=1):
        last = f"[x{number - 1}]" if number > 1 else "[c0]"
        graph.append(f"{last}[c{number}]xfade=duration={OVERLAP / RATE}:offset={start / RATE}[x{number}]")
    encode = ["-c:v", "libx264", "-preset", preset, "-crf", "20", "-pix_fmt", "yuv420p", "-threads", "1"]
    script = into.with_suffix(".graph")
    script.write_text(";".join(graph))
    last = f"[x{len(timeline.clips) - 1}]"
    return [
        ffmpeg_program(),
        "-v",
        "error",
        "-y",
        *inputs,
        "-/filter_complex",
        str(script),
        "-map",
        last,
        *encode,
        str(into),
    ]


MOVIEPY = """
import json, sys
from moviepy import CompositeVideoClip, VideoFileClip, vfx
job = json.load(open(sys.argv[1]))
row = [
    VideoFileClip(path, audio=False).with_start(start).with_effects([vfx.CrossFadeIn(job["overlap"])] if start else [])
    for path, start in zip(job["clips"], job["starts"])
]
film = CompositeVideoClip(row)
film.write_videofile(job["into"], fps=job["rate"], codec="libx264", preset=job["preset"], threads=1, audio=False,
                     ffmpeg_params=["-crf", "20"], logger=None)
"""


def with_moviepy(timeline: Timeline, preset: str, into: Path) -> list[str]:
    job = {
        "clips": [clip.media for clip in timeline.clips],
        "starts": [start / RATE for start in timeline.starts()],
        "overlap": OVERLAP / RATE,
        "rate": RATE,
        "preset": preset,
        "into": str(into),
    }
    path = into.with_suffix(".moviepy.json")
    path.write_text(json.dumps(job))
    return [sys.executable, "-c", MOVIEPY, str(path)]


class Meter:
    """Runs commands and remembers what they cost."""

    def __init__(self) -> None:
        self.costs: dict[str, list[tuple[float, float, float]]] = {}

    def run(self, name: str, command: list[str], *, without: str = "") -> None:
        """Run and measure; ``without`` names a row whose CPU seconds are not this one's."""
        started = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{name} failed: {command[:6]}")
        apart = self.cpu(without) if without else 0.0
        cost = (usage.ru_utime + usage.ru_stime - apart, wall, usage.ru_maxrss / 1024)
        self.costs.setdefault(name, []).append(cost)

    def cpu(self, name: str) -> float:
        return statistics.median(cost[0] for cost in self.costs[name])

    def rows(self, reference: str) -> list[str]:
        rows = [f"{'':44}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'times cheaper':>15}"]
        for name, costs in self.costs.items():
            cpu, wall, peak = (statistics.median(cost[column] for cost in costs) for column in range(3))
            rows.append(f"{name:44}{cpu:9.2f}{wall:9.2f}{peak:9.0f}{self.cpu(reference) / cpu:15.1f}")
        return rows


def ours(timeline: Timeline, preset: str, cache: Path, into: Path) -> list[str]:
    job = into.with_suffix(".json")
    job.write_text(
        json.dumps({"timeline": timeline.model_dump_json(), "preset": preset, "cache": str(cache), "into": str(into)})
    )
    return [sys.executable, __file__, "--job", str(job)]


def do_job(path: Path) -> None:
    if path == Path("/dev/null"):
        return
    job = json.loads(path.read_text())
    cut_movie(
        Timeline.model_validate_json(job["timeline"]),
        soundtrack=None,
        into=Path(job["into"]),
        cache=Path(job["cache"]),
        workers=os.cpu_count() or 1,
        encoding=Encoding(preset=job["preset"]),
    )


def forget_transitions(cache: Path) -> None:
    """As if every scene had been conformed when it was rendered: only blends and sound are left to do."""
    for record in list((cache / "parts").rglob("entry.json")):
        if "has_audio" not in json.loads(record.read_text())["facts"]:
            shutil.rmtree(record.parent)


def measure(folder: Path, size: str, count: int, preset: str, runs: int) -> None:
    clips = draw_clips(folder, size, count)
    timeline, movie = timeline_of(clips, size), folder / "movie.mp4"
    meter = Meter()
    for number in range(runs):
        cache = folder / f"cache{number}"
        reference = folder / "reference.mp4"
        meter.run(REFERENCE, single_graph(timeline, preset, reference))
        check = [ffmpeg_program(), "-v", "error", "-i", str(reference), "-f", "null", "-"]
        meter.run("decoding that once, as a check", check)
        if importlib.util.find_spec("moviepy"):
            meter.run("MoviePy, everything encoded again", with_moviepy(timeline, preset, folder / "moviepy.mp4"))
        meter.run(START, [sys.executable, __file__, "--job", "/dev/null"])
        meter.run("first cut, nothing prepared", ours(timeline, preset, cache, movie), without=START)
        forget_transitions(cache)
        meter.run("first cut, scenes conformed before", ours(timeline, preset, cache, movie), without=START)
        clips[count // 2] = tagged(clips[0], folder / f"new{number}.mp4", f"new {number}")
        changed = timeline_of(clips, size)
        meter.run("one scene changed", ours(changed, preset, cache, movie), without=START)
        forget_blends_around(cache, changed, folder)
        meter.run("one scene changed, conformed before", ours(changed, preset, cache, movie), without=START)
        meter.run("nothing changed", ours(changed, preset, cache, movie), without=START)
        meter.run("plain copy of the movie", ["cp", str(movie), str(folder / "copy.mp4")])
        shutil.rmtree(cache)
    print(f"\n{count} clips of {SECONDS} s, {size}, {preset}, dissolves of {OVERLAP / RATE} s")
    print("\n".join(meter.rows(REFERENCE)), flush=True)


def forget_blends_around(cache: Path, changed: Timeline, folder: Path) -> None:
    """Remove the youngest two blends: those of the scene that was just changed."""
    blends = [r.parent for r in (cache / "parts").rglob("entry.json") if not json.loads(r.read_text())["facts"]]
    for entry in sorted(blends, key=lambda entry: (entry / "entry.json").stat().st_mtime)[-2:]:
        shutil.rmtree(entry)


def correctness(folder: Path, size: str, preset: str) -> None:
    """Both ways against the same edit without loss: frames, times, likeness of bodies and of transitions, bytes."""
    timeline = timeline_of(draw_clips(folder, size, 6), size)
    ours_path, single = folder / "ours.mp4", folder / "single.mp4"
    cut_movie(timeline, soundtrack=None, into=ours_path, cache=folder / "cache", workers=2, encoding=Encoding(preset))
    subprocess.run(single_graph(timeline, preset, single), check=True)
    lossless = single_graph(timeline, "ultrafast", folder / "lossless.mp4")
    lossless[lossless.index("-crf") : lossless.index("-crf") + 2] = ["-qp", "0"]
    subprocess.run(lossless, check=True)
    blended = np.zeros(timeline.frames, bool)
    for start in timeline.starts()[1:]:
        blended[start : start + OVERLAP] = True
    print(f"\nCorrectness, 6 clips, {size}, {preset}, against the same edit without loss ({timeline.frames} frames)")
    print(f"{'':10}{'frames':>8}{'off time':>9}{'PSNR bodies':>13}{'at joins':>10}", end="")
    print(f"{'SSIM bodies':>13}{'at joins':>10}{'worst':>8}{'bytes':>12}")
    for name, path in (("single", single), ("ours", ours_path)):
        shown = times(path)
        off = sum(time != Fraction(number, RATE) for number, time in enumerate(shown))
        signal = np.minimum(99, likeness("psnr", "psnr_avg", path, folder / "lossless.mp4"))
        structure = likeness("ssim", "All", path, folder / "lossless.mp4")
        print(f"{name:10}{len(shown):8}{off:9}{signal[~blended].mean():13.2f}{signal[blended].mean():10.2f}", end="")
        print(f"{structure[~blended].mean():13.4f}{structure[blended].mean():10.4f}{structure.min():8.4f}", end="")
        print(f"{path.stat().st_size:12}")


def drift(count: int) -> None:
    """How far the sound of the last of many scenes is from its picture, by the plan of samples."""
    for rate in (Fraction(24), Fraction(24000, 1001)):
        row = [TimelineClip(scene=f"{n:03d}", take=1, media="", sha256="", frames=FRAMES) for n in range(count)]
        dissolve = Transition(kind="dissolve", duration=OVERLAP / RATE)
        film_format = FilmFormat(width=640, height=360, frame_rate=rate)
        timeline = assemble("Drift", film_format, row, [None] + [dissolve] * (count - 1))
        places = scene_places(timeline, range(count))
        off = [place[0] - span.start / rate * 48000 for place, span in zip(places, timeline.spans(), strict=True)]
        worst = max(abs(float(samples)) for samples in off)
        print(f"sound against picture, {count} scenes at {rate}: at most {worst:.2f} samples apart")


def times(movie: Path) -> list[Fraction]:
    """When each frame is shown, in seconds."""
    with av.open(str(movie)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def likeness(measure: str, column: str, movie: Path, reference: Path) -> np.ndarray:
    """Of every frame, as FFmpeg's filter of that name says."""
    numbered = f"settb=1/{RATE},setpts=N"
    graph = f"[0:v]{numbered}[a];[1:v]{numbered}[b];[a][b]{measure}=stats_file=-"
    inputs = ["-i", str(movie), "-i", str(reference)]
    command = [ffmpeg_program(), "-v", "error", *inputs, "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return np.array([float(value) for value in re.findall(rf"{column}:(\S+)", said)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 clips, 640x360, one run")
    parser.add_argument("--clips", type=int, nargs="+", default=[20, 60, 200])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        do_job(arguments.job)
        return
    counts, runs = ([20], 1) if arguments.quick else (arguments.clips, arguments.runs)
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="edit-benchmark-") as folder:
            measure(Path(folder), arguments.size, count, arguments.preset, runs)
    with tempfile.TemporaryDirectory(prefix="edit-benchmark-") as folder:
        correctness(Path(folder), arguments.size, arguments.preset)
    drift(200)


if __name__ == "__main__":
    main()
