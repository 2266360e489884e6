"""At sea: calm water that mirrors, waves that heave in a storm, ships, a lighthouse, a shore."""

import math

from film_pipeline.renderer.animatic.backdrop import add_fog, add_sky
from film_pipeline.renderer.animatic.canvas import Canvas
from film_pipeline.renderer.animatic.creatures import add_birds
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Light, Water
from film_pipeline.renderer.animatic.movers import as_light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage
from film_pipeline.renderer.animatic.terrain import ridge_line


def build_sea(stage: Stage) -> float:
    """Water to the horizon; waves that heave in a storm; ships, a lighthouse, a shore."""
    palette, reading = stage.palette, stage.reading
    rough = bool(reading.weather & {"storm", "wind"})
    add_sky(stage, 0.55)
    if not rough:
        add_birds(stage)
    if reading.place == "sea" and ("tower" in reading.subjects or stage.chance(0.35)):
        _headland(stage)
    vessel = bool({"boat", "ship"} & set(reading.subjects)) or not reading.people
    if rough:
        _storm_waves(stage, vessel)
    else:
        if vessel:
            _ship(stage, 0.4, 0.585, 0.34)
        stage.add(Water(stage, 0.57, 1.0, palette.ground, clear=0.55, ripple=1.5))
        for index in range(5):
            stage.add(Ripples(stage, 0.61 + 0.075 * index, 0.004 + 0.0035 * index))
        add_fog(stage, 0.48, 0.66, 0.30, 0.02, 0.2)
    if reading.people:
        _shore(stage)
    return 0.93


class Waves:
    """One row of waves that rolls and heaves."""

    def __init__(
        self, stage: Stage, line: float, rise: float, colour: Colour, depth: float, *, swell: float = 1.0
    ) -> None:
        palette = stage.palette
        self._stage, self._swell, self._rise = stage, swell, rise
        self._speed = stage.between(0.06, 0.12) * (0.5 + depth) * (1 if stage.chance(0.5) else -1)
        self._phase = stage.between(0, math.tau)
        # Whole wavelengths fit the period, so that the row can roll for ever.
        long = 0.34 + 0.30 * depth
        self._waves = max(2, round(stage.aspect / long) + 1)
        self._period = max(stage.aspect / max(self._waves - 1, 1), 0.1)
        reach = self._period * (self._waves + 2)
        body = mix(mix(colour, palette.horizon, 0.42 * (1 - depth)), palette.near, 0.30 * depth)
        foam = mix(body, (235, 242, 246), 0.20 + 0.5 * min(1.0, palette.lightness + 0.2))
        self._top = line - rise * 1.8
        sheet = Sheet(
            stage.unit, 0, self._top, reach, min(1.02, line + 0.35) if swell < 0.8 and depth < 1 else 1.04 + rise
        )
        crest = []
        for i in range(self._waves + 2):
            for s in range(24):
                u = s / 24
                # Steep in front, long behind: the shape of a wave that is about to break.
                height = math.sin(math.pi * u**0.7) ** 1.5 + 0.08 * math.sin(5 * math.tau * u)
                crest.append(((i + u) * self._period, line - rise * height))
        sheet.polygon([*crest, (reach, 1.1), (0, 1.1)], body)
        sheet.line(crest, max(0.0016, rise * 0.022), foam)
        for i in range(self._waves + 2):
            at = (i + 0.34) * self._period
            for _ in range(round(10 * swell)):
                x = at + stage.between(-0.2, 0.3) * self._period
                size = rise * stage.between(0.02, 0.08)
                sheet.ellipse(
                    x,
                    line - rise * stage.between(0.55, 1.0) + rise * abs(x - at) / self._period,
                    size * 2.2,
                    size,
                    foam,
                )
        sheet.fade_out(line + 0.06, line + 0.16) if swell < 0.8 else sheet.fade(
            palette.near, 0.0, 0.55, start=line, end=1.1
        )
        self._cel = sheet.cel()

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        x = -((self._speed * t + self._phase) % self._period) - self._period * 0.5
        y = self._top + self._rise * 0.30 * math.sin(t * 1.1 * (0.7 + self._swell * 0.4) + self._phase)
        px, py = x * self._stage.unit, (y + self._stage.headroom) * self._stage.unit
        canvas.lay(self._cel, px, py)


