"""Towns: streets, canals with their houses, roofs, markets, stations. Each builder dresses a stage, back to front."""

import math

from film_pipeline.renderer.animatic.backdrop import add_fog, add_sky
from film_pipeline.renderer.animatic.buildings import add_skyline, draw_gabled_house, draw_house
from film_pipeline.renderer.animatic.creatures import add_animals, add_birds
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.effects import Water, WetGround
from film_pipeline.renderer.animatic.holograms import add_giant_hologram
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.people import add_crowd
from film_pipeline.renderer.animatic.props import (
    add_bridge,
    add_lanterns,
    draw_antenna,
    draw_bollard,
    draw_stall,
    draw_tree,
    draw_water_tank,
)
from film_pipeline.renderer.animatic.signs import add_flickering_signs, add_house_signs, add_lamps, draw_lamp, draw_shop
from film_pipeline.renderer.animatic.stage import Stage
from film_pipeline.renderer.animatic.vehicles import (
    add_boat,
    add_car,
    add_flyers,
    add_rider,
    add_train,
    draw_bicycle,
)


def build_city(stage: Stage) -> float:
    """A street with houses, shops and lamps. Returns where a person stands."""
    reading = stage.reading
    add_sky(stage, 0.66)
    add_skyline(stage, 0.12, base=0.78, low=0.16, high=0.56, depth=0.78)
    _sky_traffic(stage)
    add_fog(stage, 0.30, 0.84, 0.30, 0.02, 0.2)
    add_skyline(stage, 0.30, base=0.82, low=0.28, high=0.62, depth=0.45, signs=reading.cyber)
    add_fog(stage, 0.45, 0.86, 0.26, 0.03, 0.35)
    if "hologram" in reading.lights or (reading.cyber and reading.dark):
        add_giant_hologram(stage, 0.36)
    _street_front(stage, 0.62, base=0.80)
    _ground(stage, 0.80)
    add_lamps(stage, 0.8, foot=0.845)
    _street_life(stage, 0.845)
    return 0.93


def build_canal(stage: Stage) -> float:
    """Gabled houses along water that mirrors them, a bridge, boats. Returns where a person stands."""
    reading = stage.reading
    line = 0.665
    add_sky(stage, 0.6)
    if reading.cyber:
        add_skyline(stage, 0.10, base=0.64, low=0.26, high=0.60, depth=0.8)
        _sky_traffic(stage)
        add_fog(stage, 0.22, 0.66, 0.28, 0.02, 0.15)
        add_skyline(stage, 0.2, base=0.64, low=0.24, high=0.50, depth=0.55, signs=True)
        add_fog(stage, 0.32, 0.66, 0.24, 0.02, 0.15)
        add_giant_hologram(stage, 0.3)
    else:
        add_skyline(stage, 0.12, base=0.64, low=0.08, high=0.2, depth=0.8)
    _houses(stage, 0.42, base=line - 0.028)
    _quay(stage, 0.42, line)
    add_crowd(stage, 5, line - 0.028, 0.068, 0.42, 0.45, 0.004)
    if "bridge" in reading.subjects or stage.chance(0.75):
        add_bridge(stage, 0.55, line)
    add_boat(stage, 0.6, line + 0.004, 0.30, moving=True)
    stage.add(Water(stage, line, 1.0, scaled(stage.palette.ground, 0.9), clear=0.70))
    if "boat" in reading.subjects:
        add_boat(stage, 0.85, line + 0.14, 0.55, moving=True)
    add_fog(stage, line - 0.10, line + 0.12, 0.30, 0.035, 0.5)
    _near_quay(stage)
    if "crowd" in reading.subjects:
        add_crowd(stage, 6, 0.905, 0.28, 0.95, 0.10, 0.01)
    if "bicycle" in reading.subjects:
        add_rider(stage, 0.9, 0.905)
    add_animals(stage, 0.91)
    return 0.915


