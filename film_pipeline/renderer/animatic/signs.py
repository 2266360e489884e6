"""What shines in towns: neon, screens on walls, shop windows, street lamps."""

from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.effects import Light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Stage


def draw_tower_signs(stage: Stage, sheet: Sheet, half: float, base: float, low: float) -> None:
    """Screens and strips of light on the towers."""
    accents = stage.palette.accents
    for index in range(round(7 * half)):
        x, y = stage.between(-half, half), base - low * stage.between(0.35, 1.0)
        colour = accents[(index + int(stage.rng.integers(2))) % len(accents)]
        if stage.chance(0.45):
            width, height = stage.between(0.035, 0.06), stage.between(0.05, 0.10)
            _screen(stage, sheet, x, y, width, height, colour)
        else:
            height = stage.between(0.06, 0.14)
            sheet.box(x, y, x + 0.006, y + height, mix(colour, (255, 255, 255), 0.35))
            for step in range(4):
                sheet.glow(x + 0.003, y + height * (step + 0.5) / 4, 0.055, colour, 0.32)


def _screen(stage: Stage, sheet: Sheet, x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """A screen on a wall, with a picture of bars, a disc or a face."""
    sheet.box(x, y, x + width, y + height, scaled(colour, 0.38))
    bright = mix(colour, (255, 255, 255), 0.3)
    if stage.chance(0.5):
        sheet.ellipse(x + width / 2, y + height * 0.4, width * 0.3, width * 0.3, bright)
    else:
        sheet.polygon(
            [
                (x + width * 0.1, y + height * 0.7),
                (x + width * 0.5, y + height * 0.15),
                (x + width * 0.9, y + height * 0.7),
            ],
            bright,
        )
    for step in range(2):
        line = y + height * (0.78 + 0.1 * step)
        sheet.box(x + width * 0.1, line, x + width * stage.between(0.5, 0.9), line + height * 0.04, bright)
    sheet.glow(x + width / 2, y + height / 2, max(width, height) * 1.5, colour, 0.5)


def draw_shop(stage: Stage, sheet: Sheet, x: float, base: float, width: float) -> None:
    """A lit shop window with its awning and sign, at the foot of a house."""
    palette = stage.palette
    colour = palette.accents[int(stage.rng.integers(len(palette.accents)))]
    light = mix(palette.window, colour, 0.4) if palette.lightness < 0.6 else mix(palette.sky, (40, 50, 60), 0.5)
    left, right, top = x + width * 0.08, x + width * 0.92, base - 0.105
    door = left + (right - left) * stage.between(0.62, 0.75)
    sheet.box(left, top, door - 0.008, base - 0.02, light)
    sheet.box(door, top, right, base, mix(light, palette.near, 0.45))
    for step in range(1, 4):
        px = left + (door - left) * step / 4
        sheet.box(px - 0.010, base - 0.055 - 0.01 * (step % 2), px + 0.010, base - 0.02, mix(light, palette.near, 0.6))
    if stage.chance(0.6):
        sheet.polygon(
            [
                (left - 0.004, top - 0.004),
                (right + 0.004, top - 0.004),
                (right + 0.014, top + 0.022),
                (left - 0.014, top + 0.022),
            ],
            mix(colour, palette.near, 0.45),
        )
    if palette.lightness < 0.6:
        sheet.box(left + width * 0.1, top - 0.030, right - width * 0.2, top - 0.014, mix(colour, (255, 255, 255), 0.25))
        sheet.glow((left + right) / 2, top - 0.022, width * 0.6, colour, 0.55, flat=0.6)
        sheet.glow((left + door) / 2, base - 0.06, width * 0.75, light, 0.42, flat=0.7)


def add_house_signs(stage: Stage, sheet: Sheet, half: float, base: float, reach: float) -> None:
    """Neon on the fronts: upright signs with strokes like letters, tubes, arrows."""
    accents = stage.palette.accents
    x, index = -half + stage.between(0.02, 0.14), int(stage.rng.integers(5))
    while x < half:
        colour = accents[index % len(accents)]
        y = base - reach * stage.between(0.5, 0.95)
        draw_neon(stage, sheet, x, y, stage.between(0.022, 0.034), stage.between(0.09, 0.15), colour)
        x, index = x + stage.between(0.13, 0.30), index + 1 + int(stage.rng.integers(2))


def draw_neon(stage: Stage, sheet: Sheet, x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """One upright sign, its glyphs made up of strokes, and its glow."""
    hot = mix(colour, (255, 255, 255), 0.55)
    sheet.box(x - 0.003, y - 0.004, x + width + 0.003, y + height + 0.004, scaled(colour, 0.16))
    glyphs = max(2, round(height / width * 0.85))
    for number in range(glyphs):
        top, size = y + height * number / glyphs + 0.003, height / glyphs * 0.72
        for stroke in range(3):
            a = (x + width * stage.between(0.15, 0.85), top + size * stage.between(0, 1))
            b = (x + width * 0.85, a[1]) if stroke == 0 else (a[0], top + size * stage.between(0, 1))
            sheet.line([a, b], 0.0032, hot)
    sheet.ring(x + width / 2, y + height / 2, width / 2 + 0.003, height / 2 + 0.004, 0.0, colour, 0)
    sheet.line(
        [
            (x - 0.003, y - 0.004),
            (x + width + 0.003, y - 0.004),
            (x + width + 0.003, y + height + 0.004),
            (x - 0.003, y + height + 0.004),
            (x - 0.003, y - 0.004),
        ],
        0.0022,
        colour,
    )
    for step in range(3):
        sheet.glow(x + width / 2, y + height * (step + 0.5) / 3, height * 0.75, colour, 0.30)


def add_flickering_signs(stage: Stage, parallax: float, base: float, reach: float, count: int) -> None:
    """Signs that live on their own: each a light that fails now and then."""
    if stage.palette.lightness > 0.6:
        return
    half = stage.span(parallax)
    for index in range(count):
        colour = stage.palette.accents[(index * 2 + 1) % len(stage.palette.accents)]
        x = -half + 2 * half * (index + stage.between(0.2, 0.8)) / count
        y = base - reach * stage.between(0.45, 0.95)
        sheet = Sheet(stage.unit, x - 0.16, y - 0.14, x + 0.19, y + 0.26)
        draw_neon(stage, sheet, x, y, 0.03, 0.12, colour)
        style = "flicker" if index % 3 else "pulse"
        stage.add(Light(stage, sheet.cel(smooth=stage.moving), sheet.left, sheet.top, parallax, style))


def draw_lamp(
    stage: Stage, sheet: Sheet, x: float, foot: float, height: float, colour: Colour, strength: float
) -> None:
    """A street lamp with its cone of light."""
    palette = stage.palette
    top = foot - height
    thick = max(0.004, height * 0.018)
    sheet.limb((x, foot), (x, top + height * 0.06), thick * 1.6, thick, colour)
    sheet.box(x - thick * 2, foot - height * 0.02, x + thick * 2, foot, colour)
    head = height * 0.055
    sheet.polygon(
        [
            (x - head * 0.6, top + head * 1.6),
            (x + head * 0.6, top + head * 1.6),
            (x + head, top),
            (x, top - head * 0.7),
            (x - head, top),
        ],
        colour,
    )
    if palette.lightness < 0.65:
        lamp = mix(palette.window, (255, 255, 255), 0.5)
        sheet.polygon(
            [
                (x - head * 0.45, top + head * 1.4),
                (x + head * 0.45, top + head * 1.4),
                (x + head * 0.75, top + 0.1 * head),
                (x - head * 0.75, top + 0.1 * head),
            ],
            lamp,
        )
        sheet.glow(x, top + head * 0.7, height * 0.80, palette.window, 0.36 * strength)
        sheet.glow(x, top + head * 0.7, height * 0.20, palette.window, 0.8)


def add_lamps(stage: Stage, parallax: float, foot: float) -> None:
    sheet = stage.sheet(parallax, top=foot - 0.70, bottom=foot + 0.01)
    half = stage.span(parallax)
    dark = mix(stage.palette.near, stage.palette.haze, 0.10)
    x = -half + stage.between(0.05, 0.3)
    while x < half:
        draw_lamp(stage, sheet, x, foot, 0.36, dark, 0.9)
        x += stage.between(0.5, 0.62)
    stage.add_sheet(sheet, parallax)
