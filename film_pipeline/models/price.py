"""GpuPrice: what an hour of a GPU costs, and Spending: what a film has used of it."""

import math
import re

from pydantic import BaseModel, ConfigDict, Field

_RULES = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_PRICE = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,6})?)(?:\s+(?P<currency>[^\s\d]{1,8}))?")


class GpuPrice(BaseModel):
    """``per_hour`` in ``currency``, which is a word for people such as EUR and may be empty."""

    model_config = _RULES

    per_hour: float = Field(ge=0)
    currency: str = ""

    def cost(self, gpu_seconds: float) -> float:
        """What ``gpu_seconds`` cost, to the hundredth of a cent."""
        return round(gpu_seconds / 3600 * self.per_hour, 4)

    def words(self, gpu_seconds: float) -> str:
        """``0.42 EUR``; small sums keep two digits that say something."""
        cost = self.cost(gpu_seconds)
        digits = 2 if cost >= 0.1 or cost == 0 else min(4, 1 - math.floor(math.log10(cost)))
        return f"{cost:.{digits}f} {self.currency}".rstrip()


class Spending(BaseModel):
    """GPU seconds of what is in a movie, music included, and ``gpu_seconds_made`` of all takes made for its scenes.

    ``price`` is that of the time when the movie was cut, None where none was set. Runs that failed are not counted.
    """

    model_config = _RULES

    gpu_seconds: float = Field(default=0.0, ge=0)
    gpu_seconds_made: float = Field(default=0.0, ge=0)
    price: GpuPrice | None = None

    @property
    def cost(self) -> float | None:
        return None if self.price is None else self.price.cost(self.gpu_seconds)

    @property
    def cost_made(self) -> float | None:
        return None if self.price is None else self.price.cost(self.gpu_seconds_made)


def parse_price(text: str) -> GpuPrice:
    """``2.49 EUR`` or ``2.49``.

    Raises:
        ValueError: it is neither.
    """
    match = _PRICE.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be a price for one GPU hour, such as 2.49 EUR")
    return GpuPrice(per_hour=float(match["number"]), currency=match["currency"] or "")


def duration_words(seconds: float) -> str:
    """``48 s``, ``12 min`` or ``3.5 h``: as exact as an estimate deserves."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
