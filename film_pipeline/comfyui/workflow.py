"""Workflow files: read, understood, refused with a remedy. Not here: which input is which (:mod:`binding`)."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from film_pipeline.comfyui.client import Graph
from film_pipeline.errors import WorkflowError
from film_pipeline.models.digests import digest_of

_MOST_BYTES = 4 << 20
_MODEL_FILE = re.compile(r"\.(safetensors|ckpt|pt|pth|gguf|bin|sft)$", re.IGNORECASE)
_OUTSIDE = re.compile(r"^(/|~[/\\]|[A-Za-z]:[\\/]|\\\\|file:)|(^|[/\\])\.\.([/\\]|$)")
_EXPORT = "In ComfyUI choose File > Export (API) and put that file here."
_KNOWN_TABLES = {"inputs", "limits"}
_KNOWN_LIMITS = {"step", "multiple", "fps", "most_frames"}


@dataclass(frozen=True)
class Workflow:
    """A usable graph; ``inputs`` and ``limits`` are what its ``.toml`` says, ``digest`` covers all three."""

    name: str
    graph: Graph
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        return digest_of({"graph": self.graph, "inputs": self.inputs, "limits": _plain(self.limits)})

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The names of all model files that the graph asks for."""
        values = (value for node in self.graph.values() for value in node["inputs"].values())
        return tuple(sorted({value for value in values if isinstance(value, str) and _MODEL_FILE.search(value)}))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({str(node["class_type"]) for node in self.graph.values()}))

    def title(self, node: str) -> str:
        """What the user called a node; its class where nothing else was said."""
        entry = self.graph[node]
        return str((entry.get("_meta") or {}).get("title") or entry["class_type"])


def load_workflow(path: Path) -> Workflow:
    """Read ``<name>.json`` and the ``<name>.toml`` beside it, if there is one.

    Raises:
        WorkflowError: not there, not a workflow, not in API format, or with something that must not be in it.
    """
    data = _read_json(path)
    graph = _checked_graph(data, path)
    settings = _read_settings(path.with_suffix(".toml"))
    inputs = {str(slot).lower(): _targets(target) for slot, target in settings.get("inputs", {}).items()}
    limits = settings.get("limits", {})
    if set(limits) - _KNOWN_LIMITS or not all(_is_number(value) for value in limits.values()):
        raise _bad(path.with_suffix(".toml"), "[limits] holds something unknown", f"Known are {sorted(_KNOWN_LIMITS)}.")
    return Workflow(path.stem, graph, inputs, limits)


def is_link(value: Any) -> bool:
    """Whether an input takes its value from another node: ``["12", 0]``."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)


def _plain(limits: dict[str, Any]) -> dict[str, str]:
    return {name: str(Fraction(str(value))) for name, value in limits.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | str) and bool(re.fullmatch(r"\d+(\.\d+)?(/[1-9]\d*)?", str(value)))


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _bad(path, f"it is larger than {_MOST_BYTES >> 20} MiB", "Take pictures and notes out of it.")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda name: _refuse_constant(path, name))
    except FileNotFoundError as error:
        here = ", ".join(sorted(other.stem for other in path.parent.glob("*.json"))[:12]) or "none"
        raise _bad(path, "there is no such file", f"Workflows in that folder: {here}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _bad(path, "it is not JSON", _EXPORT) from error


def _refuse_constant(path: Path, name: str) -> Any:
    raise _bad(path, f"it holds {name}, which is no number", "Correct that value.")


def _checked_graph(data: Any, path: Path) -> Graph:
    if isinstance(data, dict) and isinstance(data.get("prompt"), dict) and "class_type" not in data["prompt"]:
        data = data["prompt"]  # a whole request, as programs save it
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        raise _bad(path, "it is the UI's own save, which a server cannot run", _EXPORT)
    if not isinstance(data, dict) or not data:
        raise _bad(path, "it holds no nodes", _EXPORT)
    graph: Graph = {}
    for node, entry in data.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("class_type"), str):
            raise _bad(path, f"node {str(node)[:40]!r} has no class_type", _EXPORT)
        if not isinstance(entry.get("inputs"), dict):
            raise _bad(path, f"node {str(node)[:40]!r} has no inputs", _EXPORT)
        graph[str(node)] = entry
    for node, name, value in _values(graph):
        _check_value(path, graph, node, name, value)
    _check_cycles(path, graph)
    return graph


def _values(graph: Graph) -> Iterator[tuple[str, str, Any]]:
    for node, entry in graph.items():
        for name, value in entry["inputs"].items():
            yield node, name, value


def _check_value(path: Path, graph: Graph, node: str, name: str, value: Any) -> None:
    where = f"node {node} ({graph[node]['class_type'][:60]}), input {name[:60]!r}"
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], int):
            raise _bad(path, f"{where}: the id of a node in a link must be text", f'Write "{value[0]}".')
        if is_link(value) and value[0] not in graph:
            raise _bad(path, f"{where} is linked to node {value[0][:40]!r}, which is not there", _EXPORT)
    if isinstance(value, str) and "\n" not in value and _OUTSIDE.search(value) and not _is_words(name):
        raise _bad(
            path,
            f"{where} holds a path outside ComfyUI's own folders",
            "Use a plain file name; put the file into ComfyUI's models or input folder.",
        )


def _is_words(name: str) -> bool:
    return name in ("text", "prompt", "tags", "lyrics", "value", "string")


def _check_cycles(path: Path, graph: Graph) -> None:
    state: dict[str, int] = {}
    for start in graph:
        stack = [start]
        while stack:
            node = stack[-1]
            if state.get(node) == 2:
                stack.pop()
                continue
            state[node] = 1
            sources = [value[0] for value in graph[node]["inputs"].values() if is_link(value)]
            if any(state.get(source) == 1 for source in sources):
                raise _bad(path, f"node {node} feeds itself in a circle", "Cut one of the links.")
            fresh = [source for source in sources if source not in state]
            if fresh:
                stack.append(fresh[0])
            else:
                state[node] = 2
                stack.pop()


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(path, "it is not TOML", "See workflows/README.md.") from error
    unknown = set(settings) - _KNOWN_TABLES
    if unknown or not all(isinstance(table, dict) for table in settings.values()):
        raise _bad(path, f"it holds {', '.join(sorted(unknown)) or 'no tables'}", "Known are [inputs] and [limits].")
    return settings


def _targets(target: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in (target if isinstance(target, list) else [target]))


def _bad(path: Path, why: str, remedy: str) -> WorkflowError:
    return WorkflowError("The workflow file cannot be used", where=path.name, why=why, remedy=remedy)
