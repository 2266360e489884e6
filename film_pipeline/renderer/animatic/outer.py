"""Where there is no ground: space, and pictures for words that name nothing known."""

import math

import numpy as np

from film_pipeline.renderer.animatic.backdrop import add_drift, add_sky
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light
from film_pipeline.renderer.animatic.movers import Mover, as_light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage


def build_space(stage: Stage) -> float:
    """A nebula, stars that pass, a planet with its light side, ships."""
    palette = stage.palette
    add_sky(stage, 1.2)
    for colour, amount, speed in (
        (palette.accents[0], 0.30, 0.006),
        (palette.accents[1 % len(palette.accents)], 0.28, -0.008),
        ((60, 50, 140), 0.4, 0.004),
    ):
        add_drift(
            stage,
            scaled(colour, 0.55),
            -stage.headroom,
            1.0,
            amount,
            speed,
            cells=1.6,
            parallax=0.04,
            sharp=2.4,
            ramp=(0.5, 1, 0.6),
        )
    stage.add(Stars(stage, 150))
    side = -1 if stage.chance(0.5) else 1
    _planet(stage, side * stage.aspect * 0.26, 0.56, min(0.40, stage.aspect * 0.34))
    if "astronaut" not in stage.reading.people or {"spaceship", "ship", "flyer"} & set(stage.reading.subjects):
        _ship(stage, -side)
    return 0.72


class Stars:
    """Stars that stream past, the nearer the faster."""

    def __init__(self, stage: Stage, count: int) -> None:
        rng = stage.rng
        self._stage = stage
        self._x, self._y, self._z = rng.uniform(-1, 1, count), rng.uniform(-1, 1, count), rng.random(count)
        self._speed = 0.05 if stage.reading.camera in ("push", "track", "pull") else 0.02

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        z = (self._z - self._speed * moment.seconds) % 1.0 + 0.02
        reach = self._stage.aspect / 2
        x = (self._x * 0.5 / z) * reach + reach
        y = (self._y * 0.5 / z) * 0.5 + 0.5
        columns, rows = (x * self._stage.unit).astype(int), ((y + self._stage.headroom) * self._stage.unit).astype(int)
        seen = (columns >= 0) & (rows >= 0) & (columns < canvas.width - 1) & (rows < canvas.height - 1)
        light = np.clip((1.1 - z) * 190, 30, 200).astype(np.int16)[seen]
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)) if self._stage.unit > 300 else ((0, 0),):
            at = (rows[seen] + dy, columns[seen] + dx)
            canvas.y[at] = np.minimum(canvas.y[at] + (light if dy == dx == 0 else light >> 1), 235)


def _planet(stage: Stage, x: float, y: float, radius: float) -> None:
    palette = stage.palette
    sheet = Sheet(stage.unit, x - radius * 1.9, y - radius * 1.6, x + radius * 1.9, y + radius * 1.6)
    base: Colour = mix(palette.accents[int(stage.rng.integers(len(palette.accents)))], (90, 110, 150), 0.55)
    ringed = stage.chance(0.5)
    if ringed:
        sheet.ring(x, y, radius * 1.75, radius * 0.36, radius * 0.16, scaled(base, 0.55))
    sheet.glow(x - radius * 0.3, y - radius * 0.3, radius * 1.6, mix(base, palette.key, 0.4), 0.35)
    for step in range(26):
        share = step / 25
        shade = mix(scaled(base, 0.10), mix(base, (255, 255, 255), 0.25), share**1.3)
        grow = math.sqrt(1 - share * 0.985)
        sheet.ellipse(x - radius * 0.34 * share, y - radius * 0.30 * share, radius * grow, radius * grow, shade)
    for _ in range(9):
        v = stage.between(-0.8, 0.8)
        w = math.sqrt(1 - v * v) * radius * 0.9
        sheet.ellipse(
            x - radius * 0.05,
            y + v * radius,
            w * stage.between(0.5, 0.95),
            radius * stage.between(0.008, 0.03),
            scaled(base, stage.between(0.5, 1.0)),
            110,
        )
    if ringed:
        for band in range(3):
            rx = radius * (1.75 - 0.14 * band)
            points = [
                (x + rx * math.cos(a), y + rx * 0.205 * math.sin(a)) for a in (math.pi * i / 40 for i in range(41))
            ]
            sheet.line(points, radius * 0.05, mix(scaled(base, 0.9), palette.key, 0.25))
    stage.add_sheet(sheet, 0.12)


