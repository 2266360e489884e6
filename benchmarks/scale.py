"""Large homes: what a tick, a plan, a status and the archive cost, each against a bare baseline of the same run.

    python benchmarks/scale.py [--quick] [--films 1000] [--scenes 40] [--long 1000] [--scripts 500]

Makes finished films (their clips are hard links to a few bytes: nothing here opens a clip) and measures on one home:
planning against reading the same files, ticks against listing and looking at the same files, partitions against
Dagster's own calls for the same keys, the inbox against writing the same files as safely. Exits with 1 if a tick takes
longer than 30 s: Dagster ends it at 60.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from film_pipeline.cli.archiving import archived_shown
from film_pipeline.cli.showing import status_shown
from film_pipeline.defs.director_sensor import director, forget_films
from film_pipeline.defs.home import open_history
from film_pipeline.defs.inbox_sensor import new_scripts
from film_pipeline.models.report import FilmRecord, FilmReport
from film_pipeline.models.storyboard import Storyboard, storyboard_from, storyboard_to_json
from film_pipeline.models.take import Cut, Selection, Take
from film_pipeline.planning import Plan
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio, open_studio
from film_pipeline.studio.scripts import script_sha256

CLIP = b"not opened by any of this"
LONGEST_TICK_SECONDS = 30.0
SLOW: list[str] = []


def storyboard(scenes: int) -> Storyboard:
    """The same words and seed in every film, so that all films share their takes."""
    board = [{"id": number, "duration": 0.25, "prompt": f"street {number}"} for number in range(1, scenes + 1)]
    return storyboard_from({"title": "Scale", "transition": "cut", "seed": 1, "scenes": board})


def make_finished_film(studio: Studio, film: str, board: Storyboard, pattern: Path | None) -> None:
    """A film as it lies in storage when its movie is current; takes are linked from ``pattern`` where there is one."""
    folder, text = studio.settings.home / "films" / film, storyboard_to_json(board)
    folder.mkdir(parents=True)
    about = {"source": f"{keys.INBOX}/{film}.json", "script_name": f"{film}.json", "script_kind": "storyboard"}
    (folder / "script.txt").write_text(text)
    (folder / "film.json").write_text(FilmRecord(**about, script_sha256=script_sha256(text)).model_dump_json())
    (folder / "storyboard.json").write_text(text)
    planned = studio.plan(film) if pattern is None else None
    if planned:
        write_takes(folder, planned)
    elif pattern:
        link_tree(pattern / "takes", folder / "takes")
        os.link(pattern / "cut.json", folder / "cut.json")
    write_movie(folder, studio.plan(film))


def write_takes(folder: Path, planned: Plan) -> None:
    cut = {}
    for scene in planned.scenes:
        digest, made = scene.spec.digest, folder / "takes" / scene.scene
        made.mkdir(parents=True)
        take = Take(scene=scene.scene, number=1, digest=digest, basis=scene.basis, spec=scene.spec, created="",
                    seconds=1, sha256="0" * 64, bytes=len(CLIP))  # fmt: skip
        (made / f"{digest}.mp4").write_bytes(CLIP)
        (made / f"{digest}.json").write_text(take.model_dump_json())
        cut[scene.scene] = Selection(take=1, digest=digest, bytes=len(CLIP), basis=scene.basis)
    (folder / "cut.json").write_text(Cut(scenes=cut).model_dump_json())


def link_tree(pattern: Path, into: Path) -> None:
    for scene in pattern.iterdir():
        (into / scene.name).mkdir(parents=True)
        for file in scene.iterdir():
            os.link(file, into / scene.name / file.name)


def write_movie(folder: Path, planned: Plan) -> None:
    (folder / "final_movie.mp4").write_bytes(CLIP)
    report = FilmReport(
        film=planned.film, title=planned.title, signature=planned.signature, created="2026-01-01T00:00:00+00:00",
        seconds=1, frames=12, width=64, height=64, frame_rate="12", bytes=len(CLIP), sha256="0" * 64,
        integrated_lufs=None, true_peak_db=None, cut_seconds=1, director="", renderers=(), composer="", stand_ins=(),
        faults=(), scenes=(),
    )  # fmt: skip
    (folder / "report.json").write_text(report.model_dump_json())


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def show(what: str, seconds: float, baseline: str, bare: float) -> None:
    print(f"{what:<58} {seconds:9.3f} s  {bare:9.3f} s  {seconds / bare:7.1f}  {baseline}", flush=True)


def read_all(folder: Path) -> None:
    """List a film's folder, look at each clip, and read what a plan is made from: the least that a plan could cost."""
    for parent, _, files in os.walk(folder):
        for name in files:
            path = Path(parent, name)
            if name.endswith(".mp4"):
                path.stat()
            elif "takes" not in parent:
                path.read_bytes()


