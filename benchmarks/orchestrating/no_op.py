"""Films whose renderer does nothing but copy a ready clip, so that what is left of a scene's time is orchestration.

The studio, the steps and the Dagster definitions are those of the product. ``dagster dev -f`` loads this file.
"""

import json
import os
import shutil
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import dagster as dg

from film_pipeline.definitions import build_definitions
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe, RenderSpec
from film_pipeline.renderer import Progress, Rendering
from film_pipeline.renderer.animatic import AnimaticRenderer
from film_pipeline.settings import Settings, load_settings
from film_pipeline.studio import Studio, open_studio
from film_pipeline.studio.shots import Wish, publish_shot, shoot
from film_pipeline.studio.storyboards import publish_storyboard, write_storyboard

FILM = "bench"
SHAPE = {"size": "64x64", "fps": 12}
SECONDS = 0.25


@dataclass(frozen=True)
class NoOpRenderer:
    """Copies ``clip``, whatever is asked for."""

    clip: Path
    uses_references: bool = False

    def recipe(self, storyboard: Storyboard, scene: Scene) -> Recipe:
        return Recipe(renderer="no-op/1", stand_in=True)

    def render(self, spec: RenderSpec, into: Path, progress: Progress, **_: Any) -> Rendering:
        shutil.copyfile(self.clip, into)
        return Rendering()


def no_op_studio(settings: Settings) -> Studio:
    """The studio of a home in which :func:`ready_clip` lies."""
    return replace(open_studio(settings), renderer=NoOpRenderer(settings.home / "ready.mp4"))


def no_op_definitions(settings: Settings) -> dg.Definitions:
    return build_definitions(settings, no_op_studio(settings))


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads, with the settings of its environment."""
    return no_op_definitions(load_settings())


def settings_of(home: Path, workers: int = 0) -> Settings:
    """The settings of a home; also for processes that are started here, which read their environment."""
    os.environ.update(FILM_HOME=str(home), FILM_WORKERS=str(workers), FILM_MAX_SCENES="1000")
    return load_settings()


def ready_clip(home: Path) -> None:
    """Draw the clip that all scenes get."""
    width, height = map(int, str(SHAPE["size"]).split("x"))
    rate = Fraction(int(SHAPE["fps"]))
    spec = RenderSpec(
        renderer="animatic/1", prompt="street", frames=round(SECONDS * rate), width=width, height=height,
        frame_rate=rate, seed=1, take=1,
    )  # fmt: skip
    AnimaticRenderer().render(spec, home / "ready.mp4", lambda share, words: None)


def script_of(folder: Path, scenes: int) -> Path:
    """A storyboard of so many tiny scenes, as a script for the inbox or the command."""
    board = [{"id": number, "duration": SECONDS, "prompt": f"street {number}"} for number in range(1, scenes + 1)]
    script = folder / f"{FILM}.json"
    script.write_text(json.dumps({"title": "Bench", **SHAPE, "scenes": board}))
    return script


def direct(studio: Studio) -> None:
    publish_storyboard(studio, write_storyboard(studio, FILM))


def steps_alone(studio: Studio) -> float:
    """Wall seconds per scene of a scene's own steps, one after the other in this process, without Dagster."""
    planned = studio.plan(FILM).scenes
    started = time.monotonic()
    for scene in planned:
        with shoot(studio, FILM, scene.scene, Wish(), lambda share, words: None) as shot:
            publish_shot(studio, shot)
    return (time.monotonic() - started) / len(planned)
