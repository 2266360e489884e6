"""Where the film's sound is cut into stretches, each mixed, levelled and encoded by itself. Numbers only.

A stretch is a whole number of AAC frames, of the tenths of a second that loudness is measured in, of the hundredths
that ducking goes by and of the limiter's cells. So in each of them all of these lie where they would in the whole film.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from film_pipeline.ffmpeg.moments import MOMENT

AAC_FRAME = 1024
STRETCH = 6 * 75 * AAC_FRAME
"""9.6 s. With half of that a change costs as much, as it touches more of them, and the first mix a third more."""

_RUN_UP, _RUN_OUT = 26, 3  # AAC frames: the encoder's own, and for loudness, whose values are of 0.4 s each
_MOMENTS_BEFORE = 5

SILENCE = 8 * AAC_FRAME
"""What an encoder is given first: started amid loud sound it stays up to 10 dB worse, and slower, for seconds."""


@dataclass(frozen=True)
class Stretch:
    """The samples from ``start`` to ``end`` of a film of ``film_samples``."""

    start: int
    end: int
    film_samples: int

    @property
    def samples(self) -> int:
        return self.end - self.start

    @property
    def mixed_from(self) -> int:
        """What comes before the stretch is encoded too, and then left out."""
        return max(0, self.start - _RUN_UP * AAC_FRAME)

    @property
    def encoded_from(self) -> int:
        """Where its encoder begins: with silence."""
        return self.mixed_from - SILENCE

    @property
    def mixed_until(self) -> int:
        return min(self.film_samples, self.end + _RUN_OUT * AAC_FRAME)

    @property
    def first_frame(self) -> int:
        """The first AAC frame that belongs to the film: in the first stretch the one that only prepares decoders."""
        return SILENCE // AAC_FRAME + (_RUN_UP + 1 if self.start else 0)

    @property
    def frames(self) -> int:
        """How many AAC frames it gives to the film."""
        return -(-self.samples // AAC_FRAME) + (not self.start)

    @property
    def moments_before(self) -> int:
        """How many values of loudness are measured before its own, so that these are those of the whole film."""
        return _MOMENTS_BEFORE if self.start else 0

    @property
    def measured_from(self) -> int:
        return self.start - self.moments_before * MOMENT


def stretches(film_samples: int) -> Iterator[Stretch]:
    """All of a film; only the last one may be shorter."""
    for start in range(0, film_samples, STRETCH):
        yield Stretch(start, min(start + STRETCH, film_samples), film_samples)
