"""Waiting for one job: polls for the truth, listens for hints, has hours of patience and one stall timer."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.jobs import JobReport, JobState
from film_pipeline.comfyui.progress import ProgressMeter
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Patience:
    """All in seconds. There is no limit on the whole: a render may take hours as long as it moves.

    ``stall``: no progress of a running job while the socket would tell, or a queue in which nothing is begun (a
    server whose worker has died goes on answering). ``silent``: no progress where no socket can tell, or one other
    client's job before ours. ``refused``: nobody listens at the port. ``unreachable``: no reply of any kind.
    ``cancel``: to confirm that a job is gone.
    """

    poll: float = 1.0
    stall: float = 900.0
    silent: float = 4 * 3600.0
    refused: float = 5.0
    unreachable: float = 60.0
    cancel: float = 60.0


_HISTORY_RACE_SECONDS = 3.0
_QUEUE_EVERY_SECONDS = 4.0
_LOOKS_UNTIL_LOST = 2


def watch(
    client: ComfyUIClient,
    prompt_id: str,
    meter: ProgressMeter,
    progress: Progress,
    patience: Patience,
    can_hear: Callable[[], bool],
) -> JobReport:
    """Wait until a job is done, failed, cancelled or lost.

    Raises:
        ServerFaultError: the server cannot be reached for too long, or the job stalls. It may still be running.
    """
    return _Watch(client, prompt_id, meter, progress, patience, can_hear).run()


class _Watch:
    def __init__(
        self,
        client: ComfyUIClient,
        prompt_id: str,
        meter: ProgressMeter,
        progress: Progress,
        patience: Patience,
        can_hear: Callable[[], bool],
    ) -> None:
        self._client, self._prompt_id, self._meter = client, prompt_id, meter
        self._progress, self._patience, self._can_hear = progress, patience, can_hear
        self._state = JobState.PENDING
        self._unknown = 0
        self._fault_since: float | None = None
        self._queue_read = 0.0
        self._waiting_words = "waiting in the server's queue"
        self._ran_since = self._ahead_since = time.monotonic()
        self._ahead: tuple[str, ...] = ()

    def run(self) -> JobReport:
        while True:
            report = self._look()
            if report is not None and self._is_final(report):
                return report
            self._tell()
            self._check_stall()
            self._pause()

    def _look(self) -> JobReport | None:
        """The job as the server sees it; None while the server does not answer and patience lasts."""
        try:
            report = self._client.look(self._prompt_id)
        except ServerFaultError as fault:
            now = time.monotonic()
            self._fault_since = self._fault_since or now
            refused = fault.kind is FaultKind.REFUSED
            if now - self._fault_since > (self._patience.refused if refused else self._patience.unreachable):
                raise
            return None
        if self._fault_since is not None:
            # What answers now may be another process, of another version.
            self._client.forget_version()
            self._fault_since = None
        return report

    def _is_final(self, report: JobReport) -> bool:
        if report.state is not self._state:
            self._state = report.state
            self._ran_since = self._meter.last_sign = time.monotonic()
        if report.state is JobState.LOST:
            self._unknown += 1
            return self._unknown >= _LOOKS_UNTIL_LOST
        self._unknown = 0
        return not report.state.is_live

    def _tell(self) -> None:
        if self._fault_since is not None:
            self._progress(self._meter.share, "waiting: the server does not answer")
        elif self._state is JobState.PENDING:
            self._read_queue()
            self._progress(0.0, self._waiting_words)
        else:
            words = self._meter.words if self._meter.signs else "rendering"
            self._progress(self._meter.share, words)

    def _read_queue(self) -> None:
        now = time.monotonic()
        if now - self._queue_read < min(_QUEUE_EVERY_SECONDS, self._patience.stall / 2):
            return
        self._queue_read = now
        try:
            queue = self._client.queue()
        except ServerFaultError:
            return  # the next look at the job meets the same fault and counts it
        place = queue.place_of(self._prompt_id)
        ahead = tuple(item.prompt_id for item in queue.running)
        if ahead != self._ahead or place < 0:
            self._ahead, self._ahead_since = ahead, now
        quiet = now - self._ahead_since
        if not ahead and quiet > self._patience.stall:
            raise self._stalled("the job is the next one, nothing runs, and yet the server does not begin it")
        if quiet > self._patience.silent:
            raise self._stalled(f"another client's job has been running for {quiet:.0f} s")
        if place > 0:
            busy = "server busy with another client's job" if queue.is_behind_others(self._prompt_id) else "queued"
            self._waiting_words = f"waiting: {busy}, {place} before this one"

    def _check_stall(self) -> None:
        if self._state is not JobState.RUNNING or self._fault_since is not None:
            return
        hears = self._can_hear() and self._meter.signs > 0
        limit = self._patience.stall if hears else self._patience.silent
        quiet = time.monotonic() - max(self._meter.last_sign, self._ran_since)
        if quiet > limit:
            raise self._stalled(f"no progress for {quiet:.0f} s ({self._meter.words})")

    def _stalled(self, why: str) -> ServerFaultError:
        return ServerFaultError(
            "The render has stalled",
            where=str(self._client.address),
            why=why,
            remedy="See the server's log; a restart of the server often helps.",
            kind=FaultKind.STALLED,
        )

    def _pause(self) -> None:
        """Sleep until the next look; a hint ends it early, and history may lag a little behind the hint."""
        if self._unknown:
            time.sleep(min(0.3, self._patience.poll))
        elif self._meter.wake.wait(self._patience.poll):
            self._meter.wake.clear()
            time.sleep(0.01)
