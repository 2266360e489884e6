"""What rolls, floats and flies: cars, bicycles, trains, boats, flying cars, drones."""

import math

from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.movers import Mover
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Stage


def add_flyers(stage: Stage, count: int) -> None:
    """Flying cars in lanes: little lights that cross the sky."""
    for index in range(count):
        near = stage.between(0, 1) ** 2
        size, direction = 0.012 + 0.034 * near, -1 if index % 2 else 1
        y = stage.between(0.06, 0.44)
        sheet = Sheet(stage.unit, -3 * size, -1.6 * size, 3 * size, 1.6 * size)
        _draw_flyer(sheet, size, direction, mix(stage.palette.near, stage.palette.haze, 0.7 - 0.6 * near))
        speed = direction * (0.05 + 0.22 * near)
        stage.add(
            Mover(
                stage,
                [sheet.cel()],
                (stage.between(-1, 1) * stage.aspect, y),
                0.15 + 0.3 * near,
                speed=speed,
                bob=0.004,
                beat=1.3,
            )
        )


def _draw_flyer(sheet: Sheet, size: float, direction: int, colour: Colour) -> None:
    hull = [
        (-1, 0.05),
        (-0.8, -0.18),
        (-0.3, -0.24),
        (0.1, -0.44),
        (0.55, -0.40),
        (0.82, -0.14),
        (1, 0.0),
        (0.8, 0.2),
        (-0.8, 0.22),
    ]
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
    stage.add(
        Mover(stage, cels, (x * stage.aspect - 2.2 * size, y - size), 0.6, speed=0.03, rate=24, bob=0.014, beat=1.9)
    )


def add_boat(stage: Stage, parallax: float, line: float, length: float, *, moving: bool) -> None:
    """A canal boat with a lit cabin, low on the water."""
    palette = stage.palette
    sheet = Sheet(stage.unit, -length * 0.62, -length * 0.40, length * 0.62, length * 0.10)
    dark = mix(palette.near, palette.haze, 0.10)
    hull = [(-0.5, -0.07), (0.46, -0.07), (0.55, -0.115), (0.44, 0.04), (-0.46, 0.04)]
    sheet.polygon([(x * length, y * length) for x, y in hull], dark)
    sheet.line(
        [(-0.5 * length, -0.07 * length), (0.46 * length, -0.07 * length), (0.55 * length, -0.115 * length)],
        0.004,
        mix(dark, palette.accents[2 % len(palette.accents)], 0.55),
    )
    sheet.polygon(
        [
            (-0.36 * length, -0.07 * length),
            (-0.34 * length, -0.19 * length),
            (0.16 * length, -0.19 * length),
            (0.2 * length, -0.07 * length),
        ],
        mix(dark, palette.haze, 0.12),
    )
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
    stage.add(
        Mover(
            stage,
            [sheet.cel()],
            (x, line - length * 0.40),
            parallax,
            speed=direction * speed,
            bob=0.0022,
            beat=1.5,
            reach=length,
        )
    )


def draw_bicycle(
    sheet: Sheet, x: float, foot: float, height: float, colour: Colour, direction: int, turn: float = 0.0
) -> None:
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
    for start, end in (
        (back, crank),
        (crank, seat),
        (seat, back),
        (crank, bar),
        ((-0.14, 0.7), (0.33, 0.74)),
        (bar, front),
    ):
        sheet.line([to(*start), to(*end)], thin, colour)
    sheet.line([to(-0.26, 0.80), to(-0.06, 0.80)], thin * 2, colour)
    sheet.line([to(0.34, 0.84), to(0.30, 0.98), to(0.18, 0.99)], thin, colour)


def add_train(stage: Stage, parallax: float, foot: float) -> None:
    """A train passing behind the platform."""
    palette = stage.palette
    length, height = 2.6, 0.30
    sheet = Sheet(stage.unit, -0.25, -height - 0.02, length, 0.20)
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
    stage.add(
        Mover(
            stage,
            [sheet.cel()],
            (-0.15, foot - height - 0.02),
            parallax,
            speed=-0.55,
            bob=0.0008,
            beat=19,
            reach=length,
        )
    )


def add_car(stage: Stage, parallax: float, foot: float, height: float) -> None:
    """A car driving by, its lamps on the road."""
    palette = stage.palette
    sheet = Sheet(stage.unit, -height * 2.6, -height * 1.2, height * 3.8, height * 0.2)
    draw_car(sheet, 0, 0, height, mix(palette.near, palette.haze, 0.08), palette.window, palette.lightness < 0.65)
    stage.add(
        Mover(
            stage,
            [sheet.cel()],
            (-stage.aspect * 0.55, foot - height * 1.2),
            parallax,
            speed=0.34,
            bob=0.0012,
            beat=11,
            reach=height * 3,
        )
    )


def draw_car(sheet: Sheet, x: float, foot: float, height: float, colour: Colour, window: Colour, lamps: bool) -> None:
    h = height
    outline = [
        (-1.75, -0.22),
        (-1.72, -0.52),
        (-1.45, -0.62),
        (-0.95, -0.68),
        (-0.55, -1.0),
        (0.35, -1.02),
        (0.85, -0.70),
        (1.5, -0.60),
        (1.75, -0.44),
        (1.78, -0.2),
    ]
    sheet.polygon([(x + px * h, foot + py * h) for px, py in outline], colour)
    sheet.polygon(
        [(x + px * h, foot + py * h) for px, py in ((-0.82, -0.68), (-0.5, -0.94), (-0.1, -0.95), (-0.1, -0.68))],
        mix(colour, window, 0.4),
    )
    sheet.polygon(
        [(x + px * h, foot + py * h) for px, py in ((-0.02, -0.68), (-0.02, -0.95), (0.31, -0.95), (0.66, -0.68))],
        mix(colour, window, 0.4),
    )
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
        hip, shoulder, hand = (
            (-0.16 * height, -0.88 * height),
            (0.06 * height, -1.42 * height),
            (0.24 * height, -1.0 * height),
        )
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
    stage.add(
        Mover(stage, cels, (-stage.aspect * 0.3, foot - height * 2.1), parallax, speed=0.2, rate=13, reach=height * 2)
    )
