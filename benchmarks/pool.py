"""How near a pool of ComfyUI servers comes to its bound: N scenes of t seconds on W servers take ceil(N / W) * t.

Run ``python benchmarks/pool.py`` (``--quick`` for the small case only). Renders are simulated by fake servers in
processes of their own; everything else (queueing, sockets, downloads, decoding) is real. The target is at most 1.05
times the bound plus ``START_SECONDS``, which covers what is paid once: connecting, preflight, the last clip's check.
"""

import argparse
import math
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes import FakeComfyUIServer  # noqa: E402 - found on the path set above

from film_pipeline.models.storyboard import Scene, Storyboard  # noqa: E402
from film_pipeline.models.take import RenderSpec  # noqa: E402
from film_pipeline.renderer.comfyui import ComfyUIRenderer  # noqa: E402

CASES = ((20, 1), (20, 4), (200, 8))
RENDER_SECONDS = 2.0
SHARE = 1.05
START_SECONDS = 2.0


def specs(renderer: ComfyUIRenderer, count: int) -> list[RenderSpec]:
    storyboard = Storyboard(title="Bench", scenes=(Scene(id=1, duration=1.0, prompt="a lighthouse"),))
    recipe = renderer.recipe(storyboard, storyboard.scenes[0])
    return [
        RenderSpec(
            renderer=recipe.renderer,
            workflow=recipe.workflow,
            models=recipe.models,
            prompt=f"a lighthouse, shot {number}",
            frames=9,
            width=64,
            height=64,
            frame_rate=Fraction(24),
            seed=number,
            take=1,
        )
        for number in range(count)
    ]


def measure(scenes: int, servers: int, folder: Path) -> float:
    """Seconds for all scenes; the servers already run."""
    with ExitStack() as stack:
        pool = [
            stack.enter_context(FakeComfyUIServer(folder / f"server{number}", render_seconds=RENDER_SECONDS))
            for number in range(servers)
        ]
        renderer = ComfyUIRenderer(
            [server.url for server in pool], ROOT / "workflows", "hunyuan_video_t2v", lock_folder=folder / "locks"
        )
        stack.callback(renderer.close)
        # Two scenes a server are under way: one renders while the other one's clip is fetched and checked.
        with ThreadPoolExecutor(2 * servers) as threads:
            started = time.perf_counter()
            jobs = [
                threads.submit(renderer.render, spec, folder / f"{spec.seed}.mp4", lambda _share, _words: None)
                for spec in specs(renderer, scenes)
            ]
            for job in jobs:
                job.result()
            seconds = time.perf_counter() - started
        accepted = sum(len(server.jobs("accepted")) for server in pool)
        if accepted != scenes:
            raise AssertionError(f"{accepted} jobs for {scenes} scenes")
        return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the case of 20 scenes on 4 servers")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores; renders of {RENDER_SECONDS:g} s; constant {START_SECONDS:g} s")
    print("scenes servers  bound s  took s  ratio  (took - constant) / bound  within 1.05")
    missed = False
    for scenes, servers in CASES[1:2] if arguments.quick else CASES:
        bound = math.ceil(scenes / servers) * RENDER_SECONDS
        with tempfile.TemporaryDirectory() as folder:
            seconds = measure(scenes, servers, Path(folder))
        net = (seconds - START_SECONDS) / bound
        missed |= net > SHARE
        print(
            f"{scenes:6} {servers:7} {bound:8.1f} {seconds:7.2f} {seconds / bound:6.3f} {net:26.3f}"
            f"  {'yes' if net <= SHARE else 'NO'}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
