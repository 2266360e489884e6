"""Things: what stands, rolls, floats and flies in a scene. Those that move are actors, the rest is drawn on a sheet."""

import math
from collections.abc import Callable

from PIL import Image

from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
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
        self, stage: Stage, box: tuple[float, float, float, float], parallax: float, paint: Callable[[Sheet, float], None],
        *, steps: int = 24, seconds: float = 3.0, level: Callable[[float], float] | None = None, only_light: bool = False,
    ) -> None:  # fmt: skip
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
        canvas.lay(self._cels[step], *self._stage.pixel(self._box[0], self._box[1], self._parallax, moment.framing), level)


def hologram_level(seconds: float) -> float:
    """Holograms tremble, and drop out for a moment."""
    drop = 0.45 if math.sin(seconds * 2.3) + math.sin(seconds * 17.0) * 0.6 > 1.45 else 1.0
    return drop * (0.86 + 0.10 * math.sin(seconds * 21) * math.sin(seconds * 3.1))


def draw_wire_globe(sheet: Sheet, x: float, y: float, radius: float, turn: float, colour: Colour) -> None:
    """A globe of lines with lands on it, as light only."""
    faint, line = scaled(colour, 0.42), max(0.0018, radius * 0.014)
    for band in range(-3, 4):
        offset = band / 4
        r = radius * math.sqrt(1 - offset * offset)
        sheet.ring(x, y + radius * offset * 0.96, r, r * 0.16, line, faint)
    for meridian in range(7):
        width = math.cos(math.pi * (meridian + turn * 2) / 7)
        sheet.ring(x, y, abs(width) * radius, radius, line, faint)
    sheet.ring(x, y, radius, radius, line * 1.6, colour)
    for land, (longitude, latitude, size) in enumerate(((0.1, -0.3, 0.34), (1.3, 0.2, 0.42), (2.6, -0.1, 0.3), (3.9, 0.3, 0.36), (5.0, -0.35, 0.4))):
        angle = longitude + turn * math.tau
        if math.cos(angle) > 0.1:
            cx, cy = x + radius * math.sin(angle) * 0.9, y + radius * latitude
            width = size * radius * math.cos(angle)
            points = [(cx + width * math.cos(a) * (0.7 + 0.3 * math.sin(3 * a + land)), cy + size * radius * 0.6 * math.sin(a) * (0.7 + 0.3 * math.cos(2 * a + land)))
                      for a in (math.tau * i / 14 for i in range(14))]  # fmt: skip
            sheet.polygon(points, scaled(colour, 0.55))
    sheet.glow(x, y, radius * 1.9, colour, 0.34)


def draw_koi(sheet: Sheet, x: float, y: float, size: float, turn: float, colour: Colour, second: Colour) -> None:
    """A great fish of light swimming in the air."""
    spine, upper, lower = [], [], []
    for i in range(21):
        s = i / 20
        bend = 0.10 * size * s * math.sin(math.tau * (s * 0.9 - turn))
        px, py = x + size * (0.5 - s), y + bend
        thick = size * 0.17 * math.sin(math.pi * min(1, s * 0.86 + 0.10)) ** 0.8 * (1 - 0.45 * s)
        spine.append((px, py))
        upper.append((px, py - thick))
        lower.append((px, py + thick))
    body = scaled(colour, 0.42)
    sheet.polygon(upper + lower[::-1], body)
    for share in (0.24, 0.45, 0.66):
        cx, cy = spine[int(share * 20)]
        sheet.ellipse(cx, cy - size * 0.03, size * 0.075, size * 0.05, scaled(second, 0.75))
    tail, sway = spine[-1], 0.10 * size * math.sin(math.tau * (0.72 - turn))
    sheet.polygon([spine[-2], (tail[0] - size * 0.24, tail[1] - size * 0.17 + sway), (tail[0] - size * 0.15, tail[1] + sway * 0.8), (tail[0] - size * 0.24, tail[1] + size * 0.17 + sway)], scaled(second, 0.5))
    fin = spine[6]
    flap = 0.05 * size * math.sin(math.tau * turn * 2)
    sheet.polygon([fin, (fin[0] - size * 0.17, fin[1] + size * 0.24 + flap), (fin[0] - size * 0.13, fin[1] + size * 0.06)], scaled(second, 0.5))
    sheet.polygon([upper[6], (fin[0] - size * 0.12, fin[1] - size * 0.25), upper[12]], scaled(colour, 0.35))
    line = max(0.002, size * 0.008)
    sheet.line(upper, line, colour)
    sheet.line(lower, line, colour)
    for i in range(4, 17, 2):
        sheet.line([upper[i], spine[i], lower[i]], line * 0.6, scaled(colour, 0.6))
    sheet.ellipse(x + size * 0.41, y - size * 0.03, size * 0.018, size * 0.018, (255, 255, 255))
    for share in (4, 10, 16):
        sheet.glow(*spine[share], size * 0.42, colour, 0.28)


