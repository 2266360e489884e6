"""A head in profile, in close and medium shots: rim light, a lit cheek, hair or hat, an eye that blinks, breath."""

import math
from collections.abc import Callable, Sequence

from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.movers import Drawn
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.reading import PEOPLE
from film_pipeline.renderer.animatic.stage import Moment, Stage


def skin_tones(stage: Stage) -> tuple[Colour, Colour]:
    """Shadow and light of skin under this scene's light."""
    palette = stage.palette
    tone: Colour = (206, 150, 122)
    if palette.lightness < 0.6:
        return mix(palette.near, mix(tone, palette.sky, 0.55), 0.46), mix(
            mix(tone, palette.key, 0.30), palette.sky, 0.25
        )
    return mix(tone, palette.near, 0.45), mix(tone, (255, 240, 220), 0.35)


Line = tuple[Point, ...]
Outline = Callable[[Sequence[Point]], list[Point]]

# Outlines of a head that looks to the right; its width is about 1, y grows downward.
_PROFILE: Line = (
    (0.02, -1.02), (0.20, -1.00), (0.34, -0.92), (0.43, -0.78), (0.465, -0.62), (0.47, -0.52), (0.455, -0.44),
    (0.475, -0.38), (0.54, -0.25), (0.585, -0.17), (0.575, -0.125), (0.515, -0.10), (0.495, -0.075), (0.525, -0.03),
    (0.520, 0.005), (0.498, 0.022), (0.515, 0.055), (0.500, 0.095), (0.468, 0.115), (0.480, 0.165), (0.470, 0.225),
    (0.41, 0.27), (0.31, 0.275), (0.20, 0.25), (0.15, 0.30), (0.13, 0.46), (0.20, 0.60), (0.42, 0.72), (0.62, 0.86),
    (0.74, 1.3), (0.80, 2.6), (-1.2, 2.6), (-1.14, 1.3), (-1.02, 0.92), (-0.82, 0.76), (-0.52, 0.64), (-0.40, 0.50),
    (-0.37, 0.25), (-0.44, -0.02), (-0.50, -0.30), (-0.47, -0.60), (-0.36, -0.84), (-0.18, -0.98),
)  # fmt: skip
_COAT: Line = (
    (0.16, 0.62), (0.34, 0.66), (0.62, 0.86), (0.74, 1.3), (0.80, 2.6), (-1.2, 2.6), (-1.14, 1.3), (-1.02, 0.92),
    (-0.82, 0.76), (-0.52, 0.62), (-0.47, 0.36), (-0.30, 0.52), (-0.05, 0.62),
)  # fmt: skip
_LONG_HAIR: Line = (
    (0.38, -0.84), (0.42, -0.70), (0.30, -0.62), (0.18, -0.50), (0.10, -0.20), (0.06, 0.20), (0.10, 0.66),
    (-0.30, 0.80), (-0.66, 0.70), (-0.62, 0.10), (-0.62, -0.50), (-0.48, -0.86), (-0.20, -1.08), (0.12, -1.08),
)  # fmt: skip
_SHORT_HAIR: Line = (
    (0.36, -0.88), (0.40, -0.74), (0.26, -0.72), (0.16, -0.58), (0.06, -0.52), (0.03, -0.24), (-0.02, -0.46),
    (-0.14, -0.42), (-0.18, -0.10), (-0.34, 0.22), (-0.44, 0.0), (-0.53, -0.34), (-0.50, -0.64), (-0.36, -0.90),
    (-0.10, -1.06), (0.16, -1.06),
)  # fmt: skip
_HOOD: Line = (
    (0.42, -0.98), (0.36, -0.86), (0.26, -0.60), (0.22, -0.1), (0.26, 0.36), (0.10, 0.66), (-0.6, 0.7), (-0.74, 0.0),
    (-0.66, -0.66), (-0.42, -1.06), (0.0, -1.2),
)  # fmt: skip
_CROWN: Line = (
    (0.34, -0.76), (0.40, -1.14), (0.26, -1.30), (0.06, -1.24), (-0.16, -1.34), (-0.38, -1.22), (-0.50, -0.74),
)  # fmt: skip
_HATBAND: Line = ((0.37, -0.80), (0.355, -0.90), (-0.50, -0.84), (-0.52, -0.72))
_BRIM: Line = (
    (0.84, -0.62), (0.70, -0.72), (0.30, -0.80), (-0.40, -0.76), (-0.78, -0.60), (-0.80, -0.54), (-0.40, -0.62),
    (0.20, -0.66), (0.62, -0.58),
)  # fmt: skip
_COLLAR: Line = ((-0.62, 0.92), (-0.56, 0.30), (-0.36, 0.22), (-0.20, 0.46), (0.06, 0.70), (-0.10, 1.1))


