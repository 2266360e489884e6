"""Render: one scene becomes a take. Follow one scene here from plan to clip."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from film_pipeline.editor.movie import prepare
from film_pipeline.errors import StorageError, UnfitMediaError, UnknownFilmError
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.verify import Check
from film_pipeline.models.contest import Contest
from film_pipeline.models.take import ChosenBy, Selection, Take
from film_pipeline.models.timeline import TimelineClip
from film_pipeline.planning import ScenePlan, new_take
from film_pipeline.renderer import Previews, Progress
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.contest import Held, contest_of, hold_contest, rate
from film_pipeline.studio.rendering import Rendered, Setup, rendered_take
from film_pipeline.studio.timelines import timeline_around


@dataclass(frozen=True)
class Wish:
    """What a caller wants of a scene.

    ``new_take`` asks for one more take though the clip is current; ``request`` names that wish, so that a retry finds
    the take it already made; ``seed`` fixes the new take's seed; ``requested`` is when, in seconds since 1970.
    """

    new_take: bool = False
    request: str = ""
    seed: int | None = None
    requested: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Shot:
    """A take to be selected; ``clip`` is the new file to publish, or None where the take is already stored.

    ``rendered`` if it was made now; ``contest`` is where it comes from, if the scene has several takes.
    """

    film: str
    take: Take
    selection: Selection
    clip: Path | None
    picture: Path
    checks: tuple[Check, ...]
    rendered: bool = False
    contest: Contest | None = None


@contextmanager
def shoot(
    studio: Studio, film: str, scene_id: str, wish: Wish, progress: Progress, previews: Previews | None = None
) -> Iterator[Shot]:
    """Render what the storyboard (or the wish) asks for, or find it among the takes already made.

    Takes of one scene are made one after the other, whoever asks for them and wherever. A scene that is to have
    several takes gets them, and the shot is the one that won. The shot's files are there only inside the block.

    Raises:
        UnknownFilmError, StoryboardError: nothing to render. RenderError: the renderer gave up.
        MediaError: the clip is not as asked; it is not published. FFmpegMissingError: it could not be cut.
    """
    setup = _setup(studio, film, scene_id, wish, previews)
    with _alone(setup, wish, progress), _shot(setup, wish, progress) as shot:
        yield shot


@contextmanager
def _alone(setup: Setup, wish: Wish, progress: Progress) -> Iterator[None]:
    """Nobody else renders this scene inside the block; where nothing is to be rendered, nobody is waited for."""
    planned = setup.plan()
    if not planned.takes_left and not isinstance(_wished(setup, wish, planned), ScenePlan):
        yield
        return
    with setup.studio.store.rendering(
        setup.film, setup.scene.id, setup.request, lambda: progress(0.0, "waits for another run of this scene")
    ):
        yield


@contextmanager
def _shot(setup: Setup, wish: Wish, progress: Progress) -> Iterator[Shot]:
    planned = setup.plan()
    wished = _wished(setup, wish, planned)
    if isinstance(wished, Take):
        with _stored(setup, wished, _chosen(planned, wished, wish.requested)) as shot:
            yield shot
    elif wished:
        with rendered_take(setup, wished, progress) as rendered:
            take = rate(setup, rendered) if setup.wanted > 1 else rendered.take
            yield _new(setup, rendered, take, _chosen(wished, take, wish.requested))
    elif setup.wanted > 1 and planned.state != "current":
        held = hold_contest(setup, progress)
        with _stored(setup, held.contest.chosen, _won(planned, held.contest), held) as shot:
            yield shot
    elif planned.takes_left:
        with rendered_take(setup, planned, progress) as rendered:
            yield _new(setup, rendered, rendered.take, _selection(planned, rendered.take))
    else:
        with _stored(setup, *_found(setup, planned)) as shot:
            yield shot


def publish_shot(studio: Studio, shot: Shot) -> None:
    """Store the clip, then move the pointer to it; only then, as it can be done again for little, prepare the cut."""
    if shot.clip is not None:
        studio.store.publish_take(shot.film, shot.take, shot.clip)
    studio.store.select(shot.film, shot.take.scene, shot.selection)
    # In a cluster the cut runs on another machine, which shares no cache with this one and its costly GPU.
    if shot.rendered and studio.settings.executor != "k8s":
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
            remedy=f"See `film status {film}`.",
        )
    planned = Setup(studio, film, storyboard, scene).plan()
    if take.spec.seconds < planned.spec.seconds - 1.5 / float(planned.spec.frame_rate):
        raise UnfitMediaError(
            "This take is too short for the scene now",
            where=f"{film}/{scene_id} take {number}",
            why=f"it lasts {take.spec.seconds:g} s and the scene {planned.spec.seconds:g} s",
            remedy="Shorten the scene in storyboard.json, or render a new take.",
        )
    studio.store.select(film, scene_id, _chosen(planned, take, time.time()))
    return take


def _setup(studio: Studio, film: str, scene_id: str, wish: Wish, previews: Previews | None) -> Setup:
    storyboard = studio.store.storyboard(film)
    scene = storyboard.scene(keys.checked_scene(film, scene_id))
    if scene is None:
        raise UnknownFilmError(
            "The storyboard has no such scene",
            where=f"{film}/{scene_id}",
            remedy=f"Scenes are {', '.join(scene.id for scene in storyboard.scenes[:10])}.",
        )
    return Setup(studio, film, storyboard, scene, wish.request, previews)


def _wished(setup: Setup, wish: Wish, planned: ScenePlan) -> ScenePlan | Take | None:
    """The one take that a person asks for by name or seed: to be rendered, or made by an earlier try of this run."""
    if not (wish.seed is not None if planned.takes_left else wish.new_take):
        return None
    store, film, scene = setup.studio.store, setup.film, setup.scene
    takes = store.takes(film, scene.id)
    already = [take for take in takes if wish.request and take.request == wish.request]
    if any(take.digest == planned.digest for take in already) and not planned.takes_left:
        return None
    if already:
        return already[-1]
    if planned.takes_left:
        spec = planned.spec.model_copy(update={"seed": wish.seed})
        return planned.model_copy(update={"spec": spec, "digest": spec.digest})
    return new_take(
        film,
        setup.storyboard,
        scene,
        shape=setup.studio.format_of(setup.storyboard),
        recipe=setup.studio.recipe(film, setup.storyboard, scene),
        made=[*takes, *store.refusals(film, scene.id)],
        seed=wish.seed,
    )


def _found(setup: Setup, planned: ScenePlan) -> tuple[Take, Selection]:
    """The take that is in the cut, with its selection as it is; or the one that shall be."""
    store = setup.studio.store
    take = next(take for take in store.takes(setup.film, setup.scene.id) if take.digest == planned.digest)
    selected = store.cut(setup.film).scenes.get(setup.scene.id)
    kept = selected if selected and planned.state == "current" else None
    return take, kept or _selection(planned, take)


def _new(setup: Setup, rendered: Rendered, take: Take, selection: Selection) -> Shot:
    return Shot(setup.film, take, selection, rendered.clip, rendered.clip, rendered.checks, rendered=True)


@contextmanager
def _stored(setup: Setup, take: Take, selection: Selection, held: Held | None = None) -> Iterator[Shot]:
    """The shot of a take whose clip is in storage."""
    rendered = held.rendered if held else {}
    contest = held.contest if held else contest_of(setup.studio, setup.film, take, selection)
    with setup.studio.store.clip(setup.film, take) as clip:
        checks = rendered.get(take.digest, ())
        yield Shot(setup.film, take, selection, None, clip, checks, take.digest in rendered, contest)


def _selection(order: ScenePlan, take: Take, chosen_by: ChosenBy = "pipeline", among: int = 1) -> Selection:
    return Selection(
        take=take.number, digest=take.digest, bytes=take.bytes, basis=order.basis, chosen_by=chosen_by, among=among
    )


def _chosen(order: ScenePlan, take: Take, requested: float) -> Selection:
    """A person's selection."""
    return _selection(order, take, "person").model_copy(update={"requested": requested})


def _won(order: ScenePlan, contest: Contest) -> Selection:
    return _selection(order, contest.chosen, "judge" if contest.chosen.rating else "pipeline", contest.among)


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
