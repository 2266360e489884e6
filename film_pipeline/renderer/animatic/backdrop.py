"""What lies behind everything: the sky with its stars, moon, sun and clouds; and drifting fog."""

import numpy as np
from PIL import Image

from film_pipeline.renderer.animatic.canvas import Canvas, Cel, make_cel
from film_pipeline.renderer.animatic.drawing import Sheet
from film_pipeline.renderer.animatic.palette import Colour, mix
from film_pipeline.renderer.animatic.stage import Moment, Stage
from film_pipeline.renderer.animatic.textures import clouds, gradient, to_image


def add_sky(stage: Stage, horizon: float = 0.7) -> None:
    """The sky down to ``horizon``, its lights, and clouds that drift."""
    reading = stage.reading
    sheet = stage.sheet(0.04, scale=1)
    sheet.image = _sky_image(stage, sheet.width, sheet.height, horizon).convert("RGBA")
    night, hidden = reading.dark, bool(reading.weather & {"storm", "fog", "snow", "rain"})
    if night or reading.place == "space":
        _stars(stage, sheet, 30 if hidden else 260 if reading.place == "space" else 120, horizon)
    if (night and not hidden and not reading.cyber) or "moon" in reading.lights:
        _moon(stage, sheet)
    if not night and not hidden:
        _sun(stage, sheet, horizon)
    stage.add_sheet(sheet, 0.04)
    if reading.place != "space":
        _clouds(stage, horizon, 0.75 if hidden else 0.42)


def _sky_image(stage: Stage, width: int, height: int, horizon: float) -> Image.Image:
    palette = stage.palette
    share = (horizon + stage.headroom) / (1 + stage.headroom)
    rows = gradient(
        height, [(0, palette.zenith), (share * 0.55, palette.sky), (share, palette.horizon), (1, palette.haze)]
    )
    data = np.repeat(rows[:, None, :], width, axis=1)
    texture = clouds(stage.rng, width, height, 2.0, 3)
    data *= (0.90 + 0.20 * texture)[..., None]
    return to_image(data, stage.rng)


def _stars(stage: Stage, sheet: Sheet, count: int, horizon: float) -> None:
    half = stage.span(0.04)
    for _ in range(count):
        x, y = stage.between(-half, half), stage.between(-stage.headroom, horizon * 0.8)
        size, light = stage.between(0.0006, 0.0019), stage.between(0.3, 1)
        colour = mix(stage.palette.sky, (235, 240, 255), light * (1 - max(y, 0) / horizon * 0.6))
        sheet.ellipse(x, y, max(size, 0.6 / stage.unit), max(size, 0.6 / stage.unit), colour)


def _moon(stage: Stage, sheet: Sheet) -> None:
    x, y, size = stage.between(-0.35, 0.35) * stage.aspect, stage.between(0.14, 0.26), stage.between(0.045, 0.07)
    sheet.glow(x, y, size * 7, (150, 175, 230), 0.55)
    sheet.glow(x, y, size * 2.2, (200, 215, 255), 0.5)
    sheet.ellipse(x, y, size, size, (236, 238, 244))
    for dx, dy, r in ((-0.3, -0.2, 0.24), (0.25, 0.1, 0.3), (-0.1, 0.45, 0.17), (0.38, -0.42, 0.12)):
        sheet.ellipse(x + dx * size, y + dy * size, r * size, r * size, (206, 212, 226))


def _sun(stage: Stage, sheet: Sheet, horizon: float) -> None:
    low = stage.reading.time in ("dawn", "dusk", "golden")
    x = stage.between(-0.3, 0.3) * stage.aspect
    y = horizon - stage.between(0.05, 0.14) if low else stage.between(0.1, 0.2)
    colour: Colour = (255, 176, 96) if low else (255, 246, 220)
    sheet.glow(x, y, 0.75, colour, 0.42, flat=0.8)
    sheet.glow(x, y, 0.26, colour, 0.6)
    sheet.ellipse(x, y, 0.055, 0.055, mix(colour, (255, 255, 240), 0.6))


class Drift:
    """A soft cel twice as wide as it repeats, moving sideways for ever."""

    def __init__(self, stage: Stage, cel: Cel, period: int, top: float, speed: float, parallax: float) -> None:
        self._stage, self._cel, self._period = stage, cel, period
        self._top, self._speed, self._parallax = top, speed, parallax

    def draw(self, canvas: Canvas, moment: Moment) -> None:
        shift = (self._speed * moment.seconds + self._parallax * moment.framing.x) * self._stage.unit
        _, y = self._stage.pixel(0, self._top, 0, moment.framing)
        canvas.lay(self._cel, -(shift % self._period), y)


def add_drift(
    stage: Stage, colour: Colour, top: float, bottom: float, amount: float, speed: float, *, cells: float = 3.0,
    parallax: float = 0.3, sharp: float = 1.0, ramp: tuple[float, float, float] = (0.0, 1.0, 0.0),
) -> None:  # fmt: skip
    """Fog, smoke or clouds between two heights: ``amount`` is the thickest alpha, ``ramp`` its rise and fall."""
    height = max(4, round((bottom - top) * stage.unit) // 4 * 4)
    period = (stage.width + 3) // 4 * 4
    # Soft things are drawn at a quarter of the size.
    noise = clouds(stage.rng, period // 4, max(2, height // 4), cells * (bottom - top), 4)
    fall = np.interp(np.linspace(0, 1, noise.shape[0]), (0, 0.5, 1), ramp).astype(np.float32)
    alpha = np.clip((noise - 0.5) * sharp + 0.5, 0, 1) * fall[:, None] * (255 * amount)
    small = Image.fromarray(np.tile(alpha, (1, 2)).astype(np.float32))
    mask = to_image(np.asarray(small.resize((period * 2, height), Image.Resampling.BICUBIC)), stage.rng)
    paint = Image.new("RGBA", mask.size, (*colour, 255))
    paint.putalpha(mask)
    stage.add(
        Drift(stage, make_cel(paint, None, 1, smooth=stage.unit < 2000, trim=False), period, top, speed, parallax)
    )


def _clouds(stage: Stage, horizon: float, amount: float) -> None:
    palette = stage.palette
    lit = mix(palette.horizon, palette.key, 0.35 if palette.lightness > 0.5 else 0.05)
    dark = mix(palette.zenith, palette.haze, 0.5)
    storm = "storm" in stage.reading.weather
    colour = dark if storm or amount > 0.7 else lit
    add_drift(stage, colour, -stage.headroom, horizon, amount, 0.035 if storm else 0.012, cells=2.2, parallax=0.06,
              sharp=2.2, ramp=(0.9, 1.0, 0.15))  # fmt: skip


def add_fog(stage: Stage, top: float, bottom: float, amount: float, speed: float = 0.05, parallax: float = 0.6) -> None:
    add_drift(stage, stage.palette.haze, top, bottom, amount, speed, cells=2.6, parallax=parallax, sharp=1.3)
