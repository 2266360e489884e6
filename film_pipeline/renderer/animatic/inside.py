"""Rooms with a window, kitchens, bars, offices, labs. The builder returns where a person stands."""

import math

from film_pipeline.renderer.animatic.backdrop import add_sky
from film_pipeline.renderer.animatic.buildings import add_skyline
from film_pipeline.renderer.animatic.creatures import add_animals
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light, Rain
from film_pipeline.renderer.animatic.movers import as_light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.people import add_crowd
from film_pipeline.renderer.animatic.props import add_flame, add_steam
from film_pipeline.renderer.animatic.signs import draw_neon
from film_pipeline.renderer.animatic.stage import Stage
from film_pipeline.renderer.animatic.vehicles import add_flyers

_WALLS: dict[str, Colour] = {
    "room": (120, 88, 84),
    "kitchen": (156, 132, 98),
    "bar": (116, 62, 54),
    "office": (86, 96, 108),
    "lab": (84, 112, 124),
}


def build_room(stage: Stage) -> float:
    """A back wall with a window to the world outside, furniture by kind of room, a lamp, dust in the light."""
    reading, palette = stage.reading, stage.palette
    dark = palette.lightness < 0.6
    wall = mix(palette.near, _WALLS[reading.place], 0.62 if dark else 0.85)
    if reading.cyber:
        wall = mix(wall, (60, 40, 110), 0.4)
    x, width = stage.between(-0.2, 0.2) * stage.aspect, min(0.62, stage.aspect * 0.42)
    window = (x - width / 2, 0.16, x + width / 2, 0.56)
    _outside(stage)
    _back_wall(stage, window, wall)
    _furniture(stage, wall, dark)
    _lamp(stage, wall, dark, window)
    _beam(stage, window, dark)
    if reading.place == "bar" or "crowd" in reading.subjects:
        add_crowd(stage, 3, 0.93, 0.42, 0.7, 0.25)
    stage.add(Flakes(stage, 40, 0.0034, -0.010, 70, sway=0.04, colour=palette.window if dark else palette.key))
    add_animals(stage, 0.95)
    return 0.965


def _outside(stage: Stage) -> None:
    """What one sees through the window; rain runs there too."""
    add_sky(stage, 0.5)
    if stage.reading.cyber or not stage.reading.recognised or stage.reading.dark:
        add_skyline(stage, 0.12, base=0.6, low=0.12, high=0.34, depth=0.6, signs=stage.reading.cyber)
        if stage.reading.cyber:
            add_flyers(stage, 4)
    else:
        add_skyline(stage, 0.12, base=0.6, low=0.05, high=0.14, depth=0.7)
    if stage.reading.wet:
        stage.add(Rain(stage, 0.2), Rain(stage, 0.6))


def _back_wall(stage: Stage, window: tuple[float, float, float, float], wall: Colour) -> None:
    palette, reading = stage.palette, stage.reading
    left, top, right, bottom = window
    sheet = stage.sheet(0.45)
    half = stage.span(0.45)
    floor = mix(palette.near, mix(wall, (60, 40, 30), 0.5), 0.45)
    sheet.box(-half, -stage.headroom, half, 0.80, wall)
    panel = mix(wall, palette.near, 0.22)
    step = 0.16
    for i in range(int(2 * half / step) + 1):
        sheet.line([(-half + i * step, 0.60), (-half + i * step, 0.78)], 0.003, panel)
    sheet.box(-half, 0.595, half, 0.605, panel)
    sheet.box(-half, 0.775, half, 0.80, panel)
    sheet.box(-half, 0.80, half, 1.0, floor)
    for i in range(-10, 11):
        sheet.line([(i * 0.16, 0.80), (i * 0.34, 1.0)], 0.0025, mix(floor, palette.near, 0.4))
    sheet.fade(palette.near, 0.40, 0.0, start=-stage.headroom, end=0.45)
    frame = mix(wall, palette.near, 0.55)
    sheet.box(left - 0.020, top - 0.020, right + 0.020, bottom + 0.030, frame)
    sheet.pen.rectangle((*sheet.at(left, top), *sheet.at(right, bottom)), fill=(0, 0, 0, 0))
    cx = (left + right) / 2
    sheet.box(cx - 0.006, top, cx + 0.006, bottom, frame)
    sheet.box(left, (top + bottom) / 2 - 0.005, right, (top + bottom) / 2 + 0.005, frame)
    if reading.place in ("office", "room") and (reading.dark or reading.cyber) and stage.chance(0.6):
        for i in range(13):
            y = top + (bottom - top) * i / 13
            sheet.box(left, y, right, y + 0.010, mix(frame, palette.near, 0.3))
    _wall_things(stage, sheet, window, half, wall)
    stage.add_sheet(sheet, 0.45)


