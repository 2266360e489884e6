"""What ``film doctor`` and ``film workflows check`` say: servers and workflow files explained in plain words.

Every fault is one line with its remedy; nothing here changes anything on a server.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from film_pipeline.comfyui.address import ServerAddress, parse_address
from film_pipeline.comfyui.binding import Binding, Slot, bind
from film_pipeline.comfyui.client import ComfyUIClient, SystemInfo
from film_pipeline.comfyui.preflight import structure_faults
from film_pipeline.comfyui.server_fault import ServerFaultError
from film_pipeline.comfyui.workflow import Workflow, is_link, load_workflow
from film_pipeline.errors import InputError, WorkflowError

_RISKY = ("fromurl", "loadurl", "httprequest", "download", "exec", "python", "shell", "eval", "runscript")


@dataclass(frozen=True)
class Finding:
    """One examined thing in one line; ``remedy`` is empty where nothing is to be done."""

    line: str
    ok: bool
    remedy: str = ""


@dataclass(frozen=True)
class WorkflowReport:
    """What a workflow file is and does, in ``lines``; ``faults`` keep it from being used, ``warnings`` do not."""

    name: str
    lines: tuple[str, ...]
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.faults


def check_server(url: str | ServerAddress, workflow_files: Sequence[Path] = ()) -> list[Finding]:
    """Reach a server and ask what it is; each given workflow is held against the nodes and models it has."""
    try:
        address = parse_address(url) if isinstance(url, str) else url
        with ComfyUIClient(address, timeout_seconds=10) as client:
            client.remaining()
            findings = _describe(address, client.system())
            if workflow_files:
                object_info = client.object_info()
                findings += [_workflow_on(address, path, object_info) for path in workflow_files]
            return findings
    except (ServerFaultError, InputError) as error:
        where = error.where or "COMFYUI_URL"
        return [Finding(f"{where}: {error.what}{f' ({error.why})' if error.why else ''}", False, error.remedy)]


def check_workflow_file(path: Path, object_info: dict[str, Any] | None = None) -> WorkflowReport:
    """Explain a file; with the ``object_info`` of a server also whether that server can run it."""
    try:
        workflow = load_workflow(path)
        binding = bind(workflow, required=needed_slots(workflow))
    except WorkflowError as error:
        return WorkflowReport(path.stem, (), (error.why,), (), error.remedy)
    faults = structure_faults(workflow.graph, object_info) if object_info is not None else []
    remedy = "Install the named files or nodes on the server, or choose another workflow." if faults else ""
    return WorkflowReport(workflow.name, tuple(explain(binding)), tuple(faults), tuple(_warnings(binding)), remedy)


def needed_slots(workflow: Workflow) -> tuple[Slot, ...]:
    """What must be clear in a file: for music the tags, for pictures the prompt, for both where it is saved."""
    makes_sound = any("Audio" in kind and kind.startswith(("Save", "VAEDecode")) for kind in workflow.classes)
    makes_pictures = any(kind in ("CreateVideo", "VHS_VideoCombine", "SaveWEBM") for kind in workflow.classes)
    return (Slot.TAGS if makes_sound and not makes_pictures else Slot.PROMPT, Slot.OUTPUT)


def explain(binding: Binding) -> list[str]:
    """A workflow in plain words: what goes where, what it makes, which files it needs."""
    workflow = binding.workflow
    lines = [f"{len(workflow.graph)} nodes, digest {workflow.digest[:12]}"]
    for slot, targets in binding.targets.items():
        for target in targets:
            kind = workflow.graph[target.node]["class_type"]
            value = str(workflow.graph[target.node]["inputs"].get(target.input))
            shown = f"now {value[:40]!r}" if value else "now empty"
            lines.append(
                f"{slot.upper()} goes into node {target.node} ({kind}), {target.input} (by {target.found}; {shown})"
            )
    limits = binding.limits
    if binding.has(Slot.LENGTH):
        lines.append(f"lengths are {limits.step}n+1 frames" if limits.step > 1 else "any number of frames")
    if binding.has(Slot.WIDTH):
        lines.append(f"sides are multiples of {limits.multiple} pixels")
    if limits.fps is not None:
        lines.append(f"the model makes {limits.fps} frames a second")
    return [*lines, *(f"needs the model file {name}" for name in workflow.models)]


def _warnings(binding: Binding) -> list[str]:
    workflow = binding.workflow
    said = []
    if not binding.has(Slot.SEED):
        said.append("no SEED: every take of a scene will look the same")
    if Slot.PROMPT in binding.targets:
        for slot in (Slot.WIDTH, Slot.HEIGHT, Slot.LENGTH):
            if not binding.has(slot):
                said.append(f"no {slot.upper()}: the value in the file is used for every scene")
        if not binding.has(Slot.NEGATIVE):
            said.append("no NEGATIVE: negative prompts have no effect with this workflow")
    for node, entry in workflow.graph.items():
        if any(word in entry["class_type"].lower() for word in _RISKY):
            said.append(f"node {node} ({entry['class_type']}) may run code or fetch from the network")
        for name, value in entry["inputs"].items():
            if isinstance(value, str) and value.lower().startswith(("http://", "https://", "ftp://")):
                said.append(f"node {node} ({entry['class_type']}) holds an address in {name!r}")
    return said + _unused(workflow, binding)


def _unused(workflow: Workflow, binding: Binding) -> list[str]:
    """Nodes that nothing leads to from the output: leftovers of a bypass."""
    seen: set[str] = set()
    open_ends = [target.node for target in binding.targets.get(Slot.OUTPUT, ())]
    while open_ends:
        node = open_ends.pop()
        if node not in seen:
            seen.add(node)
            open_ends += [value[0] for value in workflow.graph[node]["inputs"].values() if is_link(value)]
    unused = [node for node in workflow.graph if node not in seen]
    return [f"nodes {', '.join(unused[:8])} do not lead to OUTPUT and only cost time"] if unused else []


def _describe(address: ServerAddress, info: SystemInfo) -> list[Finding]:
    memory = f", {info.vram_total / 2**30:.0f} GiB" if info.vram_total else ""
    findings = [Finding(f"{address}: ComfyUI {info.version} on {info.device or 'an unknown device'}{memory}", True)]
    for warning in info.warnings:
        what, _, remedy = warning.rpartition(". ")
        findings.append(Finding(f"{address}: {what}", False, remedy))
    return findings


def _workflow_on(address: ServerAddress, path: Path, object_info: dict[str, Any]) -> Finding:
    report = check_workflow_file(path, object_info)
    if report.ok:
        return Finding(f"{address}: can run {report.name}", True)
    return Finding(f"{address}: cannot run {report.name}: {'; '.join(report.faults[:4])}", False, report.remedy)