def draw_face_of_light(sheet: Sheet, x: float, y: float, size: float, turn: float, colour: Colour, second: Colour) -> None:
    """A woman's face on a screen of light: outline, eyes that close now and then, lips."""
    thin = max(0.002, size * 0.012)
    faint = scaled(colour, 0.35)
    oval = [(x + size * 0.30 * math.cos(a) * (1 - 0.12 * max(0, math.sin(a))), y + size * 0.46 * math.sin(a)) for a in (math.tau * i / 40 for i in range(41))]
    sheet.polygon(oval, scaled(colour, 0.22))
    hair = [(x - size * 0.40, y + size * 0.55), (x - size * 0.42, y - size * 0.2), (x - size * 0.2, y - size * 0.55), (x + size * 0.12, y - size * 0.58),
            (x + size * 0.38, y - size * 0.36), (x + size * 0.44, y + size * 0.1), (x + size * 0.40, y + size * 0.55), (x + size * 0.28, y + size * 0.1),
            (x + size * 0.2, y - size * 0.28), (x - size * 0.14, y - size * 0.22), (x - size * 0.29, y + size * 0.08)]  # fmt: skip
    sheet.polygon(hair, scaled(second, 0.45))
    sheet.line(oval, thin, colour)
    opening = 0.1 if 0.46 < turn < 0.52 else 1.0
    for side in (-1, 1):
        ex, ey = x + side * size * 0.12, y - size * 0.04
        sheet.ellipse(ex, ey, size * 0.062, size * 0.030 * opening, colour)
        sheet.ellipse(ex, ey, size * 0.024, size * 0.026 * opening, scaled(second, 0.4))
        sheet.line([(ex - size * 0.075, ey - size * 0.075), (ex, ey - size * 0.098), (ex + size * 0.075, ey - size * 0.08)], thin, faint)
    sheet.line([(x + size * 0.012, y), (x + size * 0.03, y + size * 0.14), (x - size * 0.01, y + size * 0.15)], thin * 0.8, faint)
    sheet.polygon([(x - size * 0.085, y + size * 0.255), (x - size * 0.03, y + size * 0.232), (x, y + size * 0.24), (x + size * 0.03, y + size * 0.232),
                   (x + size * 0.085, y + size * 0.255), (x, y + size * 0.295)], second)  # fmt: skip
    sheet.glow(x, y, size * 1.0, colour, 0.34)


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


def add_giant_hologram(stage: Stage, parallax: float) -> None:
    """An advertisement as high as the houses: a fish, a globe or a face of light."""
    accents = stage.palette.accents
    kind = stage.one(("koi", "koi", "globe", "face"))
    colour, second = accents[1 % len(accents)], accents[int(stage.rng.choice([0, 2])) % len(accents)]
    x, y = stage.between(-0.26, 0.26) * stage.aspect, stage.between(0.17, 0.24)
    reach = min(0.34, stage.aspect * 0.42)

    def paint(sheet: Sheet, turn: float) -> None:
        if kind == "koi":
            draw_koi(sheet, x, y, reach * 1.25, turn, colour, second)
        elif kind == "globe":
            draw_wire_globe(sheet, x, y, reach * 0.55, turn / 5, colour)
        else:
            draw_face_of_light(sheet, x, y, reach * 0.85, turn, colour, second)
        scanlines(sheet, turn * 4 % 1)
        as_light(sheet)

    seconds = 4.0 if kind == "koi" else 3.0
    stage.add(Drawn(stage, (x - reach, y - reach * 0.85, x + reach, y + reach * 0.85), parallax, paint, steps=24,
                    seconds=seconds, level=hologram_level, only_light=True))  # fmt: skip


def add_flyers(stage: Stage, count: int) -> None:
    """Flying cars in lanes: little lights that cross the sky."""
    for index in range(count):
        near = stage.between(0, 1) ** 2
        size, direction = 0.012 + 0.034 * near, -1 if index % 2 else 1
        y = stage.between(0.06, 0.44)
        sheet = Sheet(stage.unit, -3 * size, -1.6 * size, 3 * size, 1.6 * size)
        _draw_flyer(sheet, size, direction, mix(stage.palette.near, stage.palette.haze, 0.7 - 0.6 * near))
        speed = direction * (0.05 + 0.22 * near)
        stage.add(Mover(stage, [sheet.cel()], (stage.between(-1, 1) * stage.aspect, y), 0.15 + 0.3 * near, speed=speed, bob=0.004, beat=1.3))


