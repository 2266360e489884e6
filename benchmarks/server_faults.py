"""How a film fares while its ComfyUI servers are killed, stopped and broken at random, again and again.

Run ``python benchmarks/server_faults.py --seed 7 --scenes 250``; the same seed chooses the same faults. Every scene
must end as one whole clip; the jobs beyond one a scene must not be more than the faults.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes import FakeComfyUIServer  # noqa: E402 - found on the path set above

from film_pipeline.comfyui.orders import Handling  # noqa: E402
from film_pipeline.comfyui.pool import PoolRules  # noqa: E402
from film_pipeline.comfyui.watching import Patience  # noqa: E402
from film_pipeline.errors import RenderError  # noqa: E402
from film_pipeline.ffmpeg.verify import examine  # noqa: E402
from film_pipeline.models.storyboard import Scene, Storyboard  # noqa: E402
from film_pipeline.models.take import RenderSpec  # noqa: E402
from film_pipeline.renderer.comfyui import ComfyUIRenderer  # noqa: E402

SERVERS = 3
FRAMES = 9
HANDLING = Handling(Patience(poll=0.1, stall=1.5, silent=5, refused=0.5, unreachable=1.5, cancel=2), attempts=8)
RULES = PoolRules(aside=3.0, start=30.0, probe_every=0.2, answer=1.0)


class Mischief:
    """Breaks one server after the other until it is told to end; counts what it did."""

    def __init__(self, servers: list[FakeComfyUIServer], seed: int) -> None:
        self._servers = servers
        self._random = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.done: Counter[str] = Counter()

    def __enter__(self) -> "Mischief":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._random.uniform(0.2, 0.7)):
            server = self._random.choice(self._servers)
            kind = self._random.choice(("killed", "killed", "stopped", "answering 500"))
            seconds = self._random.uniform(0.1, 2.0)
            self.done[kind] += 1
            if kind == "killed":
                server.kill()
                self._ended.wait(seconds / 2)
                server.start()
            elif kind == "stopped":
                server.stop()
                self._ended.wait(seconds)
                server.resume()
            else:
                server.change(answers=500)
                self._ended.wait(seconds)
                server.change(answers=0)


def render_all(renderer: ComfyUIRenderer, scenes: int, folder: Path) -> int:
    """How many times a whole render had to be asked for again, as Dagster's retry policy would."""
    storyboard = Storyboard(title="Bench", scenes=(Scene(id=1, duration=1.0, prompt="a lighthouse"),))
    recipe = renderer.recipe(storyboard, storyboard.scenes[0])

    def render(number: int) -> int:
        spec = RenderSpec(
            renderer=recipe.renderer,
            workflow=recipe.workflow,
            prompt=f"shot {number}",
            frames=FRAMES,
            width=64,
            height=64,
            frame_rate=Fraction(24),
            seed=number,
            take=1,
        )
        for again in range(3):
            try:
                renderer.render(spec, folder / f"{number:04}.mp4", lambda _share, _words: None)
                return again
            except RenderError as error:
                print(f"scene {number}: {error}")
        raise SystemExit(f"scene {number} was not rendered")

    with ThreadPoolExecutor(SERVERS + 1) as threads:
        return sum(threads.map(render, range(1, scenes + 1)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scenes", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        (folder / "clips").mkdir()
        servers = [
            stack.enter_context(FakeComfyUIServer(folder / f"server{number}", render_seconds=0.5))
            for number in range(SERVERS)
        ]
        renderer = ComfyUIRenderer(
            [server.url for server in servers],
            ROOT / "workflows",
            "hunyuan_video_t2v",
            lock_folder=folder / "locks",
            handling=HANDLING,
            rules=RULES,
        )
        stack.callback(renderer.close)
        started = time.perf_counter()
        with Mischief(servers, arguments.seed) as mischief:
            again = render_all(renderer, arguments.scenes, folder / "clips")
        seconds = time.perf_counter() - started
        clips = [examine(path) for path in sorted((folder / "clips").iterdir())]
        whole = sum(not clip.faults and clip.frames == FRAMES for clip in clips)
        jobs = sum(len(server.jobs("accepted")) for server in servers)
    faults = mischief.done.total()
    print(f"seed {arguments.seed}: {arguments.scenes} scenes on {SERVERS} servers in {seconds:.0f} s")
    print(f"faults: {faults} ({', '.join(f'{count} {kind}' for kind, count in sorted(mischief.done.items()))})")
    print(f"whole clips: {whole}; jobs queued: {jobs}; renders asked for again: {again}")
    return int(whole != arguments.scenes or jobs > arguments.scenes + faults)


if __name__ == "__main__":
    sys.exit(main())
