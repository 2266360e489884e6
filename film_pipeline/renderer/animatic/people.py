"""People on the stage: walkers with a cached walk cycle, a crowd that shares cycles, and those who stand or sit."""

import math

from film_pipeline.renderer.animatic.canvas import Canvas, Cel
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.figures import Look, draw_figure, pose_of
from film_pipeline.renderer.animatic.palette import mix, scaled
from film_pipeline.renderer.animatic.stage import Moment, Stage

_SECONDS_A_CYCLE = {"walk": 1.12, "run": 0.68, "stand": 3.4, "sit": 3.8}


class Cycle:
    """The drawings of one figure in one action, made when they are first needed and kept."""

    def __init__(
        self, unit: float, kind: str, height: float, action: str, facing: int, look: Look, steps: int, smooth: bool
    ) -> None:
        self._unit, self._kind, self.height, self._action = unit, kind, height, action
        self._facing, self._look, self.steps, self._smooth = facing, look, steps, smooth
        self._cels: dict[int, Cel] = {}
        self.half_width = height * (0.55 if look.umbrella or action == "sit" else 0.42)
        self.above = height * (1.32 if look.umbrella else 1.10)

    def cel(self, seconds: float) -> Cel:
        step = int(seconds / _SECONDS_A_CYCLE[self._action] * self.steps) % self.steps
        if step not in self._cels:
            self._cels[step] = self._drawn(step)
        return self._cels[step]

    def _drawn(self, step: int) -> Cel:
        sheet = Sheet(self._unit, -self.half_width, -self.above, self.half_width, 0.05 * self.height)
        pose = pose_of(self._action, step / self.steps)
        draw_figure(sheet, self._kind, 0.0, 0.0, self.height, pose, self._facing, self._look)
        return sheet.cel(smooth=self._smooth)


class Walker:
    """One figure: starts at ``x``, moves ``speed`` picture heights a second, and comes in again on the other side.

    ``follows`` is the share of the camera's own move that the figure goes along with.
    """

    def __init__(
        self,
        stage: Stage,
        cycle: Cycle,
        x: float,
        foot: float,
        parallax: float,
        *,
        speed: float = 0.0,
        follows: float = 0.0,
        delay: float = 0.0,
    ) -> None:
        self._stage, self._cycle, self._x, self._foot = stage, cycle, x, foot
        self._parallax, self._speed, self._follows, self._delay = parallax, speed, follows, delay

    def place(self, moment: Moment) -> float:
        span = self._stage.span(self._parallax) + self._cycle.half_width
        x = self._x + self._speed * moment.seconds
        if self._speed:
            x = (x + span) % (2 * span) - span
        return x + self._follows * self._parallax * moment.framing.x

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        cel = self._cycle.cel(moment.seconds + self._delay)
        x, y = self._stage.pixel(
            self.place(moment) - self._cycle.half_width, self._foot - self._cycle.above, self._parallax, moment.framing
        )
        canvas.lay(cel, x, y)


def hero_kind(stage: Stage) -> str:
    people = stage.reading.people
    return people[0] if people else "person"


def look_for(stage: Stage, depth: float, umbrella: bool = False) -> Look:
    """``depth`` 0 is near and dark, 1 far and hazy."""
    palette = stage.palette
    accents = palette.accents
    bright = palette.lightness
    front, back = accents[int(stage.rng.integers(len(accents)))], accents[int(stage.rng.integers(len(accents)))]
    if bright > 0.5:
        front, back = palette.key, mix(palette.near, palette.sky, 0.6)
    body = mix(palette.near, palette.haze, 0.06 + 0.45 * depth)
    fade = 0.15 + 0.6 * depth
    return Look(
        body, mix(front, body, fade), mix(back, body, fade + 0.1), umbrella, stage.palette.accents[1 % len(accents)]
    )


def add_hero(
    stage: Stage,
    foot: float,
    height: float,
    *,
    x: float = 0.0,
    parallax: float = 1.0,
    depth: float = 0.0,
    kind: str = "",
) -> None:
    """The main figure, going along with a tracking camera."""
    reading = stage.reading
    action = reading.action
    facing = -1 if reading.camera == "pan_left" else 1
    if action == "sit" and stage.seat is not None:
        facing = stage.seat[1]
    steps = 24 if action in ("walk", "run") else 16
    kind = kind or hero_kind(stage)
    cycle = Cycle(stage.unit, kind, height, action, facing, look_for(stage, depth), steps, smooth=True)
    moving = action in ("walk", "run")
    if action == "sit" and stage.seat is not None:
        x, foot = stage.seat[0], foot - 0.02
    if moving and stage.camera.move == "track":
        # The camera goes along: the figure keeps its place, drifting a little as a real operator lets it.
        stage.add(Walker(stage, cycle, x - 0.05 * facing, foot, parallax, follows=1.0))
    else:
        speed = facing * height * (0.5 if action == "run" else 0.2) if moving else 0.0
        stage.add(Walker(stage, cycle, x - (0.3 * facing * height if moving else 0), foot, parallax, speed=speed))


