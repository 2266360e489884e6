"""Things that stand about: bridges, trees, stalls, lanterns, roofs' clutter; and fire, flames and steam."""

import math

from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.movers import Drawn
from film_pipeline.renderer.animatic.palette import Colour, mix
from film_pipeline.renderer.animatic.stage import Stage


def add_bridge(stage: Stage, parallax: float, line: float) -> None:
    """An arched stone bridge with a railing and lamps."""
    palette = stage.palette
    sheet = stage.sheet(parallax, top=line - 0.36, bottom=line + 0.004)
    cx, half, rise = stage.between(-0.22, 0.22) * stage.aspect, min(0.34, stage.aspect * 0.3), 0.085
    stone = mix(palette.near, palette.haze, 0.20)
    deck = [
        (cx + half * s, line - 0.035 - rise * (1 - (s * 0.82) ** 2) + (0.03 if abs(s) > 1.2 else 0))
        for s in (i / 12 for i in range(-16, 17))
    ]
    sheet.polygon([*deck, (cx + half * 1.34, line), (cx - half * 1.34, line)], stone)
    for offset, size in ((-0.62, 0.24), (0.0, 0.32), (0.62, 0.24)):
        opening = [
            (cx + half * (offset + size * math.cos(a)), line + 0.002 - (rise + 0.012) * (size / 0.32) * math.sin(a))
            for a in (math.pi * i / 20 for i in range(21))
        ]
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


def draw_tree(stage: Stage, sheet: Sheet, x: float, foot: float, height: float, colour: Colour) -> None:
    """A town tree: a trunk that branches, a crown of leaves (or bare in winter)."""
    bare = "snow" in stage.reading.weather
    sheet.limb((x, foot), (x, foot - height * 0.5), height * 0.06, height * 0.04, colour)
    for _ in range(9 if bare else 5):
        angle, long = stage.between(-1.1, 1.1), height * stage.between(0.3, 0.5)
        start = (x, foot - height * stage.between(0.35, 0.5))
        sheet.limb(
            start,
            (x + math.sin(angle) * long, start[1] - math.cos(angle) * long),
            height * 0.026,
            height * 0.008,
            colour,
        )
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
    sheet.polygon(
        [(x - w * 1.08, foot - height * 0.86), (x + w * 1.08, foot - height * 0.86), (x, foot - height * 1.08)], colour
    )


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
    sheet.polygon(
        [
            (vx - 0.055, counter),
            (vx - 0.045, counter - 0.075),
            (vx, counter - 0.095),
            (vx + 0.045, counter - 0.075),
            (vx + 0.055, counter),
        ],
        dark,
    )
    for px in (x + 0.012, x + width - 0.02):
        sheet.box(px, top, px + 0.009, foot, dark)
    sheet.box(x, counter, x + width, foot, mix(dark, colour, 0.12))
    for step in range(int(width / 0.03)):
        cx, size = x + 0.02 + 0.03 * step, stage.between(0.010, 0.017)
        fruit = palette.accents[int(stage.rng.integers(len(palette.accents)))]
        sheet.ellipse(cx, counter - size * 0.5, size, size, mix(dark, fruit, 0.55 if lit else 0.8))
    middle = x + width / 2
    stripes = max(4, round(width / 0.05))
    for step in range(stripes):
        a, b = x - 0.02 + (width + 0.04) * step / stripes, x - 0.02 + (width + 0.04) * (step + 1) / stripes
        shade = (
            mix(colour, palette.near, 0.35)
            if step % 2
            else mix((230, 224, 214), palette.near, 0.45 if not lit else 0.62)
        )
        sheet.polygon(
            [
                (middle + (a - middle) * 0.86, top - 0.045),
                (middle + (b - middle) * 0.86, top - 0.045),
                (b, top + 0.03),
                ((a + b) / 2, top + 0.045),
                (a, top + 0.03),
            ],
            shade,
        )
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


def add_fire(stage: Stage, x: float, foot: float, height: float, parallax: float = 0.9) -> None:
    """Flames that lick, and the glow around them."""
    seeds = [(stage.between(-0.28, 0.28), stage.between(0.5, 1.0), stage.between(0, math.tau)) for _ in range(9)]

    def paint(sheet: Sheet, turn: float) -> None:
        for colour, share in (((255, 90, 20), 1.0), ((255, 160, 40), 0.72), ((255, 226, 120), 0.42)):
            for offset, tall, phase in seeds:
                wave = math.sin(math.tau * turn * (2 if tall > 0.7 else 1) + phase)
                px, top = x + offset * height * share, foot - height * tall * share * (0.85 + 0.15 * wave)
                w = height * 0.16 * share
                sheet.polygon(
                    [
                        (px - w, foot),
                        (px - w * 0.9, foot - (foot - top) * 0.35),
                        (px + wave * w * 0.9, top),
                        (px + w * 0.9, foot - (foot - top) * 0.4),
                        (px + w, foot),
                    ],
                    colour,
                )
        sheet.limb(
            (x - height * 0.45, foot),
            (x + height * 0.4, foot - height * 0.06),
            height * 0.10,
            height * 0.08,
            (20, 12, 10),
        )
        sheet.limb(
            (x + height * 0.45, foot),
            (x - height * 0.4, foot - height * 0.06),
            height * 0.10,
            height * 0.08,
            (26, 15, 10),
        )
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
            sheet.glow(
                x + 0.02 * math.sin(up * 7 + puff),
                y - 0.22 * up,
                0.02 + 0.05 * up,
                (150, 150, 150),
                0.30 * (1 - up) * min(1, up * 6),
            )

    stage.add(
        Drawn(stage, (x - 0.12, y - 0.34, x + 0.12, y + 0.04), parallax, paint, steps=36, seconds=3.0, only_light=True)
    )
