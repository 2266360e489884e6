"""Hills, dunes and ridges: the lines that land draws against the sky, and the beasts upon it."""

import math
from itertools import pairwise

from film_pipeline.renderer.animatic.buildings import draw_castle
from film_pipeline.renderer.animatic.creatures import add_animals, add_birds
from film_pipeline.renderer.animatic.drawing import Point
from film_pipeline.renderer.animatic.palette import Colour
from film_pipeline.renderer.animatic.props import add_fire
from film_pipeline.renderer.animatic.stage import Stage
from film_pipeline.renderer.animatic.vehicles import add_car, add_flyers, add_rider


def ridge_line(stage: Stage, half: float, base: float, rise: float, rough: float, seed_points: int = 9) -> list[Point]:
    """A line of hills or peaks by midpoint displacement, from left to right."""
    heights = stage.rng.uniform(0, 1, seed_points).tolist()
    spread = rough
    for _ in range(5):
        finer = []
        for a, b in pairwise(heights):
            finer += [a, (a + b) / 2 + float(stage.rng.uniform(-spread, spread))]
        heights, spread = [*finer, heights[-1]], spread * 0.55
    count = len(heights) - 1
    return [(-half + 2 * half * i / count, base - rise * height) for i, height in enumerate(heights)]


def add_hills(
    stage: Stage,
    parallax: float,
    base: float,
    rise: float,
    colour: Colour,
    *,
    rough: float = 0.1,
    mist: float = 0.4,
    points: int = 7,
) -> list[Point]:
    sheet = stage.sheet(parallax, top=base - rise * 1.6 - 0.05)
    half = stage.span(parallax)
    ridge = ridge_line(stage, half, base, rise, rough, points)
    sheet.polygon([*ridge, (half, 1.02), (-half, 1.02)], colour)
    sheet.fade(stage.palette.haze, 0.0, mist, start=base - rise, end=min(base + rise * 0.8, 1))
    stage.add_sheet(sheet, parallax)
    return ridge


def add_dune(stage: Stage, parallax: float, base: float, rise: float, light: Colour, shade: Colour) -> None:
    """A dune with a lit side and a shadow side that meet in a sharp crest."""
    sheet = stage.sheet(parallax, top=base - rise * 1.5)
    half = stage.span(parallax)
    phase, long = stage.between(0, math.tau), stage.between(1.6, 2.4)
    xs = [(-half + 2 * half * i / 120) for i in range(121)]
    crest = [(x, base - rise * (0.5 + 0.5 * math.sin(x * long + phase) + 0.10 * math.sin(x * 7 + phase))) for x in xs]
    sheet.polygon([*crest, (half, 1.02), (-half, 1.02)], light)
    # The lee side lies in shadow, with a sharp edge along the crest.
    for k in range(-4, 5):
        top = (math.pi / 2 - phase + k * math.tau) / long
        if not -half - 1 < top < half + 1:
            continue
        down = [(x, y) for x, y in crest if top <= x <= top + math.pi / long]
        if len(down) < 4:
            continue
        last = len(down) - 1
        edge = [(x, y + rise * 0.62 * math.sin(math.pi * (i / last) ** 0.6)) for i, (x, y) in enumerate(down)]
        sheet.polygon([*down, *edge[::-1]], shade)
    sheet.fade(shade, 0.0, 0.55, start=base, end=1.0)
    stage.add_sheet(sheet, parallax)


def add_beasts(stage: Stage, foot: float) -> None:
    """Animals and vehicles that the words name."""
    reading = stage.reading
    add_animals(stage, foot)
    if "car" in reading.subjects:
        add_car(stage, 0.8, foot + 0.02, 0.11)
    if "bicycle" in reading.subjects:
        add_rider(stage, 0.8, foot + 0.02)
    if "flyer" in reading.subjects:
        add_flyers(stage, 3)
    if "fire" in reading.lights:
        add_fire(stage, stage.between(0.1, 0.25) * stage.aspect, foot + 0.05, 0.16)
    if "bird" in reading.subjects:
        add_birds(stage, 9)
    if "tower" in reading.subjects and reading.place == "mountain":
        sheet = stage.sheet(0.4, top=0.3, bottom=0.9)
        draw_castle(stage, sheet, stage.between(-0.3, 0.3) * stage.aspect, 0.80, 0.26)
        stage.add_sheet(sheet, 0.4)
