"""Towers, houses, gables, windows, drawn onto a sheet that a place has given."""

import math

from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.signs import draw_tower_signs
from film_pipeline.renderer.animatic.stage import Stage


def add_skyline(
    stage: Stage, parallax: float, *, base: float, low: float, high: float, depth: float, signs: bool = False
) -> None:
    """Towers from ``low`` to ``high`` picture heights over ``base``; ``depth`` 0 is near, 1 lost in the haze."""
    palette = stage.palette
    sheet = stage.sheet(parallax, top=min(base - high - 0.2, -stage.headroom), bottom=base)
    half = stage.span(parallax)
    x = -half - 0.05
    while x < half:
        width = stage.between(0.05, 0.15) * (1.25 - 0.4 * depth)
        rise = low + (high - low) * stage.between(0, 1) ** 1.6
        colour = mix(palette.far, palette.haze, depth * 0.75 + stage.between(-0.06, 0.06))
        colour = mix(palette.near, colour, 0.35 + 0.65 * depth)
        _tower(stage, sheet, x, base, width, rise, colour, depth)
        x += width * stage.between(0.72, 1.15)
    sheet.fade(palette.haze, 0.0, 0.55 * (0.4 + depth), start=base - high, end=base)
    _tower_windows_glow(stage, sheet, half, base, low, depth)
    if signs:
        draw_tower_signs(stage, sheet, half, base, low)
    stage.add_sheet(sheet, parallax)


def _tower(
    stage: Stage, sheet: Sheet, x: float, base: float, width: float, rise: float, colour: Colour, depth: float
) -> None:
    top = base - rise
    sheet.box(x, top, x + width, base, colour)
    kind = int(stage.rng.integers(6))
    if kind == 0:
        sheet.polygon([(x, top), (x + width, top), (x + width, top - width * 0.5)], colour)
    elif kind == 1:
        sheet.box(x + width * 0.22, top - 0.035, x + width * 0.78, top, colour)
        sheet.box(x + width * 0.42, top - 0.075, x + width * 0.58, top, colour)
    elif kind == 2:
        sheet.line([(x + width / 2, top), (x + width / 2, top - 0.08)], 0.003, colour)
        sheet.glow(x + width / 2, top - 0.08, 0.018, (255, 60, 60), 0.8)
    elif kind == 3:
        sheet.ellipse(x + width / 2, top, width / 2, width * 0.34, colour)
    _lit_windows(stage, sheet, (x, top + 0.012, x + width, base), colour, 0.0105, 0.30 - 0.1 * depth, depth)


def _lit_windows(
    stage: Stage,
    sheet: Sheet,
    box: tuple[float, float, float, float],
    wall: Colour,
    pitch: float,
    share: float,
    depth: float,
) -> None:
    """A grid of small windows; whole floors are lit or dark together, as offices are."""
    palette = stage.palette
    left, top, right, bottom = box
    pitch = max(pitch, 3.2 / stage.unit)
    columns, rows = int((right - left - pitch * 0.6) / pitch), int((bottom - top) / (pitch * 1.5))
    if columns < 1 or rows < 1:
        return
    bright = palette.lightness > 0.5
    glass = mix(wall, palette.sky, 0.45) if bright else palette.window
    cold = mix(palette.window, palette.accents[1 % len(palette.accents)], 0.7)
    lit = stage.rng.random((rows, columns)) < (share if not bright else 0.75) * (
        stage.rng.random((rows, 1)) * 1.4 + 0.1
    )
    tone = stage.rng.random((rows, columns))
    for row in range(rows):
        for column in range(columns):
            if lit[row, column]:
                x, y = left + pitch * (0.5 + column), top + pitch * 1.5 * row
                colour = mix(
                    wall,
                    cold if tone[row, column] > 0.72 else glass,
                    (0.85 - 0.55 * depth) * (0.4 + 0.6 * float(tone[row, column])),
                )
                sheet.box(x, y, x + pitch * 0.55, y + pitch * 0.85, colour)


def _tower_windows_glow(stage: Stage, sheet: Sheet, half: float, base: float, low: float, depth: float) -> None:
    if stage.palette.lightness > 0.5:
        return
    for _ in range(round(10 * half)):
        colour = stage.palette.accents[int(stage.rng.integers(len(stage.palette.accents)))]
        sheet.glow(
            stage.between(-half, half),
            base - stage.between(0, low),
            stage.between(0.06, 0.16),
            colour,
            0.14 * (1.2 - depth),
        )


