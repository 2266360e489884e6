"""Kills a cut at random moments and looks at what is left: ``python benchmarks/kill_edit.py --count 50 --seed 1``.

Each round changes one scene (now and then it forgets the whole cache), starts the cut and its publishing in a process
of its own, and kills it with all its encoders. Then the published movie must be a whole movie, the one before or the
new one, and everything the cache offers must be what was written. After every tenth round the cut is let through, and
must give the film that an empty cache gives.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.movie import cut_movie
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline, TimelineClip
from film_pipeline.storage.local import LocalObjects

SCENES, FRAMES, RATE = 6, 36, 24
KINDS = ("cut", "dissolve", "wipe_left", "fade", "cut", "dissolve")


def draw(folder: Path, scene: int, version: int) -> TimelineClip:
    path = folder / f"clip{scene}_{version}.mp4"
    source = f"testsrc2=size=320x180:rate={RATE},hue=h={(scene * 50 + version * 17) % 360}"
    sound = ["-f", "lavfi", "-i", f"sine=frequency={200 + scene * 40 + version}"]
    code = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"]
    run_ffmpeg(["-f", "lavfi", "-i", source, *sound, "-frames:v", str(FRAMES), *code, "-y", file_argument(path)],
               doing="drawing a clip")  # fmt: skip
    return TimelineClip(scene=f"{scene:03d}", take=version, media=str(path), sha256=sha256_of(path), frames=FRAMES)


def timeline_of(clips: list[TimelineClip]) -> Timeline:
    wishes = [Transition(kind=kind, duration=0.25) if kind != "cut" else None for kind in KINDS]
    return assemble("Killed", FilmFormat(width=320, height=180, frame_rate=Fraction(RATE)), clips, wishes)


def cut_and_publish(folder: Path, timeline: Timeline, cache: Path) -> str:
    """As the pipeline does it: into a work folder, verified, then renamed to its final name; returns its SHA-256."""
    objects = LocalObjects(folder / "store")
    with objects.workspace() as work:
        facts = cut_movie(timeline, soundtrack=None, into=work / "movie.mp4", cache=cache, workers=2)
        objects.publish("movie.mp4", work / "movie.mp4", facts.sha256)
    return facts.sha256


def child(job: Path) -> None:
    folder = job.parent
    timeline = Timeline.model_validate_json(job.read_text())
    print("ready", flush=True)
    cut_and_publish(folder, timeline, folder / "cache")


def start(folder: Path, timeline: Timeline) -> subprocess.Popen[str]:
    job = folder / "job.json"
    job.write_text(timeline.model_dump_json())
    command = [sys.executable, __file__, "--job", str(job)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        sys.exit("the cut did not start")
    return process


def kill(process: subprocess.Popen[str], seconds: float) -> bool:
    """Let it live for so long; returns whether it was still alive then."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def require_whole(folder: Path, timeline: Timeline, before: str, when: str) -> str:
    """The published movie plays, and is the one before or another whole one; returns its SHA-256."""
    movie = folder / "store" / "movie.mp4"
    found = sha256_of(movie)
    if found != before:
        examination = examine(movie)
        if examination.faults or examination.frames != timeline.frames:
            sys.exit(f"{when}: the movie is broken: {examination.faults}, {examination.frames} frames")
    return found


def require_sound_cache(cache: Path, when: str) -> int:
    entries = 0
    for record in (cache / "parts").rglob("entry.json"):
        entries += 1
        for name, file in json.loads(record.read_text())["files"].items():
            if sha256_of(record.parent / name) != file["sha256"]:
                sys.exit(f"{when}: {record.parent / name} is not what its record says")
    return entries


def campaign(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    clips = [draw(folder, scene, 0) for scene in range(SCENES)]
    started = time.perf_counter()
    published = cut_and_publish(folder, timeline_of(clips), folder / "cache")
    whole = time.perf_counter() - started
    killed = finished = entries = 0
    version = 0
    while killed < count:
        version += 1
        scene = chance.randrange(SCENES)
        clips[scene] = draw(folder, scene, version)
        empty = chance.random() < 0.3
        if empty:
            shutil.rmtree(folder / "cache")
        timeline = timeline_of(clips)
        seconds = chance.uniform(0, whole if empty else whole / 2)
        was_alive = kill(start(folder, timeline), seconds)
        when = f"round {version}, killed after {seconds:.3f} s"
        killed, finished = killed + was_alive, finished + (not was_alive)
        published = require_whole(folder, timeline, published, when)
        entries += require_sound_cache(folder / "cache", when)
        if version % 10 == 0:
            published = cut_and_publish(folder, timeline, folder / "cache")
            healed = cut_movie(timeline, soundtrack=None, into=folder / "new.mp4", cache=folder / "empty", workers=2)
            shutil.rmtree(folder / "empty")
            if healed.sha256 != published:
                sys.exit(f"{when}: the film is not the one that an empty cache gives")
    left = sum(1 for _ in (folder / "cache" / "scratch").iterdir())
    print(f"{killed} kills at random moments of cuts of up to {whole:.1f} s ({finished} more were done before)")
    print(f"0 broken movies, 0 damaged of {entries} cache entries looked at, {left} scratch folders left to be swept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="10 kills")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        child(arguments.job)
        return
    with tempfile.TemporaryDirectory(prefix="kill-benchmark-") as folder:
        campaign(Path(folder), 10 if arguments.quick else arguments.count, arguments.seed)


if __name__ == "__main__":
    main()
