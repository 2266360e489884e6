"""What weather and light do to the whole picture: rain, snow, lightning, water, wet ground, grain, vignette.

These work on the canvas itself, after the layers that they change have been laid.
"""

import math

import numpy as np
import numpy.typing as npt

from film_pipeline.renderer.animatic.canvas import Canvas, Cel, Plane
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.movers import as_light
from film_pipeline.renderer.animatic.palette import Colour, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage
from film_pipeline.renderer.animatic.textures import grain, streaks


class Water:
    """Mirrors what is above ``line`` into what is below it, broken by ripples that widen towards the viewer."""

    def __init__(
        self, stage: Stage, line: float, bottom: float, tint: Colour, *, clear: float = 0.62, ripple: float = 1.0
    ) -> None:
        self._unit = stage.unit
        self._top = round((line + stage.headroom) * stage.unit) & ~1
        self._rows = min((round((bottom + stage.headroom) * stage.unit) + 1) & ~1, stage.height) - self._top
        self._clear = round(clear * 128)
        self._phases = stage.rng.uniform(0, math.tau, 4)
        self._ripple = ripple * stage.unit
        red, green, blue = tint
        self._tint_y = round((16 + 0.183 * red + 0.614 * green + 0.062 * blue) * (1 - clear))
        chroma = (-0.101 * red - 0.339 * green + 0.439 * blue, 0.439 * red - 0.399 * green - 0.040 * blue)
        self._tint_c = np.rint(np.array(chroma) * (1 - clear)).astype(np.int16)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        if self._rows < 4:
            return
        t = moment.seconds
        _mirror(canvas.y, self._top, *self._waves(np.arange(self._rows), 1.0, t))
        for plane in canvas.c:
            _mirror(plane, self._top // 2, *self._waves(np.arange(self._rows // 2) * 2, 0.5, t))
        water = canvas.y[self._top : self._top + self._rows]
        water *= np.int16(self._clear)
        water >>= 7
        water += np.int16(self._tint_y)
        for plane, tint in zip(canvas.c, self._tint_c, strict=True):
            part = plane[self._top // 2 : (self._top + self._rows) // 2]
            part *= np.int16(self._clear)
            part >>= 7
            part += tint

    def _waves(self, rows: npt.NDArray[np.int_], scale: float, t: float) -> tuple[list[int], list[int]]:
        """For each row below the line: which row above it shows, and how far it is pushed aside, in samples."""
        depth = rows / self._unit
        near = 0.25 + 3.2 * depth
        # Rows nearer to the viewer hold longer waves: perspective.
        wave = 34 * np.log1p(6 * depth)
        push = np.sin(wave * 2.1 - 2.6 * t + self._phases[0]) + 0.6 * np.sin(wave * 3.7 + 1.9 * t + self._phases[1])
        lift = np.sin(wave * 1.3 - 1.7 * t + self._phases[2]) + 0.7 * np.sin(wave * 5.1 + 3.1 * t + self._phases[3])
        aside = push * near * 0.0042 * self._ripple
        above = rows + lift * near * 0.006 * self._ripple
        above = np.clip(above, 0, None)
        return np.rint(above * scale).astype(int).tolist(), np.rint(aside * scale).astype(int).tolist()


def _mirror(plane: Plane, top: int, above: list[int], aside: list[int]) -> None:
    width = plane.shape[1]
    for row, (up, push) in enumerate(zip(above, aside, strict=True)):
        source = plane[max(top - 1 - up, 0)]
        target = plane[top + row] if top + row < plane.shape[0] else None
        if target is None:
            return
        if push > 0:
            target[push:] = source[: width - push]
            target[:push] = source[0]
        elif push < 0:
            target[:push] = source[-push:]
            target[push:] = source[-1]
        else:
            target[:] = source


class WetGround:
    """Adds a smeared, long reflection of lights to the ground below ``line``."""

    def __init__(self, stage: Stage, line: float, amount: float = 0.6) -> None:
        self._top = round((line + stage.headroom) * stage.unit) & ~1
        self._amount = round(amount * 128)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        shift = int(2 * math.sin(moment.seconds * 3.1))
        self._reflect(canvas.y, self._top, shift, floor=52)
        for plane in canvas.c:
            self._reflect(plane, self._top // 2, 0, floor=0)

    def _reflect(self, plane: Plane, top: int, shift: int, floor: int) -> None:
        rows = min(plane.shape[0] - top, top - 1)
        if rows < 4:
            return
        step = max(1, rows // 26)
        total = np.zeros((rows, plane.shape[1]), np.int16)
        for blur in range(4):
            reach = top - 1 - (blur * blur * step + abs(shift)) % max(top - rows, 1)
            total += plane[reach - rows : reach][::-1]
        total >>= 2
        if floor:
            # Only what shines is mirrored by asphalt.
            total -= np.int16(floor)
            np.maximum(total, 0, out=total)
        total *= np.int16(self._amount)
        total >>= 7
        part = plane[top : top + rows]
        part += total
        if floor:
            np.minimum(part, 235, out=part)
        else:
            np.clip(part, -110, 110, out=part)


class Rain:
    """One sheet of rain: ``depth`` 0 is fine and far, 1 coarse and near."""

    def __init__(self, stage: Stage, depth: float, heavy: float = 1.0) -> None:
        unit = stage.unit
        self._slant = 0.10 if "storm" not in stage.reading.weather and "wind" not in stage.reading.weather else 0.34
        self._width, self._height = stage.width, stage.height
        self._speed = (1.5 + 1.9 * depth) * unit
        count = round((520 - 400 * depth) * heavy * stage.aspect / 1.78)
        light = round(20 + 34 * depth) if stage.palette.lightness < 0.6 else round(26 + 40 * depth)
        self._tile = streaks(
            stage.rng,
            stage.width,
            stage.height,
            count,
            (0.05 + 0.13 * depth) * unit,
            max(0.5, (0.0010 + 0.0017 * depth) * unit),
            self._slant,
            light,
        )

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        fallen = self._speed * moment.seconds
        y = int(-fallen % self._height)
        x = int((-fallen * self._slant + moment.framing.x * self._height) % self._width)
        canvas.y += self._tile[y : y + self._height, x : x + self._width]


class Splashes:
    """Drops that burst on the ground or on water, new ones every frame."""

    def __init__(self, stage: Stage, top: float, bottom: float, count: int) -> None:
        self._stage, self._count = stage, count
        self._top, self._bottom = top, bottom
        size = max(2, round(0.009 * stage.unit))
        y, x = np.mgrid[0:size, 0 : 2 * size]
        ring = np.abs(np.hypot((x - size + 0.5) / size, (y - size / 2 + 0.5) / (size / 2)) - 0.7) < 0.25
        self._drop = (ring * 34).astype(np.int16)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        height, width = self._drop.shape
        head, unit = self._stage.headroom, self._stage.unit
        depth = moment.rng.random(self._count) ** 0.8
        rows = ((self._top + head + (self._bottom - self._top) * depth) * unit).astype(int)
        columns = moment.rng.integers(0, max(1, canvas.width - width), self._count)
        for y, x in zip(rows.tolist(), columns.tolist(), strict=True):
            part = canvas.y[y : y + height, x : x + width]
            part += self._drop[: part.shape[0], : part.shape[1]]


class Flakes:
    """Snow, dust, pollen, embers or sparks: soft points that sway while they fall or rise."""

    def __init__(
        self,
        stage: Stage,
        count: int,
        size: float,
        speed: float,
        light: int,
        *,
        sway: float = 0.03,
        wind: float = 0.0,
        colour: Colour | None = None,
    ) -> None:
        rng = stage.rng
        self._stage = stage
        self._x, self._y = rng.random(count) * stage.aspect, rng.random(count) * (1 + stage.headroom)
        self._speed = speed * rng.uniform(0.6, 1.3, count)
        self._phase, self._sway, self._wind = rng.uniform(0, math.tau, count), sway, wind
        self._kinds = rng.integers(0, 3, count).tolist()
        self._cels = []
        for share in (0.5, 0.75, 1.0):
            radius = max(size * share, 1.0 / stage.unit)
            sheet = Sheet(stage.unit, -2 * radius, -2 * radius, 2 * radius, 2 * radius)
            bright = scaled(colour, min(1.0, light / 110)) if colour else (light, light, light)
            for step in range(6):
                grown = radius * 1.7 * (1 - step / 6)
                sheet.ellipse(0, 0, grown, grown, scaled(bright, ((step + 1) / 6) ** 1.6))
            as_light(sheet)
            self._cels.append((sheet.cel(smooth=True, only_light=True), 2 * radius))

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t, unit = moment.seconds, self._stage.unit
        x = (
            self._x + self._wind * t + self._sway * np.sin(t * 1.3 + self._phase) - moment.framing.x
        ) % self._stage.aspect
        y = (self._y + self._speed * t) % (1 + self._stage.headroom)
        for kind, px, py in zip(self._kinds, (x * unit).tolist(), (y * unit).tolist(), strict=True):
            cel, radius = self._cels[kind]
            canvas.lay(cel, px - radius * unit, py - radius * unit)


class Lightning:
    """Now and then the whole sky flashes, twice, as lightning does."""

    def __init__(self, stage: Stage, bolt: Cel | None = None) -> None:
        self._period, self._start = stage.between(1.9, 2.7), stage.between(0.4, 0.9)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        since = (moment.seconds - self._start) % self._period
        flash = math.exp(-since * 14) + (0.7 * math.exp(-(since - 0.16) * 11) if since > 0.16 else 0)
        if moment.seconds >= self._start and flash > 0.04:
            canvas.brighten(round(70 * flash))


class Light:
    """A light that lives: ``pulse`` tells its strength (0 to 1) at a time."""

    def __init__(self, stage: Stage, cel: Cel, left: float, top: float, parallax: float, style: str) -> None:
        self._stage, self._cel, self._left, self._top, self._parallax = stage, cel, left, top, parallax
        self._style = style
        self._phase, self._rate = stage.between(0, 50), stage.between(0.7, 1.4)

    def strength(self, seconds: float) -> float:
        t = seconds * self._rate + self._phase
        if self._style == "flicker":  # a neon tube: steady, with short failures
            return 0.25 if math.sin(t * 1.9) + math.sin(t * 23) * 0.5 > 1.25 else 0.92 + 0.08 * math.sin(t * 31)
        if self._style == "fire":
            return 0.78 + 0.12 * math.sin(t * 9.1) + 0.10 * math.sin(t * 14.7 + 2 * math.sin(t * 3.3))
        if self._style == "blink":
            return 1.0 if t % 1.6 < 0.22 else 0.0
        if self._style == "switch":
            return 1.0 if math.sin(t * 0.9) > -0.2 else 0.0
        return 0.8 + 0.2 * math.sin(t * 2.2)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        level = round(128 * max(0.0, min(1.0, self.strength(moment.seconds))))
        if level:
            x, y = self._stage.pixel(self._left, self._top, self._parallax, moment.framing)
            canvas.lay(self._cel, x, y, level)


class Finish:
    """The lens and the film: darker corners and moving grain, last of all."""

    def __init__(self, stage: Stage, size: float = 1.0) -> None:
        width, height = stage.width, stage.height
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        fall = 1 - 0.36 * np.clip(np.hypot(x * 0.9, y * 0.85) - 0.45, 0, 1) ** 1.5
        self._fall = np.rint(fall * 128).astype(np.int16)
        self._lift = ((128 - self._fall) * 16 >> 7).astype(np.int16)
        self._margin = 32 if width > 64 else 8
        self._grain = grain(stage.rng, width + self._margin, height + self._margin, size)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        np.minimum(canvas.y, 255, out=canvas.y)
        canvas.y *= self._fall
        canvas.y >>= 7
        canvas.y += self._lift
        dx, dy = moment.rng.integers(0, self._margin, 2).tolist()
        canvas.y += self._grain[dy : dy + canvas.height, dx : dx + canvas.width]