def build_rooftop(stage: Stage) -> float:
    """Over the roofs. Returns where a person stands."""
    add_sky(stage, 0.62)
    cyber = stage.reading.cyber
    add_skyline(stage, 0.08, base=0.9, low=0.30, high=0.62, depth=0.8)
    _sky_traffic(stage)
    add_fog(stage, 0.35, 0.95, 0.4, 0.02, 0.2)
    add_skyline(stage, 0.2, base=0.95, low=0.24, high=0.56, depth=0.5, signs=cyber)
    if cyber:
        add_giant_hologram(stage, 0.3)
    add_fog(stage, 0.5, 1.0, 0.42, 0.03, 0.35)
    add_skyline(stage, 0.4, base=1.0, low=0.10, high=0.34, depth=0.2, signs=cyber)
    sheet = stage.sheet(1.0, top=0.2)
    dark = mix(stage.palette.near, stage.palette.haze, 0.06)
    half = stage.span(1.0)
    sheet.box(-half, 0.82, half, 1.0, dark)
    sheet.box(-half, 0.805, half, 0.825, mix(dark, stage.palette.horizon, 0.25))
    side = -1 if stage.chance(0.5) else 1
    draw_antenna(sheet, side * stage.aspect * 0.33, 0.82, 0.5, dark)
    draw_water_tank(sheet, -side * stage.aspect * 0.36, 0.82, 0.24, dark)
    for x in (-0.2, 0.18, 0.5):
        sheet.box(x * stage.aspect, 0.76, x * stage.aspect + 0.07, 0.82, dark)
    stage.add_sheet(sheet, 1.0)
    return 0.845


def build_vista(stage: Stage) -> float:
    """The town from the air, row behind row into the haze. Returns where a person would stand."""
    reading = stage.reading
    add_sky(stage, 0.42)
    cyber = reading.cyber
    rows = (
        (0.06, 0.52, 0.06, 0.26, 0.95),
        (0.12, 0.60, 0.08, 0.34, 0.8),
        (0.22, 0.70, 0.08, 0.34, 0.6),
        (0.36, 0.82, 0.08, 0.30, 0.4),
    )
    for index, (parallax, base, low, high, depth) in enumerate(rows):
        add_skyline(stage, parallax, base=base, low=low, high=high, depth=depth, signs=cyber and index > 0)
        add_fog(stage, base - 0.22, base + 0.14, 0.55, 0.012 + 0.008 * index, parallax)
        if index == 1:
            _sky_traffic(stage)
        if index == 2 and cyber:
            add_giant_hologram(stage, 0.3)
    if reading.dutch:
        _houses(stage, 0.55, base=0.93)
        _houses(stage, 0.8, base=1.06)
    else:
        add_skyline(stage, 0.55, base=0.95, low=0.10, high=0.30, depth=0.25, signs=cyber)
        add_skyline(stage, 0.8, base=1.08, low=0.10, high=0.26, depth=0.08, signs=cyber)
    add_fog(stage, 0.62, 1.0, 0.35, 0.05, 0.7)
    return 0.98


def build_market(stage: Stage) -> float:
    """Stalls, awnings, lanterns and many people. Returns where a person stands."""
    palette = stage.palette
    add_sky(stage, 0.6)
    add_skyline(stage, 0.2, base=0.8, low=0.3, high=0.6, depth=0.6, signs=stage.reading.cyber)
    add_fog(stage, 0.3, 0.85, 0.3, 0.02, 0.2)
    _street_front(stage, 0.4, base=0.78)
    _ground(stage, 0.78)
    add_crowd(stage, 7, 0.80, 0.24, 0.5, 0.4)
    sheet = stage.sheet(0.65)
    half = stage.span(0.65)
    x = -half
    while x < half:
        width = stage.between(0.34, 0.46)
        draw_stall(stage, sheet, x, 0.86, width)
        x += width + stage.between(0.06, 0.16)
    stage.add_sheet(sheet, 0.65)
    add_lanterns(stage, 0.7)
    add_crowd(stage, 8, 0.90, 0.34, 0.85, 0.18, 0.03)
    add_fog(stage, 0.35, 0.75, 0.22, 0.04, 0.6)
    stage.add_sheet(_awning(stage, scaled(palette.near, 0.9)), 1.2)
    return 0.96


