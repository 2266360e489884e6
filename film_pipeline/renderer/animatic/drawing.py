"""Drawing one sheet: flat shapes with an antialiased edge, and light that glows. Coordinates are in picture heights.

A sheet is paint (RGBA, drawn at twice the size) and light (RGB, drawn at a quarter of the size because light is soft).
``cel`` turns both into planes for the canvas. Nothing here knows what the shapes mean.
"""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from film_pipeline.renderer.animatic.canvas import Cel, make_cel
from film_pipeline.renderer.animatic.palette import Colour

Point = tuple[float, float]

_LIGHT_GRAIN = 4


def _even_up(pixels: float) -> int:
    """The next multiple of four: chroma is halved, and light is drawn at a quarter."""
    return max(4, math.ceil(pixels / 4) * 4)


class Sheet:
    """A rectangle from (left, top) to (right, bottom) in picture heights; ``unit`` is pixels a picture height."""

    def __init__(self, unit: float, left: float, top: float, right: float, bottom: float, scale: int = 2) -> None:
        self.unit, self.left, self.top, self.right, self.bottom = unit, left, top, right, bottom
        self.scale = scale
        self.width, self.height = _even_up((right - left) * unit), _even_up((bottom - top) * unit)
        self.image = Image.new("RGBA", (self.width * scale, self.height * scale))
        self.pen = ImageDraw.Draw(self.image)
        self._light: np.ndarray[tuple[int, int, int], np.dtype[np.float32]] | None = None
        self._sharp: Image.Image | None = None

    def at(self, x: float, y: float) -> Point:
        """Pixels of the drawing."""
        factor = self.unit * self.scale
        return (x - self.left) * factor, (y - self.top) * factor

    def length(self, size: float) -> float:
        return size * self.unit * self.scale

    def polygon(self, points: Sequence[Point], colour: Colour, alpha: int = 255) -> None:
        self.pen.polygon([self.at(*point) for point in points], fill=(*colour, alpha))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, alpha: int = 255) -> None:
        (x0, y0), (x1, y1) = self.at(left, top), self.at(right, bottom)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            self.pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=(*colour, alpha))

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Colour, alpha: int = 255) -> None:
        (x0, y0), (x1, y1) = self.at(x - rx, y - ry), self.at(x + rx, y + ry)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            self.pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=(*colour, alpha))

    def ring(self, x: float, y: float, rx: float, ry: float, width: float, colour: Colour, alpha: int = 255) -> None:
        (x0, y0), (x1, y1) = self.at(x - rx, y - ry), self.at(x + rx, y + ry)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            self.pen.ellipse((x0, y0, x1, y1), outline=(*colour, alpha), width=max(1, round(self.length(width))))

    def line(self, points: Sequence[Point], width: float, colour: Colour, alpha: int = 255) -> None:
        pixels = max(1, round(self.length(width)))
        self.pen.line([self.at(*point) for point in points], fill=(*colour, alpha), width=pixels, joint="curve")

    def limb(self, start: Point, end: Point, width_start: float, width_end: float, colour: Colour) -> None:
        """A tapering bar with round ends."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        length = math.hypot(dx, dy) or 1e-6
        nx, ny = -dy / length / 2, dx / length / 2
        self.polygon(
            [
                (start[0] + nx * width_start, start[1] + ny * width_start),
                (end[0] + nx * width_end, end[1] + ny * width_end),
                (end[0] - nx * width_end, end[1] - ny * width_end),
                (start[0] - nx * width_start, start[1] - ny * width_start),
            ],
            colour,
        )
        self.ellipse(*start, width_start / 2, width_start / 2, colour)
        self.ellipse(*end, width_end / 2, width_end / 2, colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0, flat: float = 1.0) -> None:
        """Soft light around a point; ``flat`` below 1 squeezes it in height."""
        if self._light is None:
            self._light = np.zeros((self.height // _LIGHT_GRAIN, self.width // _LIGHT_GRAIN, 3), np.float32)
        factor = self.unit / _LIGHT_GRAIN
        cx, cy, rx = (x - self.left) * factor, (y - self.top) * factor, max(radius * factor, 0.7)
        ry = max(rx * flat, 0.7)
        rows, columns = self._light.shape[:2]
        top, bottom = max(0, math.floor(cy - ry)), min(rows, math.ceil(cy + ry) + 1)
        left, right = max(0, math.floor(cx - rx)), min(columns, math.ceil(cx + rx) + 1)
        if top >= bottom or left >= right:
            return
        dy = ((np.arange(top, bottom, dtype=np.float32) - cy) / ry) ** 2
        dx = ((np.arange(left, right, dtype=np.float32) - cx) / rx) ** 2
        falloff = np.clip(1 - dy[:, None] - dx[None, :], 0, 1) ** 3
        # A small hot core and a wide faint halo look like light in damp air.
        falloff = 0.65 * falloff + 0.35 * falloff**4
        self._light[top:bottom, left:right] += falloff[..., None] * (np.array(colour, np.float32) * strength)

    def fade(
        self, colour: Colour, top: float, bottom: float, *, start: float | None = None, end: float | None = None
    ) -> None:
        """Blend the paint towards ``colour``: by the share ``top`` at height ``start``, ``bottom`` at ``end``."""
        first, last = (
            self.at(0, self.top if start is None else start)[1],
            self.at(0, self.bottom if end is None else end)[1],
        )
        heights = np.linspace(0, 1, 2, dtype=np.float32)
        y = (np.arange(self.image.height, dtype=np.float32) - first) / max(last - first, 1)
        share = np.interp(y, heights, np.array([top, bottom], np.float32))
        mask = Image.fromarray((np.clip(share, 0, 1) * 255).astype(np.uint8)[:, None]).resize(self.image.size)
        alpha = self.image.getchannel("A")
        rgb = Image.composite(Image.new("RGB", self.image.size, colour), self.image.convert("RGB"), mask)
        # Empty places must stay black: shapes are averaged with them at their edges.
        self._replace(rgb, alpha)

    def fade_out(self, top: float, bottom: float) -> None:
        """Make the paint itself transparent between two heights: opaque at ``top``, gone at ``bottom``."""
        first, last = self.at(0, top)[1], self.at(0, bottom)[1]
        y = (np.arange(self.image.height, dtype=np.float32) - first) / (last - first)
        ramp = Image.fromarray(((1 - np.clip(y, 0, 1)) * 255).astype(np.uint8)[:, None]).resize(self.image.size)
        self.image.putalpha(ImageChops.multiply(self.image.getchannel("A"), ramp))
        self.pen = ImageDraw.Draw(self.image)

    def rim(self, colour: Colour, dx: float, dy: float, strength: float = 1.0) -> None:
        """Light the edge that faces away from (dx, dy), as a lamp behind a figure does."""
        alpha = self.image.getchannel("A")
        moved = ImageChops.offset(alpha, round(self.length(dx)) or (1 if dx > 0 else -1), round(self.length(dy)))
        edge = ImageChops.subtract(alpha, moved).point([round(value * strength) for value in range(256)])
        self.image.paste(Image.new("RGBA", self.image.size, (*colour, 255)), (0, 0), edge)
        self.image.putalpha(alpha)
        self.pen = ImageDraw.Draw(self.image)

    def blur(self, radius: float) -> None:
        """Put the paint out of focus; ``radius`` in picture heights."""
        pixels = self.length(radius)
        if pixels < 0.5:
            return
        shrink = max(1, int(pixels / 2))
        premultiplied = self.image.convert("RGBa")
        small = premultiplied.reduce(shrink) if shrink > 1 else premultiplied
        wide, narrow = ImageFilter.BoxBlur(pixels / shrink), ImageFilter.BoxBlur(pixels / shrink / 2)
        channels = [channel.filter(wide).filter(narrow) for channel in small.split()]
        back = Image.merge("RGBA", channels).resize(self.image.size, Image.Resampling.BILINEAR)
        red, green, blue, alpha = back.split()
        self.image = Image.merge("RGBa", (red, green, blue, alpha)).convert("RGBA")
        self.pen = ImageDraw.Draw(self.image)

    def cel(self, *, smooth: bool = True, only_light: bool = False) -> Cel:
        """Finish the sheet."""
        light = self._light_image()
        return make_cel(None if only_light else self.image, light, self.scale, smooth=smooth)

    def start_from(self, other: "Sheet") -> None:
        """Go on from a copy of another sheet's paint; both have the same size."""
        self.image = other.image.copy()
        self.pen = ImageDraw.Draw(self.image)

    def add_light(self, light: Image.Image) -> None:
        """Add a picture of light as large as the cel."""
        self._sharp = light

    def flip(self) -> None:
        """Mirror the drawing left to right."""
        self.image = self.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        self.pen = ImageDraw.Draw(self.image)
        if self._light is not None:
            self._light = self._light[:, ::-1].copy()

    def _light_image(self) -> Image.Image | None:
        if self._light is None:
            return self._sharp
        data = np.clip(self._light, 0, 255).astype(np.uint8)
        soft = Image.fromarray(data).resize((self.width, self.height), Image.Resampling.BILINEAR)
        return ImageChops.add(soft, self._sharp) if self._sharp is not None else soft

    def _replace(self, rgb: Image.Image, alpha: Image.Image) -> None:
        rgb.putalpha(alpha)
        self.image = rgb
        self.pen = ImageDraw.Draw(self.image)
