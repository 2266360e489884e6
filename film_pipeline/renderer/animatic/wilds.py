"""Bare land: desert and mountains. Each builder dresses a stage and returns where a person stands."""

from film_pipeline.renderer.animatic.backdrop import add_fog, add_sky
from film_pipeline.renderer.animatic.creatures import add_birds
from film_pipeline.renderer.animatic.effects import Flakes
from film_pipeline.renderer.animatic.palette import Colour, mix
from film_pipeline.renderer.animatic.stage import Stage
from film_pipeline.renderer.animatic.terrain import add_beasts, add_dune, add_hills, ridge_line


def build_desert(stage: Stage) -> float:
    """Dunes behind dunes, heat, blown sand."""
    palette = stage.palette
    add_sky(stage, 0.6)
    sand = palette.ground
    add_hills(stage, 0.1, 0.62, 0.16, mix(palette.far, palette.haze, 0.5), rough=0.16, points=8)
    add_hills(stage, 0.2, 0.68, 0.09, mix(sand, palette.haze, 0.55), rough=0.02, points=5)
    add_fog(stage, 0.5, 0.75, 0.35, 0.05, 0.2)
    add_dune(stage, 0.4, 0.74, 0.10, mix(sand, palette.haze, 0.18), mix(sand, palette.near, 0.32))
    add_dune(stage, 0.65, 0.85, 0.09, sand, mix(sand, palette.near, 0.45))
    if "tower" in stage.reading.subjects:
        _pyramid(stage)
    add_beasts(stage, 0.85)
    add_dune(stage, 1.1, 1.0, 0.09, mix(sand, palette.near, 0.45), mix(sand, palette.near, 0.7))
    add_fog(stage, 0.72, 1.0, 0.30, 0.22, 0.9)
    stage.add(Flakes(stage, 70, 0.003, 0.02, 48, sway=0.02, wind=0.35, colour=mix(palette.key, sand, 0.4)))
    return 0.89


def _pyramid(stage: Stage) -> None:
    sheet = stage.sheet(0.3, top=0.3, bottom=0.80)
    x, colour = stage.between(-0.25, 0.25) * stage.aspect, mix(stage.palette.ground, stage.palette.haze, 0.3)
    sheet.polygon([(x - 0.30, 0.78), (x, 0.42), (x + 0.34, 0.78)], colour)
    sheet.polygon([(x, 0.42), (x + 0.34, 0.78), (x + 0.08, 0.78)], mix(colour, stage.palette.near, 0.4))
    stage.add_sheet(sheet, 0.3)


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
    sheet.polygon([*ridge_line(stage, half, 0.90, 0.05, 0.03, 5), (half, 1), (-half, 1)], slope)
    sheet.fade(mix(slope, palette.near, 0.45), 0.0, 1.0, start=0.87, end=1.02)
    stage.add_sheet(sheet, 0.8)
    add_beasts(stage, 0.90)
    _firs(stage, 1.1, 1.04, 0.42, 0.03, 7)
    add_birds(stage, 4)
    return 0.925


def _peaks(stage: Stage, parallax: float, base: float, rise: float, rock: Colour, snow: Colour, count: int) -> None:
    sheet = stage.sheet(parallax, top=base - rise * 1.3)
    half = stage.span(parallax)
    ridge = ridge_line(stage, half, base, rise, 0.30, count)
    sheet.polygon([*ridge, (half, 1.02), (-half, 1.02)], rock)
    # Snow lies above a line that zigzags down the gullies; the side away from the sun is in shadow.
    line, shade = base - rise * 0.42, mix(snow, rock, 0.5)
    anchors = [stage.between(0.0, 0.05) if n % 2 else stage.between(0.10, 0.17) for n in range(len(ridge) // 4 + 2)]
    cap = []
    for index, (x, y) in enumerate(ridge):
        fall = anchors[index // 4] + (anchors[index // 4 + 1] - anchors[index // 4]) * (index % 4) / 4
        cap.append((x, max(y, min(line + fall * rise * 1.6, y + 0.02 + fall * 1.5))))
    sheet.polygon([*ridge, *cap[::-1]], snow)
    for (x0, y0), (x1, y1), (_, c0), (_, c1) in zip(ridge, ridge[1:], cap, cap[1:], strict=False):
        if y1 > y0:
            sheet.polygon([(x0, y0), (x1, y1), (x1, c1), (x0, (y0 + c0) / 2)], shade)
            sheet.polygon(
                [(x1, y1), (x1, y1 + rise * 0.22), (x1 + (x1 - x0) * 1.5, y1 + rise * 0.3), (x1, c1)],
                mix(rock, stage.palette.near, 0.12),
            )
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
                sheet.polygon(
                    [
                        (x - w * 0.5, y - size * 0.15),
                        (x, y - size * 0.32),
                        (x + w * 0.25, y - size * 0.2),
                        (x, y - size * 0.17),
                    ],
                    white,
                )
    if parallax < 1:
        sheet.box(-half, foot, half, 1.02, dark)
    else:
        sheet.blur(0.005)
    stage.add_sheet(sheet, parallax)