def build_station(stage: Stage) -> float:
    """A platform under a roof, with a train. Returns where a person stands."""
    palette = stage.palette
    add_sky(stage, 0.6)
    add_skyline(stage, 0.15, base=0.7, low=0.15, high=0.4, depth=0.7, signs=stage.reading.cyber)
    add_fog(stage, 0.3, 0.75, 0.4, 0.02, 0.2)
    add_train(stage, 0.45, 0.745)
    sheet = stage.sheet(0.6)
    half, dark = stage.span(0.6), mix(palette.near, palette.haze, 0.16)
    sheet.box(-half, 0.755, half, 1.0, mix(palette.ground, palette.near, 0.35))
    sheet.box(-half, 0.755, half, 0.768, mix(palette.ground, palette.key, 0.35))
    sheet.box(-half, 0.0, half, 0.10, dark)
    x = -half + 0.1
    while x < half:
        sheet.box(x, 0.1, x + 0.028, 0.80, dark)
        sheet.polygon([(x - 0.16, 0.1), (x + 0.19, 0.1), (x + 0.028, 0.2), (x, 0.2)], dark)
        sheet.box(x + 0.2, 0.1, x + 0.44, 0.115, palette.window)
        sheet.glow(x + 0.32, 0.12, 0.42, palette.window, 0.5)
        x += 0.62
    stage.add_sheet(sheet, 0.6)
    if stage.reading.wet or stage.reading.dark:
        stage.add(WetGround(stage, 0.77, 0.4))
    add_crowd(stage, 7, 0.86, 0.30, 0.8, 0.25, 0.04)
    return 0.955


def _awning(stage: Stage, dark: Colour) -> Sheet:
    sheet = stage.sheet(1.2, bottom=0.2)
    half = stage.span(1.2)
    points = [(-half, -stage.headroom - 0.01), (half, -stage.headroom - 0.01)]
    x = half
    while x > -half:
        points += [(x, 0.05), (x - 0.06, 0.08)]
        x -= 0.12
    sheet.polygon([*points, (-half, 0.05)], dark)
    sheet.blur(0.006)
    return sheet


def _sky_traffic(stage: Stage) -> None:
    reading = stage.reading
    if (reading.cyber and reading.time in ("night", "dusk")) or "flyer" in reading.subjects:
        add_flyers(stage, 9)
    if "bird" in reading.subjects or (not reading.cyber and not reading.dark):
        add_birds(stage)


def _houses(stage: Stage, parallax: float, base: float) -> None:
    """A closed row of tall narrow houses with gables."""
    sheet = stage.sheet(
        parallax, top=min(-0.02, -stage.headroom) if stage.headroom else 0.0, bottom=min(base + 0.01, 1.02)
    )
    half = stage.span(parallax)
    x = -half - stage.between(0, 0.1)
    while x < half:
        width = stage.between(0.125, 0.205)
        height = stage.between(0.20, 0.31)
        draw_gabled_house(stage, sheet, x, base, width, height, depth=0.22)
        x += width
    if stage.reading.cyber or "neon" in stage.reading.lights:
        add_house_signs(stage, sheet, half, base, 0.25)
    stage.add_sheet(sheet, parallax)
    add_flickering_signs(stage, parallax, base - 0.02, 0.22, 5 if stage.reading.cyber else 1)


def _quay(stage: Stage, parallax: float, line: float) -> None:
    """The wall between street and water, with trees or lamps along it."""
    palette = stage.palette
    sheet = stage.sheet(parallax, top=line - 0.2, bottom=line + 0.006)
    half = stage.span(parallax)
    stone = mix(palette.near, palette.haze, 0.28)
    sheet.box(-half, line - 0.030, half, line + 0.006, stone)
    sheet.box(-half, line - 0.032, half, line - 0.027, mix(stone, palette.horizon, 0.4))
    x = -half + stage.between(0.05, 0.2)
    while x < half:
        if stage.chance(0.5) and not stage.reading.cyber:
            draw_tree(stage, sheet, x, line - 0.028, stage.between(0.13, 0.17), mix(palette.near, palette.haze, 0.2))
        else:
            draw_lamp(stage, sheet, x, line - 0.028, 0.105, stone, 0.8)
        x += stage.between(0.24, 0.36)
    stage.add_sheet(sheet, parallax)


