"""Things shown near: a map of light, a phone, a key, a cup, a letter, a gun, a clock, a chip, a flower."""

import math
from collections.abc import Callable

from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Flakes
from film_pipeline.renderer.animatic.movers import Drawn, as_light, hologram_level, scanlines
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.props import add_steam
from film_pipeline.renderer.animatic.stage import Stage

Paint = Callable[[Sheet, float], None]


def add_thing(stage: Stage, name: str, x: float, y: float, size: float) -> None:
    """Show one thing, ``size`` its half width, with its middle at (x, y)."""
    if name == "map":
        add_floating_map(stage, x, y, size * 1.25)
        return
    draw = {
        "phone": _phone,
        "key": _key,
        "cup": _cup,
        "letter": _letter,
        "gun": _gun,
        "clock": _clock,
        "chip": _chip,
        "flower": _flower,
    }[name]

    def paint(sheet: Sheet, turn: float) -> None:
        draw(stage, sheet, x, y, size, turn)

    box = (x - size * 1.7, y - size * 1.7, x + size * 1.7, y + size * 1.5)
    stage.add(Drawn(stage, box, 1.0, paint, steps=24, seconds=4.0 if name != "clock" else 6.0))
    if name in ("cup",):
        add_steam(stage, x, y - size * 0.55, 1.0)
    if name in ("chip", "phone"):
        stage.add(Flakes(stage, 24, 0.005, -0.05, 120, colour=stage.palette.accents[1]))


def add_floating_map(stage: Stage, x: float, y: float, size: float) -> None:
    """A city map of light lying in the air: blocks, canals, a way that is traced, a mark."""
    accents = stage.palette.accents
    colour: Colour = accents[1 % len(accents)] if stage.palette.lightness < 0.6 else (40, 170, 210)
    mark = accents[0]
    blocks = [
        (stage.between(-0.9, 0.9), stage.between(-0.9, 0.9), stage.between(0.05, 0.16), stage.between(0.06, 0.34))
        for _ in range(26)
    ]

    def paint(sheet: Sheet, turn: float) -> None:
        swing = 0.22 * math.sin(math.tau * turn)

        def to(u: float, v: float, up: float = 0.0) -> Point:
            a, b = u * math.cos(swing) - v * math.sin(swing), u * math.sin(swing) + v * math.cos(swing)
            depth = 1 / (1.9 - b * 0.55)
            return x + a * size * 1.7 * depth, y + (b * 0.55 * size - up * size) * 1.6 * depth

        _map_lines(sheet, to, colour, size)
        for u, v, w, h in sorted(blocks, key=lambda block: block[1]):
            if abs(math.hypot(u, v) % 0.3 - 0.15) > 0.05:
                _map_block(sheet, to, u, v, w, h * (0.9 + 0.1 * math.sin(math.tau * (turn + u))), colour)
        way = [(-0.8, 0.6), (-0.42, 0.5), (-0.3, 0.05), (0.16, 0.0), (0.30, -0.34)]
        shown = max(2, round(len(way) * min(1.0, turn * 1.6)))
        sheet.line([to(*point) for point in way[:shown]], size * 0.018, mark)
        px, py = to(0.30, -0.34, 0.30 + 0.03 * math.sin(math.tau * turn * 3))
        sheet.polygon([(px, py + size * 0.14), (px - size * 0.05, py), (px + size * 0.05, py)], mark)
        sheet.ellipse(px, py - size * 0.01, size * 0.055, size * 0.055, mark)
        sheet.glow(px, py, size * 0.5, mark, 0.6)
        sheet.glow(x, y, size * 1.4, colour, 0.36, flat=0.7)
        scanlines(sheet, turn * 6 % 1, 0.006)
        as_light(sheet)

    box = (x - size * 1.75, y - size * 1.3, x + size * 1.75, y + size * 1.3)
    stage.add(Drawn(stage, box, 1.0, paint, steps=40, seconds=4.5, level=hologram_level, only_light=True))


