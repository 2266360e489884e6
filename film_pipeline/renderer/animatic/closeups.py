"""Close shots: an eye, a face, a hand with something in it, a thing on its own; behind them the lights out of focus."""

import math
from collections.abc import Callable

import numpy as np

from film_pipeline.renderer.animatic import props, things
from film_pipeline.renderer.animatic.backdrop import add_sky
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.reading import OBJECTS, PEOPLE
from film_pipeline.renderer.animatic.stage import Moment, Stage


def build_closeup(stage: Stage) -> bool:
    """Dress a close shot of the first subject that can be shown near; false where there is none."""
    subjects = stage.reading.subjects
    for subject in subjects:
        if subject == "eye":
            _bokeh(stage)
            _eye(stage)
            return True
        if subject == "hand":
            _bokeh(stage)
            _hand(stage, next((name for name in subjects if name in OBJECTS), ""))
            return True
        if subject in OBJECTS:
            _bokeh(stage)
            _table_top(stage)
            things.add_thing(stage, subject, 0.0, 0.52, min(0.30, stage.aspect * 0.36))
            return True
        if subject == "face" or subject in PEOPLE:
            _bokeh(stage)
            _face(stage)
            return True
    return False


def _bokeh(stage: Stage) -> None:
    """The world far behind, out of focus: discs of light that drift and breathe."""
    palette, rng = stage.palette, stage.rng
    if not stage.reading.indoors:
        add_sky(stage, 0.75)
    sheet = stage.sheet(0.1, scale=1)
    half = stage.span(0.1)
    if stage.reading.indoors:
        sheet.box(-half, -stage.headroom, half, 1, mix(palette.near, palette.far, 0.55))
        sheet.fade(palette.near, 0.5, 0.0, start=0, end=0.6)
    for _ in range(7):
        x, w, top = stage.between(-half, half), stage.between(0.1, 0.25), stage.between(0.05, 0.5)
        sheet.box(x, top, x + w, 1.0, mix(palette.far, palette.haze, stage.between(0.2, 0.6)))
    sheet.fade(palette.haze, 0.0, 0.4)
    sheet.blur(0.03)
    stage.add_sheet(sheet, 0.1)
    lights = palette.accents if palette.lightness < 0.6 else (palette.key, palette.window, palette.horizon)
    for index in range(15):
        colour = lights[index % len(lights)]
        radius = stage.between(0.03, 0.085)
        disc = Sheet(stage.unit, -radius * 1.5, -radius * 1.5, radius * 1.5, radius * 1.5, scale=1)
        disc.ellipse(0, 0, radius, radius, scaled(colour, 0.30))
        disc.ring(0, 0, radius, radius, radius * 0.10, scaled(colour, 0.44))
        disc.blur(radius * 0.06)
        props.as_light(disc)
        corner = (float(rng.uniform(-half, half)) - radius * 1.5, stage.between(0.02, 0.85) - radius * 1.5)
        cel = disc.cel(only_light=True)
        if index % 3 == 0:
            stage.add(Light(stage, cel, corner[0], corner[1], 0.15, "pulse"))
        else:
            stage.add(props.Mover(stage, [cel], corner, 0.15, speed=stage.between(-0.03, 0.03), bob=0.01, beat=0.5))


def _skin(stage: Stage) -> tuple[Colour, Colour]:
    """Shadow and light of skin under this scene's light."""
    palette = stage.palette
    tone: Colour = (206, 150, 122)
    if palette.lightness < 0.6:
        return mix(palette.near, mix(tone, palette.sky, 0.55), 0.46), mix(mix(tone, palette.key, 0.30), palette.sky, 0.25)
    return mix(tone, palette.near, 0.45), mix(tone, (255, 240, 220), 0.35)


