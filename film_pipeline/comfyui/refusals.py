"""Why a server refused a graph, in plain words, and whether another server might take it."""

from dataclasses import dataclass
from typing import Any

from film_pipeline.comfyui.server_fault import plain

_MODEL_ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".gguf", ".bin", ".sft")
_MOST_LINES = 6


@dataclass(frozen=True)
class Refusal:
    """``lines`` say what is wrong; ``is_servers_lack`` when every fault is a node or a file missing on that server."""

    lines: tuple[str, ...]
    is_servers_lack: bool

    def __str__(self) -> str:
        more = f" (and {len(self.lines) - _MOST_LINES} more)" if len(self.lines) > _MOST_LINES else ""
        return "; ".join(self.lines[:_MOST_LINES]) + more


def read_refusal(body: Any, graph: dict[str, Any]) -> Refusal:
    """Read the body of a 400, or the ``node_errors`` of a 200."""
    body = body if isinstance(body, dict) else {}
    error = body.get("error") if isinstance(body.get("error"), dict) else {}
    faults = [
        (str(node), fault)
        for node, entry in (body.get("node_errors") or {}).items()
        for fault in entry.get("errors", [])
    ]
    if faults:
        lacks = [_is_lack(fault) for _, fault in faults]
        return Refusal(tuple(dict.fromkeys(_line(node, fault, graph) for node, fault in faults)), all(lacks))
    if error.get("type") == "missing_node_type":
        extra = error.get("extra_info") or {}
        name = plain(extra.get("class_type") or "?", 80)
        return Refusal((f"the server has no node '{name}' (a custom node may be missing)",), True)
    words = plain(error.get("message") or error.get("type") or "no reason given")
    details = plain(error.get("details") or "")
    return Refusal((f"{words} ({details})" if details and details != words else words,), False)


def _is_lack(fault: dict[str, Any]) -> bool:
    received = str((fault.get("extra_info") or {}).get("received_value", ""))
    return fault.get("type") == "value_not_in_list" and received.lower().endswith(_MODEL_ENDINGS)


def _line(node: str, fault: dict[str, Any], graph: dict[str, Any]) -> str:
    entry = graph.get(node) or {}
    kind = plain(entry.get("class_type") or "?", 80)
    extra = fault.get("extra_info") or {}
    received = plain(extra.get("received_value", ""), 120)
    name = plain(extra.get("input_name") or "", 80)
    if _is_lack(fault):
        return f"node {node} ({kind}) needs the model file {received}, which the server does not have"
    if fault.get("type") == "required_input_missing":
        return f"node {node} ({kind}) lacks its input '{name}'"
    details = plain(fault.get("details") or "")
    return f"node {node} ({kind}): {plain(fault.get('message') or fault.get('type'))}" + (
        f" ({details})" if details else ""
    )
