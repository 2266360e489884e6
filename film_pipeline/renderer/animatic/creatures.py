"""Animals: birds that beat their wings, beasts that walk."""

import math

from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.movers import Mover
from film_pipeline.renderer.animatic.palette import Colour, mix
from film_pipeline.renderer.animatic.stage import Stage


def add_birds(stage: Stage, count: int = 7) -> None:
    """A few birds far away, beating their wings."""
    colour = mix(stage.palette.near, stage.palette.haze, 0.25)
    x0, y0, direction = stage.between(-0.4, 0.2) * stage.aspect, stage.between(0.12, 0.3), 1
    cels = []
    size = 0.016
    for step in range(6):
        lift = math.sin(math.tau * step / 6)
        sheet = Sheet(stage.unit, -2 * size, -2 * size, 2 * size, 2 * size)
        for side in (-1, 1):
            sheet.line(
                [(0, 0), (side * size * 0.55, -size * 0.35 * (lift + 0.4)), (side * size * 1.1, -size * 0.5 * lift)],
                max(size * 0.16, 1 / stage.unit),
                colour,
            )
        sheet.ellipse(0, 0, size * 0.3, size * 0.13, colour)
        cels.append(sheet.cel())
    for _ in range(count):
        corner = (x0 + stage.between(-0.2, 0.2), y0 + stage.between(-0.06, 0.06))
        stage.add(
            Mover(
                stage,
                cels,
                corner,
                0.15,
                speed=direction * stage.between(0.07, 0.09),
                rate=stage.between(10, 14),
                bob=0.006,
            )
        )


def add_animals(stage: Stage, foot: float) -> None:
    """The animals that the words name, walking along."""
    for name in ("horse", "camel", "deer", "dog", "cat"):
        if name in stage.reading.subjects:
            add_beast(stage, name, 0.8, foot)


def add_beast(stage: Stage, name: str, parallax: float, foot: float) -> None:
    """An animal that walks along."""
    height = {"horse": 0.20, "camel": 0.23, "deer": 0.17, "dog": 0.10, "cat": 0.065}[name]
    dark = mix(stage.palette.near, stage.palette.haze, 0.08)
    cels = []
    for step in range(12):
        sheet = Sheet(stage.unit, -height * 1.2, -height * 1.35, height * 1.25, height * 0.05)
        _draw_beast(sheet, name, height, step / 12, dark)
        sheet.rim(stage.palette.key, 0.002, 0.0016, 0.6)
        cels.append(sheet.cel())
    speed = {"horse": 0.13, "camel": 0.08, "deer": 0.09, "dog": 0.10, "cat": 0.05}[name]
    stage.add(
        Mover(stage, cels, (-0.3 * stage.aspect, foot - height * 1.35), parallax, speed=speed, rate=13, reach=height)
    )


def _draw_beast(sheet: Sheet, name: str, size: float, turn: float, colour: Colour) -> None:
    def limb(a: Point, b: Point, w0: float, w1: float) -> None:
        sheet.limb((a[0] * size, -a[1] * size), (b[0] * size, -b[1] * size), w0 * size, w1 * size, colour)

    slim = 0.8 if name == "cat" else 1.0
    for number, (hip, lag) in enumerate(
        (((-0.42, 0.62), 0.0), ((-0.38, 0.62), 0.5), ((0.36, 0.60), 0.25), ((0.40, 0.60), 0.75))
    ):
        angle = 0.42 * math.sin(math.tau * (turn + lag))
        lift = max(0.0, math.cos(math.tau * (turn + lag))) * 0.08
        knee = (hip[0] + math.sin(angle) * 0.26, hip[1] - 0.28)
        hoof = (knee[0] + math.sin(angle - 0.25 - lift * 3) * 0.30, lift)
        limb(hip, knee, 0.16 * slim if number < 2 else 0.13 * slim, 0.075 * slim)
        limb(knee, hoof, 0.07 * slim, 0.05 * slim)
    limb((-0.42, 0.68), (0.38, 0.68), 0.32 * slim, 0.30 * slim)
    nod = 0.03 * math.sin(math.tau * 2 * turn)
    if name == "camel":
        limb((-0.18, 0.84), (-0.14, 1.02), 0.34, 0.14)
        limb((0.14, 0.84), (0.16, 1.00), 0.30, 0.12)
    if name == "deer":
        for side in (0.0, 0.07):
            limb((0.64 + side, 1.14 + nod), (0.52 + side, 1.30 + nod), 0.03, 0.022)
            limb((0.56 + side, 1.24 + nod), (0.70 + side, 1.33 + nod), 0.022, 0.012)
    if name in ("horse", "camel", "deer"):
        limb((0.40, 0.74), (0.68, 1.06 + nod), 0.24, 0.14)
        limb((0.68, 1.08 + nod), (0.92, 0.90 + nod), 0.15, 0.085)
        limb((0.66, 1.16 + nod), (0.64, 1.24 + nod), 0.05, 0.02)
        if name == "horse":
            limb((0.34, 0.86), (0.62, 1.15 + nod), 0.10, 0.06)
        limb(
            (-0.54, 0.72),
            (-0.72, 0.36 - nod) if name == "horse" else (-0.62, 0.56),
            0.06,
            0.08 if name == "horse" else 0.03,
        )
    else:
        limb((0.42, 0.76), (0.62, 0.96 + nod), 0.22 * slim, 0.18 * slim)
        limb((0.62, 0.98 + nod), (0.84, 0.92 + nod), 0.20, 0.085)
        limb((0.57, 1.05 + nod), (0.54, 1.17 + nod), 0.07, 0.02)
        limb((-0.52, 0.72), (-0.86, 1.00 + nod * 2), 0.08, 0.04)