def add_face(stage: Stage) -> None:
    """A head in profile against the lights: rim light, a lit plane of the cheek, an eye that blinks, breath."""
    reading, palette = stage.reading, stage.palette
    size = min(0.56, stage.aspect * 0.50) * (1.25 if reading.shot == "extreme" else 1.0)
    facing = 1 if stage.chance(0.5) else -1
    x0, y0 = -0.06 * facing * stage.aspect, 0.60
    kind = next((name for name in reading.subjects if name in PEOPLE), "person")
    shadow, light = skin_tones(stage)
    stage.add(_FaceActor(stage, x0, y0, size, facing, kind, shadow, light))
    if reading.wet or "snow" in reading.weather or palette.lightness < 0.5:
        _breath(stage, x0 + facing * 0.56 * size, y0 + 0.02 * size, facing)


def add_bust(stage: Stage, size: float, y: float) -> None:
    """Someone from the waist up, for a medium shot; walking shows in the shoulders."""
    facing = -1 if stage.reading.camera == "pan_left" or stage.chance(0.4) else 1
    kind = next((name for name in stage.reading.subjects if name in PEOPLE), "person")
    stride = {"walk": 1.0, "run": 2.2}.get(stage.reading.action, 0.0)
    x = stage.between(-0.16, 0.10) * stage.aspect * facing
    stage.add(_FaceActor(stage, x, y, size, facing, kind, *skin_tones(stage), stride))


