"""Green land: fields and forests. Each builder dresses a stage and returns where a person stands."""

import math

import numpy as np

from film_pipeline.renderer.animatic.backdrop import add_fog, add_sky
from film_pipeline.renderer.animatic.canvas import Canvas
from film_pipeline.renderer.animatic.creatures import add_birds
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light
from film_pipeline.renderer.animatic.movers import Drawn, as_light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.props import draw_tree
from film_pipeline.renderer.animatic.stage import Moment, Stage
from film_pipeline.renderer.animatic.terrain import add_beasts, add_hills, ridge_line


def build_field(stage: Stage) -> float:
    """Rolling land with trees, grass that moves, perhaps a mill or a house."""
    palette = stage.palette
    add_sky(stage, 0.64)
    add_birds(stage)
    green: Colour = scaled((112, 140, 78), 0.25 + 0.75 * palette.lightness)
    add_hills(stage, 0.15, 0.66, 0.14, mix(palette.far, palette.haze, 0.45), rough=0.06)
    add_hills(stage, 0.3, 0.72, 0.09, mix(mix(palette.far, green, 0.4), palette.haze, 0.2), rough=0.03)
    add_fog(stage, 0.52, 0.82, 0.30, 0.02, 0.3)
    sheet = stage.sheet(0.5, top=0.3)
    half, land = stage.span(0.5), mix(mix(palette.ground, green, 0.6), palette.near, 0.25)
    ridge = ridge_line(stage, half, 0.80, 0.05, 0.02, 5)
    sheet.polygon([*ridge, (half, 1), (-half, 1)], land)
    for x, y in ridge[3::9]:
        if stage.chance(0.6):
            draw_tree(stage, sheet, x, y + 0.01, stage.between(0.16, 0.30), mix(palette.near, land, 0.35))
    mill: float | None = None
    if stage.reading.dutch or "tower" in stage.reading.subjects:
        mill = stage.between(-0.3, 0.3) * stage.aspect
        _windmill(stage, sheet, mill, 0.79, 0.30, mix(palette.near, palette.haze, 0.15))
    sheet.fade(palette.near, 0.0, 0.45, start=0.8, end=1)
    stage.add_sheet(sheet, 0.5)
    if mill is not None:
        _sails(stage, mill, 0.79 - 0.30 * 0.74, 0.30, mix(palette.near, palette.haze, 0.15), 0.5)
    add_beasts(stage, 0.86)
    stage.front.append(Grass(stage, 0.99, 0.12, mix(palette.near, green, 0.18)))
    if palette.lightness > 0.4:
        stage.add(Flakes(stage, 26, 0.004, -0.012, 90, sway=0.06, wind=0.02, colour=palette.key))
    return 0.93


def build_forest(stage: Stage) -> float:
    """Trunks in rows that fade into light, shafts of sun, ferns in front."""
    palette = stage.palette
    add_sky(stage, 0.75)
    glow = Sheet(stage.unit, -stage.aspect / 2, 0, stage.aspect / 2, 0.95)
    lit = palette.key if palette.lightness > 0.3 else mix(palette.key, palette.sky, 0.5)
    centre = stage.between(-0.15, 0.15) * stage.aspect
    glow.glow(centre, 0.42, 0.75, lit, 0.45)
    glow.glow(centre, 0.46, 0.32, lit, 0.45)
    stage.add(Light(stage, glow.cel(only_light=True, smooth=False), glow.left, 0, 0.05, "pulse"))
    for parallax, depth, count, width in ((0.12, 0.8, 26, 0.022), (0.26, 0.58, 17, 0.034), (0.45, 0.34, 11, 0.052)):
        _trunks(stage, parallax, depth, count, width)
        add_fog(stage, 0.2, 0.95, 0.34 - 0.12 * (1 - depth), 0.02 + 0.02 * parallax, parallax)
    _shafts(stage, centre, lit)
    sheet = stage.sheet(0.7, top=0.7)
    half, soil = stage.span(0.7), mix(palette.near, palette.ground, 0.35)
    sheet.polygon([*ridge_line(stage, half, 0.86, 0.05, 0.05, 9), (half, 1), (-half, 1)], soil)
    sheet.fade(palette.near, 0.0, 0.7, start=0.84, end=1.0)
    stage.add_sheet(sheet, 0.7)
    add_beasts(stage, 0.87)
    _trunks(stage, 1.15, 0.02, 4, 0.12)
    stage.front.append(Grass(stage, 1.0, 0.15, mix(palette.near, (30, 60, 36), 0.25), fern=True))
    stage.add(Flakes(stage, 44, 0.0042, -0.014, 130, sway=0.05, wind=0.012, colour=lit))
    return 0.925


def _trunks(stage: Stage, parallax: float, depth: float, count: int, width: float) -> None:
    palette = stage.palette
    sheet = stage.sheet(parallax)
    half, bark = stage.span(parallax), mix(mix(palette.near, palette.far, 0.35), palette.haze, depth)
    foot = 0.98 - 0.28 * depth
    snow = "snow" in stage.reading.weather
    for index in range(count):
        x = -half + 2 * half * (index + stage.between(0.1, 0.9)) / count
        w, lean = width * stage.between(0.6, 1.3), stage.between(-0.03, 0.03)
        top = -stage.headroom - 0.02
        sheet.polygon(
            [
                (x - w * 0.9, foot + 0.02),
                (x - w * 0.5, foot - 0.10),
                (x + lean - w * 0.30, top),
                (x + lean + w * 0.30, top),
                (x + w * 0.5, foot - 0.10),
                (x + w * 1.0, foot + 0.02),
            ],
            bark,
        )
        for _ in range(3):
            y = stage.between(0.0, foot - 0.35)
            side = 1 if stage.chance(0.5) else -1
            tip = (x + side * w * stage.between(2.5, 6), y - stage.between(0.03, 0.14))
            sheet.limb((x + lean * 0.5, y), tip, w * 0.28, w * 0.08, bark)
            if 0.1 < depth < 0.75 and not snow:
                _leaves(stage, sheet, tip, w * 2.2, mix(bark, palette.sky, 0.10))
    if depth > 0.3:
        sheet.box(-half, foot, half, 1.0, bark)
        for index in range(count * 2):
            x = -half + 2 * half * index / count / 2
            sheet.ellipse(x, foot + 0.01, width * 2.4, width * stage.between(0.5, 1.4), bark)
    if parallax > 1:
        sheet.blur(0.007)
    stage.add_sheet(sheet, parallax)


