"""Which input of a workflow is the prompt, the seed, the length: by title, else by class, else by the ``.toml``.

Values are set by type on those inputs; no text is ever replaced inside a graph.
"""

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from film_pipeline.comfyui.client import Graph
from film_pipeline.comfyui.limits import LIMITS_OF_CLASS, Limits
from film_pipeline.comfyui.workflow import Workflow, is_link
from film_pipeline.errors import WorkflowError


class Slot(StrEnum):
    """What can be put into a workflow; the titles that users give to nodes."""

    PROMPT = "prompt"
    NEGATIVE = "negative"
    SEED = "seed"
    WIDTH = "width"
    HEIGHT = "height"
    LENGTH = "length"
    FPS = "fps"
    OUTPUT = "output"
    REFERENCE = "reference"
    TAGS = "tags"
    LYRICS = "lyrics"
    SECONDS = "seconds"
    TEMPO = "tempo"


Value = str | int | float | Fraction

_TEXT = ("text", "prompt", "positive_prompt", "value", "string")
_INPUTS: dict[Slot, tuple[str, ...]] = {
    Slot.PROMPT: _TEXT,
    Slot.NEGATIVE: ("text", "negative_prompt", "prompt", "value", "string"),
    Slot.SEED: ("noise_seed", "seed", "value"),
    Slot.WIDTH: ("width", "value"),
    Slot.HEIGHT: ("height", "value"),
    Slot.LENGTH: ("length", "num_frames", "frames", "video_frames", "batch_size", "value"),
    Slot.FPS: ("fps", "frame_rate", "value"),
    Slot.OUTPUT: ("filename_prefix",),
    Slot.REFERENCE: ("image",),
    Slot.TAGS: ("tags", *_TEXT),
    Slot.LYRICS: ("lyrics", *_TEXT),
    Slot.SECONDS: ("seconds", "duration", "value"),
    Slot.TEMPO: ("bpm", "value"),
}
_SIZED = tuple(LIMITS_OF_CLASS)
_CLASSES: dict[Slot, tuple[str, ...]] = {
    Slot.PROMPT: ("CLIPTextEncode",),
    Slot.SEED: ("RandomNoise", "KSampler", "KSamplerAdvanced"),
    Slot.WIDTH: _SIZED,
    Slot.HEIGHT: _SIZED,
    Slot.LENGTH: _SIZED,
    Slot.FPS: ("CreateVideo", "VHS_VideoCombine"),
    Slot.OUTPUT: (
        "SaveVideo",
        "VHS_VideoCombine",
        "SaveWEBM",
        "SaveAudio",
        "SaveAudioAdvanced",
        "SaveAudioMP3",
        "SaveAudioOpus",
    ),
    Slot.REFERENCE: ("LoadImage",),
    Slot.TAGS: ("TextEncodeAceStepAudio1.5", "TextEncodeAceStepAudio"),
    Slot.LYRICS: ("TextEncodeAceStepAudio1.5", "TextEncodeAceStepAudio"),
    Slot.SECONDS: ("EmptyAceStep1.5LatentAudio", "EmptyAceStepLatentAudio", "EmptyLatentAudio"),
    Slot.TEMPO: ("TextEncodeAceStepAudio1.5",),
}


@dataclass(frozen=True)
class Target:
    """One input of one node; ``found`` tells how: title, class or file."""

    node: str
    input: str
    found: str


@dataclass(frozen=True)
class Binding:
    """A workflow and where each value goes in it."""

    workflow: Workflow
    targets: dict[Slot, tuple[Target, ...]]
    limits: Limits = field(default_factory=Limits)

    def has(self, slot: Slot) -> bool:
        return slot in self.targets

    def value(self, slot: Slot) -> Any:
        """What the file itself has there; None where the slot is not bound."""
        targets = self.targets.get(slot)
        return self.workflow.graph[targets[0].node]["inputs"].get(targets[0].input) if targets else None

    @property
    def output_node(self) -> str:
        return self.targets[Slot.OUTPUT][0].node


def bind(workflow: Workflow, *, required: Iterable[Slot]) -> Binding:
    """Find every slot in a workflow.

    Raises:
        WorkflowError: a required slot is not there, or a title or the ``.toml`` does not say clearly which input.
    """
    unknown = set(workflow.inputs) - {slot.value for slot in Slot}
    if unknown:
        raise _bad(workflow, f"its .toml names unknown inputs: {', '.join(sorted(unknown))}", _known())
    titled = _titled_nodes(workflow)
    targets = {}
    for slot in Slot:
        found = _by_file(workflow, slot) or _by_title(workflow, slot, titled) or _by_class(workflow, slot, titled)
        if found:
            targets[slot] = found
    for slot in required:
        if slot not in targets:
            raise _bad(
                workflow,
                f"it is not clear where {slot.upper()} goes",
                f"Give the node that takes it the title {slot.upper()}, or name it in {workflow.name}.toml.",
            )
    return Binding(workflow, targets, _limits(workflow))


def fill(binding: Binding, values: dict[Slot, Value]) -> Graph:
    """A copy of the graph with values put in; slots that the workflow does not have are left out."""
    graph = copy.deepcopy(binding.workflow.graph)
    for slot, value in values.items():
        for target in binding.targets.get(slot, ()):
            inputs = graph[target.node]["inputs"]
            inputs[target.input] = _typed(value, inputs.get(target.input))
    return graph


def _typed(value: Value, before: Any) -> str | int | float:
    """As a number where a number stood; whole rates stay whole."""
    if isinstance(before, str) or isinstance(value, str):
        return str(value)
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return float(value) if isinstance(before, float) else value