class _FaceActor:
    """The head, drawn for eye open, half and shut; it breathes, and bobs where ``stride`` says it walks."""

    def __init__(
        self,
        stage: Stage,
        x: float,
        y: float,
        size: float,
        facing: int,
        kind: str,
        shadow: Colour,
        light: Colour,
        stride: float = 0.0,
    ) -> None:
        self._stride = stride
        self._stage, self._x, self._y, self._size, self._facing = stage, x, y, size, facing
        self._kind, self._shadow, self._light = kind, shadow, light
        self._cels = [self._drawn(opening) for opening in (1.0, 0.45, 0.0)]
        self._blink_at = stage.between(0.8, 1.6)

    def _drawn(self, opening: float) -> Cel:
        stage, size, palette = self._stage, self._size, self._stage.palette
        sheet = Sheet(stage.unit, -1.6 * size, -1.45 * size, 1.6 * size, max(1.0, (1.06 - self._y) / size) * size)

        def to(points: Sequence[Point]) -> list[Point]:
            return [(self._facing * px * size, py * size) for px, py in points]

        dark = palette.lightness < 0.6
        rim_front = palette.accents[1 % len(palette.accents)] if dark else palette.key
        rim_back = palette.accents[0] if dark else mix(palette.key, palette.sky, 0.4)
        head = to(smooth_curve(_PROFILE))
        sheet.polygon(head, self._shadow)
        for step in range(7):
            k = step / 7
            plane = [
                (0.30, -0.66),
                (0.44, -0.48),
                (0.45, -0.36),
                (0.52, -0.17),
                (0.46, -0.08),
                (0.48, 0.0),
                (0.44, 0.17),
                (0.28, 0.14),
                (0.20, -0.1),
                (0.22, -0.4),
            ]
            plane = [(0.44 + (px - 0.44) * (1 - 0.82 * k), -0.2 + (py + 0.2) * (1 - 0.25 * k)) for px, py in plane]
            sheet.polygon(to(smooth_curve(tuple(plane))), mix(self._shadow, self._light, 0.07 + 0.08 * step))
        self._features(sheet, to, opening)
        self._dress(sheet, to)
        sheet.rim(rim_back, self._facing * 0.010 * size, 0.006 * size, 0.9)
        sheet.rim(rim_front, -self._facing * 0.016 * size, 0.004 * size, 1.0)
        if self._kind == "robot":
            ((ex, ey),) = to([(0.36, -0.36)])
            sheet.ellipse(ex, ey, 0.035 * size, 0.028 * size * max(opening, 0.2), mix(rim_front, (255, 255, 255), 0.5))
            sheet.glow(ex, ey, 0.35 * size, rim_front, 0.9)
        if self._kind == "detective":
            ((cx, cy),) = to([(0.72, 0.06)])
            sheet.line(to([(0.51, 0.03), (0.71, 0.058)]), 0.020 * size, (200, 194, 186))
            sheet.ellipse(cx, cy, 0.016 * size, 0.016 * size, (255, 160, 70))
            sheet.glow(cx, cy, 0.20 * size, (255, 120, 40), 0.8)
        return sheet.cel()

    def _features(self, sheet: Sheet, to: Outline, opening: float) -> None:
        size, palette = self._size, self._stage.palette
        line = mix(palette.near, self._shadow, 0.25)
        sheet.line(to([(0.24, -0.52), (0.34, -0.555), (0.43, -0.53), (0.455, -0.49)]), 0.030 * size, line)
        if self._kind != "robot":
            upper = -0.36 - 0.045 * opening
            sheet.polygon(
                to([(0.30, -0.355), (0.36, upper), (0.415, upper + 0.01), (0.43, -0.37), (0.38, -0.335)]),
                mix(self._light, (240, 240, 240), 0.4) if opening else self._shadow,
            )
            if opening:
                ((ex, ey),) = to([(0.405, -0.365)])
                sheet.ellipse(ex, ey, 0.018 * size, 0.030 * size * opening, scaled(palette.near, 0.6))
                sheet.ellipse(
                    ex + self._facing * 0.006 * size, ey - 0.010 * size, 0.006 * size, 0.008 * size, (250, 252, 255)
                )
            sheet.line(to([(0.28, -0.35), (0.36, upper - 0.008), (0.44, upper + 0.02)]), 0.014 * size, line)
        sheet.line(to([(0.53, -0.115), (0.49, -0.135), (0.475, -0.16)]), 0.010 * size, line)
        sheet.line(to([(0.505, 0.024), (0.43, 0.032), (0.39, 0.024)]), 0.012 * size, line)
        sheet.line(
            to([(0.02, -0.40), (-0.06, -0.42), (-0.10, -0.34), (-0.06, -0.22), (0.0, -0.16)]), 0.020 * size, line
        )
        sheet.line(to([(0.06, 0.06), (0.14, 0.20), (0.28, 0.265)]), 0.012 * size, mix(line, self._shadow, 0.4))
        if self._stage.reading.cyber:
            hot = self._stage.palette.accents[1]
            for k in range(3):
                sheet.line(
                    to([(0.12, -0.20 + 0.07 * k), (0.22, -0.20 + 0.07 * k), (0.27, -0.14 + 0.07 * k)]),
                    0.008 * size,
                    hot,
                )
            ((gx, gy),) = to([(0.18, -0.12)])
            sheet.glow(gx, gy, 0.25 * size, hot, 0.4)

    def _dress(self, sheet: Sheet, to: Outline) -> None:
        """Coat, and what is on the head."""
        palette, size = self._stage.palette, self._size
        dark, hair = mix(palette.near, palette.far, 0.14), mix(palette.near, (60, 40, 30), 0.25)
        sheet.polygon(to(_COAT), dark)
        if self._kind == "astronaut":
            x, line = 0.05 * self._facing * size, mix(dark, palette.key, 0.5)
            sheet.ring(x, -0.34 * size, 0.86 * size, 0.90 * size, 0.05 * size, line)
        elif self._kind == "robot":
            for k in range(4):
                seam = to([(-0.40 + 0.1 * k, -0.86 + 0.02 * k), (-0.42 + 0.14 * k, 0.2)])
                sheet.line(seam, 0.008 * size, mix(dark, palette.key, 0.3))
        elif self._kind == "woman":
            sheet.polygon(to(smooth_curve(_LONG_HAIR)), hair)
            for k in range(5):
                lock = to([(0.1 - 0.12 * k, -1.0), (-0.08 - 0.1 * k, -0.5), (-0.06 - 0.11 * k, 0.5)])
                sheet.line(lock, 0.008 * size, mix(hair, palette.key, 0.16))
        elif self._kind == "hooded":
            sheet.polygon(to(smooth_curve(_HOOD)), dark)
        else:
            sheet.polygon(to(smooth_curve(_SHORT_HAIR)), hair)
        if self._kind == "detective":
            self._hat(sheet, to, dark)

    def _hat(self, sheet: Sheet, to: Outline, dark: Colour) -> None:
        felt = mix(self._stage.palette.near, self._stage.palette.far, 0.22)
        sheet.polygon(to(smooth_curve(_CROWN)), felt)
        sheet.polygon(to(_HATBAND), scaled(felt, 0.55))
        sheet.polygon(to(smooth_curve(_BRIM)), felt)
        sheet.polygon(to(_COLLAR), mix(dark, self._stage.palette.far, 0.12))

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        since = (t - self._blink_at) % 3.1
        shut = max(0.0, 1 - abs(since - 0.12) / 0.12) if t >= self._blink_at else 0.0
        lift = 0.006 * math.sin(t * 1.6) * self._size * 2
        turn = 0.008 * math.sin(t * 0.6 + 1)
        if self._stride:
            lift += 0.035 * self._size * math.sin(t * math.tau * 1.75 * self._stride**0.5) * self._stride**0.5
            turn += 0.02 * self._size * math.sin(t * math.pi * 1.75)
        x, y = self._x - 1.6 * self._size + turn, self._y - 1.45 * self._size + lift
        canvas.lay(self._cels[round(shut * 2)], *self._stage.pixel(x, y, 1.0, moment.framing))


