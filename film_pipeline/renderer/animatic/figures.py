"""People as silhouettes: a small skeleton, the clothes that tell who it is, and the light on their edges.

A figure of height 1 stands on y = 0 with y upward and looks to positive x; ``draw_figure`` scales, places and mirrors
it. Who is drawn by kind: detective, woman, person, hooded, robot, astronaut, child.
"""

import math
from dataclasses import dataclass

from film_pipeline.renderer.animatic.drawing import Point, Sheet
from film_pipeline.renderer.animatic.palette import Colour, mix, scaled


@dataclass(frozen=True)
class Look:
    """The colours of one figure and what it carries."""

    body: Colour
    rim_front: Colour
    rim_back: Colour
    umbrella: bool = False
    glow: Colour | None = None


@dataclass(frozen=True)
class Pose:
    """Angles in radians, positive is forward; hips' height as a share of the figure."""

    hip: float
    lean: float
    thighs: tuple[float, float]
    knees: tuple[float, float]
    arms: tuple[float, float]
    elbows: tuple[float, float]
    bob: float = 0.0


def pose_of(action: str, phase: float) -> Pose:
    """The pose at ``phase`` (0 to 1) of the action's cycle."""
    turn = math.tau * phase
    if action in ("walk", "run"):
        return _stride(turn, fast=action == "run")
    if action == "sit":
        breath = 0.012 * math.sin(turn)
        return Pose(0.255, 0.10 + breath, (1.45, 1.38), (-1.45, -1.30), (0.5 + breath, 0.7), (0.9, 0.8))
    breath = 0.02 * math.sin(turn)
    return Pose(
        0.52, 0.01 + breath / 3, (0.07, -0.06), (-0.02, -0.03), (0.10 + breath, -0.08), (0.16, 0.14), breath / 8
    )


def _stride(turn: float, *, fast: bool) -> Pose:
    size, lean = (0.75, 0.22) if fast else (0.43, 0.05)
    thighs = (size * math.sin(turn), size * math.sin(turn + math.pi))
    bend = 1.25 if fast else 0.75
    knees = tuple(-0.12 - bend * max(0.0, math.cos(t)) ** 1.3 for t in (turn, turn + math.pi))
    swing = 0.8 if fast else 0.36
    arms = (-swing * math.sin(turn), -swing * math.sin(turn + math.pi))
    elbow = 1.4 if fast else 0.28
    bob = (0.022 if fast else 0.012) * math.cos(2 * turn)
    return Pose(0.515, lean, thighs, (knees[0], knees[1]), arms, (elbow, elbow), bob)


class _Body:
    """Turns figure coordinates into sheet coordinates while a figure is drawn."""

    def __init__(self, sheet: Sheet, x: float, foot: float, height: float, facing: int, colour: Colour) -> None:
        self.sheet, self.x, self.foot, self.height, self.facing, self.colour = sheet, x, foot, height, facing, colour

    def to(self, point: Point) -> Point:
        return self.x + self.facing * point[0] * self.height, self.foot - point[1] * self.height

    def limb(self, start: Point, end: Point, w0: float, w1: float, colour: Colour | None = None) -> None:
        self.sheet.limb(self.to(start), self.to(end), w0 * self.height, w1 * self.height, colour or self.colour)

    def shape(self, *points: Point, colour: Colour | None = None) -> None:
        self.sheet.polygon([self.to(point) for point in points], colour or self.colour)

    def oval(self, centre: Point, rx: float, ry: float, colour: Colour | None = None) -> None:
        self.sheet.ellipse(*self.to(centre), rx * self.height, ry * self.height, colour or self.colour)


def draw_figure(
    sheet: Sheet, kind: str, x: float, foot: float, height: float, pose: Pose, facing: int, look: Look
) -> None:
    """Draw one figure with its feet at (x, foot); the sheet should hold nothing else, because its edges are lit."""
    if kind == "child":
        height *= 0.66
    body = _Body(sheet, x, foot, height, facing, look.body)
    hip = (0.0, pose.hip + pose.bob)
    shoulder = _from(hip, math.pi / 2 - pose.lean, 0.30)
    bulk = {"astronaut": 1.5, "robot": 1.15, "woman": 0.88, "child": 1.0}.get(kind, 1.0)
    _legs(body, hip, pose, bulk)
    _torso(body, kind, hip, shoulder, pose, bulk)
    _head(body, kind, shoulder, pose)
    _arms(body, shoulder, pose, bulk, look)
    thin = min(max(0.0075 * height, 0.0024), 0.006)
    sheet.rim(look.rim_back, facing * thin, thin * 0.5, 0.85)
    sheet.rim(look.rim_front, -facing * thin, thin * 0.3, 0.9)
    _lights(body, kind, shoulder, pose, look)