def _by_file(workflow: Workflow, slot: Slot) -> tuple[Target, ...]:
    targets = []
    for text in workflow.inputs.get(slot.value, ()):
        node, _, name = text.partition(".")
        if node not in workflow.graph or name not in workflow.graph[node]["inputs"]:
            raise _bad(workflow, f"its .toml points {slot} to {text[:60]!r}, which is not there", 'Write "12.text".')
        targets.append(_followed(workflow, Target(node, name, "file")))
    return tuple(targets)


def _titled_nodes(workflow: Workflow) -> dict[Slot, list[str]]:
    """Nodes by the slots in their titles; one title may name several: ``WIDTH, HEIGHT, LENGTH``."""
    titled: dict[Slot, list[str]] = {}
    names = {slot.value: slot for slot in Slot}
    for node in workflow.graph:
        words = [word for word in re.split(r"[^a-z]+", workflow.title(node).lower()) if word]
        if words and all(word in names for word in words):
            for word in words:
                titled.setdefault(names[word], []).append(node)
    return titled


def _by_title(workflow: Workflow, slot: Slot, titled: dict[Slot, list[str]]) -> tuple[Target, ...]:
    nodes = titled.get(slot, [])
    if len(nodes) > 1:
        raise _bad(
            workflow,
            f"nodes {' and '.join(nodes)} share the title {slot.upper()}",
            "Keep the title on one of them.",
        )
    for node in nodes:
        target = _input_of(workflow, node, slot, "title")
        if target is None:
            takes = ", ".join(workflow.graph[node]["inputs"]) or "nothing"
            raise _bad(
                workflow,
                f"node {node} has the title {slot.upper()} but takes only: {takes}",
                f"Put the title on a node with one of: {', '.join(_INPUTS[slot])}.",
            )
        return (target,)
    return ()


def _by_class(workflow: Workflow, slot: Slot, titled: dict[Slot, list[str]]) -> tuple[Target, ...]:
    """The one node of a known class; text nodes are told apart by where the sampler takes them."""
    taken = {node for other in (Slot.PROMPT, Slot.NEGATIVE) for node in titled.get(other, [])}
    if slot in (Slot.PROMPT, Slot.NEGATIVE):
        side = "positive" if slot is Slot.PROMPT else "negative"
        nodes = _texts_behind(workflow, side) - taken
        if slot is Slot.PROMPT and not nodes:
            nodes = set(_of_class(workflow, _CLASSES[slot])) - taken
    else:
        nodes = set(_of_class(workflow, _CLASSES.get(slot, ())))
    found = [target for node in sorted(nodes) if (target := _input_of(workflow, node, slot, "class")) is not None]
    return (found[0],) if len(found) == 1 else ()


def _of_class(workflow: Workflow, classes: tuple[str, ...]) -> list[str]:
    nodes = [node for node, entry in workflow.graph.items() if entry["class_type"] in classes]
    # The second sampler of a pair goes on from the first and adds no noise of its own.
    return [node for node in nodes if workflow.graph[node]["inputs"].get("add_noise") != "disable"]


def _texts_behind(workflow: Workflow, side: str) -> set[str]:
    """Text encoders that feed an input of this name, through any nodes in between."""
    open_ends = [value[0] for entry in workflow.graph.values() if is_link(value := entry["inputs"].get(side))]
    seen: set[str] = set()
    texts: set[str] = set()
    while open_ends:
        node = open_ends.pop()
        if node in seen:
            continue
        seen.add(node)
        inputs = workflow.graph[node]["inputs"]
        if workflow.graph[node]["class_type"].startswith("CLIPTextEncode"):
            texts.add(node)
            continue
        # Nodes such as HunyuanVideo15ImageToVideo have both sides; stay on ours.
        names = (side,) if side in inputs else ("conditioning", "conditioning_1")
        open_ends += [inputs[name][0] for name in names if is_link(inputs.get(name))]
    return texts


def _input_of(workflow: Workflow, node: str, slot: Slot, found: str) -> Target | None:
    for name in _INPUTS[slot]:
        # A batch is a number of clips everywhere but in the node that makes plain frames.
        if name == "batch_size" and workflow.graph[node]["class_type"] != "EmptyImage":
            continue
        if name in workflow.graph[node]["inputs"]:
            return _followed(workflow, Target(node, name, found))
    return None


def _followed(workflow: Workflow, target: Target) -> Target:
    """Where an input is fed by a node that only holds a value, that value is meant."""
    value = workflow.graph[target.node]["inputs"][target.input]
    if not is_link(value):
        return target
    source = workflow.graph[value[0]]
    if set(source["inputs"]) == {"value"} and not is_link(source["inputs"]["value"]):
        return Target(value[0], "value", target.found)
    raise _bad(
        workflow,
        f"node {target.node} takes its {target.input!r} from node {value[0]} ({source['class_type']})",
        "Unlink it, or give the title to the node that holds the value.",
    )


def _limits(workflow: Workflow) -> Limits:
    given = {name: Fraction(str(value)) for name, value in workflow.limits.items()}
    sized = [LIMITS_OF_CLASS[kind] for kind in workflow.classes if kind in LIMITS_OF_CLASS]
    known = sized[0] if sized else Limits()
    return Limits(
        step=int(given.get("step", known.step)),
        multiple=int(given.get("multiple", known.multiple)),
        fps=given.get("fps", known.fps),
        most_frames=int(given.get("most_frames", known.most_frames)),
    )


def _known() -> str:
    return f"Known are {', '.join(slot.value for slot in Slot)}."


def _bad(workflow: Workflow, why: str, remedy: str) -> WorkflowError:
    return WorkflowError("The workflow cannot be used", where=f"{workflow.name}.json", why=why, remedy=remedy)
