"""The timeline of a planned film, with or without the clips that are already there."""

from collections.abc import Mapping

from film_pipeline.editor.assembly import assemble
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.timeline import Timeline, TimelineClip
from film_pipeline.planning import Plan


def planned_timeline(
    storyboard: Storyboard, planned: Plan, clips: Mapping[str, TimelineClip] | None = None
) -> Timeline:
    """Scenes in order with their transitions; ``clips`` by scene id, else clips without media (enough for lengths)."""
    have = clips or {}
    return assemble(
        storyboard.title,
        planned.format,
        [
            have.get(scene.scene) or _without_media(scene.scene, scene.take, scene.spec.frames)
            for scene in planned.scenes
        ],
        [
            scene.transition or (storyboard.transition if index else None)
            for index, scene in enumerate(storyboard.scenes)
        ],
    )


def _without_media(scene: str, take: int, frames: int) -> TimelineClip:
    return TimelineClip(scene=scene, take=take, media="", sha256="", frames=frames)