class Eye:
    """An eye as wide as the picture: it looks about, the pupil breathes, the lid comes down now and then."""

    def __init__(self, stage: Stage, size: float, cyber: bool, show_map: bool) -> None:
        self._stage, self._size, self._cyber, self._map = stage, size, cyber, show_map
        self._shadow, self._light = _skin(stage)
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
            sheet.line([(inner * math.cos(angle), inner * math.sin(angle)), (outer * math.cos(angle), outer * math.sin(angle))], r * 0.016, colour)
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
        for ring, (radius, count, long, way) in enumerate(((0.90, 8, 0.50, 1), (0.72, 5, 0.62, -1), (0.54, 12, 0.45, 1))):
            for part in range(count):
                start = math.tau * (part / count + way * turn / count * (ring + 1))
                points = [(radius * r * math.cos(start + a * math.tau / count * long / 8), radius * r * math.sin(start + a * math.tau / count * long / 8)) for a in range(9)]
                sheet.line(points, r * (0.030 if ring != 2 else 0.018), hot if (part + ring) % 3 else self._second)
        for tick in range(48):
            a = math.tau * tick / 48
            sheet.line([(0.96 * r * math.cos(a), 0.96 * r * math.sin(a)), ((0.99 + 0.03 * (tick % 4 == 0)) * r * math.cos(a), (0.99 + 0.03 * (tick % 4 == 0)) * r * math.sin(a))], r * 0.010, self._glow)
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
            points = [(ring * r * math.cos(math.pi * (0.12 + 0.76 * i / 16)), ring * r * math.sin(math.pi * (0.12 + 0.76 * i / 16)) * 0.9) for i in range(17)]
            sheet.line(points, r * 0.022, hot)
        beat = (turn * 3) % 1
        x, y = 0.20 * r, -0.24 * r
        sheet.ring(x, y, r * 0.05 + r * 0.16 * beat, r * 0.05 + r * 0.16 * beat, r * 0.012, mix(self._second, (40, 20, 40), beat))
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
        fold = [(x * 1.02, y - 0.13 * s * math.sin(math.pi * i / 40) - 0.01 * s) for i, (x, y) in enumerate(self._outline(0.75 + 0.25 * opening)[0])]
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
            sheet.ellipse(-0.2 * s, -0.74 * s, 1.3 * s * k, 0.30 * s * k, mix(self._shadow, self._light, 0.40 * (1 - k)))
        rng = np.random.default_rng(self._stage.seed + 1)
        brow = mix(palette.near, self._shadow, 0.15)
        for i in range(150):
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
        plate = [(0.75 * s, 0.42 * s), (1.15 * s, 0.18 * s), (2.2 * s, 0.22 * s), (2.2 * s, 1.2 * s), (0.95 * s, 1.2 * s)]
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
            sheet.line([(x, y), (x + bend * length * 0.5, y + rise * 0.55), (x + bend * length * 1.1, y + rise)], 0.010 * s, dark)

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t, stage, s = moment.seconds, self._stage, self._size
        y0 = 0.52
        canvas.lay(self._ball, *stage.pixel(-1.15 * s, y0 - 0.7 * s, 1.0, moment.framing))
        x, y = self._gaze(t)
        step = int(t / 4.0 * self._steps) % self._steps
        if step not in self._iris:
            self._iris[step] = self._drawn_iris(step)
        reach = 1.35 * 0.40 * s
        canvas.lay(self._iris[step], *stage.pixel(0.30 * s * x - reach, y0 - 0.03 * s + 0.14 * s * y - reach, 1.0, moment.framing))
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


def _eye(stage: Stage) -> None:
    reading = stage.reading
    size = min(0.44 if reading.shot == "extreme" else 0.40, stage.aspect * 0.36)
    shows = bool({"map", "hologram"} & (set(reading.subjects) | reading.lights))
    stage.add(Eye(stage, size, reading.cyber, shows))
    if shows:
        side = -1 if stage.chance(0.5) else 1
        things.add_floating_map(stage, side * stage.aspect * 0.30, 0.74, min(0.36, stage.aspect * 0.3))


_PROFILE = (
    (0.02, -1.02), (0.20, -1.00), (0.34, -0.92), (0.43, -0.78), (0.465, -0.62), (0.47, -0.52), (0.455, -0.44),
    (0.475, -0.38), (0.54, -0.25), (0.585, -0.17), (0.575, -0.125), (0.515, -0.10), (0.495, -0.075), (0.525, -0.03),
    (0.520, 0.005), (0.498, 0.022), (0.515, 0.055), (0.500, 0.095), (0.468, 0.115), (0.480, 0.165), (0.470, 0.225),
    (0.41, 0.27), (0.31, 0.275), (0.20, 0.25), (0.15, 0.30), (0.13, 0.46), (0.20, 0.60), (0.42, 0.72), (0.62, 0.86),
    (0.74, 1.3), (0.80, 2.6), (-1.2, 2.6), (-1.14, 1.3), (-1.02, 0.92), (-0.82, 0.76), (-0.52, 0.64), (-0.40, 0.50), (-0.37, 0.25),
    (-0.44, -0.02), (-0.50, -0.30), (-0.47, -0.60), (-0.36, -0.84), (-0.18, -0.98),
)  # fmt: skip