def _ship(stage: Stage, side: int) -> None:
    """A long vessel with lights and engines."""
    palette = stage.palette
    length = min(0.62, stage.aspect * 0.5)
    sheet = Sheet(stage.unit, -0.75 * length, -0.3 * length, 0.75 * length, 0.3 * length)
    hull = mix(palette.near, (120, 130, 150), 0.30)
    pts = [
        (-0.5, -0.05),
        (-0.42, -0.12),
        (-0.12, -0.11),
        (0.0, -0.19),
        (0.10, -0.18),
        (0.16, -0.09),
        (0.42, -0.05),
        (0.55, 0.0),
        (0.4, 0.05),
        (-0.1, 0.10),
        (-0.44, 0.10),
        (-0.5, 0.05),
    ]
    sheet.polygon([(px * length, py * length) for px, py in pts], hull)
    sheet.polygon(
        [
            (px * length, py * length)
            for px, py in (
                (-0.5, 0.05),
                (-0.44, 0.10),
                (-0.1, 0.10),
                (0.4, 0.05),
                (0.55, 0.0),
                (0.2, 0.02),
                (-0.3, 0.03),
            )
        ],
        scaled(hull, 0.55),
    )
    sheet.polygon(
        [(px * length, py * length) for px, py in ((-0.30, 0.06), (-0.36, 0.22), (-0.22, 0.22), (-0.06, 0.08))],
        scaled(hull, 0.7),
    )
    for step in range(13):
        px = (-0.38 + 0.06 * step) * length
        if stage.chance(0.75):
            sheet.box(px, -0.035 * length, px + 0.026 * length, -0.020 * length, palette.window)
    sheet.rim(palette.key, -0.002, 0.002, 0.8)
    for py in (-0.02, 0.05):
        sheet.ellipse(-0.505 * length, py * length, 0.018 * length, 0.024 * length, (220, 245, 255))
        sheet.glow(-0.53 * length, py * length, 0.20 * length, (90, 190, 255), 1.0, flat=0.6)
    sheet.glow(0.05 * length, -0.19 * length, 0.06 * length, (255, 70, 60), 0.9)
    stage.add(
        Mover(
            stage,
            [sheet.cel()],
            (-0.16 * side * stage.aspect - length * 0.75, 0.22),
            0.5,
            speed=0.030,
            bob=0.006,
            beat=0.8,
            reach=length,
        )
    )


def build_abstract(stage: Stage) -> float:
    """Bands of colour like hills in mist, a disc of light, drifting points: calm, deep and never the same twice."""
    palette = stage.palette
    add_sky(stage, 0.7)
    glow = Sheet(stage.unit, -stage.aspect / 2, 0, stage.aspect / 2, 0.9)
    x, y, size = stage.between(-0.25, 0.25) * stage.aspect, stage.between(0.3, 0.42), stage.between(0.10, 0.16)
    glow.ellipse(x, y, size, size, mix(palette.key, palette.horizon, 0.25))
    glow.glow(x, y, size * 4, palette.key, 0.45)
    stage.add(Light(stage, glow.cel(), glow.left, 0, 0.06, "pulse"))
    kind = stage.one(("rings", "ribbons", "pillars"))
    if kind == "rings":
        stage.add(Rings(stage, x, y, size))
    for index in range(6):
        depth = index / 5
        colour = mix(
            mix(palette.far, palette.accents[index % len(palette.accents)], 0.28), palette.haze, 0.72 * (1 - depth)
        )
        stage.add(
            Ribbon(stage, 0.52 + 0.42 * depth, 0.05 + 0.05 * depth, mix(colour, palette.near, 0.75 * depth), depth)
        )
        if kind == "pillars" and index in (1, 3):
            _pillars(stage, 0.56 + 0.42 * depth, mix(colour, palette.near, 0.3), 0.2 + depth * 0.6)
    stage.add(Flakes(stage, 60, 0.005, -0.03, 150, sway=0.05, wind=0.01, colour=palette.key))
    return 0.9