def draw_house(stage: Stage, sheet: Sheet, x: float, base: float, width: float, height: float, depth: float) -> None:
    """A plain town house with rows of windows, a cornice and things on its roof."""
    palette = stage.palette
    wall = mix(palette.near, palette.far, 0.45 + stage.between(0, 0.3))
    wall = mix(wall, palette.haze, depth)
    top = base - height
    sheet.box(x, top, x + width, base, wall)
    sheet.box(x - 0.004, top - 0.006, x + width + 0.004, top + 0.008, mix(wall, palette.horizon, 0.18))
    if stage.chance(0.5):
        sheet.box(x + width * 0.2, top - 0.05, x + width * 0.34, top, wall)
    if stage.chance(0.4):
        sheet.line([(x + width * 0.7, top), (x + width * 0.7, top - 0.09)], 0.003, wall)
        sheet.line([(x + width * 0.62, top - 0.06), (x + width * 0.78, top - 0.065)], 0.003, wall)
    _house_windows(stage, sheet, x, top + 0.035, width, height - 0.16, wall, 0.045, 0.06)


def _house_windows(
    stage: Stage, sheet: Sheet, x: float, top: float, width: float, height: float, wall: Colour, w: float, h: float
) -> None:
    palette = stage.palette
    columns, rows = max(1, int(width / (w * 1.35))), max(1, int(height / (h * 1.5)))
    step_x, step_y = width / columns, height / rows
    for row in range(rows):
        for column in range(columns):
            cx, y = x + step_x * (column + 0.5), top + step_y * row
            _window(stage, sheet, cx, y, w * 0.62, h * 0.82, wall, palette.lightness < 0.6 and stage.chance(0.42))


def _window(stage: Stage, sheet: Sheet, cx: float, y: float, w: float, h: float, wall: Colour, lit: bool) -> None:
    """A sash window with its cross bar; lit ones glow and some show someone standing there."""
    palette = stage.palette
    left, right = cx - w / 2, cx + w / 2
    if lit:
        tone = palette.window if stage.chance(0.75) else palette.accents[int(stage.rng.integers(len(palette.accents)))]
        glass = mix(wall, tone, stage.between(0.55, 0.95))
        sheet.glow(cx, y + h / 2, h * 1.5, tone, 0.22)
    else:
        glass = mix(wall, palette.sky, 0.5 if palette.lightness > 0.5 else 0.28)
    sheet.box(left - w * 0.08, y - h * 0.05, right + w * 0.08, y + h * 1.04, mix(wall, palette.near, 0.5))
    sheet.box(left, y, right, y + h, glass)
    if lit and stage.chance(0.16):
        sheet.ellipse(cx + w * 0.1, y + h * 0.48, w * 0.17, w * 0.2, mix(palette.near, glass, 0.15))
        sheet.box(cx - w * 0.2, y + h * 0.62, cx + w * 0.4, y + h, mix(palette.near, glass, 0.15))
    bar = mix(wall, palette.near, 0.4)
    sheet.line([(cx, y), (cx, y + h)], 0.0016, bar)
    sheet.line([(left, y + h * 0.4), (right, y + h * 0.4)], 0.0016, bar)


def draw_gabled_house(
    stage: Stage, sheet: Sheet, x: float, base: float, width: float, height: float, depth: float
) -> None:
    """A canal house: narrow, tall windows that shrink upward, a gable with its hoisting beam."""
    palette = stage.palette
    brick = stage.one(("red", "brown", "grey", "dark"))
    tint: Colour = {"red": (150, 66, 54), "brown": (122, 84, 58), "grey": (122, 128, 132), "dark": (62, 58, 72)}[brick]
    wall = mix(mix(palette.near, palette.far, 0.6), scaled(tint, 0.30 + 0.7 * palette.lightness), 0.42)
    wall = mix(wall, palette.haze, depth * 0.7)
    trim = mix(wall, (235, 230, 220), 0.30 if palette.lightness < 0.5 else 0.55)
    eaves = base - height
    cx, crown = x + width / 2, eaves - width * stage.between(0.62, 0.85)
    sheet.box(x, eaves, x + width - 0.002, base, wall)
    outline = _gable(
        stage.one(("step", "step", "bell", "neck", "spout", "cornice")), x, x + width - 0.002, eaves, crown
    )
    sheet.polygon(outline, wall)
    sheet.line(outline, 0.0034, trim)
    tip = min(point[1] for point in outline)
    sheet.line([(cx, tip + width * 0.20), (cx + width * 0.16, tip + width * 0.20)], 0.005, mix(wall, palette.near, 0.7))
    sheet.line([(cx + width * 0.14, tip + width * 0.20), (cx + width * 0.14, tip + width * 0.32)], 0.0018, palette.near)
    _window(
        stage,
        sheet,
        cx,
        tip + width * 0.34,
        width * 0.20,
        width * 0.26,
        wall,
        palette.lightness < 0.6 and stage.chance(0.5),
    )
    floors, columns = 4, 3 if width > 0.15 else 2
    y = eaves + height * 0.035
    for floor in range(floors):
        tall = height * (0.135 + 0.020 * floor)
        for column in range(columns):
            wx = x + width * (column + 0.5) / columns
            lit = palette.lightness < 0.6 and stage.chance(0.5)
            if floor == floors - 1 and column == columns - 1:
                _door(stage, sheet, wx, y, width / columns * 0.55, base - y, wall)
            else:
                _window(stage, sheet, wx, y, width / columns * 0.58, tall, wall, lit)
        y += tall + height * 0.068
        sheet.line([(x, y - height * 0.03), (x + width, y - height * 0.03)], 0.0012, mix(wall, palette.near, 0.35))


