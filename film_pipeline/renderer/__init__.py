"""Scene to clip: every way of making moving pictures from one scene's words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe, RenderSpec

Progress = Callable[[float, str], None]
"""Called often with the done share (0 to 1) and a word for people, such as ``step 12 of 20``."""

Previews = Callable[[bytes, str], None]
"""Called from any thread with a small picture of what is being made and its MIME type, where the renderer has one."""


@dataclass(frozen=True)
class Delivered:
    """What a clip really is where it is not what the spec wished: models know only some lengths, sizes and rates."""

    frames: int
    width: int
    height: int
    frame_rate: Fraction


@dataclass(frozen=True)
class Rendering:
    """How a clip was made: ``made`` goes into the take's record, ``notes`` onto the film's report.

    ``delivered`` is None where the clip is exactly what the spec wished; else the editor conforms it.
    """

    made: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    delivered: Delivered | None = None


class Renderer(Protocol):
    """Makes the clip of one scene; ``uses_references`` if it can begin from a scene's reference image."""

    @property
    def uses_references(self) -> bool: ...

    def recipe(self, storyboard: Storyboard, scene: Scene) -> Recipe:
        """What this renderer adds to the scene's own words; pure, and cheap enough to be asked for every scene."""
        ...

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
        """Write the clip of ``spec`` to ``into`` (an ``.mp4`` that does not exist yet).

        A renderer that judges its own work lets a still or black picture pass where the scene wants one.

        Raises:
            RenderContentError: the scene is refused. RenderMachineError: worth another try.
        """
        ...