def _from(start: Point, angle: float, length: float) -> Point:
    return start[0] + math.cos(angle) * length, start[1] + math.sin(angle) * length


def _down(start: Point, swing: float, length: float) -> Point:
    return _from(start, -math.pi / 2 + swing, length)


def _legs(body: _Body, hip: Point, pose: Pose, bulk: float) -> None:
    for side in (1, 0):
        knee = _down((hip[0] + (0.012 if side else -0.012), hip[1]), pose.thighs[side], 0.255)
        ankle = _down(knee, pose.thighs[side] + pose.knees[side], 0.235)
        shade = scaled(body.colour, 0.75) if side else body.colour
        body.limb(hip, knee, 0.085 * bulk, 0.062 * bulk, shade)
        body.limb(knee, ankle, 0.062 * bulk, 0.040 * bulk, shade)
        toe = _from(ankle, -0.12 + 0.5 * min(0.0, pose.knees[side] + 0.3), 0.072)
        body.limb((ankle[0] - 0.012, ankle[1] - 0.012), (toe[0], toe[1] - 0.004), 0.04 * bulk, 0.026 * bulk, shade)


def _torso(body: _Body, kind: str, hip: Point, shoulder: Point, pose: Pose, bulk: float) -> None:
    body.limb(hip, shoulder, 0.13 * bulk, 0.165 * bulk)
    swing = pose.thighs[0] if pose.thighs[0] > pose.thighs[1] else pose.thighs[1]
    back = min(pose.thighs)
    if pose.hip < 0.4:
        return
    if kind in ("detective", "hooded"):
        length = 0.30 if kind == "detective" else 0.40
        front, rear = _down(hip, swing * 0.62, length), _down(hip, back * 0.85 - 0.12, length + 0.01)
        body.shape(
            (shoulder[0] - 0.085, shoulder[1]),
            (shoulder[0] + 0.075, shoulder[1]),
            (hip[0] + 0.062, hip[1] + 0.06),
            (front[0] + 0.055, front[1]),
            (rear[0] - 0.055, rear[1]),
            (hip[0] - 0.075, hip[1] + 0.05),
        )
        body.shape(
            (shoulder[0] - 0.03, shoulder[1] + 0.075),
            (shoulder[0] + 0.02, shoulder[1] + 0.02),
            (shoulder[0] - 0.09, shoulder[1] - 0.01),
            (shoulder[0] - 0.062, shoulder[1] + 0.07),
        )
    if kind == "woman":
        front, rear = _down(hip, swing * 0.55, 0.22), _down(hip, back * 0.7 - 0.06, 0.23)
        body.shape(
            (hip[0] + 0.055, hip[1] + 0.08),
            (front[0] + 0.075, front[1]),
            (rear[0] - 0.085, rear[1]),
            (hip[0] - 0.06, hip[1] + 0.08),
        )
    if kind == "astronaut":
        body.limb((hip[0] - 0.12, hip[1] + 0.08), (shoulder[0] - 0.13, shoulder[1] + 0.04), 0.12, 0.12)
    if kind == "robot":
        body.shape(
            (shoulder[0] - 0.115, shoulder[1] + 0.02),
            (shoulder[0] + 0.105, shoulder[1] + 0.02),
            (hip[0] + 0.045, hip[1] + 0.06),
            (hip[0] - 0.055, hip[1] + 0.06),
        )


