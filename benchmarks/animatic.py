"""CPU seconds that a second of animatic costs at 1280x720, drawing and encoding apart; below 1 is faster than playing.

Run ``python benchmarks/animatic.py`` (five runs a prompt, the median is shown) or with ``--quick`` (one run). CPU time
is user and system time of this process and of FFmpeg, which runs on one thread.
"""

import argparse
import resource
import statistics
import tempfile
from fractions import Fraction
from pathlib import Path

from film_pipeline.models.take import RenderSpec
from film_pipeline.renderer.animatic import AnimaticRenderer

PROMPTS = {
    "rain, neon, crowd": "Detective on a rainy neon street, crowd with umbrellas, holograms, tracking shot, 2084",
    "canal": "Cyberpunk detective walking, rain, neon lights, canals of Amsterdam, futuristic architecture",
    "eye": "Close up of cybernetic eye looking at a holographic map",
    "storm at sea": "A sailing ship in a storm at sea, lightning, huge waves, push in",
    "forest": "A misty forest at dawn, a deer walks between the trees, sun rays",
}


def cpu_seconds() -> tuple[float, float]:
    """User and system time of this process, and of its ended children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def measure(prompt: str, seconds: int, into: Path) -> tuple[float, float]:
    """Drawing and encoding, in CPU seconds a second of film, with all preparation."""
    spec = RenderSpec(
        renderer="animatic/1", prompt=prompt, caption="001", frames=24 * seconds, width=1280,
        height=720, frame_rate=Fraction(24), seed=1, take=1,
    )  # fmt: skip
    into.unlink(missing_ok=True)
    before = cpu_seconds()
    AnimaticRenderer().render(spec, into, lambda share, words: None)
    after = cpu_seconds()
    return (after[0] - before[0]) / seconds, (after[1] - before[1]) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one run a prompt instead of five")
    parser.add_argument("--seconds", type=int, default=4, help="length of each scene (4)")
    options = parser.parse_args()
    print("CPU seconds per second of film, 1280x720 at 24 frames a second")
    print(f"{'prompt':20} {'drawing':>8} {'encoding':>9} {'total':>7} {'x real time':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for name, prompt in PROMPTS.items():
            runs = [measure(prompt, options.seconds, Path(folder) / "a.mp4") for _ in range(1 if options.quick else 5)]
            drawing, encoding = (statistics.median(part) for part in zip(*runs, strict=True))
            total = statistics.median(sum(run) for run in runs)
            print(f"{name:20} {drawing:8.3f} {encoding:9.3f} {total:7.3f} {1 / total:12.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
