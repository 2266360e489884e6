"""The writing on the picture: scene label, prompt and the mark that says this is a stand-in. Pillow draws it, once.

A strip is darkened at the foot of the picture and the letters are laid on it. What does not fit is shortened with an
ellipsis; on very small pictures only what can be read is written.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from film_pipeline.letters.typeface import in_reading_order, readable, typeface

_MARK = "ANIMATIC"


@dataclass(frozen=True)
class Caption:
    """Letters and darkening for the final picture: ``letters`` is luma to add (uint16, 0 to 219), ``keep`` 0 to 256."""

    letters: npt.NDArray[np.uint16]
    keep: npt.NDArray[np.uint16]
    top: int
    missing: str

    def write_on(self, luma: npt.NDArray[np.uint8], chroma: tuple[npt.NDArray[np.uint8], ...]) -> None:
        """Write on the planes of a finished picture, in place."""
        part = luma[self.top :]
        part[:] = ((part.astype(np.uint16) * self.keep) >> 8) + self.letters
        keep = self.keep[::2, ::2].astype(np.int16)
        for plane in chroma:
            part = plane[self.top // 2 :]
            part[:] = (((part.astype(np.int16) - 128) * (keep >> 2)) >> 6) + 128


def make_caption(label: str, prompt: str, width: int, height: int) -> Caption:
    """Set the label above the prompt in a strip of at most a fifth of the picture."""
    size = max(8, round(min(height * 0.026, width * 0.022)))
    text = " ".join(prompt.split())
    shown, missing = readable(text)
    label_shown, label_missing = readable(" ".join(label.split()))
    pad = max(2, round(size * 0.75))
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    bold, regular = typeface("Bold", size), typeface("", size)
    room = width - 2 * pad
    lines = [(line, regular) for line in _wrapped(pen, shown, regular, room, 2)] if height >= 180 else []
    mark_width = pen.textlength(_MARK, typeface("Bold", max(6, round(size * 0.72)))) + size * 1.4
    head = _shortened(pen, label_shown, bold, max(room - mark_width, 0))
    if head:
        lines.insert(0, (head, bold))
    return _drawn(lines, width, height, size, pad, missing + label_missing)


def _drawn(
    lines: list[tuple[str, ImageFont.FreeTypeFont]], width: int, height: int, size: int, pad: int, missing: str
) -> Caption:
    leading = round(size * 1.38)
    fade = round(size * 1.6)
    tall = fade + leading * max(len(lines), 1) + pad
    top = max(0, height - tall) & ~1
    image = Image.new("L", (width, height - top))
    pen = ImageDraw.Draw(image)
    y = image.height - pad - leading * len(lines)
    for number, (line, font) in enumerate(lines):
        pen.text((pad, y), in_reading_order(line), fill=212 if number == 0 else 176, font=font)
        y += leading
    _stamp(pen, width, image.height - pad - leading * max(len(lines), 1), size, pad)
    ramp = np.clip(np.arange(image.height, dtype=np.float32) / (fade * 1.6), 0, 1)
    keep = np.rint(256 * (1 - 0.66 * ramp)).astype(np.uint16)[:, None].repeat(width, axis=1)
    letters = np.asarray(image).astype(np.uint16)
    keep = ((keep * (255 - letters)) // 255).astype(np.uint16)
    # Darkened black must still be legal black, 16.
    lift = ((256 - keep.astype(np.uint32)) * 16 // 256).astype(np.uint16)
    return Caption((letters * 200 // 255 + lift).astype(np.uint16), keep, top, missing)


def _stamp(pen: ImageDraw.ImageDraw, width: int, y: float, size: int, pad: int) -> None:
    """The stand-in's mark, in a frame at the right of the strip."""
    font = typeface("Bold", max(6, round(size * 0.72)))
    long = pen.textlength(_MARK, font)
    if long + 2 * pad > width:
        return
    x, gap = width - pad - long - size * 0.35, size * 0.35
    pen.rounded_rectangle(
        (x - gap, y + size * 0.04, x + long + gap, y + size * 1.12),
        radius=size * 0.2,
        outline=150,
        width=max(1, size // 14),
    )
    pen.text((x, y + size * 0.18), _MARK, fill=190, font=font)


def _wrapped(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: float, most: int) -> list[str]:
    """At most ``most`` lines, the last one shortened; a word longer than a line is broken."""
    lines: list[str] = []
    # More can never fit, and measuring very long texts takes time.
    rest = text[: 40 * most + int(room / 2) * most]
    while rest and len(lines) < most:
        if len(lines) == most - 1:
            lines.append(_shortened(pen, rest, font, room))
            break
        fit = _fitting(pen, rest, font, room)
        cut = rest.rfind(" ", 0, fit + 1) if fit < len(rest) else fit
        cut = cut if cut > 0 else max(fit, 1)
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [line for line in lines if line]


def _fitting(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: float) -> int:
    """How many characters from the start fit into ``room`` pixels."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if pen.textlength(text[:middle], font) <= room:
            low = middle
        else:
            high = middle - 1
    return low


def _shortened(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    if pen.textlength(text, font) <= room:
        return text
    fit = _fitting(pen, text, font, room - pen.textlength("…", font))
    return text[:fit].rstrip(" ,;:.") + "…" if fit > 0 else ""