def _wall_things(
    stage: Stage, sheet: Sheet, window: tuple[float, float, float, float], half: float, wall: Colour
) -> None:
    """Shelves, pictures, bottles, screens, neon: what a wall of this room carries, left and right of the window."""
    palette, place = stage.palette, stage.reading.place
    for side in (-1, 1):
        edge = window[0] - 0.06 if side < 0 else window[2] + 0.06
        far = -half + 0.03 if side < 0 else half - 0.03
        left, right = (far, edge) if side < 0 else (edge, far)
        if right - left < 0.12:
            continue
        if place in ("lab", "office") and side > 0:
            _screens(stage, sheet, left, right)
            continue
        if place == "bar" and side > 0:
            for number, colour in enumerate(palette.accents[:2]):
                draw_neon(stage, sheet, left + 0.08 + 0.14 * number, 0.18 + 0.05 * number, 0.04, 0.14, colour)
        if place == "room" and side > 0:
            _pictures(stage, sheet, left, right, wall)
            continue
        for shelf in range(3):
            y = 0.28 + 0.12 * shelf
            sheet.box(left, y, right, y + 0.008, mix(wall, palette.near, 0.6))
            _row_of_things(stage, sheet, left, right, y, wall, place)


def _row_of_things(stage: Stage, sheet: Sheet, left: float, right: float, y: float, wall: Colour, place: str) -> None:
    palette = stage.palette
    x = left + 0.008
    while x < right - 0.03:
        tint = palette.accents[int(stage.rng.integers(len(palette.accents)))]
        colour = mix(mix(wall, palette.near, 0.5), tint, stage.between(0.1, 0.5))
        if place in ("bar", "lab"):
            h, w = stage.between(0.05, 0.085), 0.018
            sheet.box(x, y - h * 0.62, x + w, y, colour)
            sheet.box(x + w * 0.32, y - h, x + w * 0.68, y - h * 0.5, colour)
            sheet.box(x + w * 0.15, y - h * 0.5, x + w * 0.32, y - 0.004, mix(colour, (255, 255, 255), 0.4))
            x += stage.between(0.022, 0.034)
        elif place == "kitchen":
            r = stage.between(0.018, 0.030)
            sheet.box(x, y - r * 1.5, x + r * 2, y, colour)
            sheet.ellipse(x + r, y - r * 1.5, r, r * 0.35, mix(colour, (255, 255, 255), 0.25))
            x += r * 2 + stage.between(0.01, 0.04)
        else:
            w, h = stage.between(0.009, 0.019), stage.between(0.05, 0.085)
            sheet.box(x, y - h, x + w, y, colour)
            x += w + 0.0015 if stage.chance(0.93) else 0.05


