"""The camera: where it looks at each moment. Moves are eased, and the framing is applied with subpixel precision."""

import math
from dataclasses import dataclass

import numpy as np

from film_pipeline.renderer.animatic.reading import Reading


@dataclass(frozen=True)
class Framing:
    """``x`` is the camera's place in picture heights; ``zoom`` 1 shows the whole canvas.

    ``rise`` (0 to 1) is how far up the view sits in a canvas taller than the view; ``sway_x`` and ``sway_y`` are small
    offsets of the view in picture heights; ``dolly`` (-1 to 1) moves the foreground apart as the camera goes through.
    """

    x: float = 0.0
    zoom: float = 1.05
    rise: float = 0.0
    sway_x: float = 0.0
    sway_y: float = 0.0
    dolly: float = 0.0


def eased(share: float) -> float:
    """Slow start, even middle, slow end."""
    smooth = share * share * (3 - 2 * share)
    return 0.55 * smooth + 0.45 * share


class Camera:
    """The move that the words ask for, spread over the whole scene."""

    def __init__(self, reading: Reading, seconds: float, rng: np.random.Generator) -> None:
        self.move = reading.camera
        self._walks_left = False
        # Short scenes move less, so that the speed stays that of a real camera.
        self._pace = min(1.0, 0.35 + seconds / 6)
        self._seconds = seconds
        self._phases = [float(phase) for phase in rng.uniform(0, math.tau, 6)]
        self._side = 1 if rng.random() < 0.5 else -1

    @property
    def reach(self) -> float:
        """The farthest ``x`` to either side, in picture heights."""
        return {"pan_left": 0.26, "pan_right": 0.26, "track": 0.30, "orbit": 0.2, "drift": 0.05}.get(
            self.move, 0.02
        ) * self._pace + 0.01

    @property
    def headroom(self) -> float:
        """How much taller than the view the canvas is, in picture heights."""
        return {"tilt_up": 0.3, "tilt_down": 0.3, "crane_up": 0.22, "crane_down": 0.22}.get(self.move, 0.0)

    def at(self, share: float, seconds: float) -> Framing:
        """The framing at ``share`` (0 to 1) of the scene, ``seconds`` after its start."""
        go = eased(share)
        swing = (go - 0.5) * 2 * (self.reach - 0.01)
        breath_x, breath_y = self._breath(seconds, 0.010 if self.move == "handheld" else 0.0012)
        if self.move in ("pan_right", "track"):
            return Framing(x=swing, sway_y=breath_y)
        if self.move == "pan_left":
            return Framing(x=-swing, sway_y=breath_y)
        if self.move in ("orbit", "drift"):
            return Framing(x=swing * self._side, zoom=1.05 + 0.03 * go, sway_y=breath_y, dolly=0.3 * go)
        if self.move in ("push", "pull"):
            near = go if self.move == "push" else 1 - go
            return Framing(zoom=1.03 + 0.2 * self._pace * near, sway_x=breath_x, sway_y=breath_y, dolly=near)
        if self.headroom:
            rise = go if self.move in ("tilt_up", "crane_up") else 1 - go
            return Framing(x=0.02 * go, zoom=1.04, rise=rise, sway_x=breath_x)
        zoom = 1.08 if self.move == "handheld" else 1.04
        return Framing(zoom=zoom, sway_x=breath_x, sway_y=breath_y)

    def _breath(self, seconds: float, size: float) -> tuple[float, float]:
        """Three slow sines a direction: a hand that holds, never a jitter."""
        speeds = (0.9, 1.7, 2.9)
        x = sum(math.sin(seconds * speed + phase) for speed, phase in zip(speeds, self._phases[:3], strict=True))
        y = sum(math.sin(seconds * speed * 1.13 + phase) for speed, phase in zip(speeds, self._phases[3:], strict=True))
        return size * x / 2, size * y / 2
