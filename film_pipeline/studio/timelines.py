"""The timeline of a planned film, with or without the clips that are already there."""

from collections.abc import Mapping

from film_pipeline.editor.assembly import assemble
from film_pipeline.models.format import FilmFormat
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


def timeline_around(storyboard: Storyboard, shape: FilmFormat, clip: TimelineClip) -> tuple[Timeline, int]:
    """A clip between its neighbours, which alone decide how its head and tail are blended; and its number therein.

    The rest of the film, which may have a thousand scenes, is not looked at.
    """
    number = next(index for index, scene in enumerate(storyboard.scenes) if scene.id == clip.scene)
    first = max(0, number - 1)
    scenes = storyboard.scenes[first : number + 2]
    row = [clip if s.id == clip.scene else _without_media(s.id, 0, shape.frames(s.duration)) for s in scenes]
    wishes = [
        scene.transition or (storyboard.transition if first + index else None) for index, scene in enumerate(scenes)
    ]
    if first:
        wishes[0] = None  # it belongs to a scene that is not here
    return assemble(storyboard.title, shape, row, wishes), number - first


def _without_media(scene: str, take: int, frames: int) -> TimelineClip:
    return TimelineClip(scene=scene, take=take, media="", sha256="", frames=frames)
