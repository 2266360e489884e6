"""Render: one scene becomes a take. Follow one scene here from plan to clip."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from film_pipeline.editor.movie import prepare
from film_pipeline.errors import StorageError, UnfitMediaError, UnknownFilmError
from film_pipeline.ffmpeg.encoding import Encoding, require_encoder
from film_pipeline.ffmpeg.verify import Check, check_clip, examine, refuse_failed
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Selection, Take
from film_pipeline.models.timeline import TimelineClip
from film_pipeline.planning import ScenePlan, new_take, plan_scene
from film_pipeline.renderer import Delivered, Previews, Progress
from film_pipeline.storage import keys, sha256_of
from film_pipeline.studio import Studio
from film_pipeline.studio.timelines import timeline_around


@dataclass(frozen=True)
class Wish:
    """What a caller wants of a scene.

    ``new_take`` asks for one more take though the clip is current; ``request`` names that wish, so that a retry finds
    the take it already made; ``seed`` fixes the new take's seed.
    """

    new_take: bool = False
    request: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Shot:
    """A take to be selected; ``clip`` is the new file to publish, or None where the take is already stored."""

    film: str
    take: Take
    selection: Selection
    clip: Path | None
    picture: Path
    checks: tuple[Check, ...]


@contextmanager
def shoot(
    studio: Studio, film: str, scene_id: str, wish: Wish, progress: Progress, previews: Previews | None = None
) -> Iterator[Shot]:
    """Render the take that the storyboard (or the wish) asks for, or find it among those already made.

    The shot's files are there only inside the block.

    Raises:
        UnknownFilmError, StoryboardError: nothing to render. RenderError: the renderer gave up.
        MediaError: the clip is not as asked; it is not published. FFmpegMissingError: it could not be cut.
    """
    storyboard = studio.store.storyboard(film)
    scene = storyboard.scene(keys.checked_scene(film, scene_id))
    if scene is None:
        raise UnknownFilmError(
            "The storyboard has no such scene",
            where=f"{film}/{scene_id}",
            remedy=f"Scenes are {', '.join(scene.id for scene in storyboard.scenes[:10])}.",
        )
    order, made = _order(studio, film, storyboard, scene, wish)
    if made:
        with studio.store.clip(film, made) as clip:
            yield Shot(film, made, _selection(order, made), None, clip, ())
        return
    require_encoder(studio.settings.codec)
    with studio.store.workspace() as work:
        clip = work / f"{order.spec.digest}.mp4"
        started = time.monotonic()
        rendering = studio.renderer.render(
            order.spec,
            clip,
            progress,
            previews=previews,
            allow_still=scene.allow_still,
            allow_black=scene.allow_black,
        )
        seconds = time.monotonic() - started
        checks = _require_as_asked(clip, order, scene, rendering.delivered, f"{film}/{scene_id}")
        sha256 = sha256_of(clip)
        take = Take(
            scene=scene_id,
            number=order.take,
            digest=order.spec.digest,
            basis=order.basis,
            spec=order.spec,
            request=wish.request,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            sha256=sha256,
            bytes=clip.stat().st_size,
            stand_in=studio.recipe(film, storyboard, scene).stand_in,
            notes=rendering.notes,
            made=rendering.made,
        )
        yield Shot(film, take, _selection(order, take), clip, clip, checks)


def publish_shot(studio: Studio, shot: Shot) -> None:
    """Store the clip, then move the pointer to it; only then, as it can be done again for little, prepare the cut."""
    if shot.clip is not None:
        studio.store.publish_take(shot.film, shot.take, shot.clip)
    studio.store.select(shot.film, shot.take.scene, shot.selection)
    if shot.clip is not None:
        _prepare(studio, shot.film, shot.take)


def select_take(studio: Studio, film: str, scene_id: str, number: int) -> Take:
    """Put an earlier take into the cut by a person's choice; it holds until the scene is edited.

    Raises:
        UnknownFilmError: there is no such scene or take. UnfitMediaError: it is shorter than the scene now is.
    """
    storyboard = studio.store.storyboard(film)
    scene = storyboard.scene(keys.checked_scene(film, scene_id))
    takes = studio.store.takes(film, scene_id)
    take = next((take for take in reversed(takes) if take.number == number), None)
    if scene is None or take is None:
        raise UnknownFilmError(
            "There is no such take",
            where=f"{film}/{scene_id} take {number}",
            why=f"takes here: {', '.join(str(take.number) for take in takes) or 'none'}",
            remedy=f"See `film plan {film}`.",
        )
    planned = _plan_one(studio, film, storyboard, scene, takes)
    if take.spec.seconds < planned.spec.seconds - 1.5 / float(planned.spec.frame_rate):
        raise UnfitMediaError(
            "This take is too short for the scene now",
            where=f"{film}/{scene_id} take {number}",
            why=f"it lasts {take.spec.seconds:g} s and the scene {planned.spec.seconds:g} s",
            remedy="Shorten the scene in storyboard.json, or render a new take.",
        )
    chosen = _selection(planned, take).model_copy(update={"chosen_by": "person"})
    studio.store.select(film, scene_id, chosen)
    return take


def _order(
    studio: Studio, film: str, storyboard: Storyboard, scene: Scene, wish: Wish
) -> tuple[ScenePlan, Take | None]:
    """What to render, and the stored take where there is nothing to render."""
    takes = studio.store.takes(film, scene.id)
    planned = _plan_one(studio, film, storyboard, scene, takes)
    if planned.to_render and wish.seed is not None:
        spec = planned.spec.model_copy(update={"seed": wish.seed})
        return planned.model_copy(update={"spec": spec, "digest": spec.digest}), None
    if wish.new_take and not planned.to_render:
        already = [take for take in takes if wish.request and take.request == wish.request]
        if already:
            return planned, already[-1]
        shape, recipe = studio.format_of(storyboard), studio.recipe(film, storyboard, scene)
        return new_take(film, storyboard, scene, shape=shape, recipe=recipe, made=takes, seed=wish.seed), None
    return planned, next((take for take in takes if take.digest == planned.digest), None)


def _plan_one(studio: Studio, film: str, storyboard: Storyboard, scene: Scene, takes: list[Take]) -> ScenePlan:
    """The plan of one scene, without looking at the rest of a film that may have a thousand."""
    return plan_scene(
        film,
        storyboard,
        scene,
        shape=studio.format_of(storyboard),
        recipe=studio.recipe(film, storyboard, scene),
        takes={scene.id: takes},
        clips={take.digest: take.bytes for take in takes},
        selected=studio.store.cut(film).scenes.get(scene.id),
    )


def _selection(order: ScenePlan, take: Take) -> Selection:
    return Selection(take=take.number, digest=take.digest, bytes=take.bytes, basis=order.basis)


def _prepare(studio: Studio, film: str, take: Take) -> None:
    """Conform a new clip for its place in the film, so that the cut finds it done; the cut makes what is missing.

    Raises:
        MediaError: the clip cannot be conformed.
    """
    storyboard = studio.store.storyboard(film)
    if storyboard.scene(take.scene) is None:
        return  # it left the storyboard while it was rendered
    with studio.store.clip(film, take) as clip:
        shown = TimelineClip(
            scene=take.scene, take=take.number, media=str(clip), sha256=take.sha256, frames=take.spec.frames
        )
        timeline, number = timeline_around(storyboard, studio.format_of(storyboard), shown)
        settings = studio.settings
        with suppress(StorageError):  # the clip is safe, and the cut makes what the cache misses
            prepare(
                timeline,
                number,
                cache=settings.cache_folder,
                cache_limit_bytes=settings.cache_bytes,
                encoding=Encoding(codec=settings.codec),
            )


def _require_as_asked(
    clip: Path, order: ScenePlan, scene: Scene, delivered: Delivered | None, where: str
) -> tuple[Check, ...]:
    asked = delivered or order.spec
    checks = check_clip(
        examine(clip),
        frames=asked.frames,
        width=asked.width,
        height=asked.height,
        frame_rate=asked.frame_rate,
        allow_still=scene.allow_still,
        allow_black=scene.allow_black,
    )
    refuse_failed(checks, where=where)
    return tuple(checks)
