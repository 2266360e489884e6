"""Scenes an hour on a render farm, by scenes a pod, seconds to load the model, and GPUs: simulated, event by event.

What is simulated: pods that wait for GPUs, start, load a model once and render scene after scene; pods that are lost
and tried again, keeping what they had stored; a queue that never asks for fewer pods than there are GPUs
(``defs.bundles``, the real code). What is not: ComfyUI, Kubernetes and storage; their seconds are given. Those of a
pod are measured by ``make test-cluster ARGS="-rP cluster/test_overhead.py"``; replace them by your own:

    python benchmarks/farm.py --scene 120 --load 30 --start 12 --gpus 16
"""

import argparse
import heapq
import random
from collections import deque
from dataclasses import dataclass

from film_pipeline.defs.bundles import bundled
from film_pipeline.defs.claims import Work


@dataclass(frozen=True)
class Farm:
    """Seconds: ``start`` of a pod until ComfyUI answers, ``load`` of the model, ``scene`` to render one, ``store`` one.

    ``lost_per_hour`` is how often a GPU is taken away or fails; ``share`` how many scenes may share a pod.
    """

    gpus: int
    share: int = 1
    start: float = 12.0
    load: float = 30.0
    scene: float = 120.0
    store: float = 3.0
    lost_per_hour: float = 0.0


@dataclass
class Outcome:
    """``hours`` from first pod to last scene; GPU hours that were held, and those that rendered what was kept."""

    hours: float = 0.0
    held: float = 0.0
    rendered: float = 0.0
    pods: int = 0
    again: int = 0


def simulate(farm: Farm, films: int, scenes: int, seed: int = 1) -> Outcome:
    """Make ``films`` of ``scenes`` each; lost pods lose the scene that was under way and nothing else."""
    chance = random.Random(seed)
    works = [
        Work(f"f{film}", f"f{film}/{number:04}", "render_scene", f"scene {film}-{number}")
        for film in range(films)
        for number in range(scenes)
    ]
    queue = deque(list(group) for group in bundled(works, most=farm.share, slots=farm.gpus, apart=()))
    free, ends, outcome = farm.gpus, [], Outcome()
    now = 0.0
    while queue or ends:
        while queue and free:
            free -= 1
            seconds, left = _pod(farm, len(group := queue.popleft()), chance, outcome)
            outcome.pods += 1
            heapq.heappush(ends, (now + seconds, outcome.pods, group[len(group) - left :]))
        now, _, left_over = heapq.heappop(ends)
        free += 1
        # What a lost bundle left is asked for scene by scene.
        queue.extend([work] for work in left_over)
    outcome.hours = now / 3600
    return outcome


def _pod(farm: Farm, scenes: int, chance: random.Random, outcome: Outcome) -> tuple[float, int]:
    """How long one pod holds its GPU, and how many of its scenes it leaves unmade."""
    lasts = chance.expovariate(farm.lost_per_hour / 3600) if farm.lost_per_hour else float("inf")
    seconds, made = farm.start + farm.load, 0
    while made < scenes and seconds + farm.scene + farm.store <= lasts:
        seconds += farm.scene + farm.store
        made += 1
    lost = made < scenes
    held = min(seconds if not lost else lasts, lasts)
    outcome.held += held / 3600
    outcome.rendered += made * farm.scene / 3600
    outcome.again += lost
    return held, scenes - made


def show_shares(base: Farm, films: int, scenes: int) -> None:
    loads, shares = (10, 30, 90, 300), (1, 2, 4, 8, 16)
    print(f"Scenes an hour and GPU; {base.gpus} GPUs, {films} films of {scenes} scenes, {base.scene:g} s a scene")
    print("| model load | " + " | ".join(f"{share} a pod" for share in shares) + " | pool, warm |")
    print("| --- " * (len(shares) + 2) + "|")
    for load in loads:
        row = [f"{load} s"]
        for share in shares:
            row.append(f"{_rate(_with(base, load=load, share=share), films, scenes):.1f}")
        row.append(f"{_rate(_with(base, load=0, start=base.start - 7), films, scenes):.1f}")
        print("| " + " | ".join(row) + " |")


def show_losses(base: Farm, films: int, scenes: int) -> None:
    print(
        f"\nShare of held GPU hours that went into kept scenes, where GPUs are taken away; model load {base.load:g} s"
    )
    print("| taken, a GPU hour | 1 a pod | 4 a pod | 16 a pod |\n| --- | --- | --- | --- |")
    for lost in (0.0, 0.1, 0.5, 2.0):
        row = [f"{lost:g}"]
        for share in (1, 4, 16):
            outcome = simulate(_with(base, lost_per_hour=lost, share=share), films, scenes)
            row.append(f"{outcome.rendered / outcome.held:.0%}")
        print("| " + " | ".join(row) + " |")


def show_paper(base: Farm) -> None:
    """Ten thousand scenes and less: hours, pods, and what Dagster's database and Kubernetes have to carry."""
    print("\nOn paper: hours by GPUs; pods in all (a run and a step each); events written a second at the most")
    print("| scenes | share | 8 GPUs | 32 GPUs | 100 GPUs | pods | events/s at 100 GPUs |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for scenes in (100, 1_000, 10_000):
        for share in (1, 4):
            outcomes = [simulate(_with(base, gpus=gpus, share=share), scenes // 100, 100) for gpus in (8, 32, 100)]
            hours = [f"{outcome.hours:.1f} h" for outcome in outcomes]
            events = scenes * 45 / (outcomes[-1].hours * 3600)
            cells = [f"{scenes:,}", str(share), *hours, f"{2 * outcomes[-1].pods:,}", f"{events:.0f}"]
            print("| " + " | ".join(cells) + " |")


def _rate(farm: Farm, films: int, scenes: int) -> float:
    outcome = simulate(farm, films, scenes)
    return films * scenes / outcome.held


def _with(farm: Farm, **changes: float) -> Farm:
    return Farm(**{**farm.__dict__, **changes})  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("scene", 120.0), ("load", 30.0), ("start", 12.0), ("store", 3.0)):
        parser.add_argument(f"--{name}", type=float, default=default, help="seconds")
    parser.add_argument("--gpus", type=int, default=8)
    given = parser.parse_args()
    base = Farm(gpus=given.gpus, start=given.start, load=given.load, scene=given.scene, store=given.store)
    show_shares(base, films=10, scenes=64)
    show_losses(base, films=10, scenes=64)
    show_paper(base)


if __name__ == "__main__":
    main()