class Ripples:
    """A row of long low crests on calm water, seen only by the light on them; it rolls and fades in and out."""

    def __init__(self, stage: Stage, line: float, rise: float) -> None:
        self._stage = stage
        self._period, self._phase = 0.5, stage.between(0, math.tau)
        self._speed = stage.between(0.01, 0.03) * (1 if stage.chance(0.5) else -1)
        self._top = line - 3 * rise
        reach = stage.aspect + 2 * self._period
        sheet = Sheet(stage.unit, 0, self._top, reach, line + 3 * rise)
        light = scaled(mix(stage.palette.horizon, stage.palette.key, 0.4), 0.34)
        marks = [
            (stage.between(0, self._period), stage.between(-1.5, 1.5), stage.between(0.05, 0.16)) for _ in range(5)
        ]
        for turn in range(round(reach / self._period) + 1):
            for start, offset, long in marks:
                x, y = start + turn * self._period, line + offset * rise
                sheet.polygon(
                    [(x, y), (x + long / 2, y - rise * 0.55), (x + long, y), (x + long / 2, y + rise * 0.25)], light
                )
        as_light(sheet)
        self._cel = sheet.cel(only_light=True)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        shift = (self._speed * t + 0.5 * moment.framing.x + self._phase) % self._period
        y = self._top + 0.003 * math.sin(t * 1.3 + self._phase)
        level = round(128 * (0.72 + 0.28 * math.sin(t * 1.1 + self._phase)))
        canvas.lay(self._cel, -shift * self._stage.unit, (y + self._stage.headroom) * self._stage.unit, level)


def _storm_waves(stage: Stage, vessel: bool) -> None:
    palette = stage.palette
    for index in range(6):
        depth = index / 5
        stage.add(Waves(stage, 0.57 + 0.40 * depth**1.25, 0.035 + 0.11 * depth, palette.ground, depth))
        if index == 2 and vessel:
            _ship(stage, 0.5, 0.66, 0.42, heave=True)
        if index in (1, 3):
            add_fog(stage, 0.45, 0.85, 0.30, 0.16, 0.3)


def _ship(stage: Stage, parallax: float, line: float, length: float, *, heave: bool = False) -> None:
    sail = "ship" in stage.reading.subjects and not stage.reading.cyber
    x = stage.between(-0.2, 0.15) * stage.aspect
    stage.add(
        Vessel(stage, parallax, x, line, min(length, stage.aspect * 0.45), sail=sail, heave=1.0 if heave else 0.15)
    )


class Vessel:
    """A ship that pitches on the waves; drawn for a few angles."""

    def __init__(
        self, stage: Stage, parallax: float, x: float, line: float, length: float, *, sail: bool, heave: float
    ) -> None:
        self._stage, self._parallax, self._x, self._line, self._length = stage, parallax, x, line, length
        self._heave, self._angles = heave, 13
        palette = stage.palette
        dark = mix(palette.near, palette.haze, 0.16)
        self._cels = [
            self._drawn(dark, (i / (self._angles - 1) - 0.5) * 2 * 0.16 * heave, sail) for i in range(self._angles)
        ]

    def _drawn(self, dark: Colour, angle: float, sail: bool) -> "object":
        length, palette = self._length, self._stage.palette
        sheet = Sheet(self._stage.unit, -0.75 * length, -1.05 * length, 0.75 * length, 0.25 * length)
        cosine, sine = math.cos(angle), math.sin(angle)

        def to(*points: Point) -> list[Point]:
            return [((px * cosine - py * sine) * length, (px * sine + py * cosine) * length) for px, py in points]

        sheet.polygon(to((-0.5, -0.11), (0.40, -0.09), (0.60, -0.16), (0.44, 0.09), (-0.42, 0.09)), dark)
        if sail:
            cloth = mix(palette.near, palette.horizon, 0.32)
            for mast, tall in ((-0.26, 0.62), (0.05, 0.82), (0.32, 0.58)):
                sheet.line(to((mast, -0.08), (mast, -tall - 0.1)), length * 0.014, dark)
                for row in range(3):
                    low, high, w = -0.16 - tall * row * 0.27, -0.16 - tall * (row * 0.27 + 0.24), 0.15 - 0.028 * row
                    sheet.polygon(
                        to(
                            (mast - w, low),
                            (mast + w, low),
                            (mast + w * 1.1 + 0.03, (low + high) / 2),
                            (mast + w * 0.85, high),
                            (mast - w * 0.85, high),
                        ),
                        cloth,
                    )
            sheet.line(to((0.55, -0.15), (0.78, -0.26)), length * 0.012, dark)
        else:
            sheet.polygon(
                to((-0.42, -0.1), (-0.40, -0.30), (-0.10, -0.30), (-0.06, -0.1)), mix(dark, palette.haze, 0.12)
            )
            sheet.line(to((0.12, -0.09), (0.12, -0.42)), length * 0.016, dark)
            sheet.line(to((0.12, -0.40), (-0.10, -0.30)), length * 0.006, dark)
            for k in range(3):
                ((wx, wy),) = to((-0.36 + 0.10 * k, -0.24))
                sheet.ellipse(wx, wy, length * 0.022, length * 0.022, palette.window)
        ((lx, ly),) = to((-0.34, -0.38) if not sail else (-0.46, -0.2))
        if palette.lightness < 0.75:
            sheet.ellipse(lx, ly, length * 0.014, length * 0.014, (255, 236, 190))
            sheet.glow(lx, ly, length * 0.42, palette.window, 0.85)
        sheet.rim(mix(palette.horizon, palette.key, 0.4), -0.0024, 0.0012, 0.7)
        return sheet.cel()

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        pitch = math.sin(t * 1.25)
        index = round((pitch * 0.5 + 0.5) * (self._angles - 1))
        x = self._x + 0.012 * t % 1 - 0.75 * self._length
        y = self._line + 0.022 * self._heave * math.sin(t * 1.25 + 1.1) - 1.05 * self._length
        canvas.lay(self._cels[index], *self._stage.pixel(x, y, self._parallax, moment.framing))  # type: ignore[arg-type]