def _face(stage: Stage) -> None:
    """A head in profile against the lights: rim light, a lit plane of the cheek, an eye that blinks, breath."""
    reading, palette = stage.reading, stage.palette
    size = min(0.56, stage.aspect * 0.50) * (1.25 if reading.shot == "extreme" else 1.0)
    facing = 1 if stage.chance(0.5) else -1
    x0, y0 = -0.06 * facing * stage.aspect, 0.60
    kind = next((name for name in reading.subjects if name in PEOPLE), "person")
    shadow, light = _skin(stage)
    stage.add(_FaceActor(stage, x0, y0, size, facing, kind, shadow, light))
    if reading.wet or "snow" in reading.weather or palette.lightness < 0.5:
        _breath(stage, x0 + facing * 0.56 * size, y0 + 0.02 * size, facing)


def add_bust(stage: Stage, size: float, y: float) -> None:
    """Someone from the waist up, for a medium shot; walking shows in the shoulders."""
    facing = -1 if stage.reading.camera == "pan_left" or stage.chance(0.4) else 1
    kind = next((name for name in stage.reading.subjects if name in PEOPLE), "person")
    stride = {"walk": 1.0, "run": 2.2}.get(stage.reading.action, 0.0)
    x = stage.between(-0.16, 0.10) * stage.aspect * facing
    stage.add(_FaceActor(stage, x, y, size, facing, kind, *_skin(stage), stride))


