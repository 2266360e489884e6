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


def make(scenes: int, size: str, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        words = ("rain in a neon street at night", "forest at dawn, fog", "close-up of an eye", "rooftop chase")
        board = [{"id": number, "duration": seconds, "prompt": words[number % 4]} for number in range(1, scenes + 1)]
        script = Path(folder) / "bench.json"
        script.write_text(json.dumps({"title": "Bench", "scenes": board}))
        started, before = time.monotonic(), os.times()
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
        after = os.times()
        report = json.loads(Path(answer["report"]).read_text())
        rendering = sum(scene["seconds"] for scene in answer["scenes"])
        return {
            "wall": time.monotonic() - started,
            "cpu": after.children_user - before.children_user + after.children_system - before.children_system,
            "rendering": rendering,
            "cut": report["cut_seconds"],
            "film": report["seconds"],
            "peak": max(seen, default=0),
        }


def main() -> None:
    quick = "--quick" in sys.argv
    cores = os.cpu_count() or 1
    print(f"{cores} cores; parts = rendering / cores + cut")
    print("scenes  film s  wall s  parts s  wall/parts  (wall-parts)/scene  wall/film  peak MB of one process")
    for scenes in (3,) if quick else (15, 60):
        row = make(scenes, "320x180" if quick else "1280x720", 1.0 if quick else 4.0)
        parts = row["rendering"] / cores + row["cut"]
        print(
            f"{scenes:6}  {row['film']:6.1f}  {row['wall']:6.1f}  {parts:7.1f}  {row['wall'] / parts:10.2f}"
            f"  {(row['wall'] - parts) / scenes:17.3f}s  {row['wall'] / row['film']:9.2f}  {row['peak']:10.0f}"
        )


if __name__ == "__main__":
    main()
