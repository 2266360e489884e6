"""An eye as wide as the picture, human or cybernetic, with what it looks at mirrored in it."""

import math

import numpy as np

from film_pipeline.renderer.animatic import things
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.face import skin_tones
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage


class Eye:
    """An eye as wide as the picture: it looks about, the pupil breathes, the lid comes down now and then."""

    def __init__(self, stage: Stage, size: float, cyber: bool, show_map: bool) -> None:
        self._stage, self._size, self._cyber, self._map = stage, size, cyber, show_map
        self._shadow, self._light = skin_tones(stage)
        accents = stage.palette.accents
        self._glow: Colour = accents[1 % len(accents)] if cyber or stage.palette.lightness < 0.6 else (110, 150, 120)
        self._second: Colour = accents[0]
        self._ball = self._drawn_ball()
        self._iris: dict[int, Cel] = {}
        self._steps = 36 if cyber else 12
        self._fibres = self._drawn_fibres()
        self._lids: dict[int, Cel] = {}
        self._next = [(stage.between(-0.5, 0.6), stage.between(-0.25, 0.25)) for _ in range(32)]
        self._blink_at = stage.between(1.3, 2.1)

    def _outline(self, opening: float) -> tuple[list[Point], list[Point]]:
        """Upper and lower lid from the inner to the outer corner."""
        s = self._size
        upper, lower = [], []
        for i in range(41):
            u = i / 40
            x = (u - 0.5) * 2 * s
            tilt = -0.05 * s * (u - 0.5) * 2
            arch = math.sin(math.pi * u**0.92) ** 0.85
            upper.append((x, tilt - (0.50 * opening - 0.10 * (1 - opening)) * s * arch + 0.02 * s))
            lower.append((x, tilt + 0.30 * s * math.sin(math.pi * u**1.1) ** 0.95 * (0.55 + 0.45 * opening) + 0.02 * s))
        return upper, lower

    def _drawn_ball(self) -> Cel:
        s = self._size
        sheet = Sheet(self._stage.unit, -1.15 * s, -0.7 * s, 1.15 * s, 0.6 * s)
        white = mix((226, 224, 222), self._stage.palette.sky, 0.45 if self._stage.palette.lightness < 0.6 else 0.1)
        if self._stage.palette.lightness < 0.6:
            white = mix(white, self._stage.palette.near, 0.25)
        for step in range(14):
            k = 1 - step / 16
            sheet.ellipse(0, 0.0, 1.1 * s * k, 0.62 * s * k, mix(scaled(white, 0.42), white, step / 13))
        rng = self._stage.rng
        for _ in range(16):
            side = -1 if rng.random() < 0.5 else 1
            x, y = side * s, float(rng.uniform(-0.1, 0.1)) * s
            points = [(x, y)]
            for _ in range(5):
                x, y = x - side * float(rng.uniform(0.05, 0.1)) * s, y + float(rng.uniform(-0.05, 0.05)) * s
                points.append((x, y))
            sheet.line(points, 0.0016, mix(white, (190, 70, 70), 0.35))
        return sheet.cel()

    def _drawn_iris(self, step: int) -> Cel:
        r = 0.40 * self._size
        sheet = Sheet(self._stage.unit, -1.35 * r, -1.35 * r, 1.35 * r, 1.35 * r)
        turn = step / self._steps
        base = mix(self._glow, self._stage.palette.near, 0.55)
        sheet.start_from(self._fibres)
        self._finish_iris(sheet, r, turn, base)
        return sheet.cel()

    def _drawn_fibres(self) -> Sheet:
        """The iris itself, which all its drawings share."""
        r = 0.40 * self._size
        sheet = Sheet(self._stage.unit, -1.35 * r, -1.35 * r, 1.35 * r, 1.35 * r)
        base = mix(self._glow, self._stage.palette.near, 0.55)
        sheet.ellipse(0, 0, r, r, scaled(base, 0.35))
        rng = np.random.default_rng(self._stage.seed)
        for i in range(150):
            angle = math.tau * i / 150 + float(rng.uniform(-0.02, 0.02))
            inner, outer = r * float(rng.uniform(0.40, 0.52)), r * float(rng.uniform(0.80, 0.96))
            colour = mix(base, mix(self._glow, (255, 255, 255), 0.35), float(rng.random()) ** 1.5)
            sheet.line(
                [
                    (inner * math.cos(angle), inner * math.sin(angle)),
                    (outer * math.cos(angle), outer * math.sin(angle)),
                ],
                r * 0.016,
                colour,
            )
        return sheet

    def _finish_iris(self, sheet: Sheet, r: float, turn: float, base: Colour) -> None:
        pupil = r * (0.36 + 0.03 * math.sin(math.tau * turn))
        sheet.ellipse(0, 0, pupil * 1.15, pupil * 1.15, scaled(base, 0.45))
        sheet.ellipse(0, 0, pupil, pupil, (5, 6, 10))
        if self._cyber:
            self._machine(sheet, r, turn)
        if self._map:
            self._reflected_map(sheet, r, turn)
        else:
            sheet.ellipse(-0.34 * r, -0.38 * r, 0.15 * r, 0.19 * r, (244, 250, 255))
            sheet.ellipse(0.30 * r, 0.34 * r, 0.06 * r, 0.05 * r, (190, 210, 230))
        sheet.ring(0, 0, r, r, r * 0.055, scaled(base, 0.22))
        sheet.glow(0, 0, r * 1.3, self._glow, 0.32 if self._cyber else 0.08)

    def _machine(self, sheet: Sheet, r: float, turn: float) -> None:
        """Rings and notches of a cybernetic eye, turning against each other."""
        hot = mix(self._glow, (255, 255, 255), 0.45)
        for ring, (radius, count, long, way) in enumerate(
            ((0.90, 8, 0.50, 1), (0.72, 5, 0.62, -1), (0.54, 12, 0.45, 1))
        ):
            for part in range(count):
                start = math.tau * (part / count + way * turn / count * (ring + 1))
                points = [
                    (
                        radius * r * math.cos(start + a * math.tau / count * long / 8),
                        radius * r * math.sin(start + a * math.tau / count * long / 8),
                    )
                    for a in range(9)
                ]
                sheet.line(points, r * (0.030 if ring != 2 else 0.018), hot if (part + ring) % 3 else self._second)
        for tick in range(48):
            a = math.tau * tick / 48
            sheet.line(
                [
                    (0.96 * r * math.cos(a), 0.96 * r * math.sin(a)),
                    (
                        (0.99 + 0.03 * (tick % 4 == 0)) * r * math.cos(a),
                        (0.99 + 0.03 * (tick % 4 == 0)) * r * math.sin(a),
                    ),
                ],
                r * 0.010,
                self._glow,
            )
        sheet.glow(0, 0, r * 0.5, self._second, 0.35)

    def _reflected_map(self, sheet: Sheet, r: float, turn: float) -> None:
        """Streets and waters of a map of light, bent over the eyeball, with a mark that beats."""
        hot = mix(self._glow, (235, 255, 255), 0.55)
        shift = turn * 0.5
        for k in range(-3, 4):
            y = (k + shift * 2 % 1) * 0.24
            for vertical in (False, True):
                points = []
                for i in range(17):
                    u = (i / 16 - 0.5) * 1.7
                    a, b = (y, u) if vertical else (u, y)
                    bulge = math.sqrt(max(0.0, 1 - (a * a + b * b) * 0.55))
                    a, b = a * (0.62 + 0.3 * bulge), b * (0.62 + 0.3 * bulge)
                    if a * a + b * b < 0.72:
                        points.append((a * r, b * r))
                if len(points) > 2:
                    sheet.line(points, r * 0.010, scaled(hot, 0.62))
        for ring in (0.28, 0.46, 0.64):
            points = [
                (
                    ring * r * math.cos(math.pi * (0.12 + 0.76 * i / 16)),
                    ring * r * math.sin(math.pi * (0.12 + 0.76 * i / 16)) * 0.9,
                )
                for i in range(17)
            ]
            sheet.line(points, r * 0.022, hot)
        beat = (turn * 3) % 1
        x, y = 0.20 * r, -0.24 * r
        sheet.ring(
            x,
            y,
            r * 0.05 + r * 0.16 * beat,
            r * 0.05 + r * 0.16 * beat,
            r * 0.012,
            mix(self._second, (40, 20, 40), beat),
        )
        sheet.ellipse(x, y, r * 0.04, r * 0.04, mix(self._second, (255, 255, 255), 0.5))
        sheet.glow(x, y, r * 0.4, self._second, 0.6)

    def _drawn_lids(self, step: int) -> Cel:
        """The skin around the eye, with the hole between the lids; step 0 is open, 4 is shut."""
        s, stage = self._size, self._stage
        opening = 1 - step / 4
        half = stage.aspect / 2 + 0.12
        sheet = Sheet(stage.unit, -half, -stage.headroom - 0.65, half, 0.65)
        self._draw_skin(sheet, half)
        upper, lower = self._outline(opening)
        for grow in range(6):
            k = 1 - grow / 6
            lift = [(x, y - 0.16 * s * k * math.sin(math.pi * i / 40)) for i, (x, y) in enumerate(upper)]
            drop = [(x, y + 0.10 * s * k * math.sin(math.pi * i / 40)) for i, (x, y) in enumerate(lower)]
            sheet.polygon(lift + drop[::-1], mix(self._light, self._shadow, 0.25 + 0.13 * grow))
        fold = [
            (x * 1.02, y - 0.13 * s * math.sin(math.pi * i / 40) - 0.01 * s)
            for i, (x, y) in enumerate(self._outline(0.75 + 0.25 * opening)[0])
        ]
        sheet.line(fold, 0.030 * s, mix(self._shadow, stage.palette.near, 0.55))
        sheet.pen.polygon([sheet.at(*point) for point in upper + lower[::-1]], fill=(0, 0, 0, 0))
        wet = [(x, y - 0.012 * s) for x, y in lower]
        sheet.line(wet, 0.026 * s, mix(self._light, (255, 220, 210), 0.3))
        shade = [(x, y + 0.055 * s * math.sin(math.pi * i / 40)) for i, (x, y) in enumerate(upper)]
        sheet.polygon(upper + shade[::-1], mix(stage.palette.near, self._shadow, 0.25))
        sheet.line(upper, 0.045 * s, scaled(stage.palette.near, 0.7))
        self._lashes(sheet, upper, -1, opening)
        self._lashes(sheet, lower, 1, opening)
        return sheet.cel()

    def _draw_skin(self, sheet: Sheet, half: float) -> None:
        s, palette = self._size, self._stage.palette
        top = sheet.top
        sheet.box(-half, top, half, 0.7, self._shadow)
        for step in range(12):
            k = 1 - step / 12
            sheet.ellipse(0.34 * s, 0.62 * s, 1.5 * s * k, 0.66 * s * k, mix(self._shadow, self._light, 0.55 * (1 - k)))
        for step in range(10):
            k = 1 - step / 10
            sheet.ellipse(
                -0.2 * s, -0.74 * s, 1.3 * s * k, 0.30 * s * k, mix(self._shadow, self._light, 0.40 * (1 - k))
            )
        rng = np.random.default_rng(self._stage.seed + 1)
        brow = mix(palette.near, self._shadow, 0.15)
        for _ in range(150):
            u = float(rng.random())
            x = (-0.95 + 1.9 * u) * s
            y = -0.90 * s - 0.10 * s * math.sin(math.pi * u) + float(rng.uniform(-0.055, 0.055)) * s * (1.2 - u)
            sheet.line([(x, y + 0.05 * s), (x + 0.11 * s, y - 0.045 * s * (1 - 1.4 * u))], 0.014 * s, brow)
        if self._cyber:
            self._circuits(sheet)
        warm = self._second if palette.lightness < 0.6 else palette.key
        sheet.glow(-1.25 * s, 0.1, 1.1 * s, warm, 0.42)
        sheet.glow(1.3 * s, -0.2, 1.0 * s, self._glow if palette.lightness < 0.6 else palette.key, 0.34)

    def _circuits(self, sheet: Sheet) -> None:
        """Seams of metal and lines of light on the temple and the cheek."""
        s = self._size
        metal = mix(self._shadow, (150, 160, 180), 0.30)
        plate = [
            (0.75 * s, 0.42 * s),
            (1.15 * s, 0.18 * s),
            (2.2 * s, 0.22 * s),
            (2.2 * s, 1.2 * s),
            (0.95 * s, 1.2 * s),
        ]
        sheet.polygon(plate, metal)
        sheet.line([*plate, plate[0]], 0.014 * s, scaled(metal, 0.55))
        hot = mix(self._glow, (255, 255, 255), 0.3)
        for k in range(5):
            y = 0.30 * s + 0.10 * s * k
            path = [(1.02 * s + 0.04 * s * k, y), (1.25 * s, y), (1.36 * s, y + 0.06 * s), (2.2 * s, y + 0.06 * s)]
            sheet.line(path, 0.012 * s, hot)
            sheet.ellipse(*path[0], 0.020 * s, 0.020 * s, hot)
        for k in range(4):
            sheet.ellipse((0.86 + 0.02 * k) * s, (0.56 + 0.14 * k) * s, 0.022 * s, 0.022 * s, scaled(metal, 0.5))
        sheet.glow(1.4 * s, 0.5 * s, 0.8 * s, self._glow, 0.30)

    def _lashes(self, sheet: Sheet, lid: list[Point], way: int, opening: float) -> None:
        s, dark = self._size, scaled(self._stage.palette.near, 0.6)
        for i in range(2, 40, 1 if way < 0 else 2):
            u = i / 40
            x, y = lid[i]
            length = (0.17 if way < 0 else 0.075) * s * (0.55 + 0.6 * u) * (1 if i % 2 else 0.8)
            bend = (u - 0.42) * 1.5
            rise = way * length * (0.25 + 0.75 * opening if way < 0 else 1)
            sheet.line(
                [(x, y), (x + bend * length * 0.5, y + rise * 0.55), (x + bend * length * 1.1, y + rise)],
                0.010 * s,
                dark,
            )

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t, stage, s = moment.seconds, self._stage, self._size
        y0 = 0.52
        canvas.lay(self._ball, *stage.pixel(-1.15 * s, y0 - 0.7 * s, 1.0, moment.framing))
        x, y = self._gaze(t)
        step = int(t / 4.0 * self._steps) % self._steps
        if step not in self._iris:
            self._iris[step] = self._drawn_iris(step)
        reach = 1.35 * 0.40 * s
        canvas.lay(
            self._iris[step],
            *stage.pixel(0.30 * s * x - reach, y0 - 0.03 * s + 0.14 * s * y - reach, 1.0, moment.framing),
        )
        since = (t - self._blink_at) % 3.7
        shut = max(0.0, 1 - abs(since - 0.14) / 0.14) if t >= self._blink_at else 0.0
        lid = round(shut * 4)
        if lid not in self._lids:
            self._lids[lid] = self._drawn_lids(lid)
        half = stage.aspect / 2 + 0.12
        canvas.lay(self._lids[lid], *stage.pixel(-half, y0 - stage.headroom - 0.65, 1.0, moment.framing))

    def _gaze(self, t: float) -> Point:
        """Eyes do not glide: they rest, and leap."""
        rest = 0.85
        index = int(t / rest)
        go = min(1.0, (t / rest - index) * 9)
        go = go * go * (3 - 2 * go)
        (x0, y0), (x1, y1) = self._next[index % 32], self._next[(index + 1) % 32]
        tremble = 0.006 * math.sin(t * 13)
        return x0 + (x1 - x0) * go + tremble, y0 + (y1 - y0) * go + tremble


def add_eye(stage: Stage) -> None:
    reading = stage.reading
    size = min(0.44 if reading.shot == "extreme" else 0.40, stage.aspect * 0.36)
    shows = bool({"map", "hologram"} & (set(reading.subjects) | reading.lights))
    stage.add(Eye(stage, size, reading.cyber, shows))
    if shows:
        side = -1 if stage.chance(0.5) else 1
        things.add_floating_map(stage, side * stage.aspect * 0.30, 0.74, min(0.36, stage.aspect * 0.3))