class _FaceActor:
    """The head, drawn for eye open, half and shut; it breathes, and bobs where ``stride`` says it walks."""

    def __init__(self, stage: Stage, x: float, y: float, size: float, facing: int, kind: str, shadow: Colour, light: Colour, stride: float = 0.0) -> None:
        self._stride = stride
        self._stage, self._x, self._y, self._size, self._facing = stage, x, y, size, facing
        self._kind, self._shadow, self._light = kind, shadow, light
        self._cels = [self._drawn(opening) for opening in (1.0, 0.45, 0.0)]
        self._blink_at = stage.between(0.8, 1.6)

    def _drawn(self, opening: float) -> Cel:
        stage, size, palette = self._stage, self._size, self._stage.palette
        sheet = Sheet(stage.unit, -1.6 * size, -1.45 * size, 1.6 * size, max(1.0, (1.06 - self._y) / size) * size)

        def to(points: tuple[Point, ...] | list[Point]) -> list[Point]:
            return [(self._facing * px * size, py * size) for px, py in points]

        dark = palette.lightness < 0.6
        rim_front = palette.accents[1 % len(palette.accents)] if dark else palette.key
        rim_back = palette.accents[0] if dark else mix(palette.key, palette.sky, 0.4)
        head = to(_smooth(_PROFILE))
        sheet.polygon(head, self._shadow)
        for step in range(7):
            k = step / 7
            plane = [(0.30, -0.66), (0.44, -0.48), (0.45, -0.36), (0.52, -0.17), (0.46, -0.08), (0.48, 0.0), (0.44, 0.17), (0.28, 0.14), (0.20, -0.1), (0.22, -0.4)]
            plane = [(0.44 + (px - 0.44) * (1 - 0.82 * k), -0.2 + (py + 0.2) * (1 - 0.25 * k)) for px, py in plane]
            sheet.polygon(to(_smooth(tuple(plane))), mix(self._shadow, self._light, 0.07 + 0.08 * step))
        self._features(sheet, to, opening)
        self._dress(sheet, to)
        sheet.rim(rim_back, self._facing * 0.010 * size, 0.006 * size, 0.9)
        sheet.rim(rim_front, -self._facing * 0.016 * size, 0.004 * size, 1.0)
        if self._kind == "robot":
            (ex, ey), = to([(0.36, -0.36)])
            sheet.ellipse(ex, ey, 0.035 * size, 0.028 * size * max(opening, 0.2), mix(rim_front, (255, 255, 255), 0.5))
            sheet.glow(ex, ey, 0.35 * size, rim_front, 0.9)
        if self._kind == "detective":
            (cx, cy), = to([(0.72, 0.06)])
            sheet.line(to([(0.51, 0.03), (0.71, 0.058)]), 0.020 * size, (200, 194, 186))
            sheet.ellipse(cx, cy, 0.016 * size, 0.016 * size, (255, 160, 70))
            sheet.glow(cx, cy, 0.20 * size, (255, 120, 40), 0.8)
        return sheet.cel()

    def _features(self, sheet: Sheet, to: Callable[[list[Point]], list[Point]], opening: float) -> None:
        size, palette = self._size, self._stage.palette
        line = mix(palette.near, self._shadow, 0.25)
        sheet.line(to([(0.24, -0.52), (0.34, -0.555), (0.43, -0.53), (0.455, -0.49)]), 0.030 * size, line)
        if self._kind != "robot":
            upper = -0.36 - 0.045 * opening
            sheet.polygon(to([(0.30, -0.355), (0.36, upper), (0.415, upper + 0.01), (0.43, -0.37), (0.38, -0.335)]), mix(self._light, (240, 240, 240), 0.4) if opening else self._shadow)
            if opening:
                (ex, ey), = to([(0.405, -0.365)])
                sheet.ellipse(ex, ey, 0.018 * size, 0.030 * size * opening, scaled(palette.near, 0.6))
                sheet.ellipse(ex + self._facing * 0.006 * size, ey - 0.010 * size, 0.006 * size, 0.008 * size, (250, 252, 255))
            sheet.line(to([(0.28, -0.35), (0.36, upper - 0.008), (0.44, upper + 0.02)]), 0.014 * size, line)
        sheet.line(to([(0.53, -0.115), (0.49, -0.135), (0.475, -0.16)]), 0.010 * size, line)
        sheet.line(to([(0.505, 0.024), (0.43, 0.032), (0.39, 0.024)]), 0.012 * size, line)
        sheet.line(to([(0.02, -0.40), (-0.06, -0.42), (-0.10, -0.34), (-0.06, -0.22), (0.0, -0.16)]), 0.020 * size, line)
        sheet.line(to([(0.06, 0.06), (0.14, 0.20), (0.28, 0.265)]), 0.012 * size, mix(line, self._shadow, 0.4))
        if self._stage.reading.cyber:
            hot = self._stage.palette.accents[1]
            for k in range(3):
                sheet.line(to([(0.12, -0.20 + 0.07 * k), (0.22, -0.20 + 0.07 * k), (0.27, -0.14 + 0.07 * k)]), 0.008 * size, hot)
            (gx, gy), = to([(0.18, -0.12)])
            sheet.glow(gx, gy, 0.25 * size, hot, 0.4)

    def _dress(self, sheet: Sheet, to: Callable[[list[Point]], list[Point]]) -> None:
        palette, size = self._stage.palette, self._size
        dark = mix(palette.near, palette.far, 0.14)
        hair = mix(palette.near, (60, 40, 30), 0.25)
        coat = [(0.16, 0.62), (0.34, 0.66), (0.62, 0.86), (0.74, 1.3), (0.80, 2.6), (-1.2, 2.6), (-1.14, 1.3), (-1.02, 0.92), (-0.82, 0.76), (-0.52, 0.62), (-0.47, 0.36), (-0.30, 0.52), (-0.05, 0.62)]
        sheet.polygon(to(coat), dark)
        if self._kind == "astronaut":
            sheet.ring(0.05 * self._facing * size, -0.34 * size, 0.86 * size, 0.90 * size, 0.05 * size, mix(dark, palette.key, 0.5))
            return
        if self._kind == "robot":
            for k in range(4):
                sheet.line(to([(-0.40 + 0.1 * k, -0.86 + 0.02 * k), (-0.42 + 0.14 * k, 0.2)]), 0.008 * size, mix(dark, palette.key, 0.3))
            return
        if self._kind == "woman":
            locks = [(0.38, -0.84), (0.42, -0.70), (0.30, -0.62), (0.18, -0.50), (0.10, -0.20), (0.06, 0.20), (0.10, 0.66), (-0.30, 0.80), (-0.66, 0.70),
                     (-0.62, 0.10), (-0.62, -0.50), (-0.48, -0.86), (-0.20, -1.08), (0.12, -1.08)]  # fmt: skip
            sheet.polygon(to(_smooth(tuple(locks))), hair)
            for k in range(5):
                sheet.line(to([(0.1 - 0.12 * k, -1.0), (-0.08 - 0.1 * k, -0.5), (-0.06 - 0.11 * k, 0.5)]), 0.008 * size, mix(hair, palette.key, 0.16))
        elif self._kind == "hooded":
            sheet.polygon(to(_smooth(((0.42, -0.98), (0.36, -0.86), (0.26, -0.60), (0.22, -0.1), (0.26, 0.36), (0.10, 0.66), (-0.6, 0.7), (-0.74, 0.0), (-0.66, -0.66), (-0.42, -1.06), (0.0, -1.2)))), dark)
        else:
            sheet.polygon(to(_smooth(((0.36, -0.88), (0.40, -0.74), (0.26, -0.72), (0.16, -0.58), (0.06, -0.52), (0.03, -0.24), (-0.02, -0.46), (-0.14, -0.42), (-0.18, -0.10), (-0.34, 0.22),
                                      (-0.44, 0.0), (-0.53, -0.34), (-0.50, -0.64), (-0.36, -0.90), (-0.10, -1.06), (0.16, -1.06)))), hair)  # fmt: skip
        if self._kind == "detective":
            felt = mix(palette.near, palette.far, 0.22)
            sheet.polygon(to(_smooth(((0.34, -0.76), (0.40, -1.14), (0.26, -1.30), (0.06, -1.24), (-0.16, -1.34), (-0.38, -1.22), (-0.50, -0.74)))), felt)
            sheet.polygon(to(((0.37, -0.80), (0.355, -0.90), (-0.50, -0.84), (-0.52, -0.72))), scaled(felt, 0.55))
            sheet.polygon(to(_smooth(((0.84, -0.62), (0.70, -0.72), (0.30, -0.80), (-0.40, -0.76), (-0.78, -0.60), (-0.80, -0.54), (-0.40, -0.62), (0.20, -0.66), (0.62, -0.58)))), felt)
            sheet.polygon(to([(-0.62, 0.92), (-0.56, 0.30), (-0.36, 0.22), (-0.20, 0.46), (0.06, 0.70), (-0.10, 1.1)]), mix(dark, palette.far, 0.12))

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


