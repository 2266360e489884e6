"""The drawing board: a picture in the encoder's own colour planes, and cels laid on it.

Everything is kept as BT.709 limited-range 4:2:0 planes from the start, because that is half the samples of RGB and
needs no conversion before encoding. Planes are signed 16-bit, so that light may be added and alpha multiplied in place
without temporary arrays; chroma is centred on zero. Nothing here knows what is drawn.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Plane = npt.NDArray[np.int16]

BLACK, WHITE = 16, 235
_OPAQUE = 128  # alpha is 7 bits: 255 * 128 still fits 16 signed bits

# BT.709, full-range RGB to limited-range luma (without its offset of 16) and chroma (offset 128).
_MATRIX = (
    0.18259, 0.61423, 0.06201, 0.0,
    -0.10064, -0.33857, 0.43922, 128.0,
    0.43922, -0.39894, -0.04027, 128.0,
)  # fmt: skip


@dataclass(frozen=True)
class Cel:
    """A transparent sheet as in hand-drawn animation, ready to be laid at half-pixel places.

    ``luma`` holds one variant for each half pixel of shift, ``chroma`` one for each whole pixel (half a chroma
    sample). ``keep`` and ``keep_chroma`` tell how much of what lies below stays (0 to 128); none for pure light.
    From the row ``solid`` downward nothing below is seen at all, so that it need not be mixed.
    ``left`` and ``top`` are where the trimmed planes lie inside the drawing they were cut from, in pixels, even.
    """

    luma: tuple[Plane, ...]
    keep: tuple[Plane, ...]
    chroma: tuple[Plane, ...]
    keep_chroma: tuple[Plane, ...]
    left: int
    top: int
    has_light: bool
    solid: int


class Canvas:
    """Luma ``y`` (height, width) and chroma ``c`` (2, height/2, width/2) being composed, back to front."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.y: Plane = np.full((height, width), BLACK, np.int16)
        self.c: Plane = np.zeros((2, height // 2, width // 2), np.int16)

    def lay(self, cel: Cel, x: float, y: float, level: int = 128) -> None:
        """Lay ``cel`` with the corner of its drawing at (x, y) in pixels; ``level`` (0 to 128) dims its light."""
        halves = round(x * 2) + 2 * cel.left
        row = (round(y) & ~1) + cel.top
        column, half = divmod(halves, 2)
        _blend(
            self.y, cel.luma, cel.keep, half if len(cel.luma) > 1 else 0, column, row, level, cel.has_light, cel.solid
        )
        odd = (column & 1) if len(cel.chroma) > 1 else 0
        _blend(
            self.c, cel.chroma, cel.keep_chroma, odd, column >> 1, row >> 1, level, cel.has_light, (cel.solid + 1) // 2
        )

    def brighten(self, amount: int) -> None:
        """Lift the whole picture, as lightning does."""
        self.y += np.int16(amount)
        np.minimum(self.y, 255, out=self.y)


def _blend(
    target: Plane,
    paints: tuple[Plane, ...],
    keeps: tuple[Plane, ...],
    variant: int,
    column: int,
    row: int,
    level: int,
    has_light: bool,
    solid: int,
) -> None:
    paint = paints[variant]
    height, width = paint.shape[-2:]
    top, bottom = max(row, 0), min(row + height, target.shape[-2])
    left, right = max(column, 0), min(column + width, target.shape[-1])
    if top >= bottom or left >= right:
        return
    if keeps and solid + row < bottom and not has_light:
        split = max(solid + row, top)
        target[..., split:bottom, left:right] = paint[..., split - row : bottom - row, left - column : right - column]
        bottom = split
    part = target[..., top:bottom, left:right]
    inside = (slice(top - row, bottom - row), slice(left - column, right - column))
    source = paint[(..., *inside)]
    if keeps:
        np.multiply(part, keeps[variant][inside], out=part)
        np.right_shift(part, 7, out=part)
    part += source if level >= _OPAQUE else (source * np.int16(level)) >> 7
    if has_light:
        np.minimum(part, 255 if target.ndim == 2 else 127, out=part)
        if target.ndim == 3:
            np.maximum(part, -127, out=part)


def make_cel(
    paint: Image.Image | None, light: Image.Image | None, scale: int, *, smooth: bool = True, trim: bool = True
) -> Cel:
    """Turn drawings into a cel.

    ``paint`` is RGBA, ``scale`` times the size of the cel; ``light`` is RGB at the cel's own size and is added to what
    lies below. ``smooth`` keeps the half-pixel variants that moving cels need.
    """
    assert paint is not None or light is not None
    premultiplied = paint.convert("RGBa") if paint is not None else None
    shifts = (0, scale // 2) if smooth and scale > 1 else (0,)
    planes = [_planes(premultiplied, light, scale, shift) for shift in shifts]
    box = _bounds(planes[0]) if trim else (0, 0, planes[0][0].shape[1], planes[0][0].shape[0])
    left, top, right, bottom = box
    crop = (slice(top, bottom), slice(left, right))
    chroma, keep_chroma = _chroma_variants(planes[0], box, 2 if smooth else 1)
    return Cel(
        luma=tuple(np.ascontiguousarray(y[crop]) for y, _, _ in planes),
        keep=tuple(np.ascontiguousarray(k[crop]) for _, _, k in planes if k is not None),
        chroma=chroma,
        keep_chroma=keep_chroma,
        left=left,
        top=top,
        has_light=light is not None,
        solid=_solid_from([keep[crop] for _, _, keep in planes if keep is not None]),
    )


def _solid_from(keeps: list[Plane]) -> int:
    """The first row from which all is opaque; very large where there is no such row."""
    seen_through = [np.flatnonzero(keep.any(axis=1)) for keep in keeps]
    if not keeps or any(
        len(rows) and rows[-1] == keep.shape[0] - 1 for rows, keep in zip(seen_through, keeps, strict=True)
    ):
        return 1 << 30
    return max((int(rows[-1]) + 1 if len(rows) else 0) for rows in seen_through) + 1


_Planes = tuple[Plane, Plane, Plane | None]


def _planes(premultiplied: Image.Image | None, light: Image.Image | None, scale: int, shift: int) -> _Planes:
    """Full-size luma, chroma (2, height, width) and keep."""
    y: Plane | None = None
    c: Plane | None = None
    keep: Plane | None = None
    if premultiplied is not None:
        if shift:
            moved = Image.new("RGBa", premultiplied.size)
            moved.paste(premultiplied, (shift, 0))
            premultiplied = moved
        small = premultiplied.reduce(scale) if scale > 1 else premultiplied
        red, green, blue, alpha = small.split()
        y, c = _to_yuv(Image.merge("RGB", (red, green, blue)))
        covered = (np.asarray(alpha).astype(np.int16) + 1) >> 1
        y += covered >> 3
        keep = np.int16(_OPAQUE) - covered
    if light is not None:
        y_light, c_light = _to_yuv(light)
        y, c = (y_light, c_light) if y is None or c is None else (y + y_light, c + c_light)
    assert y is not None
    assert c is not None
    # Paint that also glows must not outgrow what 16 bits hold once it is dimmed.
    return np.minimum(y, 255), np.clip(c, -127, 127), keep


def _to_yuv(image: Image.Image) -> tuple[Plane, Plane]:
    data = np.asarray(image.convert("RGB", _MATRIX))
    y = data[..., 0].astype(np.int16)
    c = np.moveaxis(data[..., 1:], -1, 0).astype(np.int16)
    c -= 128
    return y, c


def _bounds(planes: _Planes) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is not empty, on even places."""
    y, _, keep = planes
    seen = y > 0
    if keep is not None:
        seen |= keep < _OPAQUE
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return 0, 0, 2, 2
    height, width = y.shape
    left, top = max(int(columns[0]) - 2, 0) & ~1, max(int(rows[0]) - 2, 0) & ~1
    return left, top, min((int(columns[-1]) + 4) & ~1, width), min((int(rows[-1]) + 4) & ~1, height)


def _chroma_variants(
    planes: _Planes, box: tuple[int, int, int, int], count: int
) -> tuple[tuple[Plane, ...], tuple[Plane, ...]]:
    _, c, keep = planes
    left, top, right, bottom = box
    paints, keeps = [], []
    for shift in range(count):
        paints.append(_halve(c[:, top:bottom, left:right], shift, 0))
        if keep is not None:
            keeps.append(_halve(keep[top:bottom, left:right], shift, _OPAQUE))
    return tuple(paints), tuple(keeps)


def _halve(plane: Plane, shift: int, border: int) -> Plane:
    """Mean of 2x2 samples, after moving the plane ``shift`` samples to the right."""
    if shift:
        edge = np.full((*plane.shape[:-1], shift), border, np.int16)
        plane = np.concatenate([edge, plane[..., :-shift]], axis=-1)
    total = plane[..., ::2, ::2] + plane[..., 1::2, ::2]
    total += plane[..., ::2, 1::2]
    total += plane[..., 1::2, 1::2]
    total += 2
    return np.ascontiguousarray(total >> 2)
