"""What a server says over the socket, as typed events. Hints only: the truth is polled."""

import json
import struct
from dataclasses import dataclass
from typing import Any

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_MIME = {1: "image/jpeg", 2: "image/png"}
_LAST_WORDS = {"execution_success", "execution_error", "execution_interrupted"}


@dataclass(frozen=True)
class Event:
    """Something was said of ``prompt_id``; empty where the server does not tell whose it is."""

    prompt_id: str


@dataclass(frozen=True)
class QueueChanged(Event):
    """``remaining`` jobs are running or waiting, all clients together."""

    remaining: int


@dataclass(frozen=True)
class RunStarted(Event):
    """The job left the queue."""


@dataclass(frozen=True)
class NodesCached(Event):
    """These nodes need not run again."""

    nodes: tuple[str, ...]


@dataclass(frozen=True)
class NodeStarted(Event):
    """A node began to run."""

    node: str


@dataclass(frozen=True)
class NodeFinished(Event):
    """An output node has its result."""

    node: str


@dataclass(frozen=True)
class NodeProgress(Event):
    """A node is at ``value`` of ``most``, such as a sampler's steps."""

    node: str
    value: float
    most: float


@dataclass(frozen=True)
class RunEnded(Event):
    """The run is over; how it ended is to be polled, as history may be written after this."""


@dataclass(frozen=True)
class Preview(Event):
    """A small picture of what is being sampled."""

    image: bytes
    mime: str


def read_message(message: str | bytes) -> Event | None:
    """Understand one message; None for those that say nothing to us, damaged ones included."""
    try:
        return _binary(message) if isinstance(message, bytes) else _text(message)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        return None  # custom nodes send what they like; a hint that cannot be read is no hint


def _text(message: str) -> Event | None:
    content = json.loads(message)
    kind, data = content["type"], content.get("data") or {}
    prompt_id = str(data.get("prompt_id") or "")
    if kind == "status":
        return QueueChanged("", int(data["status"]["exec_info"]["queue_remaining"]))
    if kind == "execution_start":
        return RunStarted(prompt_id)
    if kind == "execution_cached":
        return NodesCached(prompt_id, tuple(str(node) for node in data["nodes"]))
    if kind == "executing":
        return NodeStarted(prompt_id, str(data["node"])) if data.get("node") is not None else RunEnded(prompt_id)
    if kind == "executed":
        return NodeFinished(prompt_id, str(data["node"]))
    if kind == "progress":
        return NodeProgress(prompt_id, str(data.get("node") or ""), float(data["value"]), float(data["max"]))
    if kind == "progress_state":
        return _running_node(prompt_id, data["nodes"])
    return RunEnded(prompt_id) if kind in _LAST_WORDS else None


def _running_node(prompt_id: str, nodes: dict[str, Any]) -> Event | None:
    for node, state in nodes.items():
        if state.get("state") == "running":
            return NodeProgress(prompt_id, str(node), float(state["value"]), float(state["max"]))
    return None


def _binary(message: bytes) -> Event | None:
    (kind,) = struct.unpack_from(">I", message)
    (second,) = struct.unpack_from(">I", message, 4)
    if kind == _PREVIEW:
        return Preview("", message[8:], _MIME.get(second, "image/jpeg"))
    if kind == _PREVIEW_WITH_METADATA:
        about = json.loads(message[8 : 8 + second])
        return Preview(str(about.get("prompt_id") or ""), message[8 + second :], str(about.get("image_type")))
    return None
