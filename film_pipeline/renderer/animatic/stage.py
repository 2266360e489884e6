"""The stage: what a scene is built on. It holds the measure, the colours, the chances and the actors, back to front."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from film_pipeline.renderer.animatic.camera import Camera, Framing
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.palette import Palette
from film_pipeline.renderer.animatic.reading import Reading


@dataclass(frozen=True)
class Moment:
    """One frame: its time in seconds, its share of the scene, the framing, and a generator for this frame alone."""

    seconds: float
    share: float
    framing: Framing
    rng: np.random.Generator


class Actor(Protocol):
    """Anything that draws itself onto the canvas at a moment."""

    def draw(self, canvas: Canvas, moment: Moment) -> None: ...


class Stage:
    """World x is 0 in the middle; y is 0 at the top and 1 at the bottom of the view; both in picture heights.

    ``aspect`` is the canvas's width in picture heights, ``unit`` its pixels a picture height, ``headroom`` what is
    drawn above y = 0 for a camera that tilts.
    """

    def __init__(
        self,
        reading: Reading,
        palette: Palette,
        rng: np.random.Generator,
        camera: Camera,
        width: int,
        height: int,
        unit: float,
        seed: int,
    ) -> None:
        self.reading, self.palette, self.rng, self.camera = reading, palette, rng, camera
        self.width, self.height, self.unit = width, height, unit
        self.seed = seed
        self.aspect = width / unit
        self.headroom = height / unit - 1
        self.moving = camera.reach > 0.04
        self.actors: list[Actor] = []
        self.front: list[Actor] = []  # nearer to the camera than the people; added after them
        self.seat: tuple[float, int] | None = None  # where one can sit, and the way one then looks

    def strike(self) -> None:
        """Take the set down: actors know their stage, so without this their memory waits for the garbage collector."""
        self.actors.clear()
        self.front.clear()

    def span(self, parallax: float) -> float:
        """Half the width a layer needs, so that its edge is never seen."""
        return self.aspect / 2 + parallax * self.camera.reach + 0.02

    def sheet(self, parallax: float, top: float | None = None, bottom: float = 1.0, scale: int = 2) -> Sheet:
        """An empty sheet as wide as a layer of this parallax must be."""
        half = self.span(parallax)
        return Sheet(self.unit, -half, -self.headroom if top is None else top, half, bottom, scale)

    def add(self, *actors: Actor) -> None:
        self.actors.extend(actors)

    def add_sheet(self, sheet: Sheet, parallax: float, side: float = 0.0) -> None:
        """Finish a sheet and set it on the stage as a layer; one nearer than the people goes in front of them."""
        smooth = (self.moving and parallax > 0) or bool(side)
        layer = Layer(self, sheet.cel(smooth=smooth), sheet.left, sheet.top, parallax, side)
        (self.front if parallax > 1 else self.actors).append(layer)

    def pixel(self, x: float, y: float, parallax: float, framing: Framing) -> tuple[float, float]:
        """Where a world place lies on the canvas."""
        return (x - parallax * framing.x + self.aspect / 2) * self.unit, (y + self.headroom) * self.unit

    def one(self, choices: tuple[str, ...]) -> str:
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


class Layer:
    """A drawing that keeps its place in the world; ``side`` moves it outward as the camera goes through."""

    def __init__(self, stage: Stage, cel: Cel, left: float, top: float, parallax: float, side: float = 0.0) -> None:
        self._stage, self._cel, self._left, self._top = stage, cel, left, top
        self._parallax, self._side = parallax, side

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        x = self._left + self._side * moment.framing.dolly
        canvas.lay(self._cel, *self._stage.pixel(x, self._top, self._parallax, moment.framing))
