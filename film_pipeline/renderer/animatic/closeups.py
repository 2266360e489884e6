"""Close shots: which subject is shown near, a hand, a table top, and behind them the lights out of focus."""

import math

from film_pipeline.renderer.animatic import things
from film_pipeline.renderer.animatic.backdrop import add_sky
from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.effects import Flakes, Light
from film_pipeline.renderer.animatic.eye import add_eye
from film_pipeline.renderer.animatic.face import add_face, skin_tones, smooth_curve
from film_pipeline.renderer.animatic.movers import Mover, as_light
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled
from film_pipeline.renderer.animatic.reading import OBJECTS, PEOPLE
from film_pipeline.renderer.animatic.stage import Moment, Stage


def build_closeup(stage: Stage) -> bool:
    """Dress a close shot of the first subject that can be shown near; false where there is none."""
    subjects = stage.reading.subjects
    for subject in subjects:
        if subject == "eye":
            _bokeh(stage)
            add_eye(stage)
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
            add_face(stage)
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
        as_light(disc)
        corner = (float(rng.uniform(-half, half)) - radius * 1.5, stage.between(0.02, 0.85) - radius * 1.5)
        cel = disc.cel(only_light=True)
        if index % 3 == 0:
            stage.add(Light(stage, cel, corner[0], corner[1], 0.15, "pulse"))
        else:
            stage.add(Mover(stage, [cel], corner, 0.15, speed=stage.between(-0.03, 0.03), bob=0.01, beat=0.5))


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
        shadow, light = skin_tones(stage)
        sleeve = mix(palette.near, palette.far, 0.2)

        def limb(a: Point, b: Point, w0: float, w1: float, colour: Colour) -> None:
            sheet.limb((a[0] * s, a[1] * s), (b[0] * s, b[1] * s), w0 * s, w1 * s, colour)

        fingers = (
            ((0.34, 0.16), 0.62, -0.42),
            ((0.38, 0.25), 0.70, -0.30),
            ((0.36, 0.34), 0.66, -0.17),
            ((0.30, 0.42), 0.52, -0.02),
        )
        for number, (root, long, angle) in enumerate(fingers):
            turn = angle - 0.10 * bend * (1 + 0.3 * number)
            shade = mix(shadow, light, 0.40 - 0.07 * number)
            joint = (root[0] + math.cos(turn) * long * 0.42, root[1] + math.sin(turn) * long * 0.42)
            middle = (joint[0] + math.cos(turn - 0.45) * long * 0.32, joint[1] + math.sin(turn - 0.45) * long * 0.32)
            tip = (middle[0] + math.cos(turn - 0.95) * long * 0.24, middle[1] + math.sin(turn - 0.95) * long * 0.24)
            limb(root, joint, 0.135, 0.115, shade)
            limb(joint, middle, 0.115, 0.098, shade)
            limb(middle, tip, 0.098, 0.072, shade)
        palm = (
            (-0.34, 0.22),
            (-0.10, 0.10),
            (0.20, 0.08),
            (0.40, 0.14),
            (0.44, 0.28),
            (0.36, 0.48),
            (0.06, 0.56),
            (-0.24, 0.54),
            (-0.42, 0.42),
        )
        sheet.polygon([(x * s, y * s) for x, y in smooth_curve(palm)], mix(shadow, light, 0.25))
        upper = ((-0.30, 0.22), (-0.06, 0.13), (0.20, 0.12), (0.36, 0.17), (0.30, 0.27), (0.0, 0.26), (-0.24, 0.32))
        sheet.polygon([(x * s, y * s) for x, y in smooth_curve(upper)], mix(shadow, light, 0.5))
        limb((-0.16, 0.20), (-0.14, -0.06), 0.17, 0.125, mix(shadow, light, 0.42))
        limb((-0.14, -0.06), (-0.03 - 0.05 * bend, -0.26), 0.125, 0.085, mix(shadow, light, 0.48))
        limb((-0.36, 0.40), (-1.0, 1.0), 0.30, 0.40, shadow)
        sheet.polygon(
            [(x * s, y * s) for x, y in ((-0.58, 0.36), (-0.36, 0.72), (-0.75, 1.5), (-1.6, 1.5), (-1.3, 0.9))], sleeve
        )
        sheet.rim(
            palette.accents[1 % len(palette.accents)] if palette.lightness < 0.6 else palette.key,
            0.004 * s,
            0.016 * s,
            0.95,
        )
        sheet.rim(palette.accents[0] if palette.lightness < 0.6 else palette.sky, -0.008 * s, -0.008 * s, 0.5)
        return sheet.cel()

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        t = moment.seconds
        index = round((math.sin(t * 1.4) * 0.5 + 0.5) * (self._STEPS - 1))
        y = 0.56 + 0.008 * math.sin(t * 1.1 + 1)
        canvas.lay(self._cels[index], *self._stage.pixel(-1.5 * self._size, y - 0.75 * self._size, 1.0, moment.framing))