def add_crowd(
    stage: Stage, count: int, foot: float, height: float, parallax: float, depth: float, spread: float = 0.02
) -> None:
    """``count`` walkers both ways, sharing a few cycles so that a full street costs little."""
    if stage.reading.empty and "crowd" not in stage.reading.subjects:
        return
    rng, wet = stage.rng, stage.reading.wet and not stage.reading.indoors
    kinds = (
        ("person", "woman", "hooded", "person", "child")
        if not stage.reading.cyber
        else ("person", "hooded", "woman", "robot", "person")
    )
    cycles: list[tuple[Cycle, int]] = []
    for index in range(min(count, 4)):
        facing = 1 if index % 2 else -1
        look = look_for(stage, depth, umbrella=wet and index < 3)
        size = height * float(rng.uniform(0.92, 1.06))
        action = "stand" if index == 3 else "walk"
        cycles.append((Cycle(stage.unit, kinds[index], size, action, facing, look, 11, smooth=False), facing))
    half = stage.span(parallax)
    order = sorted(range(count), key=lambda _: float(rng.random()))
    for index in order:
        cycle, facing = cycles[index % len(cycles)]
        x = -half + 2 * half * (index + float(rng.uniform(0.1, 0.9))) / count
        speed = 0.0 if index % len(cycles) == 3 else facing * height * float(rng.uniform(0.42, 0.58))
        stage.add(
            Walker(
                stage,
                cycle,
                x,
                foot + float(rng.uniform(0, spread)),
                parallax,
                speed=speed,
                delay=float(rng.uniform(0, 2)),
            )
        )


def add_shoulder(stage: Stage, side: int) -> None:
    """Someone's head and shoulder in the foreground, for a shot over it."""
    palette, unit = stage.palette, stage.unit
    sheet = Sheet(unit, -0.9, -0.1, 0.75, 1.15)
    dark = scaled(palette.near, 0.8)
    neck = [
        (-0.9, 1.15),
        (-0.82, 0.78),
        (-0.5, 0.62),
        (-0.26, 0.55),
        (-0.22, 0.40),
        (0.10, 0.40),
        (0.14, 0.55),
        (0.36, 0.64),
        (0.52, 0.84),
        (0.56, 1.15),
    ]
    sheet.polygon(neck, dark)
    sheet.ellipse(-0.06, 0.27, 0.19, 0.235, dark)
    if hero_kind(stage) == "woman":
        sheet.ellipse(-0.06, 0.30, 0.25, 0.29, dark)
        sheet.polygon([(-0.31, 0.30), (0.19, 0.30), (0.24, 0.66), (-0.34, 0.66)], dark)
    if hero_kind(stage) == "woman":
        sheet.ellipse(-0.06, 0.30, 0.25, 0.29, dark)
        sheet.polygon([(-0.31, 0.30), (0.19, 0.30), (0.24, 0.66), (-0.34, 0.66)], dark)
    if hero_kind(stage) == "detective":
        sheet.polygon([(-0.40, 0.19), (-0.30, 0.13), (0.18, 0.11), (0.31, 0.15), (0.22, 0.20), (-0.28, 0.23)], dark)
        sheet.polygon([(-0.24, 0.17), (-0.20, -0.02), (-0.06, -0.05), (0.08, -0.03), (0.13, 0.16)], dark)
    sheet.rim(palette.accents[0] if palette.lightness < 0.6 else palette.key, -0.010, 0.006, 0.8)
    sheet.rim(palette.accents[1], 0.006, 0.004, 0.4)
    sheet.blur(0.006)
    stage.add(_Breather(stage, sheet.cel(smooth=True), side * stage.aspect * 0.33, sheet))


class _Breather:
    """A near figure that only breathes."""

    def __init__(self, stage: Stage, cel: Cel, x: float, sheet: Sheet) -> None:
        self._stage, self._cel, self._x, self._sheet = stage, cel, x, sheet

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        lift = 0.004 * math.sin(moment.seconds * 1.7)
        sway = 0.006 * math.sin(moment.seconds * 0.9 + 1)
        x, y = self._stage.pixel(self._x + self._sheet.left + sway, self._sheet.top + lift + 0.02, 1.0, moment.framing)
        canvas.lay(self._cel, x, y)


def add_companion(stage: Stage, kind: str, foot: float, height: float, beside: float) -> None:
    """A second figure near the hero, standing."""
    side = 1 if beside < 0 else -1
    height *= float(stage.rng.uniform(0.9, 0.98))
    cycle = Cycle(stage.unit, kind, height, "stand", -side, look_for(stage, 0.04), 16, smooth=True)
    stage.add(Walker(stage, cycle, beside + side * (0.45 * height + 0.1), foot - 0.006, 0.97))
