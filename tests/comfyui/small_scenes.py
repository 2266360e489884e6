"""Small scenes, a renderer with quick patience, and nothing else: what the tests of this folder render."""

from fractions import Fraction
from pathlib import Path
from typing import Any

from film_pipeline.comfyui.orders import Handling
from film_pipeline.comfyui.pool import PoolRules
from film_pipeline.comfyui.watching import Patience
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import RenderSpec
from film_pipeline.renderer.comfyui import ComfyUIRenderer

WORKFLOWS = Path(__file__).parents[2] / "workflows"
RECORDINGS = Path(__file__).parents[1] / "recordings"

QUICK = Handling(
    Patience(poll=0.1, stall=1.2, silent=4.0, refused=0.4, unreachable=1.0, cancel=1.0),
    attempts=4,
)
TO_CLOSE: list[ComfyUIRenderer] = []
"""Emptied after each test."""

RULES = PoolRules(aside=3.0, start=15.0, probe_every=0.2, answer=0.8)


def make_renderer(*urls: str, folder: Path | None = None, **options: Any) -> ComfyUIRenderer:
    options = {"handling": QUICK, "rules": RULES, **options}
    renderer = ComfyUIRenderer(urls, WORKFLOWS, "hunyuan_video_t2v", lock_folder=folder, **options)
    TO_CLOSE.append(renderer)
    return renderer


def make_spec(renderer: ComfyUIRenderer, *, scene: str = "001", seed: int = 7, **changes: Any) -> RenderSpec:
    """A scene of nine frames of 64x64."""
    storyboard = Storyboard(title="T", scenes=(Scene(id=scene, duration=1.0, prompt="a lighthouse"),))
    recipe = renderer.recipe(storyboard, storyboard.scenes[0])
    values: dict[str, Any] = {
        "renderer": recipe.renderer,
        "workflow": recipe.workflow,
        "models": recipe.models,
        "prompt": f"a lighthouse {scene}",
        "frames": 9,
        "width": 64,
        "height": 64,
        "frame_rate": Fraction(24),
        "seed": seed,
        "take": 1,
    }
    return RenderSpec(**{**values, **changes})


def quiet(_share: float, _words: str) -> None:
    """Nobody looks at the progress."""
