"""Out of town: forest, desert, sea, mountains, fields. Each builder dresses a stage and returns where a person stands."""

import math

import numpy as np

from film_pipeline.renderer.animatic import buildings, props
from film_pipeline.renderer.animatic.backdrop import add_fog, add_sky
from film_pipeline.renderer.animatic.canvas import Canvas
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light, Water
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage


def _ridge(stage: Stage, half: float, base: float, rise: float, rough: float, seed_points: int = 9) -> list[Point]:
    """A line of hills or peaks by midpoint displacement, from left to right."""
    heights = stage.rng.uniform(0, 1, seed_points).tolist()
    spread = rough
    for _ in range(5):
        finer = []
        for a, b in zip(heights, heights[1:], strict=False):
            finer += [a, (a + b) / 2 + float(stage.rng.uniform(-spread, spread))]
        heights, spread = [*finer, heights[-1]], spread * 0.55
    count = len(heights) - 1
    return [(-half + 2 * half * i / count, base - rise * height) for i, height in enumerate(heights)]


def _hills(
    stage: Stage, parallax: float, base: float, rise: float, colour: Colour, *, rough: float = 0.1, mist: float = 0.4, points: int = 7
) -> list[Point]:
    sheet = stage.sheet(parallax, top=base - rise * 1.6 - 0.05)
    half = stage.span(parallax)
    ridge = _ridge(stage, half, base, rise, rough, points)
    sheet.polygon([*ridge, (half, 1.02), (-half, 1.02)], colour)
    sheet.fade(stage.palette.haze, 0.0, mist, start=base - rise, end=min(base + rise * 0.8, 1))
    stage.add_sheet(sheet, parallax)
    return ridge


def build_field(stage: Stage) -> float:
    """Rolling land with trees, grass that moves, perhaps a mill or a house."""
    palette = stage.palette
    add_sky(stage, 0.64)
    props.add_birds(stage)
    green: Colour = scaled((112, 140, 78), 0.25 + 0.75 * palette.lightness)
    _hills(stage, 0.15, 0.66, 0.14, mix(palette.far, palette.haze, 0.45), rough=0.06)
    _hills(stage, 0.3, 0.72, 0.09, mix(mix(palette.far, green, 0.4), palette.haze, 0.2), rough=0.03)
    add_fog(stage, 0.52, 0.82, 0.30, 0.02, 0.3)
    sheet = stage.sheet(0.5, top=0.3)
    half, land = stage.span(0.5), mix(mix(palette.ground, green, 0.6), palette.near, 0.25)
    ridge = _ridge(stage, half, 0.80, 0.05, 0.02, 5)
    sheet.polygon([*ridge, (half, 1), (-half, 1)], land)
    for x, y in ridge[3::9]:
        if stage.chance(0.6):
            props.draw_tree(stage, sheet, x, y + 0.01, stage.between(0.16, 0.30), mix(palette.near, land, 0.35))
    mill: float | None = None
    if stage.reading.dutch or "tower" in stage.reading.subjects:
        mill = stage.between(-0.3, 0.3) * stage.aspect
        _windmill(stage, sheet, mill, 0.79, 0.30, mix(palette.near, palette.haze, 0.15))
    sheet.fade(palette.near, 0.0, 0.45, start=0.8, end=1)
    stage.add_sheet(sheet, 0.5)
    if mill is not None:
        _sails(stage, mill, 0.79 - 0.30 * 0.74, 0.30, mix(palette.near, palette.haze, 0.15), 0.5)
    _beasts(stage, 0.86)
    stage.add(Grass(stage, 0.99, 0.12, mix(palette.near, green, 0.18)))
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
    sheet.polygon([*_ridge(stage, half, 0.86, 0.05, 0.05, 9), (half, 1), (-half, 1)], soil)
    sheet.fade(palette.near, 0.0, 0.7, start=0.84, end=1.0)
    stage.add_sheet(sheet, 0.7)
    _beasts(stage, 0.87)
    _trunks(stage, 1.15, 0.02, 4, 0.12)
    stage.add(Grass(stage, 1.0, 0.15, mix(palette.near, (30, 60, 36), 0.25), fern=True))
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
        sheet.polygon([(x - w * 0.9, foot + 0.02), (x - w * 0.5, foot - 0.10), (x + lean - w * 0.30, top), (x + lean + w * 0.30, top),
                       (x + w * 0.5, foot - 0.10), (x + w * 1.0, foot + 0.02)], bark)  # fmt: skip
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
        sheet.polygon([(x + 0.12, -0.05), (x + 0.12 + width, -0.05), (x - 0.28 + width * 2.2, 0.95), (x - 0.28, 0.95)], shade)
        sheet.fade_out(0.15, 0.92)
        sheet.blur(0.018)
        props.as_light(sheet)
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
                sheet.polygon([(x[i] - w, foot + 0.02), middle, tip, (middle[0] + w, middle[1]), (x[i] + w, foot + 0.02)], colour)
            cels.append(sheet.cel(smooth=stage.moving))
        self._cels, self._left = cels, -half

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        cel = self._cels[int(moment.seconds * 7) % self._steps]
        canvas.lay(cel, *self._stage.pixel(self._left, self._top, 1.1, moment.framing))


