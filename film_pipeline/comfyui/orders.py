"""One piece of media, made on a pool: never twice, never lost, tried again where that can help.

An order is known to every server by ids made from its digest and the number of the try, so a process that starts
again finds what an earlier one has begun. Machine faults are tried elsewhere, content faults are told at once.
Not here: what the media must be like; ``Order.check`` knows.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from film_pipeline.comfyui.client import ComfyUIClient, Graph, SystemInfo
from film_pipeline.comfyui.downloading import Download
from film_pipeline.comfyui.jobs import JobReport, JobState, NodeFault, OutputFile
from film_pipeline.comfyui.listening import Listener
from film_pipeline.comfyui.pool import Pool, Server
from film_pipeline.comfyui.progress import Previews, ProgressMeter
from film_pipeline.comfyui.records import making_alone
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError
from film_pipeline.comfyui.watching import Patience, Progress, watch
from film_pipeline.errors import (
    MediaError,
    RenderContentError,
    RenderMachineError,
    UnfitMediaError,
)

_log = logging.getLogger(__name__)
_NAMESPACE = uuid.UUID("6f1f7a52-6f0e-5c55-9a0b-5f8f2f0f6b1e")
_MOST_VARIATIONS = 1
# A process that died may have left a finished try, mostly the first.
_FORMER_ATTEMPTS = (1, 2)


@dataclass(frozen=True)
class Order:
    """What to make.

    ``fill(client, prompt_id, variation)`` gives the graph, uploading what it refers to; another ``variation`` means
    another seed. ``choose`` picks the wanted file among a job's outputs. ``check`` raises a MediaError for a file
    that is not good. ``preflight(client)`` tells what the server lacks, or nothing. ``size`` is for messages.
    """

    digest: str
    need: str
    fill: Callable[[ComfyUIClient, str, int], Graph]
    choose: Callable[[tuple[OutputFile, ...]], OutputFile | None]
    check: Callable[[Path], None]
    preflight: Callable[[ComfyUIClient], list[str]]
    size: str = ""


@dataclass(frozen=True)
class Delivery:
    """How an order was met; ``gpu_seconds`` of the good run, ``attempts`` of all, ``troubles`` on the way in words."""

    server: str
    version: str
    device: str
    prompt_id: str
    variation: int
    attempts: int
    gpu_seconds: float
    download: Download
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handling:
    """How patiently and how often; ``attempts`` counts machine faults for one order."""

    patience: Patience = field(default_factory=Patience)
    attempts: int = 4


def prompt_id_of(digest: str, attempt: int, variation: int = 0) -> str:
    """Our id of one try: the same digest and numbers give the same id, in every process."""
    return str(uuid.uuid5(_NAMESPACE, f"{digest}:{variation}:{attempt}"))


def fulfil(
    order: Order,
    pool: Pool,
    into: Path,
    progress: Progress,
    *,
    handling: Handling | None = None,
    previews: Previews | None = None,
) -> Delivery:
    """Make the order on some server of the pool and write the checked file to ``into``.

    Raises:
        RenderContentError: it is refused, or no server makes it well. RenderMachineError: servers failed too often.
    """
    with making_alone(order.digest, pool.folder, lambda words: progress(0.0, words)):
        return _Fulfilment(order, pool, into, progress, handling or Handling(), previews).run()


class _TryAgainError(Exception):
    """This try gave nothing, the next one may."""


class _Fulfilment:
    """The tries of one order: which ids are used, whom to avoid, what went wrong."""

    def __init__(
        self, order: Order, pool: Pool, into: Path, progress: Progress, handling: Handling, previews: Previews | None
    ) -> None:
        self._order, self._pool, self._into = order, pool, into
        self._progress, self._handling, self._previews = progress, handling, previews
        self._attempt = 1
        self._variation = 0
        self._posted: list[tuple[str, int]] = []
        self._troubles: list[str] = []
        self._avoid: set[str] = set()
        self._faults: list[tuple[str, NodeFault]] = []
        self._freed: set[str] = set()
        self._used_up: set[str] = set()

    def run(self) -> Delivery:
        while True:
            try:
                return self._once()
            except _TryAgainError:
                self._attempt += 1
                if self._attempt > self._handling.attempts:
                    raise self._given_up() from None

    def _once(self) -> Delivery:
        adopted = self._find()
        if adopted is not None:
            server, prompt_id, variation = adopted
            report = self._follow(server, prompt_id)
            return self._deliver(server, prompt_id, variation, report)
        prompt_id = self._next_id()
        with self._pool.lease(avoid=self._avoid, need=self._order.need, waiting=self._say_waiting) as server:
            self._preflight(server)
            report = self._render(server, prompt_id)
        return self._deliver(server, prompt_id, self._variation, report)

    def _next_id(self) -> str:
        """The same id until a run has ended under it: a post that was given up may still arrive, and then finds itself.

        A server runs one graph under one id twice at most, and the second time out of its cache.
        """
        number = 1
        while (prompt_id := prompt_id_of(self._order.digest, number, self._variation)) in self._used_up:
            number += 1
        return prompt_id

    # --- finding what is already there -------------------------------------------------------------------------
    def _find(self) -> tuple[Server, str, int] | None:
        """A try of this order that some server runs, holds or has finished: by an earlier process, or abandoned."""
        for server in self._pool.servers:
            if server.trouble:
                continue
            try:
                found = self._live_on(server) or self._done_on(server)
            except ServerFaultError as fault:
                server.trouble = fault.reason  # the pool probes it before it gets work
                continue
            if found is not None:
                return server, *found
        return None

    def _live_on(self, server: Server) -> tuple[str, int] | None:
        queue = server.client.queue()
        for item in (*queue.running, *queue.pending):
            if item.mark.get("digest") == self._order.digest and item.prompt_id not in self._used_up:
                return item.prompt_id, int(item.mark.get("variation") or 0)
        return None

    def _done_on(self, server: Server) -> tuple[str, int] | None:
        candidates = [(prompt_id_of(self._order.digest, attempt), 0) for attempt in _FORMER_ATTEMPTS]
        candidates += self._posted
        for prompt_id, variation in dict.fromkeys(candidates):
            if prompt_id not in self._used_up and server.client.look(prompt_id).state is JobState.DONE:
                return prompt_id, variation
        return None

    def _follow(self, server: Server, prompt_id: str) -> JobReport:
        """Wait for a job that we did not post now; its socket was another process's."""
        self._say_waiting(f"taking up the render that {server.name} has of this scene")
        meter = ProgressMeter({}, None)
        with self._blaming(server, prompt_id):
            return watch(
                server.client, prompt_id, meter, self._progress, self._handling.patience, can_hear=lambda: False
            )

    # --- one try -----------------------------------------------------------------------------------------------
    def _preflight(self, server: Server) -> None:
        need = self._order.need
        if need in server.fitted:
            return
        try:
            lacks = self._order.preflight(server.client)
        except ServerFaultError as fault:
            self._blame(server, fault.reason)
            raise _TryAgainError from fault
        if lacks:
            self._lacks(server, "; ".join(lacks))
        server.fitted.add(need)

    def _lacks(self, server: Server, reason: str) -> None:
        self._pool.mark_lacking(server, self._order.need, reason)
        self._troubles.append(f"{server.name}: {reason}")
        self._attempt -= 1  # nothing was tried; each server lacks only once
        raise _TryAgainError

    def _render(self, server: Server, prompt_id: str) -> JobReport:
        with self._blaming(server, prompt_id):
            graph = self._order.fill(server.client, prompt_id, self._variation)
            meter = ProgressMeter(graph, self._previews)
            meter.begin(prompt_id)
            with Listener(server.client.address, meter.take) as listener:
                mark = {"digest": self._order.digest, "attempt": self._attempt, "variation": self._variation}
                self._posted.append((prompt_id, self._variation))
                server.client.submit(graph, prompt_id, client_id=listener.client_id, mark=mark)
                return watch(
                    server.client,
                    prompt_id,
                    meter,
                    self._progress,
                    self._handling.patience,
                    can_hear=lambda: listener.is_alive,
                )

    @contextmanager
    def _blaming(self, server: Server, prompt_id: str) -> Iterator[None]:
        """Server faults end this try and count against the server; whatever ends the wait, the job is not left running.

        The job is stopped and confirmed gone before anybody else may render it; where that cannot be confirmed it is
        written down, and stopped before the server gets other work.
        """
        try:
            yield
        except ServerFaultError as fault:
            patience = self._handling.patience.cancel
            self._stop(server, prompt_id, min(2.0, patience) if fault.kind is FaultKind.NO_ANSWER else patience)
            if fault.kind is FaultKind.UNFIT:
                server.fitted.discard(self._order.need)
                self._lacks(server, fault.reason)
            self._blame(server, fault.reason)
            raise _TryAgainError from fault
        except BaseException:
            # The user stops, a callback failed, or the graph is refused: nobody will wait for this job.
            self._stop(server, prompt_id, 5.0)
            raise

    def _stop(self, server: Server, prompt_id: str, within_seconds: float) -> None:
        if not server.client.make_sure_gone(prompt_id, within_seconds=within_seconds):
            server.records.leave_behind(prompt_id)

    def _blame(self, server: Server, reason: str) -> None:
        self._troubles.append(f"{server.name}: {reason}")
        self._avoid.add(server.name)
        self._pool.failed(server, reason)

    # --- the end of a run --------------------------------------------------------------------------------------
    def _deliver(self, server: Server, prompt_id: str, variation: int, report: JobReport) -> Delivery:
        if report.state is not JobState.LOST:
            self._used_up.add(prompt_id)
        if report.state is JobState.DONE:
            delivery = self._fetch(server, prompt_id, variation, report)
            with self._ignoring_silence(server):
                self._pool.worked(server)
            self._forget(server, prompt_id)
            return delivery
        self._forget(server, prompt_id)
        if report.state is JobState.FAILED:
            self._failed(server, report)
        word = "was cancelled there" if report.state is JobState.CANCELLED else "was forgotten (the server restarted)"
        self._troubles.append(f"{server.name}: the render {word}")
        raise _TryAgainError

    def _failed(self, server: Server, report: JobReport) -> None:
        fault = report.fault or NodeFault("?", "?", "unknown error", "the server gives no reason")
        if fault.is_out_of_memory:
            self._out_of_memory(server, fault)
        alike = [name for name, old in self._faults if (old.node, old.exception) == (fault.node, fault.exception)]
        self._faults.append((server.name, fault))
        others = [other for other in self._pool.servers if other.name not in {*alike, server.name}]
        if alike or not others:
            raise RenderContentError(
                "ComfyUI could not render the scene",
                where=server.name,
                why=str(fault) + (f", as on {alike[0]}" if alike else ""),
                remedy="Check the workflow on that server.",
            )
        self._blame(server, str(fault))
        raise _TryAgainError

    def _out_of_memory(self, server: Server, fault: NodeFault) -> None:
        """Once more after the memory was freed; then another server, if there is one that was not tried."""
        self._troubles.append(f"{server.name}: out of memory at node {fault.node} ({fault.class_type})")
        if server.name not in self._freed:
            self._freed.add(server.name)
            with self._ignoring_silence(server):
                server.client.free()
            raise _TryAgainError
        self._avoid.add(server.name)
        if all(other.name in self._avoid for other in self._pool.servers):
            info = self._info(server)
            memory = f"{info.vram_total / 2**30:.0f} GiB" if info.vram_total else "unknown memory"
            raise RenderContentError(
                "The scene does not fit into the memory of the GPU",
                where=server.name,
                why=f"{self._order.size} on {info.device} with {memory}, also after freeing it: {fault.message}",
                remedy="Make it smaller or shorter (FILM_SIZE, the scene's duration), or use fp8 weights.",
            )
        raise _TryAgainError

    def _fetch(self, server: Server, prompt_id: str, variation: int, report: JobReport) -> Delivery:
        file = self._order.choose(report.outputs)
        if file is None:
            raise RenderContentError(
                "The workflow gave no file of the kind that is wanted",
                where=server.name,
                why=", ".join(output.filename for output in report.outputs[:5]) or "it saved nothing",
                remedy="Give the node that saves it the title OUTPUT.",
            )
        try:
            download = server.client.fetch(file, self._into)
        except FileNotFoundError as error:
            self._troubles.append(f"{server.name}: the finished file is gone")
            raise _TryAgainError from error
        except ServerFaultError as fault:
            self._blame(server, fault.reason)
            raise _TryAgainError from fault
        self._check(server, variation)
        info = self._info(server)
        return Delivery(
            server=server.name,
            version=info.version,
            device=info.device,
            prompt_id=prompt_id,
            variation=variation,
            attempts=max(1, len(self._posted)),
            gpu_seconds=report.run_seconds,
            download=download,
            troubles=tuple(self._troubles),
        )

    def _check(self, server: Server, variation: int) -> None:
        """The quality gate: a bad picture gets one more try with another seed, a damaged file one more try."""
        try:
            self._order.check(self._into)
        except MediaError as error:
            self._into.unlink(missing_ok=True)
            self._troubles.append(f"{server.name}: {error.what}: {error.why}")
            if not isinstance(error, UnfitMediaError):
                self._avoid.add(server.name)
                raise _TryAgainError from error
            if variation >= _MOST_VARIATIONS:
                raise RenderContentError(
                    "The rendered clip is not good, with another seed neither",
                    where=server.name,
                    why=error.why,
                    remedy=error.remedy,
                ) from error
            self._variation = variation + 1
            self._attempt -= 1
            raise _TryAgainError from error

    def _forget(self, server: Server, prompt_id: str) -> None:
        with self._ignoring_silence(server):
            server.client.forget(prompt_id)

    def _info(self, server: Server) -> SystemInfo:
        """What the server is, for the record: not worth a clip when it has just gone away."""
        try:
            return server.client.system()
        except ServerFaultError:
            return SystemInfo("unknown", "unknown device", 0, 0, "")

    @contextmanager
    def _ignoring_silence(self, server: Server) -> Iterator[None]:
        """For courtesies to a server whose failure changes nothing for the clip."""
        try:
            yield
        except ServerFaultError as fault:
            _log.info("ComfyUI server %s: %s", server.name, fault.reason)

    def _say_waiting(self, words: str) -> None:
        self._progress(0.0, words)

    def _given_up(self) -> RenderMachineError:
        return RenderMachineError(
            f"ComfyUI failed {self._handling.attempts} times",
            why="; ".join(self._troubles[-8:]),
            remedy="See the servers' logs and `film doctor`, then run again.",
        )
