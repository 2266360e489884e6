"""A screening room with films of every kind, served from this process: canal, hostile, unfinished, broken."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from cinema import ARABIC, HOSTILE, cut, render
from factories import make_scene, make_storyboard, make_studio

from film_pipeline.screening.app import create_app
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
EMOJI = "👩🏽‍🚀🏳️‍🌈🎬"


@dataclass(frozen=True)
class House:
    """Where the room is, and the studio whose films it shows."""

    url: str
    studio: Studio


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """An empty screening room on a free port."""
    studio = make_studio(Settings(FILM_HOME=folder / "home", FILM_SIZE="160x90", FILM_FPS="12", FILM_WORKERS=1))
    app = create_app(studio, dagster_url="http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield House(f"http://127.0.0.1:{listener.getsockname()[1]}", studio)
        finally:
            server.should_exit = True
            thread.join()


def furnish(studio: Studio, folder: Path) -> None:
    """The films that the tests look at."""
    _film(
        studio,
        folder,
        "canal",
        make_scene(1, prompt="Rain on a canal", heading="EXT. CANAL - NIGHT"),
        make_scene(2, prompt="An eye looks at a map", transition="dissolve"),
        make_scene(3, prompt="A boat crosses the sea", narration="MIRA: We go home."),
        title="Rain over the canal",
    )
    for _ in range(2):
        render(studio, "canal", "002", new_take=True)
    cut(studio, "canal", folder)
    hostile = [HOSTILE, f"{ARABIC} {HOSTILE}", f"{LONG_WORD} {EMOJI}"]
    scenes = [make_scene(n, prompt=text, heading=text[:200], narration=text) for n, text in enumerate(hostile, 1)]
    _film(studio, folder, "hostile", *scenes, title=f"{HOSTILE} {ARABIC} {EMOJI} {LONG_WORD}"[:200])
    studio.store.write_storyboard("unfinished", make_storyboard(make_scene(1), title="Not yet rendered"))
    studio.store.write_storyboard("broken", make_storyboard(make_scene(1)))
    studio.store.objects.write("films/broken/storyboard.json", json.dumps({"title": HOSTILE}).encode())


def _film(studio: Studio, folder: Path, film: str, *scenes: dict[str, Any], title: str) -> None:
    storyboard = make_storyboard(*scenes, title=title)
    studio.store.write_storyboard(film, storyboard)
    for scene in storyboard.scenes:
        render(studio, film, scene.id)
    cut(studio, film, folder)
