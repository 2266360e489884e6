"""Making films by hand for the screening room, and a browser-like client of it."""

from pathlib import Path
from typing import Any

import httpx
from factories import make_clip
from starlette.testclient import TestClient

from film_pipeline.models.digests import sha256_of
from film_pipeline.models.report import FilmReport, SceneReport
from film_pipeline.screening.app import create_app
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import Wish, publish_shot, shoot

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}} javascript:alert(2)"
ARABIC = "محقق يمشي في المطر"


def quiet(share: float, words: str) -> None:
    """Progress that nobody watches."""


def render(studio: Studio, film: str, scene: str, **wish: Any) -> None:
    with shoot(studio, film, scene, Wish(**wish), quiet) as shot:
        publish_shot(studio, shot)


def cut(studio: Studio, film: str, folder: Path) -> FilmReport:
    """Publish a movie as the editor would, from a test picture; the screening room takes the report's word."""
    frames = sum(scene.spec.frames for scene in studio.plan(film).scenes)
    return publish_movie(studio, film, make_clip(folder / f"{film}.mp4", frames))


def publish_movie(studio: Studio, film: str, file: Path) -> FilmReport:
    """Publish ``file`` as the movie, with the report that the editor would write; the file is moved."""
    planned, storyboard = studio.plan(film), studio.store.storyboard(film)
    start, scenes = 0.0, []
    for scene, plan in zip(storyboard.scenes, planned.scenes, strict=True):
        take = next(take for take in studio.store.takes(film, scene.id) if take.digest == plan.digest)
        about = {"scene": scene.id, "prompt": scene.prompt, "digest": take.digest, "take": take.number}
        made = {"chosen_by": "pipeline", "seconds": 1.0, "renderer": "pattern/1", "stand_in": True}
        scenes.append(SceneReport(**about, **made, duration=scene.duration, start=start))
        start += scene.duration
    report = FilmReport(
        film=film,
        title=storyboard.title,
        signature=planned.signature,
        created="2026-01-02T03:04:05+00:00",
        seconds=start,
        frames=round(start * 12),
        width=160,
        height=90,
        frame_rate="12",
        bytes=file.stat().st_size,
        sha256=sha256_of(file),
        integrated_lufs=-14.0,
        true_peak_db=-1.5,
        cut_seconds=1.0,
        director="offline/1",
        renderers=("pattern/1",),
        composer="tone/1",
        stand_ins=("renderer: pattern (all scenes)",),
        faults=(f"scene 001: {HOSTILE}",),
        scenes=tuple(scenes),
    )
    studio.store.objects.publish(keys.movie(film), file, report.sha256)
    studio.store.objects.write(keys.report(film), report.model_dump_json().encode())
    return report


class Visitor:
    """A client that sends paths exactly as they are written, as an attacker would."""

    def __init__(self, studio: Studio, **options: Any) -> None:
        app = create_app(studio, dagster_url=options.pop("dagster_url", "http://127.0.0.1:3000"), **options)
        self.client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)

    def __call__(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return self.client.request(method, path, headers={name.replace("_", "-"): v for name, v in headers.items()})

    def raw(self, path: bytes) -> httpx.Response:
        url = self.client.base_url.copy_with(raw_path=path)
        return self.client.request("GET", url)
