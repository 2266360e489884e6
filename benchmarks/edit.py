"""What an edit costs, against one filter graph that encodes the whole film again, as most scripts do.

Ratios of CPU seconds (user and system, of all processes) in one run; medians of ``--rounds``, all rows in turn in each.
Our cuts include a silent sound track, and the proof by decoding and comparing; the single graph has neither. Starting
Python and importing is measured apart, as a running pipeline pays it once. MoviePy is measured at the first of
``--counts``, in an environment of its own that is made for that and thrown away.

``python benchmarks/edit.py`` takes about a quarter of an hour on two idle cores, ``--quick`` two minutes;
``make bench-edit``, 20, 60 and 200 clips at 1280x720 in two presets, four to five hours. Rows that encode a whole film
take most of that: ``--long-rounds 1`` runs those once. Ctrl-C prints what was measured until then.
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from editing.clips import SECONDS, draw_clips, tagged
from editing.correctness import correctness, drift
from editing.meter import Meter
from editing.pieces import joining, loudness
from editing.sounding import sounding
from editing.ways import (
    MOVIEPY,
    OVERLAP,
    do_job,
    moviepy_python,
    ours,
    single_graph,
    timeline_of,
    told_of,
    with_moviepy,
)

from film_pipeline.ffmpeg.program import ffmpeg_program

SINGLE = "one graph, everything encoded again"
CHECK = "decoding that once, as a check"
PY = f"{MOVIEPY}, everything encoded again"
START = "starting Python and importing"
COLD = "first cut, nothing prepared"
PREPARED = "first cut, scenes conformed before"
PICTURES = "first cut, scenes conformed and sound made before"
CHANGED = "one scene changed"
CONFORMED = "one scene changed, conformed before"
SAME = "nothing changed"
COPY = "plain copy of the movie"


@dataclass(frozen=True)
class Rounds:
    """How often each row is measured; ``long`` are those that encode a whole film."""

    all: int
    long: int


def measured(folder: Path, size: str, count: int, preset: str, rounds: Rounds, moviepy: str | None) -> Meter:
    """The rows of one film; they are printed also where measuring is broken off."""
    meter = Meter()
    try:
        measure(meter, folder, size, count, preset, rounds, moviepy)
    finally:
        print(f"\n{count} clips of {SECONDS} s, {size}, {preset}, dissolves of {OVERLAP / 24} s, medians")
        print(meter.table(SINGLE), flush=True)
    return meter


def measure(
    meter: Meter, folder: Path, size: str, count: int, preset: str, rounds: Rounds, moviepy: str | None
) -> None:
    clips = draw_clips(folder, size, count)
    timeline, movie = timeline_of(clips, size), folder / "movie.mp4"
    cache, reference = folder / "cache", folder / "reference.mp4"
    for number in range(rounds.all):
        meter.run(START, [sys.executable, __file__, "--job", os.devnull])
        cut = ours(timeline_of(clips, size), preset, cache, movie)
        if number < rounds.long:
            meter.run(SINGLE, single_graph(timeline, preset, reference))
            meter.run(CHECK, [ffmpeg_program(), "-v", "error", "-i", str(reference), "-f", "null", "-"])
            if moviepy:
                command = with_moviepy(moviepy, timeline, preset, folder / "moviepy.mp4")
                meter.run(PY, command, environment={"FFMPEG_BINARY": ffmpeg_program()})
            shutil.rmtree(cache, ignore_errors=True)
            meter.run(COLD, cut, told=told_of(movie))
        forget(cache, "has_audio")
        meter.run(PREPARED, cut, told=told_of(movie))
        forget(cache, "has_audio", "lufs")
        meter.run(PICTURES, cut, told=told_of(movie))
        clips[count // 2] = tagged(clips[0], folder / f"new{number}.mp4", f"new {number}")
        changed = ours(timeline_of(clips, size), preset, cache, movie)
        meter.run(CHANGED, changed, told=told_of(movie))
        forget_youngest_blends(cache)
        meter.run(CONFORMED, changed, told=told_of(movie))
        meter.run(SAME, changed, told=told_of(movie))
        meter.run(COPY, ["cp", str(movie), str(folder / "copy.mp4")])


def pieces(folder: Path, count: int, rounds: int) -> None:
    """In a process of its own: what this one grows to would show as the least peak of every command."""
    shelf = folder / "pieces"
    shelf.mkdir()
    with ProcessPoolExecutor(1) as pool:
        pool.submit(joining, shelf, folder / "clip0.mp4", count, rounds).result()
        pool.submit(loudness, shelf, rounds).result()


def entries(cache: Path) -> list[tuple[Path, dict]]:
    records = (cache / "parts").rglob("entry.json")
    return [(record.parent, json.loads(record.read_text())["facts"]) for record in records]


def forget(cache: Path, *kept: str) -> None:
    """Remove all entries but those with such facts: conformed clips have ``has_audio``, the sound has ``lufs``."""
    for folder, facts in entries(cache):
        if not any(fact in facts for fact in kept):
            shutil.rmtree(folder)


def forget_youngest_blends(cache: Path) -> None:
    """Those two of the scene that was just changed."""
    blends = [folder for folder, facts in entries(cache) if not facts]
    for folder in sorted(blends, key=lambda folder: (folder / "entry.json").stat().st_mtime)[-2:]:
        shutil.rmtree(folder)


def summary(meters: dict[int, Meter]) -> None:
    """The ratios that the goals speak of."""
    for count, meter in meters.items():
        single, cpu = meter[SINGLE].cpu, {name: meter[name].cpu for name in (COLD, PREPARED, CHANGED, CONFORMED, COPY)}
        print(f"\n{count} clips, times the computing of ours:")
        print(f"  first cut after rendering   single graph {single / cpu[PREPARED]:7.1f}", end="")
        print(f"   (pictures alone {single / meter[PICTURES].cpu:.1f})")
        print(f"  first cut, all of it        single graph {single / cpu[COLD]:7.2f}", end="")
        print(f"   (with a check as ours has: {(single + meter[CHECK].cpu) / cpu[COLD]:.2f})")
        print(f"  one scene changed           single graph {single / cpu[CHANGED]:7.1f}", end="")
        print(f"   plain copy {cpu[COPY] / cpu[CHANGED]:.3f}")
        print(f"  the same, conformed before  single graph {single / cpu[CONFORMED]:7.1f}", end="")
        print(f"   plain copy {cpu[COPY] / cpu[CONFORMED]:.3f}")
        if PY in meter:
            print(f"  against MoviePy: first cut after rendering {meter[PY].cpu / cpu[PREPARED]:.1f}", end="")
            print(f", one scene changed, conformed before {meter[PY].cpu / cpu[CONFORMED]:.1f}")
    few, many = min(meters), max(meters)
    if few < many:
        growth = math.log(meters[many][CONFORMED].cpu / meters[few][CONFORMED].cpu) / math.log(many / few)
        peaks = [f"{meters[many][name].peak / meters[few][name].peak:.2f}" for name in (SINGLE, COLD)]
        print(f"\nfrom {few} to {many} clips: cost of a changed scene grows with the power {growth:.2f}", end="")
        print(f"; memory of the single graph {peaks[0]} times, ours {peaks[1]} times", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20 clips, one round")
    parser.add_argument("--counts", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--sizes", nargs="+", default=["640x360"])
    parser.add_argument("--presets", nargs="+", default=["veryfast"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--long-rounds", type=int, help="of rows that encode a whole film (as many as --rounds)")
    parser.add_argument("--without-moviepy", action="store_true")
    parser.add_argument("--without-graph", action="store_true", help="of films with sound: ours alone")
    parser.add_argument("--sound", action="store_true", help="only films whose scenes have sound of their own")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.job:
        do_job(wanted.job)
        return
    counts, rounds = ([20], Rounds(1, 1)) if wanted.quick else (wanted.counts, Rounds(wanted.rounds, wanted.rounds))
    if wanted.long_rounds and not wanted.quick:
        rounds = Rounds(wanted.rounds, wanted.long_rounds)
    with tempfile.TemporaryDirectory(prefix="edit-benchmark-") as home:
        if wanted.sound:
            with_sound(Path(home), counts, wanted, rounds)
            return
        moviepy = None if wanted.without_moviepy else moviepy_python(Path(home, "moviepy"))
        print(f"MoviePy: {MOVIEPY if moviepy else 'not measured'}")
        for size in wanted.sizes:
            for preset in wanted.presets:
                meters = {}
                for count in counts:
                    folder = Path(home, f"{size}-{preset}-{count}")
                    folder.mkdir()
                    helper = moviepy if count == counts[0] else None
                    meters[count] = measured(folder, size, count, preset, rounds, helper)
                    pieces(folder, count, rounds.all)
                    shutil.rmtree(folder)
                summary(meters)
                correctness(Path(tempfile.mkdtemp(dir=home)), size, preset)
        with_sound(Path(home), counts, wanted, rounds)
        drift(Path(tempfile.mkdtemp(dir=home)), 200)


def with_sound(home: Path, counts: list[int], wanted: argparse.Namespace, rounds: Rounds) -> None:
    for size, preset in product(wanted.sizes, wanted.presets):
        folder = Path(tempfile.mkdtemp(dir=home))
        sounding(folder, counts, size, preset, rounds.all, against_graph=not wanted.without_graph)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
