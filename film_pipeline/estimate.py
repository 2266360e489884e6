"""What rendering will take, judged by what this home's past renders took. Pure: no clock, no storage.

Takes are of one kind when the same renderer made them with the same workflow at the same size; only takes of the same
kind say anything about a scene. Not here: where past takes are read (``studio/estimates.py``).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict

from film_pipeline.models.price import GpuPrice, duration_words
from film_pipeline.models.take import RenderSpec, Take

Kind = tuple[str, str, int, int]
"""Renderer, digest of the workflow, width and height."""


class Estimate(BaseModel):
    """``seconds`` of film in ``clips`` clips of ``scenes`` scenes, and the expected seconds of rendering and of GPU.

    None where there is no history of the kind for some of them; ``unknown`` counts those. ``gpu_seconds`` is 0 where
    the renderer needs none; ``render_seconds`` of past takes hold their waits for a server, too. ``takes`` past takes
    were asked. Music and the cut come on top.
    """

    model_config = ConfigDict(frozen=True)

    scenes: int
    clips: int
    seconds: float
    render_seconds: float | None
    gpu_seconds: float | None
    price: GpuPrice | None
    takes: int
    unknown: int

    @property
    def cost(self) -> float | None:
        """In the price's currency; None without a price or without history."""
        return None if self.price is None or self.gpu_seconds is None else self.price.cost(self.gpu_seconds)

    @property
    def words(self) -> str:
        """In one line for people."""
        if not self.clips:
            return "nothing to render"
        takes = f" in {self.clips} takes" if self.clips > self.scenes else ""
        said = f"{self.scenes} {'scene' if self.scenes == 1 else 'scenes'}{takes}, {self.seconds:.1f} s of film"
        if self.render_seconds is None:
            return f"{said}; no estimate: nothing like {self._which} was rendered here before"
        about = f"about {duration_words(self.gpu_seconds or self.render_seconds)} of "
        about += "rendering" if not self.gpu_seconds else "GPU"
        if self.price is not None and self.gpu_seconds:
            about += f", {self.price.words(self.gpu_seconds)}"
        return (
            f"{said}; {about}, by {f'the median of {self.takes} takes' if self.takes > 1 else 'one take'} of that kind"
        )

    @property
    def _which(self) -> str:
        return f"{self.unknown} of them" if self.unknown < self.clips else "them" if self.clips > 1 else "it"


def kind_of(spec: RenderSpec) -> Kind:
    return spec.renderer, spec.workflow, spec.width, spec.height


def estimate(wanted: Sequence[tuple[RenderSpec, int]], past: Iterable[Take], price: GpuPrice | None = None) -> Estimate:
    """What so many takes of each wanted spec will need by the median pace of ``past`` takes, in seconds a frame."""
    paces: dict[Kind, list[tuple[float, float]]] = defaultdict(list)
    kinds = {kind_of(spec) for spec, _ in wanted}
    for take in past:
        if kind_of(take.spec) in kinds:
            paces[kind_of(take.spec)].append((take.seconds / take.spec.frames, take.gpu_seconds / take.spec.frames))
    unknown = sum(takes for spec, takes in wanted if kind_of(spec) not in paces)
    render, gpu = (None, None) if unknown else (_expected(wanted, paces, 0), _expected(wanted, paces, 1))
    return Estimate(
        scenes=len(wanted),
        clips=sum(takes for _, takes in wanted),
        seconds=round(sum(spec.seconds * takes for spec, takes in wanted), 3),
        render_seconds=render,
        gpu_seconds=gpu,
        price=price,
        takes=sum(len(pace) for pace in paces.values()),
        unknown=unknown,
    )


def _expected(
    wanted: Sequence[tuple[RenderSpec, int]], paces: dict[Kind, list[tuple[float, float]]], which: int
) -> float:
    typical = {kind: median(pace[which] for pace in known) for kind, known in paces.items()}
    return round(sum(typical[kind_of(spec)] * spec.frames * takes for spec, takes in wanted), 1)
