"""ComfyUIRenderer: scenes rendered for real, by the user's own workflow, on one or several ComfyUI servers.

Not here: how servers are spoken to (:mod:`film_pipeline.comfyui`), how a clip is judged
(:mod:`film_pipeline.ffmpeg.verify`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from film_pipeline.comfyui.binding import Binding, Slot, Value, bind, fill
from film_pipeline.comfyui.client import ComfyUIClient, Graph
from film_pipeline.comfyui.fulfilling import fulfil
from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.limits import Measures, differences, legal_measures
from film_pipeline.comfyui.orders import Delivery, Handling, Order
from film_pipeline.comfyui.pool import Pool, PoolRules
from film_pipeline.comfyui.preflight import missing_on
from film_pipeline.comfyui.watching import Patience
from film_pipeline.comfyui.workflow import Workflow, load_workflow
from film_pipeline.errors import MediaError, RenderContentError, WorkflowError
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.verify import require_clip
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe, RenderSpec
from film_pipeline.renderer import Delivered, Previews, Progress, Rendering

NAME = "comfyui/1"
"""Part of what decides a clip: raise it when the same storyboard would be rendered in another way."""

UNWANTED = "text, subtitles, captions, watermark, logo, music"
"""Added to every negative prompt: titles and music are the editor's and the composer's."""

_REQUIRED = (Slot.PROMPT, Slot.OUTPUT)
_PICTURES = (".mp4", ".webm", ".mkv", ".mov")
_MOST_SEED = 2**63 - 1
_OTHER_SEED = 0x5DEECE66D


class ComfyUIRenderer:
    """Renders scenes with the workflows of one folder.

    ``servers`` are addresses; ``workflow`` is the default one's name, ``reference_workflow`` that of scenes which begin
    from an image. ``lock_folder`` is shared by all processes that
    use the same servers from this machine. ``stall_seconds`` without progress end a render, ``attempts`` count
    machine faults. ``references`` finds the image of a digest in ``RenderSpec.references``.
    """

    uses_references = True

    def __init__(
        self,
        servers: Sequence[str],
        workflows: Path,
        workflow: str,
        *,
        reference_workflow: str = "",
        lock_folder: Path | None = None,
        stall_seconds: float = 900.0,
        attempts: int = 4,
        handling: Handling | None = None,
        rules: PoolRules | None = None,
        references: Callable[[str], Path] | None = None,
    ) -> None:
        self._servers, self._folder, self._default = tuple(servers), workflows, workflow
        self._from_image = reference_workflow or workflow
        self._lock_folder, self._rules = lock_folder, rules
        self._handling = handling or Handling(Patience(stall=stall_seconds), attempts)
        self._references = references
        self._loaded: dict[str, tuple[object, Workflow]] = {}

    @cached_property
    def pool(self) -> Pool:
        """The servers; made when the first scene is rendered, as that is the first thing that connects."""
        return Pool(self._servers, folder=self._lock_folder, rules=self._rules)

    def close(self) -> None:
        """Let go of the servers' connections."""
        if "pool" in vars(self):
            self.pool.close()

    def recipe(self, storyboard: Storyboard, scene: Scene) -> Recipe:
        """The workflow by content, and its model files.

        Raises:
            WorkflowError: the named workflow is missing or unusable.
        """
        usual = self._from_image if scene.reference else storyboard.workflow or self._default
        workflow = self._named(scene.workflow or usual)
        return Recipe(renderer=NAME, workflow=workflow.digest, models=workflow.models)

    def render(
        self,
        spec: RenderSpec,
        into: Path,
        progress: Progress,
        *,
        previews: Previews | None = None,
        allow_still: bool = False,
        allow_black: bool = False,
    ) -> Rendering:
        """Write the clip of ``spec``; its real length and size stand in ``made``, as models round to their own steps.

        Raises:
            RenderContentError, WorkflowError: the scene is refused. RenderMachineError: worth another try.
        """
        job = _SceneJob(spec, self._binding(spec), self._reference(spec), allow_still, allow_black)
        delivery = fulfil(job.order(), self.pool, into, progress, handling=self._handling, previews=previews)
        return Rendering(made=job.made(delivery), notes=job.notes(delivery), delivered=job.delivered())

    def _named(self, name: str) -> Workflow:
        """Read once, and again when the file has changed: a Dagster code server lives for weeks."""
        path = self._folder / f"{name}.json"
        state = (_state(path), _state(path.with_suffix(".toml")))
        known = self._loaded.get(name)
        if known is None or known[0] != state:
            known = self._loaded[name] = (state, load_workflow(path))
        return known[1]

    def _binding(self, spec: RenderSpec) -> Binding:
        """The workflow whose content the spec names; its file may have been edited since the plan."""
        for name in (self._default, self._from_image, *sorted(path.stem for path in self._folder.glob("*.json"))):
            try:
                workflow = self._named(name)
            except WorkflowError:
                continue  # another file of the folder; the one that is wanted is still to come
            if workflow.digest == spec.workflow:
                required = (*_REQUIRED, Slot.REFERENCE) if spec.references else _REQUIRED
                return bind(workflow, required=required)
        raise WorkflowError(
            "The workflow of this scene is not there any more",
            where=str(self._folder.name),
            why=f"no file there has the content {spec.workflow[:12]}",
            remedy="Run again: the scene will be planned with the workflow as it is now.",
        )

    def _reference(self, spec: RenderSpec) -> Path | None:
        if not spec.references:
            return None
        if self._references is None:
            raise RenderContentError(
                "The scene has a reference image, but nothing tells where it is", remedy="Remove the reference."
            )
        return self._references(spec.references[0])


