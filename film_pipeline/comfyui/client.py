"""One ComfyUI server: submit, look, cancel, fetch, upload, free. Every call is safe to repeat.

Not here: waiting for a job (:mod:`watching`), its sound on the socket (:mod:`listening`), which server to take
(:mod:`pool`).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from film_pipeline.comfyui import versions
from film_pipeline.comfyui.address import ServerAddress, parse_address
from film_pipeline.comfyui.downloading import Download, download
from film_pipeline.comfyui.jobs import (
    MARK,
    JobReport,
    JobState,
    OutputFile,
    Queue,
    read_queue,
    report_from_history,
    report_from_job,
)
from film_pipeline.comfyui.refusals import read_refusal
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError, plain
from film_pipeline.comfyui.transport import Transport
from film_pipeline.errors import RenderContentError

Graph = dict[str, dict[str, Any]]
"""A workflow in API format: node id to class and inputs."""

_SETTLE_PAUSES = (0.1, 0.3, 0.8, 2.0)
# Small questions get small answers at once, also while a job uses every core; more waiting means that it hangs.
_ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class SystemInfo:
    """What a server tells of itself; memory in bytes, zero where unknown. ``ram`` is that of its whole machine."""

    version: str
    device: str
    vram_total: int
    vram_free: int
    torch: str
    ram_total: int = 0
    ram_free: int = 0

    @property
    def warnings(self) -> list[str]:
        return versions.version_warnings(self.version)


class ComfyUIClient:
    """A short-lived client: ``with ComfyUIClient("http://127.0.0.1:8188") as comfyui:``."""

    def __init__(
        self, address: ServerAddress | str, *, timeout_seconds: float = 30.0, answer_seconds: float = _ANSWER_SECONDS
    ) -> None:
        """``timeout_seconds`` for what may take its time, ``answer_seconds`` for small questions."""
        self.address = parse_address(address) if isinstance(address, str) else address
        self._http = Transport(self.address, timeout_seconds=timeout_seconds)
        self._answer_seconds = answer_seconds
        self._system: SystemInfo | None = None

    def __enter__(self) -> "ComfyUIClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # --- the server ----------------------------------------------------------------------------------------------
    def remaining(self, *, timeout_seconds: float | None = None) -> int:
        """How many jobs run or wait, all clients together; the cheapest sign of life.

        Raises:
            ServerFaultError
        """
        reply = self._http.read("/prompt", timeout_seconds=timeout_seconds or self._answer_seconds, again=False)
        try:
            return int(reply["exec_info"]["queue_remaining"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_comfyui() from error

    def system(self, *, fresh: bool = False) -> SystemInfo:
        """Version, device and memory; asked once unless ``fresh``.

        Raises:
            ServerFaultError
        """
        if self._system is None or fresh:
            self._system = self._read_system(self._http.read("/system_stats", timeout_seconds=self._answer_seconds))
        return self._system

    def object_info(self, class_type: str | None = None) -> dict[str, Any]:
        """What nodes there are and what they take; of one class, an empty answer means that there is none.

        Raises:
            ServerFaultError
        """
        reply = self._http.read("/object_info" if class_type is None else f"/object_info/{quote(class_type, safe='')}")
        if not isinstance(reply, dict):
            raise self._not_comfyui()
        return reply

    def free(self, *, models: bool = True) -> None:
        """Drop cached results, and unload ``models``, after the current job.

        Raises:
            ServerFaultError
        """
        self._http.call("POST", "/free", body={"unload_models": models, "free_memory": True})

    def forget_version(self) -> None:
        """Ask for the version again: the server may have been replaced."""
        self._system = None

    # --- jobs ----------------------------------------------------------------------------------------------------
    def submit(
        self,
        graph: Graph,
        prompt_id: str,
        *,
        client_id: str,
        mark: dict[str, Any],
        timeout_seconds: float | None = None,
    ) -> JobReport:
        """Queue a graph under our own id, unless the server knows that id already; what it says of the job.

        After a lost reply or a server error the job is looked for before anything else: it may be in the queue.

        Raises:
            RenderContentError: the graph is refused. ServerFaultError: the server failed, or lacks nodes or models.
        """
        known = self.look(prompt_id)
        if known.state in (JobState.FAILED, JobState.CANCELLED):
            self.forget(prompt_id)  # what an earlier process left; this is a new wish
        elif known.state is not JobState.LOST:
            return known
        body = {"prompt": graph, "prompt_id": prompt_id, "client_id": client_id, "extra_data": {MARK: mark}}
        try:
            status, reply = self._http.call("POST", "/prompt", body=body, also=(400,), timeout_seconds=timeout_seconds)
        except ServerFaultError as fault:
            return self._settle(prompt_id, fault)
        if status == 400 or (reply or {}).get("node_errors"):
            if status == 200:
                self.make_sure_gone(prompt_id)
            raise self._refused(reply, graph)
        if not isinstance(reply, dict) or reply.get("prompt_id") != prompt_id:
            raise self._not_comfyui()
        return JobReport(JobState.PENDING)

    def look(self, prompt_id: str, *, timeout_seconds: float | None = None) -> JobReport:
        """The state of a job; LOST when the server does not know it.

        Raises:
            ServerFaultError
        """
        if self._has(versions.JOBS):
            limit = timeout_seconds or self._answer_seconds
            status, job = self._http.call("GET", f"/api/jobs/{prompt_id}", also=(404,), timeout_seconds=limit)
            if status == 404 and not (isinstance(job, dict) and "error" in job):
                raise self._not_comfyui()
            return JobReport(JobState.LOST) if status == 404 else report_from_job(job)
        return self._look_in_history_and_queue(prompt_id)

    def queue(self) -> Queue:
        """All jobs of all clients; large, as it holds their graphs.

        Raises:
            ServerFaultError
        """
        reply = self._http.read("/queue", timeout_seconds=self._answer_seconds, again=False)
        if not isinstance(reply, dict):
            raise self._not_comfyui()
        return read_queue(reply)

    def cancel(self, prompt_id: str, *, timeout_seconds: float | None = None) -> None:
        """Ask the server to drop this one job, waiting or running. Never anybody else's: the id is always sent.

        Raises:
            ServerFaultError
        """
        if not prompt_id:
            raise ValueError("an interrupt without an id would hit whatever runs")
        timeout_seconds = timeout_seconds or self._answer_seconds
        if self._has(versions.FULL):
            self._http.call("POST", f"/api/jobs/{prompt_id}/cancel", body={}, timeout_seconds=timeout_seconds)
            return
        self._http.call("POST", "/queue", body={"delete": [prompt_id]}, timeout_seconds=timeout_seconds)
        self._http.call("POST", "/interrupt", body={"prompt_id": prompt_id}, timeout_seconds=timeout_seconds)

    def make_sure_gone(self, prompt_id: str, *, within_seconds: float = 30.0) -> bool:
        """Cancel a job until it neither waits nor runs; False when that cannot be confirmed in time."""
        limit = time.monotonic() + within_seconds
        pause = 0.05
        while True:
            left = max(0.5, limit - time.monotonic())
            try:
                if not self.look(prompt_id, timeout_seconds=min(left, self._answer_seconds)).state.is_live:
                    return True
                self.cancel(prompt_id, timeout_seconds=min(left, self._answer_seconds))
            except ServerFaultError as fault:
                if fault.kind is FaultKind.REFUSED:
                    return True  # nobody listens: the process is gone, and its queue was only in its memory
            if time.monotonic() > limit:
                return False
            time.sleep(pause)
            pause = min(1.0, pause * 1.5)

    def forget(self, prompt_id: str) -> None:
        """Delete a finished job from the history, which would keep its graph for ever.

        Raises:
            ServerFaultError
        """
        self._http.call("POST", "/history", body={"delete": [prompt_id]}, timeout_seconds=self._answer_seconds)

    # --- files ---------------------------------------------------------------------------------------------------
    def fetch(self, file: OutputFile, into: Path) -> Download:
        """Stream a file of a finished job to ``into``, whole and counted; a cut transfer is resumed.

        Raises:
            FileNotFoundError: the server names the file but no longer has it. ServerFaultError, StorageFullError
        """
        return download(self._http, file, into)

    def upload(self, path: Path, *, name: str) -> str:
        """Send an input image; the name under which workflows find it, which may differ from ``name``.

        Raises:
            ServerFaultError
        """
        with path.open("rb") as content:
            _, reply = self._http.call(
                "POST", "/upload/image", files={"image": (name, content)}, data={"type": "input"}, timeout_seconds=300
            )
        if not isinstance(reply, dict) or not reply.get("name"):
            raise self._not_comfyui()
        return f"{reply['subfolder']}/{reply['name']}" if reply.get("subfolder") else str(reply["name"])

    # --- inside --------------------------------------------------------------------------------------------------
    def _settle(self, prompt_id: str, fault: ServerFaultError) -> JobReport:
        """After a failed post: was the job queued all the same?"""
        for pause in _SETTLE_PAUSES:
            time.sleep(pause)
            try:
                report = self.look(prompt_id)
            except ServerFaultError:
                continue
            if report.state is not JobState.LOST:
                return report
        raise fault

    def _look_in_history_and_queue(self, prompt_id: str) -> JobReport:
        """For servers before 0.6. History is read again at the end: a job may finish between the two."""
        for _ in range(2):
            entry = (self._http.read(f"/history/{prompt_id}", timeout_seconds=self._answer_seconds) or {}).get(
                prompt_id
            )
            if entry:
                return report_from_history(entry)
            queue = self.queue()
            if any(item.prompt_id == prompt_id for item in queue.running):
                return JobReport(JobState.RUNNING)
            if any(item.prompt_id == prompt_id for item in queue.pending):
                return JobReport(JobState.PENDING)
        return JobReport(JobState.LOST)

    def _has(self, version: tuple[int, ...]) -> bool:
        return versions.parse_version(self.system().version) >= version

    def _read_system(self, reply: Any) -> SystemInfo:
        try:
            system, devices = reply["system"], reply.get("devices") or [{}]
            return SystemInfo(
                version=plain(system["comfyui_version"], 40),
                device=plain(devices[0].get("name", ""), 80),
                vram_total=int(devices[0].get("vram_total") or 0),
                vram_free=int(devices[0].get("vram_free") or 0),
                torch=plain(system.get("pytorch_version", ""), 40),
                ram_total=int(system.get("ram_total") or 0),
                ram_free=int(system.get("ram_free") or 0),
            )
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise self._not_comfyui() from error

    def _refused(self, reply: Any, graph: Graph) -> RenderContentError | ServerFaultError:
        refusal = read_refusal(reply, graph)
        if refusal.is_servers_lack:
            return ServerFaultError(
                "The ComfyUI server lacks what the workflow needs",
                where=str(self.address),
                why=str(refusal),
                remedy="Install the named files or nodes there.",
                kind=FaultKind.UNFIT,
            )
        return RenderContentError(
            "ComfyUI refused the workflow",
            where=str(self.address),
            why=str(refusal),
            remedy="Correct the workflow file; `film workflows check` explains it.",
        )

    def _not_comfyui(self) -> ServerFaultError:
        return ServerFaultError(
            "Something else than ComfyUI answered",
            where=str(self.address),
            why="the reply has another form",
            remedy="Check that COMFYUI_URL points to a ComfyUI server.",
            kind=FaultKind.NOT_COMFYUI,
        )