def _smooth(points: tuple[Point, ...]) -> list[Point]:
    """A closed curve through ``points`` (Catmull-Rom)."""
    count, curve = len(points), []
    for i in range(count):
        p0, p1, p2, p3 = points[i - 1], points[i], points[(i + 1) % count], points[(i + 2) % count]
        for step in range(5):
            t = step / 5
            a, b, c, d = (-t + 2 * t * t - t**3) / 2, (2 - 5 * t * t + 3 * t**3) / 2, (t + 4 * t * t - 3 * t**3) / 2, (t**3 - t * t) / 2
            curve.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    return curve


def _breath(stage: Stage, x: float, y: float, facing: int) -> None:
    """Breath or smoke that leaves the mouth and drifts off."""

    def paint(sheet: Sheet, turn: float) -> None:
        for puff in range(5):
            go = (turn + puff * 0.07) % 1
            if go < 0.75:
                spread = 0.02 + 0.10 * go
                sheet.glow(x + facing * (0.03 + 0.20 * go) + 0.01 * math.sin(go * 9 + puff), y - 0.05 * go - 0.012 * puff * go, spread, (120, 124, 140), 0.30 * (1 - go / 0.75))

    stage.add(props.Drawn(stage, (x - 0.36, y - 0.25, x + 0.36, y + 0.16), 1.0, paint, steps=40, seconds=3.3, only_light=True))


def _table_top(stage: Stage) -> None:
    """A surface under a thing, with a pool of light."""
    palette = stage.palette
    sheet = stage.sheet(0.6, top=0.6)
    half = stage.span(0.6)
    wood = mix(palette.near, mix(palette.ground, (110, 74, 50), 0.4), 0.5)
    sheet.box(-half, 0.70, half, 1.0, wood)
    sheet.fade(palette.near, 0.0, 0.7, start=0.7, end=1.0)
    sheet.box(-half, 0.697, half, 0.703, mix(wood, palette.key, 0.3))
    sheet.glow(0, 0.76, 0.8, palette.window if palette.lightness < 0.6 else palette.key, 0.35, flat=0.3)
    stage.add_sheet(sheet, 0.6)


