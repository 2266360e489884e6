"""A whole ``film make`` against the sum of its parts, and its peak memory, which must not grow with the film.

python benchmarks/film.py [--quick]
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from film_pipeline.settings import Settings
from film_pipeline.studio import open_studio
from film_pipeline.studio.movies import cut, publish_movie
from film_pipeline.studio.music import compose, publish_music
from film_pipeline.studio.scripts import receive_file
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard

FILM = Path(sys.executable).with_name("film")


def peak_memory_of(process: subprocess.Popen[bytes], seen: list[int]) -> None:
    """Record the largest resident set (MB) of any process of the command while it lives."""
    while process.poll() is None:
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
                stat = (status.parent / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            if int(stat[3]) == process.pid or int(stat[1]) == process.pid or status.parent.name == str(process.pid):
                line = next((line for line in text.splitlines() if line.startswith("VmHWM")), "")
                seen.append(int(line.split()[1]) // 1024 if line else 0)
        time.sleep(0.1)


WORDS = ("rain in a neon street at night", "forest at dawn, fog", "close-up of an eye", "rooftop chase")


def board(folder: Path, scenes: int, seconds: float) -> Path:
    rows = [{"id": n, "duration": seconds, "prompt": WORDS[n % 4]} for n in range(1, scenes + 1)]
    script = folder / "bench.json"
    script.write_text(json.dumps({"title": "Bench", "scenes": rows}))
    return script


def make(scenes: int, size: str, seconds: float) -> dict[str, float]:
    """The command, as people call it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        script = board(Path(folder), scenes, seconds)
        started = time.monotonic()
        process = subprocess.Popen(
            [FILM, "make", script, "--home", Path(folder) / "home", "--json"],
            env={**os.environ, "FILM_SIZE": size},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        seen: list[int] = []
        watch = threading.Thread(target=peak_memory_of, args=(process, seen))
        watch.start()
        assert process.stdout is not None
        answer = json.loads(process.stdout.read())
        process.wait()
        watch.join()
        report = json.loads(Path(answer["report"]).read_text())
        return {"wall": time.monotonic() - started, "film": report["seconds"], "peak": max(seen, default=0)}


def parts(scenes: int, size: str, seconds: float) -> tuple[float, float]:
    """Seconds of all scenes one after the other, and of soundtrack and cut: the same steps without Dagster."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        studio = open_studio(Settings(FILM_HOME=Path(folder) / "home", FILM_SIZE=size))
        film = receive_file(studio.store, board(Path(folder), scenes, seconds)).film
        publish_storyboard(studio, write_storyboard(studio, film))
        started = time.monotonic()
        for scene in studio.plan(film).scenes:
            with shoot(studio, film, scene.scene, Wish(), lambda share, words: None) as shot:
                publish_shot(studio, shot)
        shot_seconds = time.monotonic() - started
        started = time.monotonic()
        with compose(studio, film, lambda share, words: None) as music:
            publish_music(studio, music)
        with cut(studio, film, lambda share, words: None) as movie:
            publish_movie(studio, movie)
        return shot_seconds, time.monotonic() - started


def main() -> None:
    quick = "--quick" in sys.argv
    cores = os.cpu_count() or 1
    print(f"{cores} cores; parts = scenes one by one / cores + soundtrack and cut, all without Dagster")
    print("scenes  film s  wall s  parts s  wall/parts  (wall-parts)/scene  wall/film  peak MB of one process")
    for scenes in (3,) if quick else (15, 60):
        size, seconds = ("320x180", 1.0) if quick else ("1280x720", 2.0)
        shot_seconds, rest = parts(scenes, size, seconds)
        row = make(scenes, size, seconds)
        bound = shot_seconds / cores + rest
        print(
            f"{scenes:6}  {row['film']:6.1f}  {row['wall']:6.1f}  {bound:7.1f}  {row['wall'] / bound:10.2f}"
            f"  {(row['wall'] - bound) / scenes:17.3f}s  {row['wall'] / row['film']:9.2f}  {row['peak']:10.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