def look_at_all(home: Path) -> None:
    """List the films and look at the five files by which a change is noticed."""
    for film in (home / "films").iterdir():
        for name in ("script.txt", "film.json", "storyboard.json", "cut.json", "report.json"):
            (film / name).stat()


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, studio: Studio) -> tuple[float, dg.SensorResult]:
    with dg.build_sensor_context(instance=instance, resources={"studio": studio}) as context:
        started = time.perf_counter()
        result = sensor(context)
        seconds = time.perf_counter() - started
    if seconds > LONGEST_TICK_SECONDS:
        SLOW.append(f"a tick of {sensor.name} took {seconds:.0f} s")
    assert isinstance(result, dg.SensorResult)
    return seconds, result


def said(result: dg.SensorResult) -> str:
    return (result.skip_reason.skip_message or "") if isinstance(result.skip_reason, dg.SkipReason) else ""


def apply(instance: dg.DagsterInstance, result: dg.SensorResult) -> tuple[int, int]:
    """What the daemon does after the tick with its requests for partitions; how many were added and removed."""
    added = removed = 0
    for request in result.dynamic_partitions_requests or []:
        if isinstance(request, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
            added += len(request.partition_keys)
        else:
            for key in request.partition_keys:
                instance.delete_dynamic_partition(request.partitions_def_name, key)
            removed += len(request.partition_keys)
    return added, removed


def one_long_film(studio: Studio, scenes: int) -> None:
    make_finished_film(studio, "long", storyboard(scenes), None)
    bare = min(timed(lambda: read_all(studio.settings.home / "films" / "long")) for _ in range(3))
    show(f"plan a film of {scenes} scenes", timed(lambda: studio.plan("long")), "reading the same files", bare)


def many_films(studio: Studio, films: int, scenes: int) -> None:
    home, board = studio.settings.home, storyboard(scenes)
    make_finished_film(studio, "film-0000", board, None)
    for number in range(1, films):
        make_finished_film(studio, f"film-{number:04}", board, home / "films" / "film-0000")
    names = studio.store.films()
    bare = timed(lambda: [read_all(home / "films" / name) for name in names])
    planning = timed(lambda: [studio.plan(name) for name in names])
    show(f"plan {len(names)} films x {scenes} scenes", planning, "reading the same files", bare)
    show("film status", timed(lambda: status_shown(studio, None)), "reading the same files", bare)


def ticks(studio: Studio, instance: dg.DagsterInstance, bare_add: float) -> None:
    bare = timed(lambda: look_at_all(studio.settings.home))
    longest, count, adding, added = 0.0, 0, 0.0, 0
    forget_films()
    while True:
        seconds, result = tick(director, instance, studio)
        longest, count, started = max(longest, seconds), count + 1, time.perf_counter()
        new, _ = apply(instance, result)
        adding, added = adding + time.perf_counter() - started, added + new
        if "more in the next tick" not in said(result):
            break
    assert said(result) == "every film is as its storyboard asks", said(result)
    show(f"director: longest of {count} first ticks", longest, "looking at the same files", bare)
    show(f"director: adding {added} partitions", adding, "Dagster's own, all in one call", bare_add)
    seconds, result = tick(director, instance, studio)
    show("director: a tick with nothing to do", seconds, "looking at the same files", bare)
    path = studio.settings.home / "films" / studio.store.films()[0] / "storyboard.json"
    path.write_text(path.read_text().replace('"street 1"', '"another street"'))
    seconds, result = tick(director, instance, studio)
    assert [request.job_name for request in result.run_requests or []] == ["render_scene"]
    show("director: a tick after one edit", seconds, "looking at the same files", bare)


def bare_partitions(films: list[str], scenes: list[str]) -> tuple[float, float]:
    """Dagster's own cost to add these keys in one call each, and to remove the scenes."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, open_history(Path(folder)) as instance:
        adding = timed(lambda: (instance.add_dynamic_partitions("films", films),
                                instance.add_dynamic_partitions("scenes", scenes)))  # fmt: skip
        some = scenes[:1000]
        removing = timed(lambda: [instance.delete_dynamic_partition("scenes", key) for key in some])
        return adding, removing / len(some)


def archive(studio: Studio, bare_remove: float, count: int) -> None:
    names = [film for film in studio.store.films() if film != "long"][:count]
    shown: dict[str, int] = {}
    seconds = timed(lambda: shown.update(archived_shown(studio, names, None, False)))
    removed = shown["partitions_removed"]
    show(f"film archive: {len(names)} films, {removed} keys", seconds, "Dagster's own removal", bare_remove * removed)


def inbox(studio: Studio, instance: dg.DagsterInstance, scripts: int) -> None:
    folder = studio.settings.home / keys.INBOX
    folder.mkdir()
    for number in range(scripts):
        (folder / f"script{number}.txt").write_text(f"A woman walks across bridge number {number}.")
        os.utime(folder / f"script{number}.txt", (1, 1))
    objects = studio.store.objects
    bare = timed(lambda: [objects.write(f"bare/{number}/{name}", b"{}") for number in range(scripts) for name in "abc"])
    longest, count, whole = 0.0, 0, 0.0
    while True:
        seconds, result = tick(new_scripts, instance, studio)
        longest, count, whole = max(longest, seconds), count + 1, whole + seconds
        if "wait for the next tick" not in said(result):
            break
    show(f"new_scripts: {scripts} scripts at once", whole, "writing three small objects each", bare)
    print(f"  in {count} ticks, the longest {longest:.1f} s")
    seconds, result = tick(director, instance, studio)
    print(f"  the director then asks for {len(result.run_requests or [])} runs in {seconds:.1f} s; the rest wait")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=1_000)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--long", type=int, default=1_000)
    parser.add_argument("--scripts", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="20 films, one of 100 scenes, 20 scripts")
    asked = parser.parse_args()
    if asked.quick:
        asked.films, asked.long, asked.scripts = 20, 100, 20
    with tempfile.TemporaryDirectory(prefix="scale-", dir="/var/tmp") as folder:
        home = Path(folder)
        os.environ.update(FILM_HOME=folder)
        studio = open_studio(Settings(FILM_HOME=home, FILM_SIZE="64x64", FILM_FPS="12"))
        print(f"{'':<58} {'measured':>11}  {'baseline':>11}    ratio  against")
        one_long_film(studio, asked.long)
        many_films(studio, asked.films, asked.scenes)
        films = studio.store.films()
        scenes = [f"{film}/{scene.name}" for film in films for scene in (home / "films" / film / "takes").iterdir()]
        bare_add, bare_remove = bare_partitions(films, scenes)
        with open_history(home) as instance:
            ticks(studio, instance, bare_add)
        archive(studio, bare_remove, min(100, asked.films))
        with open_history(home) as instance:
            inbox(studio, instance, asked.scripts)
    for slow in SLOW:
        print(slow)
    sys.exit(bool(SLOW))


if __name__ == "__main__":
    main()