class Ribbon:
    """A band whose upper edge is made of long waves that travel."""

    def __init__(self, stage: Stage, line: float, rise: float, colour: Colour, depth: float) -> None:
        self._stage, self._parallax = stage, 0.15 + 0.9 * depth
        self._period = 2.4
        self._speed = stage.between(0.02, 0.06) * (1 if stage.chance(0.5) else -1)
        self._top = line - 1.7 * rise
        reach = stage.aspect + 2 * self._period + 1
        sheet = Sheet(stage.unit, 0, self._top, reach, 1.02)
        a, b = stage.between(0, math.tau), stage.between(0, math.tau)
        points = []
        for i in range(240):
            px = reach * i / 239
            u = math.tau * px / self._period
            points.append(
                (px, line - rise * (0.8 * math.sin(u + a) + 0.4 * math.sin(2 * u + b) + 0.15 * math.sin(5 * u + a)))
            )
        sheet.polygon([*points, (reach, 1.05), (0, 1.05)], colour)
        sheet.line(points, 0.003, mix(colour, stage.palette.key, 0.4))
        sheet.fade(mix(colour, stage.palette.haze, 0.35), 0.0, 1.0, start=line, end=1.0)
        self._cel = sheet.cel()

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        shift = (self._speed * moment.seconds + self._parallax * moment.framing.x) % self._period
        y = (
            self._top + 0.006 * math.sin(moment.seconds * 0.8 + self._parallax * 9) + self._stage.headroom
        ) * self._stage.unit
        canvas.lay(self._cel, -shift * self._stage.unit, y)


class Rings:
    """Circles of light that grow out of the disc and fade."""

    def __init__(self, stage: Stage, x: float, y: float, size: float) -> None:
        self._stage, self._x, self._y, self._size = stage, x, y, size
        self._cels: dict[int, Cel] = {}
        self._steps = 40

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        for index in range(3):
            grown = (moment.seconds * 0.16 + index / 3) % 1
            step = int(grown * self._steps)
            if step not in self._cels:
                r = self._size * (1 + 3.2 * step / self._steps)
                sheet = Sheet(self._stage.unit, -r - 0.02, -r - 0.02, r + 0.02, r + 0.02)
                shade = scaled(self._stage.palette.accents[1], 0.7 * (1 - step / self._steps))
                sheet.ring(0, 0, r, r, 0.006, shade)
                as_light(sheet)
                self._cels[step] = sheet.cel(only_light=True)
            r = self._size * (1 + 3.2 * step / self._steps) + 0.02
            canvas.lay(self._cels[step], *self._stage.pixel(self._x - r, self._y - r, 0.06, moment.framing))


def _pillars(stage: Stage, foot: float, colour: Colour, parallax: float) -> None:
    sheet = stage.sheet(parallax, top=0.0, bottom=min(foot, 1.0))
    half = stage.span(parallax)
    for _ in range(5):
        x, width, height = stage.between(-half, half), stage.between(0.02, 0.06), stage.between(0.2, 0.5)
        sheet.box(x, foot - height, x + width, foot, colour)
        sheet.polygon([(x, foot - height), (x + width, foot - height), (x + width, foot - height - width)], colour)
    stage.add_sheet(sheet, parallax)
