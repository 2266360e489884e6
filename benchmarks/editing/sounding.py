"""A film whose scenes have sound of their own, under music: what it costs to cut it, and to change one scene."""

import math
import statistics
from collections.abc import Iterable
from pathlib import Path

from editing.clips import SECONDS, draw_clips, tagged
from editing.meter import Meter
from editing.ways import ours, parts_told_of, single_graph_with_sound, timeline_of, told_of
from synth import make_score

from film_pipeline.composer.synth import SynthComposer
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg

SINGLE = "one graph with acrossfade and music"
FIRST = "first cut, nothing prepared"
CHANGED = "one scene changed, picture and sound"
SAME = "nothing changed"
COPY = "plain copy of the movie"


def sounding(home: Path, counts: Iterable[int], size: str, preset: str, rounds: int, *, against_graph: bool) -> None:
    """Films of so many clips; the graph runs once each."""
    changed = {}
    for count in counts:
        folder = home / f"{count}"
        folder.mkdir()
        meter = Meter()
        changed[count] = _film(meter, folder, count, size, preset, rounds, against_graph)
        print(f"\n{count} clips of {SECONDS} s with sound, under music, {size}, {preset}, medians", flush=True)
        print(meter.table(SINGLE), flush=True)
        within = [cost for cost, stayed in changed[count] if stayed]
        beyond = [cost for cost, stayed in changed[count] if not stayed]
        print(f"the gain left its step in {len(beyond)} of {rounds} changes", end="")
        for costs, what in ((within, "where it stayed"), (beyond, "where it left")):
            print(f"; {what}: {statistics.mean(costs):.2f} s" if costs else "", end="")
        print(f"; mean {statistics.mean(cost for cost, _ in changed[count]):.2f} s", flush=True)
    few, many = min(changed), max(changed)
    if few < many:
        means = [statistics.mean(cost for cost, stayed in changed[count] if stayed) for count in (few, many)]
        growth = math.log(means[1] / means[0]) / math.log(many / few)
        print(f"from {few} to {many}: a change within a step grows with the power {growth:.2f}", flush=True)


def _film(
    meter: Meter, folder: Path, count: int, size: str, preset: str, rounds: int, against_graph: bool
) -> list[tuple[float, bool]]:
    """What each change cost, and whether the gain stayed as it was: then few parts were encoded."""
    clips = _clips(folder, size, count)
    music, movie, cache = folder / "music.flac", folder / "movie.mp4", folder / "cache"
    seconds = timeline_of(clips, size).seconds
    SynthComposer().compose(make_score(5 * math.ceil(seconds / 5)), music, lambda share, words: None)
    if against_graph:
        meter.run(SINGLE, single_graph_with_sound(timeline_of(clips, size), music, preset, folder / "graph.mp4"))
    meter.run(FIRST, ours(timeline_of(clips, size), preset, cache, movie, music), told=told_of(movie))
    costs = []
    for number in range(rounds):
        place = count // 2 + number
        clips[place] = tagged(clips[place - 3], folder / f"new{number}.mp4", f"new {number}")
        cut = ours(timeline_of(clips, size), preset, cache, movie, music)
        meter.run(CHANGED, cut, told=told_of(movie))
        # A clip, two blends, and the sound: one scene of 4 s touches at most three stretches.
        costs.append((float(told_of(movie).read_text()), int(parts_told_of(movie).read_text()) <= 6))
        meter.run(SAME, cut, told=told_of(movie))
        meter.run(COPY, ["cp", str(movie), str(folder / "copy.mp4")])
    return costs


def _clips(folder: Path, size: str, count: int) -> list[Path]:
    """Each of the drawn clips with a sound of its own: a wavering tone over a wavering rumble."""
    originals = []
    for number, silent in enumerate(draw_clips(folder, size, min(count, 8))):
        tone = f"sine=f={150 + 40 * number}:d={SECONDS},tremolo=f={2 + number % 3}:d=0.8,volume={2 + number % 4}"
        rumble = f"anoisesrc=d={SECONDS}:color=brown:seed={number}:a=0.3,tremolo=f={0.5 + number / 10}:d=0.9"
        path = folder / f"sounding{number}.mp4"
        mixed = f"{tone}[tone];{rumble}[rumble];[tone][rumble]amix=normalize=0,aformat=cl=stereo:r=48000[sound]"
        inputs = ["-i", file_argument(silent), "-filter_complex", mixed, "-map", "0:v", "-map", "[sound]"]
        encode = ["-c:v", "copy", "-c:a", "aac", "-t", str(SECONDS), "-y", file_argument(path)]
        run_ffmpeg([*inputs, *encode], doing="drawing clips with sound")
        originals.append(path)
    return [
        tagged(originals[number % len(originals)], folder / f"with_sound{number}.mp4", str(number))
        for number in range(count)
    ]
