"""What passes between the command and its workers: an order for one run, and how the run ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Order:
    """One run: a job on one partition. ``config`` is run configuration, ``tags`` are run tags."""

    job: str
    partition: str
    tags: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a run ended; ``failure`` is the advice for people, empty after success; ``error`` the class of the error."""

    order: Order
    run_id: str
    failure: str = ""
    error: str = ""

    @property
    def success(self) -> bool:
        return not self.failure