class _SceneJob:
    """One spec and one bound workflow: what is asked of the server, and what came of it."""

    def __init__(
        self, spec: RenderSpec, binding: Binding, reference: Path | None, allow_still: bool, allow_black: bool
    ) -> None:
        self._spec, self._binding, self._reference = spec, binding, reference
        self._allow = {"allow_still": allow_still, "allow_black": allow_black}
        self._wished = Measures(spec.frames, spec.width, spec.height, spec.frame_rate)
        self._real = self._asked()
        asked_for = [target for target in binding.targets.get(Slot.REFERENCE, ()) if target.found == "title"]
        if asked_for and reference is None:
            raise RenderContentError(
                "The workflow needs a reference image and the scene has none",
                where=binding.workflow.name,
                remedy="Choose a text-to-video workflow for this scene.",
            )

    def order(self) -> Order:
        workflow = self._binding.workflow
        return Order(
            digest=self._spec.digest,
            need=workflow.digest,
            fill=self._fill,
            choose=self._choose,
            check=self._check,
            preflight=lambda client: missing_on(client, workflow),
            size=str(self._real),
        )

    def made(self, delivery: Delivery) -> dict[str, str | int | float | bool | None]:
        """What goes into the take's record; ``frames``, ``width``, ``height`` and ``frame_rate`` are real values."""
        real, wished = self._real, self._wished
        return {
            "server": delivery.server,
            "comfyui": delivery.version,
            "torch": delivery.torch,
            "device": delivery.device,
            "workflow": self._binding.workflow.name,
            "workflow_digest": self._binding.workflow.digest,
            "models": ", ".join(self._binding.workflow.models),
            "prompt_id": delivery.prompt_id,
            "seed": self._seed(delivery.variation),
            "attempts": delivery.attempts,
            "gpu_seconds": round(delivery.gpu_seconds, 3),
            "frames": real.frames,
            "width": real.width,
            "height": real.height,
            "frame_rate": str(real.frame_rate),
            "wished": str(wished),
            "sha256": delivery.download.sha256,
            "bytes": delivery.download.bytes,
        }

    def delivered(self) -> Delivered | None:
        """The real measures, where they are not the wished ones."""
        real = self._real
        return None if real == self._wished else Delivered(real.frames, real.width, real.height, real.frame_rate)

    def notes(self, delivery: Delivery) -> tuple[str, ...]:
        notes = differences(self._wished, self._real, self._binding.limits)
        if delivery.variation:
            notes.append("The first picture was not good; this one has another seed.")
        if self._spec.negative_prompt and not self._binding.has(Slot.NEGATIVE):
            notes.append(f"The workflow {self._binding.workflow.name} takes no negative prompt.")
        return (*notes, *(f"On the way: {trouble}." for trouble in delivery.troubles))

    # --- asking --------------------------------------------------------------------------------------------------
    def _asked(self) -> Measures:
        """The legal measures, and the file's own values for what cannot be put into the workflow."""
        legal = legal_measures(self._wished, self._binding.limits)
        return replace(
            legal,
            frames=self._fixed(Slot.LENGTH, "length", "num_frames", "batch_size") or legal.frames,
            width=self._fixed(Slot.WIDTH, "width") or legal.width,
            height=self._fixed(Slot.HEIGHT, "height") or legal.height,
        )

    def _fixed(self, slot: Slot, *names: str) -> int | None:
        """What the file's own picture node says, where nothing can be put in."""
        if self._binding.has(slot):
            return None
        for node in self._binding.workflow.graph.values():
            for name in names:
                if isinstance(node["inputs"].get(name), int) and "width" in node["inputs"]:
                    return int(node["inputs"][name])
        return None

    def _fill(self, client: ComfyUIClient, prompt_id: str, variation: int) -> Graph:
        real = self._real
        values: dict[Slot, Value] = {
            Slot.PROMPT: self._spec.prompt,
            Slot.NEGATIVE: self._negative(),
            Slot.SEED: self._seed(variation),
            Slot.WIDTH: real.width,
            Slot.HEIGHT: real.height,
            Slot.LENGTH: real.frames,
            Slot.FPS: real.frame_rate,
            Slot.OUTPUT: f"film/{prompt_id}",
        }
        if self._reference is not None:
            name = f"film-{self._spec.references[0][:32]}{self._reference.suffix.lower()}"
            values[Slot.REFERENCE] = client.upload(self._reference, name=name)
        return fill(self._binding, values)

    def _negative(self) -> str:
        said = (self._spec.negative_prompt, str(self._binding.value(Slot.NEGATIVE) or ""), UNWANTED)
        return ", ".join(part.strip().rstrip(",") for part in said if part.strip())

    def _seed(self, variation: int) -> int:
        return (self._spec.seed + variation * _OTHER_SEED) & _MOST_SEED

    def _choose(self, outputs: tuple[OutputFile, ...]) -> OutputFile | None:
        """The last picture file of the output node; where it names none (subgraphs rename nodes), of any node."""
        pictures = [file for file in outputs if file.filename.lower().endswith(_PICTURES)]
        own = [file for file in pictures if file.node == self._binding.output_node]
        return next(reversed(own or pictures), None)

    # --- checking ------------------------------------------------------------------------------------------------
    def _check(self, clip: Path) -> None:
        """The quality gate; an odd clip is refused before anybody sees it.

        Raises:
            MediaError
        """
        real = self._real
        if not self._binding.has(Slot.FPS):
            real = self._real = replace(real, frame_rate=_rate_of(clip))
        require_clip(
            clip, frames=real.frames, width=real.width, height=real.height, frame_rate=real.frame_rate, **self._allow
        )


def _state(path: Path) -> tuple[int, int] | None:
    """Changes whenever the file does."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _rate_of(clip: Path) -> Fraction:
    """The rate a workflow without FPS has written.

    Raises:
        MediaError
    """
    rate = probe(clip).frame_rate
    if rate <= 0:
        raise MediaError("The clip tells no frame rate", where=clip.name, remedy="Render the scene again.")
    return rate
