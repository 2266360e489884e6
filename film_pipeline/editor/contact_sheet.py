"""A contact sheet: one frame of each scene with its number, take, length and first words, as JPEG.

Only small pictures are kept and long films fill several pages, so memory does not grow with the film.
"""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from film_pipeline.editor.disk import writing
from film_pipeline.ffmpeg.pictures import frame_image
from film_pipeline.letters.typeface import in_reading_order, readable, typeface

SHEET_WIDTH = 1920
SCENES_A_PAGE = 240

_MAX_COLUMNS = 12
_PAPER, _INK, _DIM, _BED = (22, 22, 24), (240, 240, 236), (160, 160, 166), (0, 0, 0)
_QUALITY = 88


@dataclass(frozen=True)
class Thumbnail:
    """One scene on the sheet: its clip, and what is written under its middle frame; ``seconds`` is its length."""

    scene: str
    take: int
    seconds: float
    prompt: str
    clip: Path


def contact_sheets(scenes: Sequence[Thumbnail], aspect: float, folder: Path) -> list[Path]:
    """Write ``contact_sheet.jpg`` (and ``-2``, ``-3``, ... after each 240 scenes) to ``folder``.

    ``aspect`` is width by height of the film's picture.

    Raises:
        UnreadableMediaError: a clip does not decode. StorageError, StorageFullError
    """
    pages = []
    for page, first in enumerate(range(0, len(scenes), SCENES_A_PAGE), start=1):
        path = folder / ("contact_sheet.jpg" if page == 1 else f"contact_sheet-{page}.jpg")
        sheet = _Sheet(scenes[first : first + SCENES_A_PAGE], aspect).drawn()
        part = path.with_name(f".{path.name}.part")
        with writing("the contact sheet", path):
            sheet.save(part, "JPEG", quality=_QUALITY)
            part.replace(path)
        pages.append(path)
    return pages


class _Sheet:
    """One page: as many columns as make it about as wide as high, or wider."""

    def __init__(self, scenes: Sequence[Thumbnail], aspect: float) -> None:
        self.scenes = scenes
        self.columns = min(len(scenes), _MAX_COLUMNS, math.ceil(math.sqrt(len(scenes) * (16 / 9) / aspect)))
        self.pad = max(4, 24 // self.columns)
        self.width = (SHEET_WIDTH - self.pad) // self.columns - self.pad
        self.height = max(1, round(self.width / aspect))
        size = max(10, min(28, self.width // 18))
        self.letters = typeface("", size)
        self.line = round(size * 1.35)
        self.cell = self.height + 3 * self.line + self.pad

    def drawn(self) -> Image.Image:
        rows = math.ceil(len(self.scenes) / self.columns)
        sheet = Image.new("RGB", (SHEET_WIDTH, rows * (self.cell + self.pad) + self.pad), _PAPER)
        pen = ImageDraw.Draw(sheet)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for number, (scene, frame) in enumerate(zip(self.scenes, pool.map(self._frame, self.scenes), strict=True)):
                row, column = divmod(number, self.columns)
                x = self.pad + column * (self.width + self.pad)
                y = self.pad + row * (self.cell + self.pad)
                pen.rectangle((x, y, x + self.width - 1, y + self.height - 1), fill=_BED)
                sheet.paste(frame, (x + (self.width - frame.width) // 2, y + (self.height - frame.height) // 2))
                self._words(pen, scene, (x, y + self.height + self.line // 5))
        return sheet

    def _frame(self, scene: Thumbnail) -> Image.Image:
        """The middle of the clip, whole, as large as the cell allows."""
        image = frame_image(scene.clip, scene.seconds / 2)
        scale = min(self.width / image.width, self.height / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(size, Image.Resampling.LANCZOS)

    def _words(self, pen: ImageDraw.ImageDraw, scene: Thumbnail, at: tuple[int, int]) -> None:
        x, y = at
        head = f"{scene.scene}  take {scene.take}  {scene.seconds:.1f} s"
        pen.text((x, y), next(self._fitting(pen, head)), font=self.letters, fill=_INK)
        lines = self._fitting(pen, readable(" ".join(scene.prompt.split()))[0])
        for number, line in zip((1, 2), lines, strict=False):
            pen.text((x, y + number * self.line), in_reading_order(line), font=self.letters, fill=_DIM)

    def _fitting(self, pen: ImageDraw.ImageDraw, text: str) -> Iterator[str]:
        """The text in lines that fit into a cell, broken between words where there are any."""
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}" if line else word
            if line and pen.textlength(longer, font=self.letters) > self.width:
                yield line
                longer = word
            line = longer
            while len(line) > 1 and pen.textlength(line, font=self.letters) > self.width:
                cut = self._cut(pen, line)
                yield line[:cut]
                line = line[cut:]
        yield line

    def _cut(self, pen: ImageDraw.ImageDraw, word: str) -> int:
        """How many letters of a word that is too long fit."""
        count = 1
        while pen.textlength(word[: count + 1], font=self.letters) <= self.width:
            count += 1
        return count
