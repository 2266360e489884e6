"""Raw sound on disk, read and written in blocks, so that memory stays the same however long the film is.

Scene sound and soundtrack are 16-bit, the mix is 32-bit float; all are stereo, interleaved, at 48 kHz.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from film_pipeline.ffmpeg.graphs import CHANNELS, SAMPLE_RATE

BLOCK = SAMPLE_RATE
"""Samples worked on at a time: one second."""

Sound = NDArray[np.float32]
"""Shape (samples, 2), full scale is 1."""


def sample_at(frame: int, frame_rate: Fraction) -> int:
    """The sample that is heard when a frame begins; counted from the film's start, so that no error adds up."""
    return round(Fraction(frame * SAMPLE_RATE) / frame_rate)


def silence(samples: int) -> Sound:
    return np.zeros((samples, CHANNELS), np.float32)


@dataclass(frozen=True)
class SoundFile:
    """A raw sound file; ``kind`` is ``int16`` or ``float32``. Outside its length it is silent."""

    path: Path
    kind: str

    @property
    def samples(self) -> int:
        return self.path.stat().st_size // (np.dtype(self.kind).itemsize * CHANNELS)

    def read(self, start: int, count: int) -> Sound:
        """``count`` samples from ``start``, which may lie before the beginning."""
        block = silence(count)
        skipped = max(0, -start)
        wanted = min(self.samples - start, count) - skipped
        if wanted > 0:
            size = np.dtype(self.kind).itemsize * CHANNELS
            raw = np.fromfile(self.path, self.kind, wanted * CHANNELS, offset=(start + skipped) * size)
            scale = 1 / 32768 if self.kind == "int16" else 1
            block[skipped : skipped + wanted] = raw.reshape(-1, CHANNELS).astype(np.float32) * np.float32(scale)
        return block

    def blocks(self, first: int, end: int) -> Iterator[Sound]:
        """The samples from ``first`` to ``end``, a second at a time."""
        for start in range(first, end, BLOCK):
            yield self.read(start, min(BLOCK, end - start))


class SoundWriter:
    """Writes 32-bit float samples to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> "SoundWriter":
        self._file = self._path.open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self._file is not None
        self._file.close()

    def write(self, block: Sound) -> None:
        assert self._file is not None
        self._file.write(np.ascontiguousarray(block, np.float32).tobytes())
