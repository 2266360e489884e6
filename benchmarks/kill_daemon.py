"""Kills the daemon at random while films are under way: ``python benchmarks/kill_daemon.py --kills 30 --films 20``.

A real ``film ui`` makes films from scripts in its inbox. At random moments one of its processes gets SIGKILL (or all at
once, by the death of ``film ui`` itself); whatever ended is started again. Watched all the while: a clip that was
published is never published again, and never another. At the end every film is complete, every clip and movie decodes
to the frame and is what its record says, and nothing was rendered twice for one digest by runs that came to an end.
Prints a table and the violations; exits with 1 where there is one. The same ``--seed`` kills at the same moments.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from film_pipeline.defs.home import open_history
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.models.digests import sha256_of
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio, open_studio

FILM = Path(sys.executable).with_name("film")
SCENES = 2
VICTIMS = {
    "film ui": "film ui",
    "dagster dev": "dagster dev",
    "daemon": "dagster._daemon",
    "webserver": "dagster_webserver",
    "code server": "api grpc",
    "run": "spawn_main",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60, help="give up after so long")
    parser.add_argument("--only", choices=VICTIMS, help="kill processes of one kind")
    parser.add_argument("--quick", action="store_true", help="3 kills, 3 films")
    arguments = parser.parse_args()
    kills, films = (3, 3) if arguments.quick else (arguments.kills, arguments.films)
    with tempfile.TemporaryDirectory(prefix="kill-daemon-", dir="/var/tmp") as folder:
        kinds = (arguments.only,) if arguments.only else tuple(VICTIMS)
        campaign = Campaign(Path(folder), films, random.Random(arguments.seed), kinds)
        try:
            campaign.run(kills, time.monotonic() + 60 * arguments.minutes)
        finally:
            campaign.stop()
        campaign.examine()
        sys.exit(campaign.told())


@dataclass
class Campaign:
    """A home under fire; ``violations`` collects what must not be."""

    folder: Path
    films: int
    chance: random.Random
    kinds: tuple[str, ...] = tuple(VICTIMS)
    violations: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    runs: Counter[str] = field(default_factory=Counter)
    clips: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def studio(self) -> Studio:
        return open_studio(Settings(FILM_HOME=self.home))

    def run(self, kills: int, until: float) -> None:
        """Drop the scripts, then kill and start again until all is made, or the time is over."""
        self.drop_scripts()
        self.start()
        due, next_kill = self.made() + 1, 0.0
        while not (self.complete() and self.killed.total() >= kills):
            if time.monotonic() > until:
                self.violations.append("the films were not complete in time")
                return
            time.sleep(0.5)
            self.watch_clips()
            if self.process and self.process.poll() is not None:
                self.start()
            if self.killed.total() >= kills:
                continue
            if not next_kill and self.made() >= due and self.runs_under_way():  # films are under way
                next_kill = time.monotonic() + self.chance.uniform(0, 8)
            if next_kill and time.monotonic() > next_kill:
                self.kill()
                due, next_kill = self.made() + self.chance.randint(1, 3), 0.0
            if self.complete():
                self.edit_a_film()  # what is left of the kills shall meet work

    def made(self) -> int:
        """How many storyboards, clips and movies there are."""
        names = ("storyboard.json", "takes/*/*.mp4", "report.json")
        return sum(1 for name in names for _ in (self.home / "films").glob(f"*/{name}"))

    def drop_scripts(self) -> None:
        inbox = self.home / "scripts"
        inbox.mkdir(parents=True)
        for number in range(self.films):
            scenes = [
                {"id": scene, "duration": 0.25, "prompt": f"Street {scene} of town {number}"}
                for scene in range(1, SCENES + 1)
            ]
            board = {"title": f"Town {number}", "size": "64x64", "fps": 12, "transition": "cut", "scenes": scenes}
            (inbox / f"town{number:02d}.json").write_text(json.dumps(board))

    def edit_a_film(self) -> None:
        path = self.home / "films" / f"town{self.chance.randrange(self.films):02d}" / "storyboard.json"
        board = json.loads(path.read_text())
        board["scenes"][0]["prompt"] += " again"
        part = path.with_name(".edited")
        part.write_text(json.dumps(board))
        part.replace(path)

    def start(self) -> None:
        self.starts += 1
        ours = ("FILM_", "COMFYUI_", "OPENAI_", "AWS_", "DAGSTER_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        ports = ["--port", str(free_port()), "--screening-port", str(free_port())]
        with (self.folder / "film-ui.log").open("ab") as log:
            self.process = subprocess.Popen(
                [FILM, "ui", "--home", self.home, *ports], cwd=self.folder, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """SIGKILL to a process of a kind chosen at random; where there is none of it now, to another."""
        kinds = list(self.kinds)
        self.chance.shuffle(kinds)
        if self.chance.random() < 0.3 and "run" in kinds:
            kinds.insert(0, "run")
        for kind in kinds:
            victims = self.runs_under_way() if kind == "run" else self.processes(VICTIMS[kind])
            if victims:
                with suppress(ProcessLookupError):
                    os.kill(self.chance.choice(victims), signal.SIGKILL)
                    self.killed[kind] += 1
                    self.tell(f"killed: {kind}")
                return

    def tell(self, what: str) -> None:
        """One line of the campaign's story: when, what, how far it is, and how busy the machine is."""
        passed, load = time.monotonic() - self.began, os.getloadavg()[0]
        print(f"{passed:6.0f} s  {what:20}  {self.made():4} made, load {load:.1f}", flush=True)

    def processes(self, command: str) -> list[int]:
        """Those of ``film ui`` whose command line holds ``command``."""
        assert self.process
        return [pid for pid, line in descendants(self.process.pid) if command in line]

    def runs_under_way(self) -> list[int]:
        """The processes of runs: those that a code server spawned."""
        servers = set(self.processes(VICTIMS["code server"]))
        return [pid for pid in self.processes(VICTIMS["run"]) if parent_of(pid) in servers]

    def complete(self) -> bool:
        """Every film has its movie, and it is the one that its storyboard asks for."""
        studio = self.studio
        names = [f"town{number:02d}" for number in range(self.films)]
        reported = all(studio.store.report(name) for name in names)
        return reported and all(studio.plan(name).current for name in names)

    def watch_clips(self) -> None:
        """A clip that is there stays as it is: the same file, never written again."""
        for path in (self.home / "films").glob("*/takes/*/*.mp4"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if self.clips.setdefault(path, mark) != mark:
                    self.violations.append(f"published twice: {path.relative_to(self.home)}")
                    self.clips[path] = mark

    def examine(self) -> None:
        """Decode everything that was published, and read the history."""
        self.watch_clips()
        studio = self.studio
        for film in studio.store.films():
            for scene in studio.store.storyboard(film).scenes:
                for take in studio.store.takes(film, scene.id):
                    with studio.store.clip(film, take) as clip:
                        self.require(sha256_of(clip) == take.sha256, f"not what its record says: {clip}")
                        found = examine(clip)
                        self.require(found.frames == take.spec.frames and not found.faults, f"broken: {clip}")
            self.examine_movie(studio, film)
        self.examine_history()

    def examine_movie(self, studio: Studio, film: str) -> None:
        report = studio.store.report(film)
        if report is None:
            self.violations.append(f"no movie: {film}")
            return
        movie = self.home / "films" / film / "final_movie.mp4"
        found = examine(movie)
        self.require(sha256_of(movie) == report.sha256, f"not what its report says: {movie}")
        self.require(found.frames == report.frames and not found.faults, f"broken: {movie}")

    def examine_history(self) -> None:
        """No digest was rendered by two runs that came to an end; nothing seems to run for ever."""
        rendered: Counter[str] = Counter()
        with open_history(self.home) as instance:
            wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey("scene_clip"))
            for record in instance.fetch_materializations(wanted, limit=5_000).records:
                made = record.asset_materialization.metadata if record.asset_materialization else {}
                rendered[str(made["digest"].value)] += bool(made["rendered"].value)
            self.runs = Counter(f"{run.job_name} {run.status.value}" for run in instance.get_runs())
        for digest, times in rendered.items():
            self.require(times <= 1, f"rendered {times} times: {digest}")

    def require(self, held: bool, otherwise: str) -> None:
        if not held:
            self.violations.append(otherwise)

    def told(self) -> int:
        """Print the table; the exit code."""
        print(f"\n{self.killed.total()} kills: " + ", ".join(f"{kind} {count}" for kind, count in self.killed.items()))
        load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
        print(f"{self.starts} starts of film ui, {time.monotonic() - self.began:.0f} s in all, load at the end {load}")
        print(f"{self.films} films, {len(self.clips)} clips published")
        for name, count in sorted(self.runs.items()):
            print(f"  {count:4} {name}")
        leftovers = list((self.home / "films").rglob(".incoming-*"))
        print(f"{len(leftovers)} unfinished files left under hidden names")
        print("violations: " + ("none" if not self.violations else ""))
        for violation in self.violations:
            print(f"  {violation}")
        if self.violations:
            print((self.folder / "film-ui.log").read_text(errors="replace")[-3000:])
        return 1 if self.violations else 0


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Process ids and command lines of a process and everything below it."""
    with suppress(FileNotFoundError, ProcessLookupError):
        yield pid, Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from descendants(int(child))


def parent_of(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