def _draw_flyer(sheet: Sheet, size: float, direction: int, colour: Colour) -> None:
    hull = [(-1, 0.05), (-0.8, -0.18), (-0.3, -0.24), (0.1, -0.44), (0.55, -0.40), (0.82, -0.14), (1, 0.0), (0.8, 0.2), (-0.8, 0.22)]
    sheet.polygon([(direction * px * size, py * size) for px, py in hull], colour)
    sheet.glow(direction * size * 1.0, 0.04 * size, size * 1.6, (225, 240, 255), 0.9)
    sheet.glow(-direction * size * 1.0, 0.06 * size, size * 1.5, (255, 60, 50), 0.9)
    sheet.ellipse(direction * size * 0.95, 0.05 * size, size * 0.12, size * 0.10, (240, 248, 255))
    sheet.ellipse(-direction * size * 0.95, 0.06 * size, size * 0.10, size * 0.08, (255, 110, 90))
    sheet.glow(0, size * 0.35, size * 1.3, (80, 200, 255), 0.4, flat=0.4)


def add_drone(stage: Stage, x: float = 0.24, y: float = 0.24, size: float = 0.10) -> None:
    """A drone that hovers and sweeps a light downward."""
    dark, eye = mix(stage.palette.near, stage.palette.haze, 0.12), stage.palette.accents[0]
    cels = []
    for turn in range(3):
        sheet = Sheet(stage.unit, -2.2 * size, -size, 2.2 * size, 3.2 * size)
        for side in (-1, 1):
            sheet.limb((0, 0), (side * size * 1.1, -size * 0.25), size * 0.14, size * 0.09, dark)
            sheet.ellipse(side * size * 1.1, -size * 0.36, size * (0.7, 0.45, 0.6)[turn], size * 0.045, dark)
        sheet.ellipse(0, 0, size * 0.42, size * 0.26, dark)
        sheet.ellipse(0, size * 0.08, size * 0.11, size * 0.11, mix(eye, (255, 255, 255), 0.4))
        sheet.glow(0, size * 0.1, size * 0.9, eye, 0.9)
        for step in range(5):
            sheet.glow(size * 0.06 * step, size * (0.5 + 0.5 * step), size * (0.35 + 0.18 * step), eye, 0.16)
        cels.append(sheet.cel())
    stage.add(Mover(stage, cels, (x * stage.aspect - 2.2 * size, y - size), 0.6, speed=0.03, rate=24, bob=0.014, beat=1.9))


def add_birds(stage: Stage, count: int = 7) -> None:
    """A few birds far away, beating their wings."""
    colour = mix(stage.palette.near, stage.palette.haze, 0.25)
    x0, y0, direction = stage.between(-0.4, 0.2) * stage.aspect, stage.between(0.12, 0.3), 1
    cels = []
    size = 0.016
    for step in range(6):
        lift = math.sin(math.tau * step / 6)
        sheet = Sheet(stage.unit, -2 * size, -2 * size, 2 * size, 2 * size)
        for side in (-1, 1):
            sheet.line([(0, 0), (side * size * 0.55, -size * 0.35 * (lift + 0.4)), (side * size * 1.1, -size * 0.5 * lift)], max(size * 0.16, 1 / stage.unit), colour)
        sheet.ellipse(0, 0, size * 0.3, size * 0.13, colour)
        cels.append(sheet.cel())
    for _ in range(count):
        corner = (x0 + stage.between(-0.2, 0.2), y0 + stage.between(-0.06, 0.06))
        stage.add(Mover(stage, cels, corner, 0.15, speed=direction * stage.between(0.07, 0.09), rate=stage.between(10, 14), bob=0.006))


def add_bridge(stage: Stage, parallax: float, line: float) -> None:
    """An arched stone bridge with a railing and lamps."""
    palette = stage.palette
    sheet = stage.sheet(parallax, top=line - 0.26, bottom=line + 0.004)
    cx, half, rise = stage.between(-0.22, 0.22) * stage.aspect, min(0.34, stage.aspect * 0.3), 0.085
    stone = mix(palette.near, palette.haze, 0.20)
    deck = [(cx + half * s, line - 0.035 - rise * (1 - (s * 0.82) ** 2) + (0.03 if abs(s) > 1.2 else 0)) for s in (i / 12 for i in range(-16, 17))]
    sheet.polygon([*deck, (cx + half * 1.34, line), (cx - half * 1.34, line)], stone)
    for offset, size in ((-0.62, 0.24), (0.0, 0.32), (0.62, 0.24)):
        opening = [(cx + half * (offset + size * math.cos(a)), line + 0.002 - (rise + 0.012) * (size / 0.32) * math.sin(a)) for a in (math.pi * i / 20 for i in range(21))]
        sheet.pen.polygon([sheet.at(*point) for point in opening], fill=(0, 0, 0, 0))
        sheet.line(opening, 0.004, mix(stone, palette.horizon, 0.3))
    rail = [(x, y - 0.032) for x, y in deck]
    sheet.line(rail, 0.0035, stone)
    sheet.line(deck, 0.004, mix(stone, palette.horizon, 0.35))
    for (x, y), (_, top) in zip(deck[::2], rail[::2], strict=True):
        sheet.line([(x, y), (x, top)], 0.0025, stone)
    for s in (4, 16, 28):
        x, y = deck[s]
        sheet.line([(x, y), (x, y - 0.088)], 0.004, stone)
        if palette.lightness < 0.65:
            sheet.ellipse(x, y - 0.092, 0.008, 0.009, mix(palette.window, (255, 255, 255), 0.5))
            sheet.glow(x, y - 0.092, 0.10, palette.window, 0.75)
    stage.add_sheet(sheet, parallax)