def _near_quay(stage: Stage) -> None:
    """The quay on our side: railing, bicycles, a lamp; dark against the water."""
    palette = stage.palette
    sheet = stage.sheet(1.0, top=-min(stage.headroom, 0.05))
    half, dark = stage.span(1.0), mix(palette.near, palette.haze, 0.05)
    sheet.box(-half, 0.895, half, 1.0, dark)
    sheet.box(-half, 0.891, half, 0.898, mix(dark, palette.accents[1], 0.35))
    x = -half + 0.1
    while x < half:
        draw_bollard(sheet, x, 0.895, 0.05, dark)
        x += 0.34
    side = -1 if stage.chance(0.5) else 1
    draw_lamp(stage, sheet, side * stage.aspect * 0.39, 0.90, 0.56, dark, 1.0)
    draw_bicycle(sheet, -side * stage.aspect * 0.30, 0.898, 0.11, dark, 1)
    draw_bicycle(sheet, -side * stage.aspect * 0.30 - 0.09, 0.904, 0.11, dark, 1)
    sheet.rim(palette.accents[0] if palette.lightness < 0.6 else palette.key, 0.0, 0.0028, 0.5)
    stage.add_sheet(sheet, 1.0)


def _street_front(stage: Stage, parallax: float, base: float) -> None:
    """The houses along the street, with shops at their feet."""
    sheet = stage.sheet(parallax, bottom=base + 0.01)
    half = stage.span(parallax)
    x = -half - stage.between(0, 0.1)
    # A gap in the row shows the depth behind.
    gap = stage.between(-0.25, 0.25) * stage.aspect
    while x < half:
        if abs(x - gap) < 0.14 and stage.aspect > 0.8:
            x += stage.between(0.34, 0.46)
        width = stage.between(0.16, 0.30)
        if stage.reading.dutch:
            draw_gabled_house(stage, sheet, x, base, width * 0.8, stage.between(0.42, 0.6), depth=0.12)
            width *= 0.8
        else:
            draw_house(stage, sheet, x, base, width, stage.between(0.40, 0.72), depth=0.12)
        draw_shop(stage, sheet, x, base, width)
        x += width
    if stage.reading.cyber or "neon" in stage.reading.lights:
        add_house_signs(stage, sheet, half, base, 0.42)
    stage.add_sheet(sheet, parallax)
    add_flickering_signs(stage, parallax, base - 0.05, 0.36, 5 if stage.reading.cyber else 1)


def _ground(stage: Stage, line: float) -> None:
    """The street itself; wet streets mirror every light."""
    palette = stage.palette
    sheet = stage.sheet(0.8, top=line - 0.01, scale=1)
    half = stage.span(0.8)
    sheet.box(-half, line, half, 1.0, palette.ground)
    sheet.fade(mix(palette.near, palette.ground, 0.35), 0.0, 0.85, start=line, end=1.0)
    sheet.box(-half, line - 0.004, half, line + 0.008, mix(palette.ground, palette.horizon, 0.35))
    for x in range(-8, 9):
        sheet.line([(x * 0.22, line + 0.01), (x * 0.75, 1.0)], 0.0025, mix(palette.ground, palette.near, 0.5))
    for step in (0.03, 0.075, 0.14):
        sheet.line([(-half, line + step), (half, line + step)], 0.0022, mix(palette.ground, palette.near, 0.5))
    stage.add_sheet(sheet, 0.8)
    if stage.reading.wet or (stage.reading.dark and stage.reading.cyber):
        stage.add(WetGround(stage, line, 0.72 if stage.reading.wet else 0.3))


def _street_life(stage: Stage, foot: float) -> None:
    reading = stage.reading
    if "car" in reading.subjects:
        add_car(stage, 0.8, foot + 0.045, 0.15)
    if "bicycle" in reading.subjects:
        add_rider(stage, 0.85, foot + 0.03)
    add_animals(stage, foot + 0.04)
    busy = "crowd" in reading.subjects
    many = 14 if busy else 5 if not reading.people else 4
    if reading.shot in ("medium", "shoulder"):
        many //= 2
    add_crowd(stage, math.ceil(many * 0.55), foot - 0.02, 0.175, 0.7, 0.42, 0.015)
    if busy:
        add_crowd(stage, many // 2, foot + 0.05, 0.26, 0.9, 0.14, 0.03)