def _screens(stage: Stage, sheet: Sheet, left: float, right: float) -> None:
    palette = stage.palette
    cool = palette.accents[1] if palette.lightness < 0.6 else (90, 160, 190)
    for row in range(2):
        for column in range(max(1, int((right - left) / 0.2))):
            x, y = left + 0.2 * column, 0.24 + 0.17 * row
            sheet.box(x, y, x + 0.17, y + 0.13, mix(palette.near, cool, 0.28))
            points = [
                (x + 0.01 + 0.15 * i / 14, y + 0.065 + 0.035 * math.sin(i * 1.1 + row + column) * stage.between(0.4, 1))
                for i in range(15)
            ]
            sheet.line(points, 0.003, mix(cool, (255, 255, 255), 0.3))
            sheet.box(x + 0.01, y + 0.11, x + stage.between(0.05, 0.15), y + 0.117, cool)
            sheet.glow(x + 0.085, y + 0.065, 0.20, cool, 0.35)


def _pictures(stage: Stage, sheet: Sheet, left: float, right: float, wall: Colour) -> None:
    palette = stage.palette
    x = left + 0.03
    while x < right - 0.12:
        w, h = stage.between(0.10, 0.16), stage.between(0.12, 0.2)
        sheet.box(x, 0.24, x + w, 0.24 + h, mix(palette.near, wall, 0.25))
        sheet.box(x + 0.010, 0.25, x + w - 0.010, 0.23 + h, mix(wall, palette.horizon, 0.45))
        sheet.polygon(
            [(x + 0.010, 0.23 + h), (x + w * 0.4, 0.25 + h * 0.4), (x + w - 0.010, 0.23 + h)],
            mix(wall, palette.far, 0.6),
        )
        x += w + 0.05


def _furniture(stage: Stage, wall: Colour, dark: bool) -> None:
    """The table, counter or bench in the middle ground."""
    palette, place = stage.palette, stage.reading.place
    sheet = stage.sheet(0.65, top=0.3)
    wood = mix(palette.near, mix(wall, (110, 70, 40), 0.5), 0.34 if dark else 0.6)
    half, edge = stage.span(0.65), mix(wood, palette.window, 0.35)
    side = -1 if stage.chance(0.5) else 1
    if place in ("bar", "kitchen", "lab"):
        left, right = (-half, stage.aspect * 0.18) if side < 0 else (-stage.aspect * 0.18, half)
        sheet.box(left, 0.70, right, 0.92, wood)
        sheet.box(left, 0.69, right, 0.708, edge)
        for i in range(int((right - left) / 0.2)):
            x = left + 0.2 * i
            sheet.box(x + 0.02, 0.73, x + 0.18, 0.90, mix(wood, palette.near, 0.25))
        _on_the_table(stage, sheet, left + 0.1, right - 0.1, 0.69)
    else:
        cx, w = side * stage.aspect * 0.20, min(0.36, stage.aspect * 0.3)
        sheet.box(cx - w, 0.725, cx + w, 0.745, edge)
        sheet.box(cx - w * 0.95, 0.745, cx + w * 0.95, 0.79, wood)
        sheet.box(cx - w * 0.92, 0.79, cx - w * 0.84, 0.95, wood)
        sheet.box(cx + w * 0.84, 0.79, cx + w * 0.92, 0.95, wood)
        _on_the_table(stage, sheet, cx - w * 0.8, cx + w * 0.8, 0.725)
        chair = mix(wood, palette.near, 0.45)
        at = cx - side * (w + 0.10)
        stage.seat = (at + side * 0.06, side)
        sheet.box(at - 0.012, 0.60, at + 0.012, 0.96, chair)
        sheet.box(min(at, at + side * 0.12), 0.80, max(at, at + side * 0.12), 0.822, chair)
        sheet.box(at + side * 0.11 - 0.01, 0.82, at + side * 0.11 + 0.01, 0.96, chair)
    stage.add_sheet(sheet, 0.65)