def add_boat(stage: Stage, parallax: float, line: float, length: float, *, moving: bool) -> None:
    """A canal boat with a lit cabin, low on the water."""
    palette = stage.palette
    sheet = Sheet(stage.unit, -length * 0.62, -length * 0.40, length * 0.62, length * 0.10)
    dark = mix(palette.near, palette.haze, 0.10)
    hull = [(-0.5, -0.07), (0.46, -0.07), (0.55, -0.115), (0.44, 0.04), (-0.46, 0.04)]
    sheet.polygon([(x * length, y * length) for x, y in hull], dark)
    sheet.line([(-0.5 * length, -0.07 * length), (0.46 * length, -0.07 * length), (0.55 * length, -0.115 * length)], 0.004, mix(dark, palette.accents[2 % len(palette.accents)], 0.55))
    sheet.polygon([(-0.36 * length, -0.07 * length), (-0.34 * length, -0.19 * length), (0.16 * length, -0.19 * length), (0.2 * length, -0.07 * length)], mix(dark, palette.haze, 0.12))
    for step in range(4):
        x = (-0.30 + 0.125 * step) * length
        glass = palette.window if palette.lightness < 0.65 else mix(dark, palette.sky, 0.6)
        sheet.box(x, -0.165 * length, x + 0.09 * length, -0.105 * length, glass)
        if palette.lightness < 0.65:
            sheet.glow(x + 0.045 * length, -0.13 * length, 0.14 * length, palette.window, 0.5)
    sheet.line([(0.30 * length, -0.07 * length), (0.30 * length, -0.30 * length)], 0.0035, dark)
    sheet.glow(0.30 * length, -0.31 * length, 0.07 * length, palette.accents[0], 0.9)
    direction = 1 if stage.chance(0.5) else -1
    speed = 0.045 * (0.5 + parallax) if moving else 0.0
    if direction < 0:
        sheet.flip()
    x = stage.between(-0.35, 0.3) * stage.aspect - length * 0.6
    stage.add(Mover(stage, [sheet.cel()], (x, line - length * 0.40), parallax, speed=direction * speed, bob=0.0022, beat=1.5, reach=length))