def _head(body: _Body, kind: str, shoulder: Point, pose: Pose) -> None:
    neck = _from(shoulder, math.pi / 2 - pose.lean, 0.05)
    head = _from(neck, math.pi / 2 - pose.lean * 0.6, 0.055)
    body.limb(shoulder, neck, 0.062, 0.055)
    hx, hy = head
    if kind == "astronaut":
        body.oval((hx, hy + 0.01), 0.085, 0.088)
        return
    if kind == "robot":
        body.shape((hx - 0.05, hy - 0.05), (hx + 0.045, hy - 0.055), (hx + 0.06, hy + 0.05), (hx - 0.045, hy + 0.06))
        body.limb((hx - 0.02, hy + 0.05), (hx - 0.03, hy + 0.11), 0.01, 0.006)
        return
    size = 0.058 if kind != "child" else 0.075
    body.oval(head, size * 0.86, size * 1.08)
    body.oval((hx + 0.040, hy - 0.008), 0.016, 0.013)
    if kind == "detective":
        tilt = 0.012
        body.shape(
            (hx - 0.098, hy + 0.020 + tilt),
            (hx + 0.105, hy + 0.018 - tilt),
            (hx + 0.098, hy + 0.040 - tilt),
            (hx - 0.090, hy + 0.044 + tilt),
        )
        body.shape(
            (hx - 0.058, hy + 0.03),
            (hx + 0.058, hy + 0.025),
            (hx + 0.042, hy + 0.092),
            (hx + 0.006, hy + 0.084),
            (hx - 0.046, hy + 0.098),
        )
    elif kind == "woman":
        body.oval((hx - 0.012, hy + 0.012), 0.062, 0.062)
        body.limb((hx - 0.034, hy), (hx - 0.055, hy - 0.10), 0.07, 0.045)
    elif kind == "hooded":
        body.oval((hx - 0.010, hy + 0.006), 0.068, 0.078)
        body.shape((hx - 0.075, hy - 0.04), (hx - 0.09, hy - 0.1), (hx + 0.05, hy - 0.09), (hx + 0.03, hy - 0.04))
        body.shape((hx - 0.05, hy + 0.05), (hx + 0.02, hy + 0.06), (hx - 0.05, hy + 0.105))
    else:
        body.oval((hx - 0.010, hy + 0.016), 0.057, 0.054)


def _arms(body: _Body, shoulder: Point, pose: Pose, bulk: float, look: Look) -> None:
    for side in (1, 0):
        if look.umbrella and side == 0:
            _umbrella(body, shoulder)
            continue
        start = (shoulder[0] + (-0.03 if side else 0.0), shoulder[1] - 0.005)
        elbow = _down(start, pose.arms[side], 0.165)
        hand = _down(elbow, pose.arms[side] + pose.elbows[side], 0.155)
        body.limb(start, elbow, 0.062 * bulk, 0.050 * bulk)
        body.limb(elbow, hand, 0.050 * bulk, 0.034 * bulk)
        body.oval(hand, 0.022 * bulk, 0.024 * bulk)


def _umbrella(body: _Body, shoulder: Point) -> None:
    hand = (shoulder[0] + 0.12, shoulder[1] - 0.02)
    body.limb((shoulder[0], shoulder[1] - 0.01), (shoulder[0] + 0.07, shoulder[1] - 0.14), 0.06, 0.05)
    body.limb((shoulder[0] + 0.07, shoulder[1] - 0.14), hand, 0.05, 0.034)
    top = (hand[0] - 0.04, shoulder[1] + 0.33)
    body.limb(hand, top, 0.011, 0.009)
    edge = [
        (top[0] - 0.27 + 0.54 * i / 12, top[1] - 0.15 + 0.15 * math.sin(math.pi * i / 12) ** 0.7) for i in range(13)
    ]
    scallops = [(top[0] + 0.27 - 0.54 * i / 12, top[1] - 0.15 + (0.022 if i % 3 else 0.0)) for i in range(13)]
    body.shape(*edge, *scallops)


def _lights(body: _Body, kind: str, shoulder: Point, pose: Pose, look: Look) -> None:
    """What shines on the figure itself: a visor, a robot's eye, a cigarette."""
    head = _from(shoulder, math.pi / 2 - pose.lean * 0.8, 0.105)
    glow = look.glow
    if glow is None:
        return
    x, y = body.to((head[0] + 0.045, head[1] + 0.005))
    size = body.height
    if kind == "astronaut":
        body.oval((head[0] + 0.034, head[1] + 0.012), 0.042, 0.050, mix(look.body, glow, 0.55))
        body.oval((head[0] + 0.044, head[1] + 0.030), 0.016, 0.014, mix(look.body, (255, 255, 255), 0.7))
    elif kind == "robot":
        body.limb((head[0] + 0.018, head[1] + 0.006), (head[0] + 0.05, head[1] + 0.004), 0.018, 0.018, glow)
        body.sheet.glow(x, y, 0.10 * size, glow, 0.9)
    elif kind == "detective":
        tip = body.to((head[0] + 0.088, head[1] - 0.035))
        body.limb((head[0] + 0.05, head[1] - 0.030), (head[0] + 0.086, head[1] - 0.035), 0.008, 0.008, (190, 180, 170))
        body.sheet.ellipse(*tip, 0.007 * size, 0.007 * size, (255, 150, 60))
        body.sheet.glow(*tip, 0.07 * size, (255, 130, 50), 0.9)