def _on_the_table(stage: Stage, sheet: Sheet, left: float, right: float, y: float) -> None:
    palette = stage.palette
    reading = stage.reading
    thing = mix(palette.near, palette.haze, 0.2)
    x = left + (right - left) * 0.3
    sheet.box(x, y - 0.035, x + 0.026, y, mix(thing, palette.window, 0.25))
    sheet.ring(x + 0.030, y - 0.018, 0.010, 0.011, 0.003, mix(thing, palette.window, 0.25))
    x = left + (right - left) * 0.62
    sheet.polygon(
        [(x, y), (x + 0.09, y), (x + 0.08, y - 0.008), (x + 0.01, y - 0.008)], mix(thing, (230, 226, 214), 0.5)
    )
    if "screen" in reading.lights or reading.place in ("office", "lab"):
        cool = palette.accents[1]
        x = left + (right - left) * 0.45
        sheet.polygon([(x, y), (x + 0.13, y), (x + 0.145, y - 0.10), (x + 0.015, y - 0.10)], thing)
        sheet.polygon(
            [(x + 0.02, y - 0.012), (x + 0.122, y - 0.012), (x + 0.134, y - 0.092), (x + 0.026, y - 0.092)],
            mix(cool, (255, 255, 255), 0.2),
        )
        sheet.glow(x + 0.07, y - 0.06, 0.30, cool, 0.55)
    if reading.place == "kitchen":
        x = right - 0.12
        sheet.box(x, y - 0.055, x + 0.10, y, thing)
        sheet.line([(x + 0.1, y - 0.045), (x + 0.16, y - 0.055)], 0.008, thing)
        add_steam(stage, x + 0.05, y - 0.06)
    if "candle" in reading.lights:
        for offset in (0.15, 0.5, 0.8):
            x = left + (right - left) * offset
            sheet.box(x - 0.006, y - 0.06, x + 0.006, y, (236, 224, 196))
            add_flame(stage, x, y - 0.062, 0.65)


def _lamp(stage: Stage, wall: Colour, dark: bool, window: tuple[float, float, float, float]) -> None:
    """A hanging lamp with its cone of light."""
    palette = stage.palette
    x = stage.between(-0.3, 0.3) * stage.aspect
    sheet = Sheet(stage.unit, x - 0.7, -stage.headroom, x + 0.7, 1.0)
    shade = mix(palette.near, wall, 0.25)
    sheet.line([(x, -stage.headroom), (x, 0.10)], 0.003, shade)
    sheet.polygon([(x - 0.030, 0.10), (x + 0.030, 0.10), (x + 0.085, 0.165), (x - 0.085, 0.165)], shade)
    lit = palette.window if not stage.reading.cyber else palette.accents[2]
    if dark:
        sheet.ellipse(x, 0.168, 0.07, 0.012, mix(lit, (255, 255, 255), 0.6))
        sheet.glow(x, 0.20, 0.60, lit, 0.55)
        sheet.glow(x, 0.17, 0.16, lit, 0.8)
        sheet.glow(x, 0.74, 0.45, lit, 0.28, flat=0.35)
    stage.add(Light(stage, sheet.cel(smooth=stage.moving), sheet.left, sheet.top, 0.5, "pulse" if not dark else "lamp"))


def _beam(stage: Stage, window: tuple[float, float, float, float], dark: bool) -> None:
    """Light that falls in through the window, slowly changing."""
    left, top, right, _ = window
    colour = stage.palette.accents[0] if stage.reading.cyber else mix(stage.palette.key, stage.palette.horizon, 0.4)
    sheet = Sheet(stage.unit, left - 0.6, top, right + 0.2, 1.0, scale=1)
    middle = (left + right) / 2
    shade = scaled(colour, 0.15 if dark else 0.24)
    for a, b in ((left, middle - 0.006), (middle + 0.006, right)):
        sheet.polygon([(a, top), (b, top), (b - 0.30, 1.0), (a - 0.50, 1.0)], shade)
    sheet.fade_out(top + 0.1, 1.0)
    sheet.blur(0.012)
    as_light(sheet)
    style = "flicker" if stage.reading.cyber else "pulse"
    stage.add(Light(stage, sheet.cel(only_light=True, smooth=stage.moving), sheet.left, top, 0.55, style))