def draw_tree(stage: Stage, sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    """A town tree: a trunk that branches, a crown of leaves (or bare in winter)."""
    bare = "snow" in stage.reading.weather
    sheet.limb((x, foot), (x, foot - height * 0.5), height * 0.06, height * 0.04, colour)
    for _ in range(9 if bare else 5):
        angle, long = stage.between(-1.1, 1.1), height * stage.between(0.3, 0.5)
        start = (x, foot - height * stage.between(0.35, 0.5))
        sheet.limb(start, (x + math.sin(angle) * long, start[1] - math.cos(angle) * long), height * 0.026, height * 0.008, colour)
    if bare:
        return
    leaf = mix(colour, stage.palette.horizon, 0.12)
    for _ in range(14):
        angle, r = stage.between(0, math.tau), height * 0.26 * stage.between(0.2, 1) ** 0.5
        cx, cy = x + math.cos(angle) * r * 1.1, foot - height * 0.74 + math.sin(angle) * r * 0.8
        size = height * stage.between(0.09, 0.15)
        sheet.ellipse(cx, cy, size, size * 0.8, mix(colour, leaf, stage.between(0, 1)))


def draw_bollard(sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    sheet.limb((x, foot + 0.01), (x, foot - height), height * 0.30, height * 0.24, colour)
    sheet.ellipse(x, foot - height, height * 0.19, height * 0.13, colour)


def draw_bicycle(sheet: Sheet, x: float, foot: float, height: float, colour: Colour, direction: int, turn: float = 0.0) -> None:
    """A town bicycle in profile; ``height`` from the ground to the handlebar."""
    r, thin = height * 0.33, max(height * 0.035, 0.0018)

    def to(px: float, py: float) -> Point:
        return x + direction * px * height, foot - py * height

    back, front, crank, seat, bar = (-0.48, 0.34), (0.50, 0.34), (-0.04, 0.30), (-0.16, 0.78), (0.34, 0.84)
    for wheel in (back, front):
        sheet.ring(*to(*wheel), r, r, thin, colour)
        for spoke in range(3):
            a = math.pi * spoke / 3 + turn * math.tau
            dx, dy = math.cos(a) * 0.31, math.sin(a) * 0.31
            sheet.line([to(wheel[0] - dx, wheel[1] - dy), to(wheel[0] + dx, wheel[1] + dy)], thin * 0.4, colour)
    for a, b in ((back, crank), (crank, seat), (seat, back), (crank, bar), ((-0.14, 0.7), (0.33, 0.74)), (bar, front)):
        sheet.line([to(*a), to(*b)], thin, colour)
    sheet.line([to(-0.26, 0.80), to(-0.06, 0.80)], thin * 2, colour)
    sheet.line([to(0.34, 0.84), to(0.30, 0.98), to(0.18, 0.99)], thin, colour)


def draw_antenna(sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    sheet.line([(x, foot), (x, foot - height)], 0.006, colour)
    for step, width in ((0.55, 0.12), (0.68, 0.09), (0.80, 0.13), (0.92, 0.06)):
        y = foot - height * step
        sheet.line([(x - width / 2, y + 0.006), (x + width / 2, y - 0.006)], 0.0035, colour)
    sheet.line([(x, foot - height * 0.7), (x + 0.12, foot)], 0.0018, colour)
    sheet.glow(x, foot - height, 0.05, (255, 60, 60), 1.0)


def draw_water_tank(sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    w = height * 0.30
    for leg in (-0.8, -0.1, 0.7):
        sheet.line([(x + w * leg, foot), (x + w * leg * 0.8, foot - height * 0.45)], 0.006, colour)
    sheet.line([(x - w * 0.8, foot - 0.05), (x + w * 0.7, foot - height * 0.4)], 0.003, colour)
    sheet.box(x - w, foot - height * 0.86, x + w, foot - height * 0.42, colour)
    sheet.polygon([(x - w * 1.08, foot - height * 0.86), (x + w * 1.08, foot - height * 0.86), (x, foot - height * 1.08)], colour)


def draw_stall(stage: Stage, sheet: Sheet, x: float, foot: float, width: float) -> None:
    """A market stall: striped awning, counter with wares, a lamp under it, the vendor behind."""
    palette = stage.palette
    colour = palette.accents[int(stage.rng.integers(len(palette.accents)))]
    dark = mix(palette.near, palette.haze, 0.16)
    top, counter = foot - 0.34, foot - 0.13
    lit = palette.lightness < 0.65
    sheet.box(x + 0.02, top + 0.06, x + width - 0.02, counter, mix(palette.near, palette.window, 0.30 if lit else 0.18))
    vx = x + width * stage.between(0.35, 0.65)
    sheet.ellipse(vx, counter - 0.115, 0.024, 0.028, dark)
    sheet.polygon([(vx - 0.055, counter), (vx - 0.045, counter - 0.075), (vx, counter - 0.095), (vx + 0.045, counter - 0.075), (vx + 0.055, counter)], dark)
    for px in (x + 0.012, x + width - 0.02):
        sheet.box(px, top, px + 0.009, foot, dark)
    sheet.box(x, counter, x + width, foot, mix(dark, colour, 0.12))
    for step in range(int(width / 0.03)):
        cx, size = x + 0.02 + 0.03 * step, stage.between(0.010, 0.017)
        fruit = palette.accents[int(stage.rng.integers(len(palette.accents)))]
        sheet.ellipse(cx, counter - size * 0.5, size, size, mix(dark, fruit, 0.55 if lit else 0.8))
    stripes = max(4, round(width / 0.05))
    for step in range(stripes):
        a, b = x - 0.02 + (width + 0.04) * step / stripes, x - 0.02 + (width + 0.04) * (step + 1) / stripes
        shade = mix(colour, palette.near, 0.35) if step % 2 else mix((230, 224, 214), palette.near, 0.45 if not lit else 0.62)
        inset = lambda px: x + width / 2 + (px - x - width / 2) * 0.86  # noqa: E731
        sheet.polygon([(inset(a), top - 0.045), (inset(b), top - 0.045), (b, top + 0.03), ((a + b) / 2, top + 0.045), (a, top + 0.03)], shade)
    if lit:
        sheet.ellipse(x + width / 2, top + 0.075, 0.010, 0.012, (255, 240, 210))
        sheet.glow(x + width / 2, top + 0.09, 0.26, palette.window, 0.75)


def add_lanterns(stage: Stage, parallax: float) -> None:
    """Strings of lanterns across the street."""
    palette = stage.palette
    sheet = stage.sheet(parallax, bottom=0.6)
    half = stage.span(parallax)
    for row in range(3):
        y, sag, start = 0.10 + 0.12 * row, stage.between(0.05, 0.1), stage.between(0, 0.5)
        points = [(-half + 2 * half * i / 48, y + sag * abs(math.sin(math.pi * (i / 12 + start)))) for i in range(49)]
        sheet.line(points, 0.0022, palette.near)
        for i, (x, ly) in enumerate(points[row::3]):
            colour = palette.accents[i % len(palette.accents)]
            bright = palette.lightness < 0.65
            sheet.ellipse(x, ly + 0.024, 0.013, 0.017, mix(colour, (255, 255, 255), 0.3) if bright else colour)
            if bright:
                sheet.glow(x, ly + 0.024, 0.10, colour, 0.6)
    stage.add_sheet(sheet, parallax)


def add_train(stage: Stage, parallax: float, foot: float) -> None:
    """A train passing behind the platform."""
    palette = stage.palette
    length, height = 2.6, 0.30
    sheet = Sheet(stage.unit, 0, -height - 0.02, length, 0.02)
    body = mix(palette.near, palette.haze, 0.28)
    sheet.box(0.06, -height, length, -0.01, body)
    sheet.polygon([(0.06, -height), (0.0, -height * 0.4), (0.01, -0.01), (0.08, -0.01)], body)
    sheet.box(0.02, -height * 0.26, length, -height * 0.22, palette.accents[1])
    x = 0.12
    while x < length - 0.1:
        glass = palette.window if palette.lightness < 0.65 else mix(body, palette.sky, 0.7)
        sheet.box(x, -height * 0.84, x + 0.13, -height * 0.42, glass)
        if stage.chance(0.6):
            px = x + stage.between(0.03, 0.1)
            sheet.ellipse(px, -height * 0.60, 0.014, 0.018, mix(body, palette.near, 0.6))
            sheet.box(px - 0.024, -height * 0.53, px + 0.024, -height * 0.42, mix(body, palette.near, 0.6))
        if palette.lightness < 0.65:
            sheet.glow(x + 0.065, -height * 0.6, 0.16, palette.window, 0.4)
        x += 0.17
    sheet.glow(0.02, -height * 0.2, 0.2, (255, 250, 230), 1.0)
    stage.add(Mover(stage, [sheet.cel()], (0.1, foot - height - 0.02), parallax, speed=-0.55, bob=0.0008, beat=19, reach=length))


def add_car(stage: Stage, parallax: float, foot: float, height: float) -> None:
    """A car driving by, its lamps on the road."""
    palette = stage.palette
    sheet = Sheet(stage.unit, -height * 2.6, -height * 1.2, height * 3.4, height * 0.2)
    draw_car(sheet, 0, 0, height, mix(palette.near, palette.haze, 0.08), palette.window, palette.lightness < 0.65)
    stage.add(Mover(stage, [sheet.cel()], (-stage.aspect * 0.55, foot - height * 1.2), parallax, speed=0.34, bob=0.0012, beat=11, reach=height * 3))


def draw_car(sheet: Sheet, x: float, foot: float, height: float, colour: Colour, window: Colour, lamps: bool) -> None:
    h = height
    outline = [(-1.75, -0.22), (-1.72, -0.52), (-1.45, -0.62), (-0.95, -0.68), (-0.55, -1.0), (0.35, -1.02), (0.85, -0.70), (1.5, -0.60), (1.75, -0.44), (1.78, -0.2)]
    sheet.polygon([(x + px * h, foot + py * h) for px, py in outline], colour)
    sheet.polygon([(x + px * h, foot + py * h) for px, py in ((-0.82, -0.68), (-0.5, -0.94), (-0.1, -0.95), (-0.1, -0.68))], mix(colour, window, 0.4))
    sheet.polygon([(x + px * h, foot + py * h) for px, py in ((-0.02, -0.68), (-0.02, -0.95), (0.31, -0.95), (0.66, -0.68))], mix(colour, window, 0.4))
    for wheel in (-1.08, 1.06):
        sheet.ellipse(x + wheel * h, foot - 0.22 * h, 0.27 * h, 0.27 * h, scaled(colour, 0.4))
        sheet.ellipse(x + wheel * h, foot - 0.22 * h, 0.13 * h, 0.13 * h, mix(colour, (150, 150, 160), 0.5))
    if lamps:
        sheet.ellipse(x + 1.72 * h, foot - 0.46 * h, 0.06 * h, 0.07 * h, (255, 250, 230))
        sheet.glow(x + 1.8 * h, foot - 0.46 * h, 0.6 * h, (255, 244, 214), 0.9)
        sheet.glow(x + 2.6 * h, foot - 0.12 * h, 1.0 * h, (255, 244, 214), 0.5, flat=0.25)
        sheet.glow(x - 1.75 * h, foot - 0.48 * h, 0.5 * h, (255, 50, 40), 0.9)


def add_rider(stage: Stage, parallax: float, foot: float) -> None:
    """Someone on a bicycle, pedalling by."""
    dark, height = mix(stage.palette.near, stage.palette.haze, 0.08), 0.15
    cels = []
    for step in range(12):
        turn = step / 12
        sheet = Sheet(stage.unit, -height * 1.1, -height * 2.1, height * 1.1, height * 0.08)
        draw_bicycle(sheet, 0, 0, height, dark, 1, turn)
        hip, shoulder, hand = (-0.16 * height, -0.88 * height), (0.06 * height, -1.42 * height), (0.24 * height, -1.0 * height)
        for side in (0, 0.5):
            a = math.tau * (turn + side)
            pedal = (-0.04 * height + 0.15 * height * math.cos(a), -0.30 * height + 0.15 * height * math.sin(a))
            knee = (0.16 * height + 0.06 * height * math.cos(a), -0.66 * height + 0.10 * height * math.sin(a))
            sheet.limb(hip, knee, height * 0.17, height * 0.12, dark)
            sheet.limb(knee, pedal, height * 0.12, height * 0.08, dark)
        sheet.limb(hip, shoulder, height * 0.22, height * 0.26, dark)
        sheet.limb(shoulder, hand, height * 0.11, height * 0.08, dark)
        sheet.ellipse(0.12 * height, -1.66 * height, height * 0.12, height * 0.15, dark)
        sheet.rim(stage.palette.accents[0], -0.002, 0.001, 0.8)
        sheet.glow(0.55 * height, -0.75 * height, height * 0.5, (255, 244, 214), 0.8)
        cels.append(sheet.cel())
    stage.add(Mover(stage, cels, (-stage.aspect * 0.3, foot - height * 2.1), parallax, speed=0.2, rate=13, reach=height * 2))


def add_beast(stage: Stage, name: str, parallax: float, foot: float) -> None:
    """An animal that walks along."""
    height = {"horse": 0.20, "camel": 0.23, "deer": 0.17, "dog": 0.10, "cat": 0.065}[name]
    dark = mix(stage.palette.near, stage.palette.haze, 0.08)
    cels = []
    for step in range(12):
        sheet = Sheet(stage.unit, -height * 1.2, -height * 1.35, height * 1.25, height * 0.05)
        _draw_beast(sheet, name, height, step / 12, dark)
        sheet.rim(stage.palette.key, 0.002, 0.0016, 0.6)
        cels.append(sheet.cel())
    speed = {"horse": 0.13, "camel": 0.08, "deer": 0.09, "dog": 0.10, "cat": 0.05}[name]
    stage.add(Mover(stage, cels, (-0.3 * stage.aspect, foot - height * 1.35), parallax, speed=speed, rate=13, reach=height))


def _draw_beast(sheet: Sheet, name: str, size: float, turn: float, colour: Colour) -> None:
    def limb(a: Point, b: Point, w0: float, w1: float) -> None:
        sheet.limb((a[0] * size, -a[1] * size), (b[0] * size, -b[1] * size), w0 * size, w1 * size, colour)

    slim = 0.8 if name == "cat" else 1.0
    for number, (hip, lag) in enumerate((((-0.42, 0.62), 0.0), ((-0.38, 0.62), 0.5), ((0.36, 0.60), 0.25), ((0.40, 0.60), 0.75))):
        angle = 0.42 * math.sin(math.tau * (turn + lag))
        lift = max(0.0, math.cos(math.tau * (turn + lag))) * 0.08
        knee = (hip[0] + math.sin(angle) * 0.26, hip[1] - 0.28)
        hoof = (knee[0] + math.sin(angle - 0.25 - lift * 3) * 0.30, lift)
        limb(hip, knee, 0.16 * slim if number < 2 else 0.13 * slim, 0.075 * slim)
        limb(knee, hoof, 0.07 * slim, 0.05 * slim)
    limb((-0.42, 0.68), (0.38, 0.68), 0.32 * slim, 0.30 * slim)
    nod = 0.03 * math.sin(math.tau * 2 * turn)
    if name == "camel":
        limb((-0.18, 0.84), (-0.14, 1.02), 0.34, 0.14)
        limb((0.14, 0.84), (0.16, 1.00), 0.30, 0.12)
    if name == "deer":
        for side in (0.0, 0.07):
            limb((0.64 + side, 1.14 + nod), (0.52 + side, 1.30 + nod), 0.03, 0.022)
            limb((0.56 + side, 1.24 + nod), (0.70 + side, 1.33 + nod), 0.022, 0.012)
    if name in ("horse", "camel", "deer"):
        limb((0.40, 0.74), (0.68, 1.06 + nod), 0.24, 0.14)
        limb((0.68, 1.08 + nod), (0.92, 0.90 + nod), 0.15, 0.085)
        limb((0.66, 1.16 + nod), (0.64, 1.24 + nod), 0.05, 0.02)
        if name == "horse":
            limb((0.34, 0.86), (0.62, 1.15 + nod), 0.10, 0.06)
        limb((-0.54, 0.72), (-0.72, 0.36 - nod) if name == "horse" else (-0.62, 0.56), 0.06, 0.08 if name == "horse" else 0.03)
    else:
        limb((0.42, 0.76), (0.62, 0.96 + nod), 0.22 * slim, 0.18 * slim)
        limb((0.62, 0.98 + nod), (0.84, 0.92 + nod), 0.20, 0.085)
        limb((0.57, 1.05 + nod), (0.54, 1.17 + nod), 0.07, 0.02)
        limb((-0.52, 0.72), (-0.86, 1.00 + nod * 2), 0.08, 0.04)


def add_fire(stage: Stage, x: float, foot: float, height: float, parallax: float = 0.9) -> None:
    """Flames that lick, and the glow around them."""
    seeds = [(stage.between(-0.28, 0.28), stage.between(0.5, 1.0), stage.between(0, math.tau)) for _ in range(9)]

    def paint(sheet: Sheet, turn: float) -> None:
        for colour, share in (((255, 90, 20), 1.0), ((255, 160, 40), 0.72), ((255, 226, 120), 0.42)):
            for offset, tall, phase in seeds:
                wave = math.sin(math.tau * turn * (2 if tall > 0.7 else 1) + phase)
                px, top = x + offset * height * share, foot - height * tall * share * (0.85 + 0.15 * wave)
                w = height * 0.16 * share
                sheet.polygon([(px - w, foot), (px - w * 0.9, foot - (foot - top) * 0.35), (px + wave * w * 0.9, top), (px + w * 0.9, foot - (foot - top) * 0.4), (px + w, foot)], colour)
        sheet.limb((x - height * 0.45, foot), (x + height * 0.4, foot - height * 0.06), height * 0.10, height * 0.08, (20, 12, 10))
        sheet.limb((x + height * 0.45, foot), (x - height * 0.4, foot - height * 0.06), height * 0.10, height * 0.08, (26, 15, 10))
        beat = 0.75 + 0.12 * math.sin(math.tau * turn * 3) + 0.08 * math.sin(math.tau * turn * 5 + 1)
        sheet.glow(x, foot - height * 0.5, height * 4.2, (255, 130, 50), 0.55 * beat)
        sheet.glow(x, foot - height * 0.4, height * 1.3, (255, 170, 70), 0.6 * beat)

    box = (x - height * 4, foot - height * 4, x + height * 4, foot + height * 1.2)
    stage.add(Drawn(stage, box, parallax, paint, steps=20, seconds=1.6))


def add_flame(stage: Stage, x: float, y: float, parallax: float) -> None:
    """A candle flame that never stands quite still."""

    def paint(sheet: Sheet, turn: float) -> None:
        lean = 0.004 * math.sin(math.tau * turn) + 0.002 * math.sin(math.tau * 3 * turn)
        sheet.polygon([(x - 0.006, y - 0.008), (x + lean, y - 0.034), (x + 0.006, y - 0.008), (x, y)], (255, 214, 120))
        sheet.ellipse(x, y - 0.010, 0.005, 0.009, (255, 244, 200))
        beat = 0.85 + 0.1 * math.sin(math.tau * turn * 2) + 0.05 * math.sin(math.tau * turn * 5)
        sheet.glow(x, y - 0.02, 0.34, (255, 160, 70), 0.55 * beat)
        sheet.glow(x, y - 0.02, 0.07, (255, 200, 110), 0.7)

    stage.add(Drawn(stage, (x - 0.36, y - 0.38, x + 0.36, y + 0.34), parallax, paint, steps=16, seconds=1.3))


def add_steam(stage: Stage, x: float, y: float, parallax: float = 0.65) -> None:
    """Steam that rises and thins."""

    def paint(sheet: Sheet, turn: float) -> None:
        for puff in range(6):
            up = (turn + puff / 6) % 1
            sheet.glow(x + 0.02 * math.sin(up * 7 + puff), y - 0.22 * up, 0.02 + 0.05 * up, (150, 150, 150), 0.30 * (1 - up) * min(1, up * 6))

    stage.add(Drawn(stage, (x - 0.12, y - 0.34, x + 0.12, y + 0.04), parallax, paint, steps=36, seconds=3.0, only_light=True))
