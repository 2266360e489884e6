"""Holding a graph against what a server says it has: missing nodes and model files are named before any queuing."""

import re
from typing import Any

from film_pipeline.comfyui.client import ComfyUIClient, Graph
from film_pipeline.comfyui.server_fault import plain
from film_pipeline.comfyui.workflow import Workflow, is_link

_MODEL_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|gguf|bin|sft)$", re.IGNORECASE)
_ANY = "*"


def missing_on(client: ComfyUIClient, workflow: Workflow) -> list[str]:
    """What a server lacks for a workflow, in words; it is asked about the used nodes only.

    Raises:
        ServerFaultError
    """
    info: dict[str, Any] = {}
    for kind in workflow.classes:
        info |= client.object_info(kind)
    return structure_faults(workflow.graph, info)


def structure_faults(graph: Graph, object_info: dict[str, Any]) -> list[str]:
    """Everything in a graph that a server with this ``object_info`` would refuse, in words.

    Nodes, input names, values, and the types of linked slots.
    """
    missing = sorted({str(node["class_type"]) for node in graph.values()} - set(object_info))
    if missing:
        return [f"the server has no node '{plain(kind, 80)}' (a custom node may be missing)" for kind in missing]
    faults = []
    for node, entry in graph.items():
        declared = object_info[entry["class_type"]].get("input") or {}
        for name, config in (declared.get("required") or {}).items():
            if name not in entry["inputs"]:
                faults.append(f"{_name(node, entry)} lacks its input '{name}'")
                continue
            faults += _input_faults(graph, object_info, node, name, config)
        for name, config in (declared.get("optional") or {}).items():
            if name in entry["inputs"]:
                faults += _input_faults(graph, object_info, node, name, config)
    return faults


def _input_faults(graph: Graph, object_info: dict[str, Any], node: str, name: str, config: Any) -> list[str]:
    value = graph[node]["inputs"][name]
    where = _name(node, graph[node])
    if is_link(value):
        return _link_faults(graph, object_info, where, name, value, config)
    return _value_faults(where, name, value, config)


def _link_faults(
    graph: Graph, object_info: dict[str, Any], where: str, name: str, link: list[Any], config: Any
) -> list[str]:
    source = graph.get(link[0])
    if source is None:
        return [f"{where}: '{name}' is linked to node {link[0]}, which is not there"]
    outputs = object_info[source["class_type"]].get("output") or []
    if link[1] >= len(outputs):
        return [f"{where}: '{name}' is linked to output {link[1]} of node {link[0]}, which has {len(outputs)}"]
    given, wanted = outputs[link[1]], config[0]
    if isinstance(wanted, list) or isinstance(given, list) or _ANY in (given, wanted):
        return []
    kinds = {kind.strip() for kind in str(wanted).split(",")}
    return [] if given in kinds or given.startswith("COMFY_") else [f"{where}: '{name}' takes {wanted}, not {given}"]


def _value_faults(where: str, name: str, value: Any, config: Any) -> list[str]:
    kind, options = config[0], config[1] if len(config) > 1 and isinstance(config[1], dict) else {}
    choices = kind if isinstance(kind, list) else options.get("options") if kind == "COMBO" else None
    if choices is not None:
        if value in choices or options.get("image_upload"):
            return []
        if isinstance(value, str) and _MODEL_FILE.search(value):
            return [f"{where} needs the model file {plain(value, 120)}, which the server does not have"]
        return [f"{where}: '{name}' cannot be {plain(value, 80)!r} on this server"]
    if kind in ("INT", "FLOAT"):
        return _number_faults(where, name, value, options)
    return [f"{where}: '{name}' must be text"] if kind == "STRING" and not isinstance(value, str) else []


def _number_faults(where: str, name: str, value: Any, options: dict[str, Any]) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [f"{where}: '{name}' must be a number"]
    low, high = options.get("min", value), options.get("max", value)
    return [] if low <= value <= high else [f"{where}: '{name}' must be from {low} to {high}, not {value}"]


def _name(node: str, entry: dict[str, Any]) -> str:
    return f"node {node} ({plain(entry['class_type'], 80)})"