def _headland(stage: Stage) -> None:
    """A cliff with a lighthouse, its beam turning."""
    palette = stage.palette
    side = -1 if stage.chance(0.5) else 1
    sheet = stage.sheet(0.25, top=0.0, bottom=0.6)
    rock = mix(palette.near, palette.haze, 0.42)
    edge = side * stage.span(0.25)
    cliff = [
        (edge, 0.60),
        (edge, 0.44),
        (edge - side * 0.2, 0.43),
        (edge - side * 0.34, 0.46),
        (edge - side * 0.44, 0.53),
        (edge - side * 0.56, 0.57),
        (edge - side * 0.6, 0.60),
    ]
    sheet.polygon(cliff, rock)
    x = edge - side * 0.26
    tower = mix(rock, (230, 226, 220), 0.4 if palette.lightness > 0.4 else 0.14)
    sheet.polygon([(x - 0.020, 0.445), (x + 0.020, 0.445), (x + 0.013, 0.27), (x - 0.013, 0.27)], tower)
    for y in (0.31, 0.37):
        sheet.box(x - 0.017, y, x + 0.017, y + 0.025, mix(tower, (200, 50, 50), 0.6))
    sheet.box(x - 0.017, 0.258, x + 0.017, 0.272, rock)
    sheet.polygon([(x - 0.014, 0.232), (x + 0.014, 0.232), (x, 0.212)], rock)
    sheet.box(x - 0.010, 0.232, x + 0.010, 0.258, (255, 240, 190))
    sheet.glow(x, 0.245, 0.22, (255, 236, 180), 0.9)
    stage.add_sheet(sheet, 0.25)
    if palette.lightness < 0.75:
        beam = Sheet(stage.unit, x - 1.3, 0.05, x + 1.3, 0.45, scale=1)
        beam.polygon([(x, 0.245), (x - side * 1.3, 0.14), (x - side * 1.3, 0.30)], (90, 84, 60))
        beam.blur(0.01)
        as_light(beam)
        stage.add(Light(stage, beam.cel(only_light=True), beam.left, 0.05, 0.25, "pulse"))


def _shore(stage: Stage) -> None:
    palette = stage.palette
    sheet = stage.sheet(1.0, top=0.8)
    half = stage.span(1.0)
    sand = mix(palette.near, mix(palette.haze, (190, 160, 120), 0.4), 0.16 + 0.2 * palette.lightness)
    sheet.polygon([*ridge_line(stage, half, 0.93, 0.03, 0.03, 6), (half, 1), (-half, 1)], sand)
    stage.add_sheet(sheet, 1.0)
