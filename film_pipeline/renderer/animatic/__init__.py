"""The animatic: moving pictures drawn from the storyboard's words, for a machine without a GPU.

An animatic is what film makers cut before they shoot: silhouettes, depth, light and the camera's move, in the right
length. It says on every frame that it is one. ``reading`` understands the words; ``urban``, ``nature``, ``inside``,
``outer`` and ``closeups`` dress a ``stage`` with layers and actors; ``film`` shoots it. Only this class is public.
"""

from pathlib import Path

from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe, RenderSpec
from film_pipeline.renderer import Previews, Progress, Rendering

_RECIPE = Recipe(renderer="animatic/1", captioned=True, stand_in=True)


class AnimaticRenderer:
    """Draws scenes on the CPU, faster than they play; every frame carries the scene's label and the word ANIMATIC."""

    uses_references = False

    def recipe(self, storyboard: Storyboard, scene: Scene) -> Recipe:
        """The same for every scene: all that decides the picture is in the scene's own words, size, rate and seed."""
        return _RECIPE

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
        """Write a silent H.264 clip of exactly ``spec.frames`` frames.

        Raises:
            FFmpegFailedError, FFmpegMissingError, StorageFullError
        """
        from film_pipeline.renderer.animatic.film import shoot  # numpy and Pillow, needed only to draw

        made, notes = shoot(spec, into, progress)
        return Rendering(made=made, notes=notes)
