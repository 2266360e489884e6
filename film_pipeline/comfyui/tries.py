"""The tries of one order: which ids are used up, whom to avoid, what went wrong. What all its steps share.

Not here: the steps themselves (:mod:`finding`, :mod:`rendering`, :mod:`collecting`).
"""

from dataclasses import dataclass, field
from pathlib import Path

from film_pipeline.comfyui.jobs import NodeFault
from film_pipeline.comfyui.orders import Handling, Order, prompt_id_of
from film_pipeline.comfyui.pool import Pool, Server
from film_pipeline.errors import RenderMachineError

_TROUBLES_TOLD = 8


class TryAgainError(Exception):
    """This try gave nothing, the next one may."""


@dataclass
class Tries:
    """``attempt`` counts machine faults from 1, ``variation`` seeds from 0; ``posted`` are ids with their variation."""

    order: Order
    pool: Pool
    into: Path
    handling: Handling
    attempt: int = 1
    variation: int = 0
    posted: list[tuple[str, int]] = field(default_factory=list)
    used_up: set[str] = field(default_factory=set)
    avoid: set[str] = field(default_factory=set)
    freed: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)
    faults: list[tuple[str, NodeFault]] = field(default_factory=list)

    def next_id(self) -> str:
        """The same id until a run has ended under it: a post that was given up may still arrive, and then finds itself.

        A server runs one graph under one id twice at most, and the second time out of its cache.
        """
        number = 1
        while (prompt_id := prompt_id_of(self.order.digest, number, self.variation)) in self.used_up:
            number += 1
        return prompt_id

    def count(self) -> None:
        """One more try.

        Raises:
            RenderMachineError: there were enough.
        """
        self.attempt += 1
        if self.attempt > self.handling.attempts:
            raise RenderMachineError(
                f"ComfyUI failed {self.handling.attempts} times",
                why="; ".join(self.troubles[-_TROUBLES_TOLD:]),
                remedy="See the servers' logs and `film doctor`, then run again.",
            )

    def not_counted(self) -> None:
        """The try that ends now says nothing about the machines."""
        self.attempt -= 1

    def note(self, server: Server, trouble: str) -> None:
        self.troubles.append(f"{server.name}: {trouble}")

    def blame(self, server: Server, reason: str) -> None:
        """A machine fault: the pool counts it against the server, and this order goes elsewhere."""
        self.note(server, reason)
        self.avoid.add(server.name)
        self.pool.failed(server, reason)

    def lacks(self, server: Server, reason: str) -> None:
        """The server has not what the order needs. Nothing was tried, and each server lacks only once.

        Raises:
            TryAgainError: always.
        """
        self.pool.mark_lacking(server, self.order.need, reason)
        self.note(server, reason)
        self.not_counted()
        raise TryAgainError