def _hand(stage: Stage, thing: str) -> None:
    """A hand that comes in from below and holds something, or opens under a map of light."""
    size = min(0.46, stage.aspect * 0.45)
    stage.add(_HandActor(stage, size))
    name = thing or ("map" if "hologram" in stage.reading.lights else "")
    if name:
        things.add_thing(stage, name, 0.02, 0.36, size * 0.42)
    else:
        glow = Sheet(stage.unit, -0.4, 0.0, 0.4, 0.8)
        glow.glow(0, 0.38, 0.36, stage.palette.accents[1], 0.4)
        stage.add(Light(stage, glow.cel(only_light=True), -0.4, 0.0, 1.0, "pulse"))
        stage.add(Flakes(stage, 30, 0.005, -0.05, 130, colour=stage.palette.accents[1]))


class _HandActor:
    """An open hand seen from the side, fingers that move a little."""

    _STEPS = 9

    def __init__(self, stage: Stage, size: float) -> None:
        self._stage, self._size = stage, size
        self._cels = [self._drawn(step / (self._STEPS - 1)) for step in range(self._STEPS)]

    def _drawn(self, bend: float) -> Cel:
        stage, s, palette = self._stage, self._size, self._stage.palette
        sheet = Sheet(stage.unit, -1.5 * s, -0.75 * s, 1.5 * s, 1.4 * s)
        shadow, light = _skin(stage)
        sleeve = mix(palette.near, palette.far, 0.2)

        def limb(a: Point, b: Point, w0: float, w1: float, colour: Colour) -> None:
            sheet.limb((a[0] * s, a[1] * s), (b[0] * s, b[1] * s), w0 * s, w1 * s, colour)

        fingers = (((0.34, 0.16), 0.62, -0.42), ((0.38, 0.25), 0.70, -0.30), ((0.36, 0.34), 0.66, -0.17), ((0.30, 0.42), 0.52, -0.02))
        for number, (root, long, angle) in enumerate(fingers):
            turn = angle - 0.10 * bend * (1 + 0.3 * number)
            shade = mix(shadow, light, 0.40 - 0.07 * number)
            joint = (root[0] + math.cos(turn) * long * 0.42, root[1] + math.sin(turn) * long * 0.42)
            middle = (joint[0] + math.cos(turn - 0.45) * long * 0.32, joint[1] + math.sin(turn - 0.45) * long * 0.32)
            tip = (middle[0] + math.cos(turn - 0.95) * long * 0.24, middle[1] + math.sin(turn - 0.95) * long * 0.24)
            limb(root, joint, 0.135, 0.115, shade)
            limb(joint, middle, 0.115, 0.098, shade)
            limb(middle, tip, 0.098, 0.072, shade)
        palm = ((-0.34, 0.22), (-0.10, 0.10), (0.20, 0.08), (0.40, 0.14), (0.44, 0.28), (0.36, 0.48), (0.06, 0.56), (-0.24, 0.54), (-0.42, 0.42))
        sheet.polygon([(x * s, y * s) for x, y in _smooth(palm)], mix(shadow, light, 0.25))
        upper = ((-0.30, 0.22), (-0.06, 0.13), (0.20, 0.12), (0.36, 0.17), (0.30, 0.27), (0.0, 0.26), (-0.24, 0.32))
        sheet.polygon([(x * s, y * s) for x, y in _smooth(upper)], mix(shadow, light, 0.5))
        limb((-0.16, 0.20), (-0.14, -0.06), 0.17, 0.125, mix(shadow, light, 0.42))
        limb((-0.14, -0.06), (-0.03 - 0.05 * bend, -0.26), 0.125, 0.085, mix(shadow, light, 0.48))
        limb((-0.36, 0.40), (-1.0, 1.0), 0.30, 0.40, shadow)
        sheet.polygon([(x * s, y * s) for x, y in ((-0.58, 0.36), (-0.36, 0.72), (-0.75, 1.5), (-1.6, 1.5), (-1.3, 0.9))], sleeve)
        sheet.rim(palette.accents[1 % len(palette.accents)] if palette.lightness < 0.6 else palette.key, 0.004 * s, 0.016 * s, 0.95)
        sheet.rim(palette.accents[0] if palette.lightness < 0.6 else palette.sky, -0.008 * s, -0.008 * s, 0.5)
        return sheet.cel()

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        index = round((math.sin(t * 1.4) * 0.5 + 0.5) * (self._STEPS - 1))
        y = 0.56 + 0.008 * math.sin(t * 1.1 + 1)
        canvas.lay(self._cels[index], *self._stage.pixel(-1.5 * self._size, y - 0.75 * self._size, 1.0, moment.framing))


