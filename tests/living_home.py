"""A film home that lives: made by ``film make``, then kept by the real ``film ui`` until the tests are through."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from film_pipeline.settings import Settings
from film_pipeline.studio import Studio, open_studio

_FILM = Path(sys.executable).with_name("film")
_OURS = ("FILM_", "COMFYUI_", "OPENAI_", "AWS_", "DAGSTER_", "FFMPEG_")
_STOPPING_SECONDS = 60.0


@dataclass(frozen=True)
class LivingHome:
    """Where the home is and where its two servers listen."""

    folder: Path
    dagster: str
    room: str

    @property
    def studio(self) -> Studio:
        return open_studio(Settings(FILM_HOME=self.folder))

    def ask(self, query: str) -> dict[str, Any]:
        """The answer of Dagster's GraphQL."""
        answer = httpx.post(f"{self.dagster}/graphql", json={"query": query}, timeout=30)
        return dict(answer.json()["data"])

    def clips(self, film: str) -> dict[Path, tuple[bytes, int]]:
        """Every clip of a film with its content and the time it was written."""
        found = (self.folder / "films" / film / "takes").rglob("*.mp4")
        return {clip: (clip.read_bytes(), clip.stat().st_mtime_ns) for clip in found}


def wait_for(happened: Callable[[], bool], what: str, seconds: float = 240.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"{what}: not within {seconds:g} s"
        time.sleep(0.2)


def make_film(home: Path, storyboard: Path) -> None:
    """As a user would; an error is shown whole."""
    command = [_FILM, "make", storyboard, "--home", home]
    subprocess.run(command, env=_environment(), cwd=home.parent, check=True, timeout=600)


@contextmanager
def living(home: Path, ports: tuple[int, int], log: Path) -> Iterator[LivingHome]:
    """``film ui`` on ``home`` until the block ends; nothing it started is left behind."""
    command = [_FILM, "ui", "--home", home, "--port", str(ports[0]), "--screening-port", str(ports[1])]
    alive = LivingHome(home, *(f"http://127.0.0.1:{port}" for port in ports))
    with log.open("w") as said:
        process = subprocess.Popen(
            command, env=_environment(), cwd=home.parent, stdout=said, stderr=said, start_new_session=True
        )
        try:
            wait_for(lambda: _answers(f"{alive.dagster}/server_info"), f"Dagster, see {log}")
            wait_for(lambda: _answers(f"{alive.room}/healthz"), f"the screening room, see {log}")
            assert process.poll() is None, log.read_text()
            yield alive
        finally:
            _stop(process)
    assert not _answers(f"{alive.dagster}/server_info")
    assert not _answers(f"{alive.room}/healthz")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask as a user does; a ``film ui`` that is killed takes what it started along."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
