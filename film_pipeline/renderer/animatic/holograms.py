"""Advertisements of light as high as houses: a fish that swims in the air, a globe, a face."""

import math

from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.movers import Drawn, as_light, hologram_level, scanlines
from film_pipeline.renderer.animatic.palette import Colour, scaled
from film_pipeline.renderer.animatic.stage import Stage


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
    for land, (longitude, latitude, size) in enumerate(
        ((0.1, -0.3, 0.34), (1.3, 0.2, 0.42), (2.6, -0.1, 0.3), (3.9, 0.3, 0.36), (5.0, -0.35, 0.4))
    ):
        angle = longitude + turn * math.tau
        if math.cos(angle) > 0.1:
            cx, cy = x + radius * math.sin(angle) * 0.9, y + radius * latitude
            width = size * radius * math.cos(angle)
            points = [
                (
                    cx + width * math.cos(a) * (0.7 + 0.3 * math.sin(3 * a + land)),
                    cy + size * radius * 0.6 * math.sin(a) * (0.7 + 0.3 * math.cos(2 * a + land)),
                )
                for a in (math.tau * i / 14 for i in range(14))
            ]
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
    sheet.polygon(
        [
            spine[-2],
            (tail[0] - size * 0.24, tail[1] - size * 0.17 + sway),
            (tail[0] - size * 0.15, tail[1] + sway * 0.8),
            (tail[0] - size * 0.24, tail[1] + size * 0.17 + sway),
        ],
        scaled(second, 0.5),
    )
    fin = spine[6]
    flap = 0.05 * size * math.sin(math.tau * turn * 2)
    sheet.polygon(
        [fin, (fin[0] - size * 0.17, fin[1] + size * 0.24 + flap), (fin[0] - size * 0.13, fin[1] + size * 0.06)],
        scaled(second, 0.5),
    )
    sheet.polygon([upper[6], (fin[0] - size * 0.12, fin[1] - size * 0.25), upper[12]], scaled(colour, 0.35))
    line = max(0.002, size * 0.008)
    sheet.line(upper, line, colour)
    sheet.line(lower, line, colour)
    for i in range(4, 17, 2):
        sheet.line([upper[i], spine[i], lower[i]], line * 0.6, scaled(colour, 0.6))
    sheet.ellipse(x + size * 0.41, y - size * 0.03, size * 0.018, size * 0.018, (255, 255, 255))
    for share in (4, 10, 16):
        sheet.glow(*spine[share], size * 0.42, colour, 0.28)


def draw_face_of_light(
    sheet: Sheet, x: float, y: float, size: float, turn: float, colour: Colour, second: Colour
) -> None:
    """A woman's face on a screen of light: outline, eyes that close now and then, lips."""
    thin = max(0.002, size * 0.012)
    faint = scaled(colour, 0.35)
    oval = [
        (x + size * 0.30 * math.cos(a) * (1 - 0.12 * max(0, math.sin(a))), y + size * 0.46 * math.sin(a))
        for a in (math.tau * i / 40 for i in range(41))
    ]
    sheet.polygon(oval, scaled(colour, 0.22))
    hair = [
        (x - size * 0.40, y + size * 0.55),
        (x - size * 0.42, y - size * 0.2),
        (x - size * 0.2, y - size * 0.55),
        (x + size * 0.12, y - size * 0.58),
        (x + size * 0.38, y - size * 0.36),
        (x + size * 0.44, y + size * 0.1),
        (x + size * 0.40, y + size * 0.55),
        (x + size * 0.28, y + size * 0.1),
        (x + size * 0.2, y - size * 0.28),
        (x - size * 0.14, y - size * 0.22),
        (x - size * 0.29, y + size * 0.08),
    ]
    sheet.polygon(hair, scaled(second, 0.45))
    sheet.line(oval, thin, colour)
    opening = 0.1 if 0.46 < turn < 0.52 else 1.0
    for side in (-1, 1):
        ex, ey = x + side * size * 0.12, y - size * 0.04
        sheet.ellipse(ex, ey, size * 0.062, size * 0.030 * opening, colour)
        sheet.ellipse(ex, ey, size * 0.024, size * 0.026 * opening, scaled(second, 0.4))
        sheet.line(
            [(ex - size * 0.075, ey - size * 0.075), (ex, ey - size * 0.098), (ex + size * 0.075, ey - size * 0.08)],
            thin,
            faint,
        )
    sheet.line(
        [(x + size * 0.012, y), (x + size * 0.03, y + size * 0.14), (x - size * 0.01, y + size * 0.15)],
        thin * 0.8,
        faint,
    )
    sheet.polygon(
        [
            (x - size * 0.085, y + size * 0.255),
            (x - size * 0.03, y + size * 0.232),
            (x, y + size * 0.24),
            (x + size * 0.03, y + size * 0.232),
            (x + size * 0.085, y + size * 0.255),
            (x, y + size * 0.295),
        ],
        second,
    )
    sheet.glow(x, y, size * 1.0, colour, 0.34)


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
    stage.add(
        Drawn(
            stage,
            (x - reach, y - reach * 0.85, x + reach, y + reach * 0.85),
            parallax,
            paint,
            steps=24,
            seconds=seconds,
            level=hologram_level,
            only_light=True,
        )
    )
