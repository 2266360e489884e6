"""Several servers: one job at a time each, work for whoever is free, bad ones set aside and taken back.

Not here: what a job is (:mod:`orders`) and how it is retried (:mod:`fulfilling`).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from film_pipeline.comfyui.address import ServerAddress, parse_address
from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.records import ServerRecords
from film_pipeline.comfyui.server_fault import ServerFaultError
from film_pipeline.errors import RenderContentError, RenderMachineError, SettingsError

_log = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 0.25


@dataclass(frozen=True)
class PoolRules:
    """``failures`` in a row set a server aside, for ``aside`` seconds at first and twice as long each further time.

    After every ``recycle`` jobs a server is asked to drop its cached results, as its memory grows otherwise; where less
    than the share ``ram_floor`` of its machine's memory is free, to unload its models too, before the kernel kills it.
    ``answer``: how many seconds a server may take to answer a small question; give it five at least where it shares
    its cores. ``submit``: the same for a submission, and for each piece of a file. ``start``: how many seconds to
    wait while no server can work at all, as a GPU machine may need minutes to come up.
    """

    failures: int = 3
    aside: float = 30.0
    aside_most: float = 900.0
    recycle: int = 20
    ram_floor: float = 0.05
    answer: float = 10.0
    submit: float = 30.0
    start: float = 300.0
    probe_every: float = 1.0


@dataclass(eq=False)
class Server:
    """One server of a pool, and what this process has seen of it."""

    client: ComfyUIClient
    records: ServerRecords
    failures: int = 0
    trouble: str = ""
    done: int = 0
    busy: bool = False
    probed: float = 0.0
    lacks: dict[str, str] = field(default_factory=dict)
    fitted: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return str(self.client.address)


class Pool:
    """Hands out servers; safe for threads, and for processes that share ``folder``."""

    def __init__(
        self,
        servers: Sequence[ServerAddress | str],
        *,
        folder: Path | None = None,
        rules: PoolRules | None = None,
        is_alive: Callable[[str], bool] | None = None,
    ) -> None:
        """``is_alive`` tells of a URL whether its server's process lives, where we started it and can know."""
        if not servers:
            raise SettingsError("No ComfyUI server is named", where="COMFYUI_URL", remedy="Set COMFYUI_URL.")
        self.rules = rules = rules or PoolRules()
        addresses = [parse_address(server) if isinstance(server, str) else server for server in servers]
        self.servers = [
            Server(
                ComfyUIClient(address, timeout_seconds=rules.submit, answer_seconds=rules.answer),
                ServerRecords(address, folder),
            )
            for address in dict.fromkeys(addresses)
        ]
        self.folder = folder
        self._is_alive = is_alive
        self._changed = threading.Condition()

    def close(self) -> None:
        for server in self.servers:
            server.client.close()

    @contextmanager
    def lease(
        self,
        *,
        avoid: AbstractSet[str] = frozenset(),
        need: str = "",
        waiting: Callable[[str], None] = lambda _: None,
    ) -> Iterator[Server]:
        """A free, answering server for one job; not one of ``avoid`` (names) while another one can work.

        ``need`` names what a server may lack (see :meth:`mark_lacking`). ``waiting`` hears why it takes time.

        Raises:
            RenderMachineError: no server can work, as long as the rules wait. RenderContentError: all lack something.
        """
        server = self._wait_for_one(avoid, need, waiting)
        try:
            yield server
        finally:
            self._give_back(server)

    def failed(self, server: Server, reason: str) -> None:
        """Count a failure against a server; enough of them in a row set it aside."""
        with self._changed:
            server.failures += 1
            server.trouble = reason
            if server.failures >= self.rules.failures:
                before = server.records.aside()
                seconds = min(self.rules.aside_most, before.seconds * 2 if before else self.rules.aside)
                server.records.set_aside(reason, seconds)
                # One more failure after the probe is enough to set it aside again.
                server.failures = self.rules.failures - 1
                _log.warning("ComfyUI server %s is set aside for %g s: %s", server.name, seconds, reason)

    def worked(self, server: Server) -> None:
        """A job went well: nothing is held against the server any more."""
        with self._changed:
            server.done += 1
            server.failures, server.trouble = 0, ""
            if server.records.aside() is not None:
                server.records.take_back()
                _log.info("ComfyUI server %s is taken back", server.name)

    def relieve(self, server: Server) -> None:
        """Have the server give memory back between two jobs, where it is time to.

        Raises:
            ServerFaultError: it does not answer.
        """
        info = server.client.system(fresh=True)
        short = info.ram_free < self.rules.ram_floor * info.ram_total
        if short or server.done % self.rules.recycle == 0:
            server.client.free(models=short)

    def mark_lacking(self, server: Server, need: str, reason: str) -> None:
        """The server lacks nodes or models for ``need``; it gets other work only."""
        with self._changed:
            server.lacks[need] = reason

    def lacking(self, need: str) -> dict[str, str]:
        """Why each server that lacks something for ``need`` does."""
        return {server.name: server.lacks[need] for server in self.servers if need in server.lacks}

    def standing(self) -> dict[str, str]:
        """Each server's name with the reason why it gets no work, empty when it does."""
        reasons = {}
        for server in self.servers:
            aside = server.records.aside()
            held = aside is not None and aside.until > time.time()
            reasons[server.name] = aside.reason if aside is not None and held else server.trouble
        return reasons

    # --- choosing ----------------------------------------------------------------------------------------------
    def _wait_for_one(self, avoid: AbstractSet[str], need: str, waiting: Callable[[str], None]) -> Server:
        helpless_since: float | None = None
        while True:
            with self._changed:
                candidates = self._candidates(avoid, need)
            server = self._take_free(candidates)
            if server is not None:
                return server
            able = any(server.busy or not server.trouble for server in candidates)
            now = time.monotonic()
            helpless_since = None if able else helpless_since or now
            if helpless_since is not None:
                self._check_hope(now - helpless_since)
            waiting(self._why_waiting(able))
            with self._changed:
                self._changed.wait(_LOOK_AGAIN_SECONDS)

    def _candidates(self, avoid: AbstractSet[str], need: str) -> list[Server]:
        """Who may do the job, the likeliest first: those not to be avoided, and if none of them can, the others."""
        fit = [server for server in self.servers if need not in server.lacks]
        if not fit:
            lines = "; ".join(f"{name}: {why}" for name, why in self.lacking(need).items())
            for server in self.servers:
                del server.lacks[need]  # the next scene looks again: somebody may have installed it by then
            raise RenderContentError(
                "No ComfyUI server has what the workflow needs",
                why=lines,
                remedy="Install the named files or nodes on one of them.",
            )
        rested = [server for server in fit if not self._is_aside(server)]
        chosen = [server for server in rested if server.name not in avoid] or rested
        return sorted(chosen, key=lambda server: (bool(server.trouble), server.failures))

    def _is_aside(self, server: Server) -> bool:
        aside = server.records.aside()
        return aside is not None and aside.until > time.time()

    def _take_free(self, candidates: list[Server]) -> Server | None:
        """The free server with the shortest queue, reserved for us."""
        queued: list[tuple[int, Server]] = []
        chosen: Server | None = None
        for server in candidates:
            if not self._reserve(server):
                continue
            try:
                remaining = self._probe(server)
            except BaseException:
                for taken in (server, *(other for _, other in queued)):
                    self._give_back(taken)
                raise
            if remaining == 0:
                chosen = server
                break
            if remaining is None:
                self._give_back(server)
            else:
                queued.append((remaining, server))
        queued.sort(key=lambda entry: entry[0])
        if chosen is None and queued:
            chosen = queued.pop(0)[1]
        for _, server in queued:
            self._give_back(server)
        return chosen

    def _reserve(self, server: Server) -> bool:
        """Take a server out of everybody's reach; one in trouble is tried only once in a while."""
        with self._changed:
            resting = server.trouble and time.monotonic() - server.probed < self.rules.probe_every
            if server.busy or resting or not server.records.try_lock():
                return False
            server.busy = True
            return True

    def _probe(self, server: Server) -> int | None:
        """How many jobs the server has, once it is rid of what we left behind; None when it cannot work."""
        server.probed = time.monotonic()
        try:
            remaining = server.client.remaining(timeout_seconds=min(2.0, self.rules.answer) if server.trouble else None)
            if server.trouble:
                server.client.forget_version()
            server.client.system()
        except ServerFaultError as fault:
            server.trouble = fault.reason
            return None
        for prompt_id in server.records.left_behind():
            if not server.client.make_sure_gone(prompt_id, within_seconds=2.0):
                server.trouble = "a render that nobody waits for any more cannot be stopped"
                return None
            server.records.settle(prompt_id)
        if server.failures == 0:
            server.trouble = ""
        return remaining

    def _check_hope(self, helpless_seconds: float) -> None:
        standing = self.standing()
        lines = "; ".join(f"{name}: {reason or 'set aside'}" for name, reason in standing.items())
        dead = self._is_alive is not None and not any(self._is_alive(server.name) for server in self.servers)
        if not dead and helpless_seconds <= self.rules.start:
            return
        raise RenderMachineError(
            "No ComfyUI server can work",
            why=lines + (" (its process has ended)" if dead else f" (waited {helpless_seconds:.0f} s)"),
            remedy="Start one, or correct COMFYUI_URL; `film doctor` tells more.",
        )

    def _why_waiting(self, busy: bool) -> str:
        if busy:
            return "waiting for a free ComfyUI server"
        reasons = [f"{name}: {reason}" for name, reason in self.standing().items() if reason]
        return f"waiting for ComfyUI ({'; '.join(reasons)})"

    def _give_back(self, server: Server) -> None:
        with self._changed:
            server.busy = False
            server.records.unlock()
            self._changed.notify_all()