def _map_lines(sheet: Sheet, to: Callable[..., Point], colour: Colour, size: float) -> None:
    thin = max(size * 0.007, 0.0014)
    # Amsterdam's ring of canals: half circles around a harbour, cut by straight streets.
    for ring in (0.3, 0.6, 0.9):
        points = [
            to(ring * math.cos(a), ring * math.sin(a) * 0.95 - 0.1) for a in (math.pi * i / 24 for i in range(25))
        ]
        sheet.line(points, thin * 3.2, scaled(colour, 0.55))
        sheet.line(points, thin, colour)
    for k in range(7):
        a = math.pi * (k + 0.5) / 7
        sheet.line(
            [to(0.14 * math.cos(a), 0.14 * math.sin(a) - 0.1), to(1.05 * math.cos(a), 1.0 * math.sin(a) - 0.1)],
            thin,
            scaled(colour, 0.6),
        )
    for v in (-0.1, -0.35, -0.6, -0.85):
        sheet.line([to(-1, v), to(1, v)], thin, scaled(colour, 0.5))
    for u in (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75):
        sheet.line([to(u, -1), to(u, -0.1)], thin, scaled(colour, 0.5))
    sheet.line([to(-1, -1), to(1, -1), to(1, 1), to(-1, 1), to(-1, -1)], thin * 1.5, scaled(colour, 0.8))


def _map_block(sheet: Sheet, to: Callable[..., Point], u: float, v: float, w: float, h: float, colour: Colour) -> None:
    base = [(u - w / 2, v - w / 2), (u + w / 2, v - w / 2), (u + w / 2, v + w / 2), (u - w / 2, v + w / 2)]
    roof, foot = [to(a, b, h) for a, b in base], [to(a, b) for a, b in base]
    sheet.polygon([foot[3], foot[2], roof[2], roof[3]], scaled(colour, 0.28))
    sheet.polygon([foot[1], foot[2], roof[2], roof[1]], scaled(colour, 0.18))
    sheet.polygon(roof, scaled(colour, 0.42))
    sheet.line([*roof, roof[0]], 0.0016, colour)
    sheet.line([foot[3], roof[3]], 0.0016, scaled(colour, 0.7))
    sheet.line([foot[2], roof[2]], 0.0016, scaled(colour, 0.7))


def _metal(stage: Stage, share: float = 0.5) -> Colour:
    return mix(stage.palette.near, (170, 176, 190), share * (0.6 + 0.4 * stage.palette.lightness))


def _rims(stage: Stage, sheet: Sheet, size: float) -> None:
    palette = stage.palette
    dark = palette.lightness < 0.6
    sheet.rim(palette.accents[0] if dark else palette.key, 0.012 * size, 0.012 * size, 0.8)
    sheet.rim(
        palette.accents[1 % len(palette.accents)] if dark else mix(palette.key, palette.sky, 0.5),
        -0.012 * size,
        0.004 * size,
        0.8,
    )


