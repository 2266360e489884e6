"""Corridors: a long passage in one-point perspective whose frames of light come by."""

from film_pipeline.renderer.animatic.backdrop import add_fog
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.effects import Flakes
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage


class Passage:
    """A corridor that goes by: frames of light come nearer, one after another, drawn for a few sizes."""

    def __init__(self, stage: Stage, colour: Colour, wall: Colour) -> None:
        self._stage, self._count = stage, 7
        self._speed = 0.16 if stage.reading.camera in ("push", "track", "drift") else 0.05
        self._steps = 60
        self._colour, self._wall = colour, wall
        self._cels: dict[int, Cel] = {}
        self._centre = 0.50

    def _drawn(self, step: int) -> Cel:
        near = (step + 0.5) / self._steps
        size = 0.085 * 12.5 ** (near * 1.05)
        sheet = Sheet(self._stage.unit, -self._stage.aspect / 2, -self._stage.headroom, self._stage.aspect / 2, 1.0)
        w, h, c = size * min(1.25, self._stage.aspect * 0.85), size * 0.78, self._centre
        thick = size * 0.055
        shade = mix(self._wall, self._stage.palette.near, 0.15 + 0.7 * near)
        for grow, colour in ((thick * 1.6, shade), (0.0, mix(shade, self._stage.palette.near, 0.5))):
            outline = self._hexagon(w + grow, h + grow, c)
            sheet.line([*outline, outline[0]], thick * (1.1 if grow else 0.4), colour)
        lit = mix(self._colour, (255, 255, 255), 0.4)
        for side in (-1, 1):
            sheet.line([(side * w * 0.985, c - h * 0.42), (side * w * 0.985, c + h * 0.42)], thick * 0.35, lit)
            for part in range(3):
                sheet.glow(side * w * 0.97, c + h * (part - 1) * 0.38, size * 0.34, self._colour, 0.20 + 0.16 * near)
        return sheet.cel(smooth=False)

    @staticmethod
    def _hexagon(w: float, h: float, c: float) -> list[tuple[float, float]]:
        return [
            (-w, c - h * 0.62),
            (-w * 0.72, c - h),
            (w * 0.72, c - h),
            (w, c - h * 0.62),
            (w, c + h * 0.62),
            (w * 0.72, c + h),
            (-w * 0.72, c + h),
            (-w, c + h * 0.62),
        ]

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        for index in range(self._count):
            near = (index / self._count + self._speed * moment.seconds / 2) % 1.0
            step = int(near * self._steps)
            self._places().append(step)
        for step in sorted(self._places()):
            if step not in self._cels:
                self._cels[step] = self._drawn(step)
            canvas.lay(self._cels[step], 0, 0)
        self._places().clear()

    def _places(self) -> list[int]:
        if not hasattr(self, "_list"):
            self._list: list[int] = []
        return self._list


def build_corridor(stage: Stage) -> float:
    """A long passage in one-point perspective."""
    palette, reading = stage.palette, stage.reading
    colour = palette.accents[1 % len(palette.accents)] if palette.lightness < 0.6 else (150, 200, 220)
    ship = reading.cyber or "spaceship" in reading.subjects or "astronaut" in reading.subjects
    if reading.colours:
        colour = palette.accents[0]
    elif ship and not reading.cyber:
        colour = (90, 200, 240)
    wall = mix(palette.near, mix((70, 84, 104), colour, 0.15), 0.75 if ship else 0.6)
    sheet = stage.sheet(0.0)
    half, c = stage.aspect / 2, 0.50
    w, h = 0.10 * min(1.25, stage.aspect * 0.85), 0.066
    corners = [(-half, -stage.headroom), (half, -stage.headroom), (half, 1.0), (-half, 1.0)]
    inner = [(-w, c - h), (w, c - h), (w, c + h), (-w, c + h)]
    for i, shade in enumerate((0.72, 0.92, 0.55, 0.92)):
        j = (i + 1) % 4
        sheet.polygon([corners[i], corners[j], inner[j], inner[i]], scaled(wall, shade))
    for side in (-1, 1):
        for level in (0.25, 0.5, 0.75):
            a, b = (side * half, level - (stage.headroom * (1 - level))), (side * w, c - h + 2 * h * level)
            sheet.line([a, b], 0.003, scaled(wall, 0.6))
    sheet.polygon(inner, mix(colour, (255, 255, 255), 0.5))
    sheet.glow(0, c, 0.34, colour, 0.9)
    sheet.glow(0, c, 0.8, colour, 0.35)
    sheet.glow(0, 0.86, 0.7, colour, 0.30, flat=0.25)
    stage.add_sheet(sheet, 0.0)
    add_fog(stage, 0.3, 0.9, 0.28, 0.03, 0.0)
    stage.add(Passage(stage, colour, wall))
    stage.add(Flakes(stage, 30, 0.0034, -0.02, 90, sway=0.05, colour=colour))
    return 0.90
