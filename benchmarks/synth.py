"""What the synth composer costs: CPU seconds for 600 s of music, and peak memory by the length of the film.

Run: python benchmarks/synth.py
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from film_pipeline.composer.synth import SynthComposer
from film_pipeline.models.soundtrack import Score, ScoreSection

PROMPTS = (
    "Cyberpunk detective walking, rain, neon lights",
    "Close-up of an eye, quiet",
    "Chase through the market, explosion",
    "Dawn over the empty city, calm",
)


def make_score(seconds: int) -> Score:
    """A film of scenes of five seconds each, quiet and loud in turns."""
    sections = tuple(
        ScoreSection(scene=f"{number:04d}", start=number * 5, duration=5, prompt=PROMPTS[number % len(PROMPTS)])
        for number in range(seconds // 5)
    )
    return Score(composer="synth/1", title="Benchmark", seconds=seconds, sections=sections)


def compose(seconds: int) -> None:
    """Compose a film in this process and print what it took, FFmpeg's FLAC encoder included."""
    with tempfile.TemporaryDirectory() as folder:
        SynthComposer().compose(make_score(seconds), Path(folder) / "soundtrack.flac", lambda share, word: None)
    own, encoder = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    # Not ru_maxrss: that one also counts the parent from which this process was forked.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(
        json.dumps(
            {
                "own": own.ru_utime + own.ru_stime,
                "encoder": encoder.ru_utime + encoder.ru_stime,
                "megabytes": int(status["VmHWM"].split()[0]) / 1_024,
            }
        )
    )


def measure(seconds: int) -> dict[str, float]:
    said = subprocess.run([sys.executable, __file__, str(seconds)], capture_output=True, text=True, check=True).stdout
    result: dict[str, float] = json.loads(said)
    return result


def main() -> None:
    runs = [measure(600) for _ in range(3)]
    cpu = median(run["own"] + run["encoder"] for run in runs)
    encoder = median(run["encoder"] for run in runs)
    short, long = measure(60), measure(1_800)
    print(f"600 s of music     {cpu:6.2f} s CPU = {600 / cpu:.0f} times faster than it plays (goal: 60)")
    print(f"  of it encoding   {encoder:6.2f} s CPU = {encoder / cpu:.0%}")
    print(f"peak memory        {short['megabytes']:6.1f} MB at 60 s, {long['megabytes']:.1f} MB at 1,800 s")
    print(f"  growth           {long['megabytes'] / short['megabytes']:6.2f} for a film 30 times as long (goal: 1.1)")


if __name__ == "__main__":
    compose(int(sys.argv[1])) if len(sys.argv) > 1 else main()