def _phone(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    body, glow = _metal(stage, 0.22), stage.palette.accents[1 % len(stage.palette.accents)]
    sheet.polygon(
        [
            (x - 0.44 * s, y - 0.86 * s),
            (x + 0.44 * s, y - 0.90 * s),
            (x + 0.50 * s, y + 0.80 * s),
            (x - 0.38 * s, y + 0.86 * s),
        ],
        body,
    )
    _rims(stage, sheet, s)
    sheet.polygon(
        [
            (x - 0.38 * s, y - 0.76 * s),
            (x + 0.39 * s, y - 0.80 * s),
            (x + 0.43 * s, y + 0.70 * s),
            (x - 0.33 * s, y + 0.75 * s),
        ],
        mix(body, glow, 0.55),
    )
    hot = mix(glow, (255, 255, 255), 0.45)
    sheet.ring(x + 0.02 * s, y - 0.30 * s, 0.22 * s, 0.22 * s, 0.03 * s, hot)
    for bar in range(9):
        h = 0.10 + 0.16 * abs(math.sin(math.tau * turn * (1 + bar % 3) + bar))
        sheet.box(
            x + (-0.26 + 0.065 * bar) * s, y + (0.36 - h) * s, x + (-0.225 + 0.065 * bar) * s, y + (0.36 + h) * s, hot
        )
    sheet.glow(x, y, 1.5 * s, glow, 0.42)


def _key(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    gold = mix(_metal(stage, 0.7), (200, 150, 70), 0.55)
    sheet.ring(x - 0.55 * s, y, 0.32 * s, 0.32 * s, 0.10 * s, gold)
    sheet.box(x - 0.26 * s, y - 0.055 * s, x + 0.86 * s, y + 0.055 * s, gold)
    for offset, long in ((0.52, 0.26), (0.66, 0.17), (0.78, 0.24)):
        sheet.box(x + offset * s, y, x + (offset + 0.09) * s, y + long * s, gold)
    _rims(stage, sheet, s)
    _glint(sheet, x + (-0.3 + 1.2 * turn) * s, y - 0.03 * s, s)


def _cup(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    china = mix(stage.palette.near, (214, 206, 198), 0.30 + 0.5 * stage.palette.lightness)
    sheet.ellipse(x, y + 0.66 * s, 0.95 * s, 0.16 * s, scaled(china, 0.7))
    sheet.ring(x + 0.56 * s, y + 0.06 * s, 0.26 * s, 0.27 * s, 0.08 * s, china)
    sheet.polygon(
        [
            (x - 0.56 * s, y - 0.42 * s),
            (x + 0.56 * s, y - 0.42 * s),
            (x + 0.40 * s, y + 0.58 * s),
            (x - 0.40 * s, y + 0.58 * s),
        ],
        china,
    )
    sheet.polygon(
        [
            (x + 0.12 * s, y - 0.42 * s),
            (x + 0.56 * s, y - 0.42 * s),
            (x + 0.40 * s, y + 0.58 * s),
            (x + 0.16 * s, y + 0.58 * s),
        ],
        scaled(china, 0.66),
    )
    sheet.ellipse(x, y - 0.42 * s, 0.56 * s, 0.15 * s, mix(china, (255, 255, 255), 0.2))
    sheet.ellipse(x, y - 0.40 * s, 0.50 * s, 0.12 * s, mix(stage.palette.near, (90, 54, 34), 0.7))
    sheet.ellipse(
        x + 0.18 * s * math.sin(math.tau * turn),
        y - 0.42 * s,
        0.10 * s,
        0.022 * s,
        mix(stage.palette.window, (90, 54, 34), 0.4),
    )
    _rims(stage, sheet, s)


def _letter(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    paper = mix(stage.palette.near, (232, 222, 200), 0.45 + 0.4 * stage.palette.lightness)
    lift = 0.02 * math.sin(math.tau * turn)
    sheet.polygon(
        [
            (x - 0.78 * s, y - 0.66 * s),
            (x + 0.70 * s, y - (0.80 + lift) * s),
            (x + 0.86 * s, y + (0.56 - lift) * s),
            (x - 0.66 * s, y + 0.70 * s),
        ],
        paper,
    )
    ink = mix(paper, stage.palette.near, 0.7)
    for line in range(8):
        v = -0.5 + line * 0.13
        end = 0.55 if line != 7 else -0.1
        sheet.line(
            [
                (
                    x + (-0.62 + 0.015 * line + 0.06 * i) * s,
                    y + (v - 0.075 * (i / 20) + 0.012 * math.sin(i * 2.3 + line)) * s,
                )
                for i in range(round((end + 0.62) / 0.06))
            ],
            0.012 * s,
            ink,
        )
    sheet.ellipse(x + 0.56 * s, y + 0.42 * s, 0.12 * s, 0.12 * s, (150, 40, 40))
    _rims(stage, sheet, s)


def _gun(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    steel = _metal(stage, 0.34)
    sheet.polygon(
        [
            (x - 0.86 * s, y - 0.34 * s),
            (x + 0.60 * s, y - 0.34 * s),
            (x + 0.66 * s, y - 0.10 * s),
            (x - 0.86 * s, y - 0.10 * s),
        ],
        steel,
    )
    sheet.polygon(
        [
            (x + 0.22 * s, y - 0.10 * s),
            (x + 0.62 * s, y - 0.12 * s),
            (x + 0.86 * s, y + 0.62 * s),
            (x + 0.48 * s, y + 0.66 * s),
        ],
        scaled(steel, 0.7),
    )
    sheet.ring(x + 0.10 * s, y + 0.04 * s, 0.18 * s, 0.15 * s, 0.04 * s, steel)
    sheet.box(x - 0.80 * s, y - 0.40 * s, x - 0.72 * s, y - 0.34 * s, steel)
    _rims(stage, sheet, s)
    _glint(sheet, x + (-0.8 + 1.4 * turn) * s, y - 0.32 * s, s)


def _clock(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    brass = mix(_metal(stage, 0.6), (190, 140, 70), 0.5)
    face = mix(stage.palette.near, (236, 228, 210), 0.5 + 0.4 * stage.palette.lightness)
    sheet.ellipse(x, y, 0.92 * s, 0.92 * s, brass)
    _rims(stage, sheet, s)
    sheet.ellipse(x, y, 0.78 * s, 0.78 * s, face)
    ink = mix(stage.palette.near, face, 0.15)
    for hour in range(12):
        a = math.tau * hour / 12
        r = 0.58 if hour % 3 else 0.52
        sheet.limb(
            (x + r * s * math.sin(a), y - r * s * math.cos(a)),
            (x + 0.68 * s * math.sin(a), y - 0.68 * s * math.cos(a)),
            0.03 * s,
            0.03 * s,
            ink,
        )
    for angle, long, width in (
        (0.3 + turn * 0.1, 0.36, 0.06),
        (5.1 + turn * 1.2, 0.56, 0.045),
        (math.tau * turn, 0.64, 0.018),
    ):
        sheet.limb(
            (x, y),
            (x + long * s * math.sin(angle), y - long * s * math.cos(angle)),
            width * s,
            width * 0.5 * s,
            ink if width > 0.02 else (190, 50, 40),
        )
    sheet.ellipse(x, y, 0.05 * s, 0.05 * s, ink)


def _chip(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    glow, board = stage.palette.accents[1 % len(stage.palette.accents)], mix(stage.palette.near, (30, 70, 60), 0.5)
    for pin in range(7):
        v = -0.48 + 0.16 * pin
        sheet.box(x - 0.82 * s, y + (v - 0.03) * s, x + 0.82 * s, y + (v + 0.03) * s, _metal(stage, 0.7))
        sheet.box(x + (v - 0.03) * s, y - 0.82 * s, x + (v + 0.03) * s, y + 0.82 * s, _metal(stage, 0.7))
    sheet.box(x - 0.66 * s, y - 0.66 * s, x + 0.66 * s, y + 0.66 * s, board)
    _rims(stage, sheet, s)
    hot = mix(glow, (255, 255, 255), 0.35)
    for k in range(8):
        a = math.tau * k / 8
        lit = (turn * 8 - k) % 8 < 3
        path = [
            (x + 0.26 * s * math.cos(a), y + 0.26 * s * math.sin(a)),
            (x + 0.42 * s * math.cos(a), y + 0.42 * s * math.sin(a)),
            (x + 0.60 * s * (1 if math.cos(a) > 0 else -1), y + 0.42 * s * math.sin(a)),
        ]
        sheet.line(path, 0.02 * s, hot if lit else scaled(glow, 0.5))
    sheet.box(x - 0.22 * s, y - 0.22 * s, x + 0.22 * s, y + 0.22 * s, hot)
    sheet.glow(x, y, 1.3 * s, glow, 0.5 + 0.15 * math.sin(math.tau * turn * 2))


def _flower(stage: Stage, sheet: Sheet, x: float, y: float, s: float, turn: float) -> None:
    sway = 0.05 * math.sin(math.tau * turn) * s
    stem, red = mix(stage.palette.near, (70, 120, 60), 0.6), mix(stage.palette.accents[0], (220, 60, 60), 0.5)
    top = (x + sway, y - 0.45 * s)
    sheet.line([(x, y + 1.3 * s), (x + sway * 0.4, y + 0.4 * s), top], 0.05 * s, stem)
    sheet.polygon([(x, y + 1.0 * s), (x - 0.34 * s, y + 0.1 * s), (x - 0.10 * s, y + 0.5 * s)], stem)
    sheet.polygon([(x, y + 1.1 * s), (x + 0.40 * s, y + 0.2 * s), (x + 0.12 * s, y + 0.6 * s)], scaled(stem, 0.8))
    for offset, shade in ((-0.26, 0.75), (0.26, 0.75), (-0.12, 0.9), (0.12, 0.9), (0.0, 1.0)):
        px = top[0] + offset * s
        sheet.polygon(
            [
                (top[0] + offset * 0.3 * s, top[1] + 0.22 * s),
                (px - 0.2 * s, top[1] - 0.1 * s),
                (px + offset * 0.3 * s, top[1] - 0.52 * s),
                (px + 0.2 * s, top[1] - 0.1 * s),
            ],
            scaled(red, shade),
        )
    _rims(stage, sheet, s)


def _glint(sheet: Sheet, x: float, y: float, s: float) -> None:
    """A spark that runs along metal."""
    sheet.glow(x, y, 0.22 * s, (255, 250, 235), 0.9)
    sheet.glow(x, y, 0.5 * s, (255, 250, 235), 0.4, flat=0.08)