def _leaves(stage: Stage, sheet: Sheet, at: Point, size: float, colour: Colour) -> None:
    for _ in range(7):
        x, y = at[0] + stage.between(-size, size), at[1] + stage.between(-size * 0.5, size * 0.5)
        sheet.ellipse(x, y, size * 0.42, size * 0.26, colour)


def _shafts(stage: Stage, centre: float, colour: Colour) -> None:
    """Beams of light that slant between the trunks."""
    if stage.palette.lightness < 0.2:
        return
    for index in range(4):
        sheet = Sheet(stage.unit, -stage.aspect / 2, -0.05, stage.aspect / 2, 1.0, scale=1)
        x, width = centre + (index - 1.5) * 0.26 + stage.between(-0.06, 0.06), stage.between(0.04, 0.09)
        shade = scaled(colour, 0.16 + 0.10 * stage.palette.lightness)
        sheet.polygon(
            [(x + 0.12, -0.05), (x + 0.12 + width, -0.05), (x - 0.28 + width * 2.2, 0.95), (x - 0.28, 0.95)], shade
        )
        sheet.fade_out(0.15, 0.92)
        sheet.blur(0.018)
        as_light(sheet)
        stage.add(Light(stage, sheet.cel(only_light=True, smooth=False), sheet.left, -0.05, 0.3, "pulse"))


class Grass:
    """Blades (or ferns) along the foot of the picture that bend in the wind; a loop of a few drawings."""

    def __init__(self, stage: Stage, foot: float, height: float, colour: Colour, *, fern: bool = False) -> None:
        self._stage, self._steps = stage, 10
        half = stage.span(1.1)
        count = round(300 * half)
        x = stage.rng.uniform(-half, half, count)
        size, lean = height * stage.rng.uniform(0.35, 1.0, count), stage.rng.uniform(-0.5, 0.5, count)
        phase = x * 3.0
        self._top = foot - height * 1.1
        cels = []
        for step in range(self._steps):
            sheet = Sheet(stage.unit, -half, self._top, half, 1.02)
            sway = 0.16 * np.sin(math.tau * step / self._steps + phase)
            for i in range(count):
                tip = (x[i] + size[i] * (lean[i] + sway[i]) * 0.7, foot - size[i])
                middle = (x[i] + size[i] * lean[i] * 0.2, foot - size[i] * 0.5)
                w = size[i] * (0.09 if fern else 0.045)
                sheet.polygon(
                    [(x[i] - w, foot + 0.02), middle, tip, (middle[0] + w, middle[1]), (x[i] + w, foot + 0.02)], colour
                )
            cels.append(sheet.cel(smooth=stage.moving))
        self._cels, self._left = cels, -half

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        cel = self._cels[int(moment.seconds * 7) % self._steps]
        canvas.lay(cel, *self._stage.pixel(self._left, self._top, 1.1, moment.framing))


def _windmill(stage: Stage, sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    """The mill itself; its sails are an actor of their own, because they turn."""
    h = height
    sheet.polygon(
        [(x - h * 0.2, foot), (x + h * 0.2, foot), (x + h * 0.11, foot - h * 0.72), (x - h * 0.11, foot - h * 0.72)],
        colour,
    )
    sheet.ellipse(x, foot - h * 0.74, h * 0.13, h * 0.12, colour)
    sheet.box(x - h * 0.27, foot - h * 0.26, x + h * 0.27, foot - h * 0.24, colour)
    for level in (0.14, 0.48):
        sheet.box(x - h * 0.025, foot - h * (level + 0.08), x + h * 0.025, foot - h * level, stage.palette.window)


def _sails(stage: Stage, x: float, y: float, height: float, colour: Colour, parallax: float) -> None:
    def paint(sheet: Sheet, turn: float) -> None:
        for arm in range(4):
            angle = (arm + turn) * math.pi / 2
            ux, uy = math.cos(angle), math.sin(angle)

            def to(along: float, aside: float, ux: float = ux, uy: float = uy) -> Point:
                return x + (ux * along - uy * aside) * height, y + (uy * along + ux * aside) * height

            sheet.limb(to(0, 0), to(0.62, 0), height * 0.030, height * 0.018, colour)
            sheet.polygon(
                [to(0.14, 0.0), to(0.60, 0.0), to(0.60, 0.10), to(0.14, 0.10)], mix(colour, stage.palette.haze, 0.35)
            )
            for step in range(6):
                sheet.line([to(0.14 + 0.092 * step, 0), to(0.14 + 0.092 * step, 0.10)], 0.0018, colour)
            sheet.line([to(0.14, 0.05), to(0.60, 0.05)], 0.0018, colour)

    r = height * 0.7
    stage.add(Drawn(stage, (x - r, y - r, x + r, y + r), parallax, paint, steps=24, seconds=2.2))