def smooth_curve(points: tuple[Point, ...]) -> list[Point]:
    """A closed curve through ``points`` (Catmull-Rom)."""
    count, curve = len(points), []
    for i in range(count):
        p0, p1, p2, p3 = points[i - 1], points[i], points[(i + 1) % count], points[(i + 2) % count]
        for step in range(5):
            t = step / 5
            a, b, c, d = (
                (-t + 2 * t * t - t**3) / 2,
                (2 - 5 * t * t + 3 * t**3) / 2,
                (t + 4 * t * t - 3 * t**3) / 2,
                (t**3 - t * t) / 2,
            )
            curve.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    return curve


def _breath(stage: Stage, x: float, y: float, facing: int) -> None:
    """Breath or smoke that leaves the mouth and drifts off."""

    def paint(sheet: Sheet, turn: float) -> None:
        for puff in range(5):
            go = (turn + puff * 0.07) % 1
            if go < 0.75:
                spread = 0.02 + 0.10 * go
                sheet.glow(
                    x + facing * (0.03 + 0.20 * go) + 0.01 * math.sin(go * 9 + puff),
                    y - 0.05 * go - 0.012 * puff * go,
                    spread,
                    (120, 124, 140),
                    0.30 * (1 - go / 0.75),
                )

    stage.add(
        Drawn(stage, (x - 0.36, y - 0.25, x + 0.36, y + 0.16), 1.0, paint, steps=40, seconds=3.3, only_light=True)
    )