def _door(stage: Stage, sheet: Sheet, cx: float, top: float, width: float, height: float, wall: Colour) -> None:
    palette = stage.palette
    sheet.box(cx - width / 2, top, cx + width / 2, top + height, mix(wall, palette.near, 0.65))
    sheet.box(cx - width / 2, top, cx + width / 2, top + height * 0.22, mix(wall, palette.window, 0.8))
    if palette.lightness < 0.6:
        sheet.glow(cx, top + height * 0.1, width * 2.6, palette.window, 0.35)


def _gable(kind: str, left: float, right: float, eaves: float, crown: float) -> list[Point]:
    """The outline over the eaves, from left to right."""
    width, rise, cx = right - left, eaves - crown, (left + right) / 2
    if kind == "step":
        steps, points = 5, [(left, eaves)]
        for i in range(steps):
            x, y = left + width * 0.42 * i / (steps - 1), eaves - rise * (i + 1) / steps
            points += [(x, points[-1][1]), (x, y)]
        return [*points, *[(left + right - x, y) for x, y in reversed(points)]]
    if kind == "bell":
        half = [(i / 12, (1 - math.cos(math.pi * i / 12)) / 2) for i in range(13)]
        points = [(left + width * 0.40 * s, eaves - rise * (0.15 + 0.75 * c)) for s, c in half]
        points = [(left, eaves), *points, (cx - width * 0.06, crown)]
    elif kind == "neck":
        points = [
            (left, eaves),
            (left + width * 0.05, eaves - rise * 0.12),
            (left + width * 0.22, eaves - rise * 0.32),
            (left + width * 0.27, eaves - rise * 0.82),
            (left + width * 0.25, eaves - rise * 0.86),
            (cx, crown),
        ]
    elif kind == "spout":
        points = [(left, eaves), (left + width * 0.42, eaves - rise * 0.86), (left + width * 0.42, crown)]
    else:
        points = [
            (left, eaves),
            (left - width * 0.02, eaves - rise * 0.16),
            (left + width * 0.02, eaves - rise * 0.34),
            (left + width * 0.3, eaves - rise * 0.36),
            (cx - width * 0.1, eaves - rise * 0.55),
        ]
    return [*points, *[(left + right - x, y) for x, y in reversed(points)]]


def draw_castle(stage: Stage, sheet: Sheet, x: float, foot: float, height: float) -> None:
    """Towers and a wall with battlements."""
    palette = stage.palette
    stone = mix(palette.near, palette.haze, 0.22)
    for offset, rise, width in ((-0.5, 0.7, 0.18), (-0.16, 1.0, 0.22), (0.2, 0.62, 0.3), (0.5, 0.82, 0.17)):
        left, right, top = x + (offset - width / 2) * height, x + (offset + width / 2) * height, foot - rise * height
        sheet.box(left, top, right, foot + 0.06, stone)
        sheet.polygon(
            [(left - 0.006, top), (right + 0.006, top), ((left + right) / 2, top - height * 0.34 * (1 - width))], stone
        )
        sheet.box((left + right) / 2 - 0.004, top + 0.03, (left + right) / 2 + 0.004, top + 0.05, palette.window)
    sheet.box(x - 0.6 * height, foot - height * 0.34, x + 0.6 * height, foot + 0.06, stone)
    for step in range(12):
        left = x - 0.6 * height + step * 0.1 * height
        sheet.box(left, foot - height * 0.40, left + 0.055 * height, foot - height * 0.33, stone)
