"""Many scripts at once: all become films in the order they came, GPUs are never promised twice, memory stays flat.

`FILM_CLUSTER_FILMS` says how many; the few of a normal run take some minutes, forty about half an hour on two cores.
"""

import os
import time

import pytest

from cluster.farm import Farm

pytestmark = pytest.mark.long

FILMS = int(os.environ.get("FILM_CLUSTER_FILMS", "5"))
GPUS = 2
SECONDS_A_FILM = 120
FLAT_BYTES = 32_000_000
WATCHED = ("component=dagster-daemon", "component=dagster-webserver")


@pytest.mark.timeout(FILMS * SECONDS_A_FILM + 300)
def test_many_scripts_at_once(farm: Farm) -> None:
    farm.behave(render_seconds=2)
    films = [f"many-{number:03}" for number in range(FILMS)]
    for film in films:
        farm.drop(film, scenes=1)
    finished: list[str] = []
    most = 0
    held: dict[str, list[int]] = {selector: [] for selector in WATCHED}
    limit = time.monotonic() + FILMS * SECONDS_A_FILM
    while len(finished) < FILMS and time.monotonic() < limit:
        most = max(most, len(farm.scene_pods("Running")))
        for selector in WATCHED:
            held[selector].append(farm.memory(selector))
        finished += [film for film in films if film not in finished and farm.movie(film)]
        time.sleep(1)
    assert sorted(finished) == films, farm.story()
    assert most <= GPUS
    late = [abs(finished.index(film) - place) for place, film in enumerate(films)]
    first, last = ({name: sum(part) // len(part) for name, part in parts.items()} for parts in _ends(held))
    print(f"{FILMS} films; {most} at once; farthest out of order {max(late)}; bytes at first {first}, at last {last}")
    print("order:", *(film.removeprefix("many-") for film in finished))
    assert all(set(farm.renders(film).values()) == {1} for film in films)
    assert max(late) <= max(2, FILMS // 4)
    assert all(last[selector] < first[selector] * 1.15 + FLAT_BYTES for selector in WATCHED)


def _ends(held: dict[str, list[int]]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The second fifth, once all is warm, and the last."""
    fifth = max(1, len(next(iter(held.values()))) // 5)
    return {name: part[fifth : 2 * fifth] for name, part in held.items()}, {
        name: part[-fifth:] for name, part in held.items()
    }
