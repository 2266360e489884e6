"""Rating: what a judge says of a take. Which take is the best of several is said in ``contest.py``."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_RULES = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

Mark = Annotated[float, Field(ge=0, le=1)]
"""From 0 (bad) to 1 (good)."""


class Rating(BaseModel):
    """What ``judge`` says of a take, stored with it: a mark for each quality and ``total``, all from 0 to 1.

    ``measured`` is the total of what ``measured_by`` measured in the picture, which every judge's rating has: takes
    whose ``judge`` differs are compared by it. ``words`` are the judge's own, ``notes`` tell where a judge could not be
    asked and another took its place.
    """

    model_config = _RULES

    judge: str
    total: Mark
    measured_by: str
    measured: Mark
    marks: dict[str, Mark]
    words: str = ""
    notes: tuple[str, ...] = ()