def _windmill(stage: Stage, sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    """The mill itself; its sails are an actor of their own, because they turn."""
    h = height
    sheet.polygon([(x - h * 0.2, foot), (x + h * 0.2, foot), (x + h * 0.11, foot - h * 0.72), (x - h * 0.11, foot - h * 0.72)], colour)
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
            sheet.polygon([to(0.14, 0.0), to(0.60, 0.0), to(0.60, 0.10), to(0.14, 0.10)], mix(colour, stage.palette.haze, 0.35))
            for step in range(6):
                sheet.line([to(0.14 + 0.092 * step, 0), to(0.14 + 0.092 * step, 0.10)], 0.0018, colour)
            sheet.line([to(0.14, 0.05), to(0.60, 0.05)], 0.0018, colour)

    r = height * 0.7
    stage.add(props.Drawn(stage, (x - r, y - r, x + r, y + r), parallax, paint, steps=24, seconds=2.2))


def build_desert(stage: Stage) -> float:
    """Dunes behind dunes, heat, blown sand."""
    palette = stage.palette
    add_sky(stage, 0.6)
    sand = palette.ground
    _hills(stage, 0.1, 0.62, 0.16, mix(palette.far, palette.haze, 0.5), rough=0.16, points=8)
    _hills(stage, 0.2, 0.68, 0.09, mix(sand, palette.haze, 0.55), rough=0.02, points=5)
    add_fog(stage, 0.5, 0.75, 0.35, 0.05, 0.2)
    _dune(stage, 0.4, 0.74, 0.10, mix(sand, palette.haze, 0.18), mix(sand, palette.near, 0.32))
    _dune(stage, 0.65, 0.85, 0.09, sand, mix(sand, palette.near, 0.45))
    if "tower" in stage.reading.subjects:
        _pyramid(stage)
    _beasts(stage, 0.85)
    _dune(stage, 1.1, 1.0, 0.09, mix(sand, palette.near, 0.45), mix(sand, palette.near, 0.7))
    add_fog(stage, 0.72, 1.0, 0.30, 0.22, 0.9)
    stage.add(Flakes(stage, 70, 0.003, 0.02, 110, sway=0.02, wind=0.35, colour=mix(palette.key, sand, 0.4)))
    return 0.89


def _dune(stage: Stage, parallax: float, base: float, rise: float, light: Colour, shade: Colour) -> None:
    """A dune with a lit side and a shadow side that meet in a sharp crest."""
    sheet = stage.sheet(parallax, top=base - rise * 1.5)
    half = stage.span(parallax)
    phase, long = stage.between(0, math.tau), stage.between(1.6, 2.4)
    xs = [(-half + 2 * half * i / 120) for i in range(121)]
    crest = [(x, base - rise * (0.5 + 0.5 * math.sin(x * long + phase) + 0.10 * math.sin(x * 7 + phase))) for x in xs]
    sheet.polygon([*crest, (half, 1.02), (-half, 1.02)], light)
    # The lee side lies in shadow, with a sharp edge along the crest.
    for k in range(-4, 5):
        top = (math.pi / 2 - phase + k * math.tau) / long
        if not -half - 1 < top < half + 1:
            continue
        down = [(x, y) for x, y in crest if top <= x <= top + math.pi / long]
        if len(down) < 4:
            continue
        last = len(down) - 1
        edge = [(x, y + rise * 0.62 * math.sin(math.pi * (i / last) ** 0.6)) for i, (x, y) in enumerate(down)]
        sheet.polygon([*down, *edge[::-1]], shade)
    sheet.fade(shade, 0.0, 0.55, start=base, end=1.0)
    stage.add_sheet(sheet, parallax)


def _pyramid(stage: Stage) -> None:
    sheet = stage.sheet(0.3, top=0.3, bottom=0.80)
    x, colour = stage.between(-0.25, 0.25) * stage.aspect, mix(stage.palette.ground, stage.palette.haze, 0.3)
    sheet.polygon([(x - 0.30, 0.78), (x, 0.42), (x + 0.34, 0.78)], colour)
    sheet.polygon([(x, 0.42), (x + 0.34, 0.78), (x + 0.08, 0.78)], mix(colour, stage.palette.near, 0.4))
    stage.add_sheet(sheet, 0.3)


def build_sea(stage: Stage) -> float:
    """Water to the horizon; waves that heave in a storm; ships, a lighthouse, a shore."""
    palette, reading = stage.palette, stage.reading
    rough = bool(reading.weather & {"storm", "wind"})
    add_sky(stage, 0.55)
    if not rough:
        props.add_birds(stage)
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

    def __init__(self, stage: Stage, line: float, rise: float, colour: Colour, depth: float, *, swell: float = 1.0) -> None:
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
        sheet = Sheet(stage.unit, 0, self._top, reach, min(1.02, line + 0.35) if swell < 0.8 and depth < 1 else 1.04 + rise)
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
                sheet.ellipse(x, line - rise * stage.between(0.55, 1.0) + rise * abs(x - at) / self._period, size * 2.2, size, foam)
        sheet.fade_out(line + 0.06, line + 0.16) if swell < 0.8 else sheet.fade(palette.near, 0.0, 0.55, start=line, end=1.1)
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
        marks = [(stage.between(0, self._period), stage.between(-1.5, 1.5), stage.between(0.05, 0.16)) for _ in range(5)]
        for turn in range(round(reach / self._period) + 1):
            for start, offset, long in marks:
                x, y = start + turn * self._period, line + offset * rise
                sheet.polygon([(x, y), (x + long / 2, y - rise * 0.55), (x + long, y), (x + long / 2, y + rise * 0.25)], light)
        props.as_light(sheet)
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
    stage.add(Vessel(stage, parallax, x, line, min(length, stage.aspect * 0.45), sail=sail, heave=1.0 if heave else 0.15))


class Vessel:
    """A ship that pitches on the waves; drawn for a few angles."""

    def __init__(self, stage: Stage, parallax: float, x: float, line: float, length: float, *, sail: bool, heave: float) -> None:
        self._stage, self._parallax, self._x, self._line, self._length = stage, parallax, x, line, length
        self._heave, self._angles = heave, 13
        palette = stage.palette
        dark = mix(palette.near, palette.haze, 0.16)
        self._cels = [self._drawn(dark, (i / (self._angles - 1) - 0.5) * 2 * 0.16 * heave, sail) for i in range(self._angles)]

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
                    sheet.polygon(to((mast - w, low), (mast + w, low), (mast + w * 1.1 + 0.03, (low + high) / 2), (mast + w * 0.85, high), (mast - w * 0.85, high)), cloth)
            sheet.line(to((0.55, -0.15), (0.78, -0.26)), length * 0.012, dark)
        else:
            sheet.polygon(to((-0.42, -0.1), (-0.40, -0.30), (-0.10, -0.30), (-0.06, -0.1)), mix(dark, palette.haze, 0.12))
            sheet.line(to((0.12, -0.09), (0.12, -0.42)), length * 0.016, dark)
            sheet.line(to((0.12, -0.40), (-0.10, -0.30)), length * 0.006, dark)
            for k in range(3):
                (wx, wy), = to((-0.36 + 0.10 * k, -0.24))
                sheet.ellipse(wx, wy, length * 0.022, length * 0.022, palette.window)
        (lx, ly), = to((-0.34, -0.38) if not sail else (-0.46, -0.2))
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
    sheet = stage.sheet(0.25, top=0.1, bottom=0.6)
    rock = mix(palette.near, palette.haze, 0.42)
    edge = side * stage.span(0.25)
    cliff = [(edge, 0.60), (edge, 0.44), (edge - side * 0.2, 0.43), (edge - side * 0.34, 0.46), (edge - side * 0.44, 0.53), (edge - side * 0.56, 0.57), (edge - side * 0.6, 0.60)]
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
        props.as_light(beam)
        stage.add(Light(stage, beam.cel(only_light=True), beam.left, 0.05, 0.25, "pulse"))


def _shore(stage: Stage) -> None:
    palette = stage.palette
    sheet = stage.sheet(1.0, top=0.8)
    half = stage.span(1.0)
    sand = mix(palette.near, mix(palette.haze, (190, 160, 120), 0.4), 0.16 + 0.2 * palette.lightness)
    sheet.polygon([*_ridge(stage, half, 0.93, 0.03, 0.03, 6), (half, 1), (-half, 1)], sand)
    stage.add_sheet(sheet, 1.0)


def build_mountain(stage: Stage) -> float:
    """Ranges behind ranges, snow on the peaks, firs in front."""
    palette = stage.palette
    add_sky(stage, 0.7)
    snow: Colour = mix(palette.haze, (244, 248, 255), 0.35 + 0.4 * palette.lightness)
    _peaks(stage, 0.08, 0.66, 0.46, mix(palette.far, palette.haze, 0.55), mix(snow, palette.haze, 0.45), 6)
    add_fog(stage, 0.4, 0.78, 0.34, 0.015, 0.12)
    _peaks(stage, 0.2, 0.78, 0.42, mix(palette.far, palette.haze, 0.2), mix(snow, palette.haze, 0.15), 5)
    add_fog(stage, 0.52, 0.88, 0.40, 0.025, 0.25)
    _firs(stage, 0.4, 0.84, 0.10, 0.42, 70)
    add_fog(stage, 0.66, 0.94, 0.30, 0.03, 0.4)
    white = "snow" in stage.reading.weather
    slope = mix(palette.ground, snow, 0.6) if white else mix(palette.ground, palette.near, 0.35)
    sheet = stage.sheet(0.8, top=0.75)
    half = stage.span(0.8)
    sheet.polygon([*_ridge(stage, half, 0.90, 0.05, 0.03, 5), (half, 1), (-half, 1)], slope)
    sheet.fade(mix(slope, palette.near, 0.45), 0.0, 1.0, start=0.87, end=1.02)
    stage.add_sheet(sheet, 0.8)
    _beasts(stage, 0.90)
    _firs(stage, 1.1, 1.04, 0.42, 0.03, 7)
    props.add_birds(stage, 4)
    return 0.925


def _peaks(stage: Stage, parallax: float, base: float, rise: float, rock: Colour, snow: Colour, count: int) -> None:
    sheet = stage.sheet(parallax, top=base - rise * 1.3)
    half = stage.span(parallax)
    ridge = _ridge(stage, half, base, rise, 0.30, count)
    sheet.polygon([*ridge, (half, 1.02), (-half, 1.02)], rock)
    # Snow lies above a line that zigzags down the gullies; the side away from the sun is in shadow.
    line, shade = base - rise * 0.42, mix(snow, rock, 0.5)
    cap, fall = [], 0.0
    for index, (x, y) in enumerate(ridge):
        if index % 3 == 0:
            fall = stage.between(0.01, 0.15)
        cap.append((x, max(y, min(line + fall * rise * 2, y + 0.03 + fall * 1.4))))
    sheet.polygon([*ridge, *cap[::-1]], snow)
    for (x0, y0), (x1, y1), (_, c0), (_, c1) in zip(ridge, ridge[1:], cap, cap[1:], strict=False):
        if y1 > y0:
            sheet.polygon([(x0, y0), (x1, y1), (x1, c1), (x0, (y0 + c0) / 2)], shade)
            sheet.polygon([(x1, y1), (x1, y1 + rise * 0.22), (x1 + (x1 - x0) * 1.5, y1 + rise * 0.3), (x1, c1)], mix(rock, stage.palette.near, 0.12))
    sheet.fade(stage.palette.haze, 0.0, 0.5, start=base - rise, end=base + 0.05)
    stage.add_sheet(sheet, parallax)


def _firs(stage: Stage, parallax: float, foot: float, height: float, depth: float, count: int) -> None:
    palette = stage.palette
    sheet = stage.sheet(parallax, top=foot - height * 1.5, bottom=1.02)
    half, dark = stage.span(parallax), mix(mix(palette.near, (24, 44, 40), 0.4), palette.haze, depth)
    white = mix(dark, (235, 240, 248), 0.5) if "snow" in stage.reading.weather else None
    for index in range(count):
        x = -half + 2 * half * (index + stage.between(0, 1)) / count
        if parallax > 1 and abs(x) < stage.aspect * 0.22:
            continue
        size = height * stage.between(0.6, 1.25)
        base = foot + stage.between(-0.01, 0.02)
        for tier in range(5):
            y, w = base - size * tier * 0.18, size * (0.24 - 0.040 * tier)
            sheet.polygon([(x - w, y), (x + w, y), (x, y - size * 0.32)], dark)
            if white:
                sheet.polygon([(x - w * 0.5, y - size * 0.15), (x, y - size * 0.32), (x + w * 0.25, y - size * 0.2), (x, y - size * 0.17)], white)
    if parallax < 1:
        sheet.box(-half, foot, half, 1.02, dark)
    else:
        sheet.blur(0.005)
    stage.add_sheet(sheet, parallax)


def _beasts(stage: Stage, foot: float) -> None:
    """Animals and vehicles that the words name."""
    reading = stage.reading
    for name in ("horse", "camel", "deer", "dog", "cat"):
        if name in reading.subjects:
            props.add_beast(stage, name, 0.8, foot)
    if "car" in reading.subjects:
        props.add_car(stage, 0.8, foot + 0.02, 0.11)
    if "bicycle" in reading.subjects:
        props.add_rider(stage, 0.8, foot + 0.02)
    if "drone" in reading.subjects:
        props.add_drone(stage)
    if "flyer" in reading.subjects:
        props.add_flyers(stage, 3)
    if "fire" in reading.lights:
        props.add_fire(stage, stage.between(0.1, 0.25) * stage.aspect, foot + 0.05, 0.16)
    if "bird" in reading.subjects:
        props.add_birds(stage, 9)
    if "tower" in reading.subjects and reading.place == "mountain":
        sheet = stage.sheet(0.4, top=0.3, bottom=0.9)
        buildings.draw_castle(stage, sheet, stage.between(-0.3, 0.3) * stage.aspect, 0.80, 0.26)
        stage.add_sheet(sheet, 0.4)
