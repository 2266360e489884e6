"""Actors that any thing can use: a cel that travels, a drawing that plays in a loop, and paint turned into light."""

import math
from collections.abc import Callable

from PIL import Image

from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.stage import Moment, Stage


class Mover:
    """A cel that travels across the picture and comes in again, bobbing a little; ``cels`` play as a loop."""

    def __init__(
        self, stage: Stage, cels: list[Cel], corner: Point, parallax: float, *, speed: float = 0.0, rate: float = 8.0,
        bob: float = 0.0, beat: float = 1.0, reach: float = 0.3,
    ) -> None:  # fmt: skip
        self._stage, self._cels, self._corner, self._parallax = stage, cels, corner, parallax
        self._speed, self._rate, self._bob, self._beat = speed, rate, bob, beat
        self._span = stage.span(parallax) + reach
        self._phase = stage.between(0, math.tau)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        x = self._corner[0] + self._speed * t
        if self._speed:
            x = (x + self._span) % (2 * self._span) - self._span
        y = self._corner[1] + self._bob * math.sin(t * self._beat + self._phase)
        cel = self._cels[int(t * self._rate) % len(self._cels)]
        canvas.lay(cel, *self._stage.pixel(x, y, self._parallax, moment.framing))


class Drawn:
    """A drawing remade for each of a few steps when first shown; ``paint`` draws step (0 to 1) on a fresh sheet."""

    def __init__(
        self,
        stage: Stage,
        box: tuple[float, float, float, float],
        parallax: float,
        paint: Callable[[Sheet, float], None],
        *,
        steps: int = 24,
        seconds: float = 3.0,
        level: Callable[[float], float] | None = None,
        only_light: bool = False,
    ) -> None:
        self._stage, self._box, self._parallax, self._paint = stage, box, parallax, paint
        self._steps, self._seconds, self._level, self._only_light = steps, seconds, level, only_light
        self._cels: dict[int, Cel] = {}

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        step = int(moment.seconds / self._seconds * self._steps) % self._steps
        if step not in self._cels:
            sheet = Sheet(self._stage.unit, *self._box)
            self._paint(sheet, step / self._steps)
            self._cels[step] = sheet.cel(smooth=self._stage.moving, only_light=self._only_light)
        level = 128 if self._level is None else round(128 * self._level(moment.seconds))
        canvas.lay(
            self._cels[step], *self._stage.pixel(self._box[0], self._box[1], self._parallax, moment.framing), level
        )


def hologram_level(seconds: float) -> float:
    """Holograms tremble, and drop out for a moment."""
    drop = 0.45 if math.sin(seconds * 2.3) + math.sin(seconds * 17.0) * 0.6 > 1.45 else 1.0
    return drop * (0.86 + 0.10 * math.sin(seconds * 21) * math.sin(seconds * 3.1))


def scanlines(sheet: Sheet, turn: float, pitch: float = 0.0075) -> None:
    """Cut dark lines into the paint, as a projection has, and let one bright band wander through it."""
    pixels = max(2, round(sheet.length(pitch)))
    for y in range(int(turn * pixels) % pixels, sheet.image.height, pixels):
        sheet.pen.rectangle((0, y, sheet.image.width, y + max(0, pixels // 3 - 1)), fill=(0, 0, 0, 0))


def as_light(sheet: Sheet) -> None:
    """Turn the paint into light, so that what lies behind shines through."""
    paint = sheet.image.convert("RGBa")
    red, green, blue, _ = paint.reduce(sheet.scale).split()
    sheet.add_light(Image.merge("RGB", (red, green, blue)))
