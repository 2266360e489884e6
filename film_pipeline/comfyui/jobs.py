"""What a server says of one job: its state, its files and its fault, read from jobs, queue and history."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from film_pipeline.comfyui.server_fault import plain


class JobState(StrEnum):
    """``LOST`` is an id that the server does not know: never posted, or forgotten in a restart."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_live(self) -> bool:
        return self in (JobState.PENDING, JobState.RUNNING)


@dataclass(frozen=True)
class OutputFile:
    """A file that a finished job names; ``node`` made it, ``kind`` is output, temp or input."""

    node: str
    filename: str
    subfolder: str = ""
    kind: str = "output"


@dataclass(frozen=True)
class NodeFault:
    """A node that failed at run time, in words fit to be shown."""

    node: str
    class_type: str
    exception: str
    message: str

    @property
    def is_out_of_memory(self) -> bool:
        text = f"{self.exception} {self.message}".lower()
        words = ("outofmemory", "out of memory", "can't allocate memory", "cannot allocate memory")
        return any(word in text for word in words)

    def __str__(self) -> str:
        return f"node {self.node} ({self.class_type}) failed with {self.exception}: {self.message}"


@dataclass(frozen=True)
class JobReport:
    """One job as the server sees it; ``run_seconds`` is the time on the GPU of a finished one."""

    state: JobState
    outputs: tuple[OutputFile, ...] = ()
    fault: NodeFault | None = None
    run_seconds: float = 0.0
    cached_nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class QueueItem:
    """One job in a server's queue; ``mark`` is what we wrote into ours, empty for other clients' jobs."""

    prompt_id: str
    mark: dict[str, Any] = field(default_factory=dict)

    @property
    def is_foreign(self) -> bool:
        return not self.mark


@dataclass(frozen=True)
class Queue:
    """Running and pending jobs, the pending ones in the order in which they will run."""

    running: tuple[QueueItem, ...]
    pending: tuple[QueueItem, ...]

    def place_of(self, prompt_id: str) -> int:
        """How many jobs go before this one; -1 when it is not waiting."""
        ids = [item.prompt_id for item in self.pending]
        return len(self.running) + ids.index(prompt_id) if prompt_id in ids else -1

    def is_behind_others(self, prompt_id: str) -> bool:
        """Whether another client's job goes before this one."""
        place = self.place_of(prompt_id)
        return any(item.is_foreign for item in [*self.running, *self.pending][: max(0, place)])


MARK = "film_pipeline"
"""The key in ``extra_data`` by which our jobs are told from other clients'."""

_FINISHED = {"completed": JobState.DONE, "failed": JobState.FAILED, "cancelled": JobState.CANCELLED}


def report_from_job(job: dict[str, Any]) -> JobReport:
    """Read a reply of ``/api/jobs/{id}``."""
    status = job.get("status")
    if status == "pending":
        return JobReport(JobState.PENDING)
    if status not in _FINISHED:
        return JobReport(JobState.RUNNING)
    return _finished(_FINISHED[status], job.get("outputs"), job.get("execution_status"))


def report_from_history(entry: dict[str, Any]) -> JobReport:
    """Read one entry of ``/history``; interrupted is told from failed by the last message."""
    status = entry.get("status") or {}
    kinds = [kind for kind, _ in _messages(status)]
    if "execution_interrupted" in kinds:
        state = JobState.CANCELLED
    elif status.get("status_str") == "success" or (not status and entry.get("outputs")):
        state = JobState.DONE
    else:
        state = JobState.FAILED
    return _finished(state, entry.get("outputs"), status)


def read_queue(data: dict[str, Any]) -> Queue:
    """Read a reply of ``/queue``; pending jobs come in heap order and are sorted here."""
    pending = sorted((item for item in data.get("queue_pending", []) if len(item) > 3), key=lambda item: item[0])
    running = [item for item in data.get("queue_running", []) if len(item) > 3]
    return Queue(tuple(map(_queue_item, running)), tuple(map(_queue_item, pending)))


def collect_outputs(outputs: Any) -> tuple[OutputFile, ...]:
    """Every kept file that a finished job names, under whatever key the node chose (images, gifs, audio, ...)."""
    files = []
    for node, results in (outputs or {}).items():
        for entry in _entries(results):
            if entry.get("type") == "output":
                files.append(OutputFile(str(node), str(entry["filename"]), str(entry.get("subfolder") or "")))
    return tuple(files)


def _queue_item(item: list[Any]) -> QueueItem:
    extra = item[3] if isinstance(item[3], dict) else {}
    mark = extra.get(MARK)
    return QueueItem(str(item[1]), mark if isinstance(mark, dict) else {})


def _entries(results: Any) -> Iterator[dict[str, Any]]:
    for values in results.values() if isinstance(results, dict) else ():
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict) and value.get("filename"):
                yield value


def _messages(status: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    messages = status.get("messages") or []
    return [(str(item[0]), item[1]) for item in messages if len(item) == 2 and isinstance(item[1], dict)]


def _finished(state: JobState, outputs: Any, status: Any) -> JobReport:
    messages = dict(_messages(status or {}))
    fault = messages.get("execution_error")
    ends = [data["timestamp"] for kind, data in messages.items() if kind != "execution_start" and "timestamp" in data]
    begins = messages.get("execution_start", {}).get("timestamp")
    seconds = max(0.0, (max(ends) - begins) / 1000) if ends and begins is not None else 0.0
    cached = tuple(str(node) for node in messages.get("execution_cached", {}).get("nodes", ()))
    return JobReport(state, collect_outputs(outputs), _fault(fault), seconds, cached)


def _fault(data: dict[str, Any] | None) -> NodeFault | None:
    if data is None:
        return None
    return NodeFault(
        node=plain(data.get("node_id"), 40),
        class_type=plain(data.get("node_type"), 80),
        exception=plain(data.get("exception_type"), 80),
        message=plain(data.get("exception_message")),
    )
