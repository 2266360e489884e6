"""Two writers on one film: does the pointer stay consistent, and does the last requested selection win?

    python benchmarks/s3_writers.py [s3://bucket/prefix | file:/folder] [--rounds 200]

Each round two processes select a take of the same scene at the same instant, in an order of wishes that is drawn by
chance and after pauses drawn by chance, and each also selects a take of a scene of its own. A third process reads the
cut all the time. Wrong is: a cut that cannot be read, a cut that names a clip that is not there, a scene of one writer
lost to the other's write, and a round after which not the last requested take is selected.

Any S3 server will do; keys and endpoint as everywhere (``AWS_ENDPOINT_URL_S3``, ...). Without an address: FILM_STORAGE,
else a new folder. Prints one JSON object; exit code 1 where anything was wrong.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from film_pipeline.errors import StorageConflictError
from film_pipeline.models.take import Selection
from film_pipeline.storage import FilmStore, keys, open_store

SPAWN = multiprocessing.get_context("spawn")
SCENE, BASIS = "001", "the same words"


def digest_of_take(round_number: int, writer: int) -> str:
    return f"{round_number:032x}{writer:032x}"


def requested(seed: int, round_number: int) -> list[float]:
    """When each of the two writers asked; every round asks later than the one before."""
    order = [round_number * 10.0 + 1, round_number * 10.0 + 2]
    random.Random(f"{seed} {round_number}").shuffle(order)
    return order


def selection(round_number: int, writer: int, at: float) -> Selection:
    digest = digest_of_take(round_number, writer)
    return Selection(take=round_number + 1, digest=digest, bytes=4, basis=BASIS, chosen_by="person", requested=at)


def write(root: str, home: Path, film: str, writer: int, rounds: int, seed: int, start: Any, counted: Any) -> None:
    store = open_store(root, home)
    conflicts = _counted_conflicts(store)
    chance = random.Random(f"{seed} {writer}")
    for number in range(rounds):
        mine = selection(number, writer, requested(seed, number)[writer])
        store.objects.write(keys.clip(film, SCENE, mine.digest), b"clip")
        start.wait()
        time.sleep(chance.random() * 0.01)
        store.select(film, SCENE, mine)
        store.select(film, f"own-{writer}", mine)
        start.wait()
        start.wait()  # until the parent has looked
    counted.put(conflicts[0])


def _counted_conflicts(store: FilmStore) -> list[int]:
    """How often a conditional write lost, from now on."""
    count, plain = [0], store.objects.write

    def counting(key: str, content: bytes, **condition: Any) -> None:
        try:
            plain(key, content, **condition)
        except StorageConflictError:
            count[0] += 1
            raise

    store.objects.write = counting  # type: ignore[method-assign]
    return count


def read(root: str, home: Path, film: str, ended: Any, counted: Any) -> None:
    """Reads the cut until the end, and counts what cannot be read and clips that are not there."""
    store, seen, wrong = open_store(root, home), 0, 0
    while not ended.is_set():
        chosen = store.cut(film).scenes.get(SCENE)
        seen += 1
        wrong += bool(chosen) and store.objects.stat(keys.clip(film, SCENE, chosen.digest)) is None
    counted.put((seen, wrong))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("storage", nargs="?", default=os.environ.get("FILM_STORAGE", ""))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    film = f"two-writers-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as folder:
        home, asked.storage = Path(folder), asked.storage or f"file:{folder}/store"
        store = open_store(asked.storage, home)
        store.objects.require_usable()
        start, ended, counted, read_counted = SPAWN.Barrier(3), SPAWN.Event(), SPAWN.Queue(), SPAWN.Queue()
        rest = (asked.rounds, asked.seed, start, counted)
        writers = [
            SPAWN.Process(target=write, args=(asked.storage, home, film, number, *rest), daemon=True)
            for number in range(2)
        ]
        reader = SPAWN.Process(target=read, args=(asked.storage, home, film, ended, read_counted), daemon=True)
        for process in (*writers, reader):
            process.start()
        wrong = lost = 0
        began = 0.0
        for number in range(asked.rounds):
            start.wait()
            began = began or time.monotonic()
            start.wait()
            cut = store.cut(film)
            asked_at = requested(asked.seed, number)
            last = asked_at.index(max(asked_at))
            wrong += cut.scenes[SCENE].digest != digest_of_take(number, last)
            lost += any(cut.scenes[f"own-{writer}"].digest != digest_of_take(number, writer) for writer in range(2))
            start.wait()
        seconds = time.monotonic() - began
        conflicts = sum(counted.get() for _ in writers)
        ended.set()
        reads, unreadable = read_counted.get(timeout=60)
        for process in (*writers, reader):
            process.join()
        for key in list(store.objects.keys(f"films/{film}/")):
            store.objects.delete(key)
    result = {
        "storage": asked.storage,
        "rounds": asked.rounds,
        "last_requested_did_not_win": wrong,
        "updates_lost": lost,
        "reads": reads,
        "reads_of_a_missing_clip": unreadable,
        "conditional_writes_that_lost_and_were_repeated": conflicts,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(result, indent=2))
    return 1 if wrong or lost or unreadable else 0


if __name__ == "__main__":
    sys.exit(main())
