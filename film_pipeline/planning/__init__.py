"""What a film still needs: ``plan`` compares storyboard, takes, cut and report, and says what is missing or stale.

Pure: it reads no clock, no database and no environment, so that the command line, Dagster's sensor and the UI agree.
Not here: what decides the pixels of one take (``specs.py``), and doing it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Literal

from pydantic import BaseModel, ConfigDict

from film_pipeline.models.contest import Standing, standing
from film_pipeline.models.digests import digest_of
from film_pipeline.models.format import Codec, FilmFormat
from film_pipeline.models.report import FilmReport, SoundtrackRecord
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Cut, Recipe, Refusal, RenderSpec, Selection, Take
from film_pipeline.planning.specs import film_format, full_prompt, render_spec, seed_of, takes_of

__all__ = ["Plan", "ScenePlan", "film_format", "full_prompt", "new_take", "plan", "plan_scene", "seed_of", "takes_of"]

EDIT_VERSION = "2"
"""Part of every movie's signature; raised when the same timeline shall give another movie."""

_NONE: Mapping[str, Sequence[Refusal]] = {}

RecipeOf = Callable[[Storyboard, Scene], Recipe]
State = Literal["current", "selectable", "short", "missing", "stale"]


class ScenePlan(BaseModel):
    """What one scene needs.

    ``current``: its selected take is what the storyboard asks for. ``selectable``: such a take exists but another (or
    none) is in the cut. ``short``: so too, but fewer takes were made than are asked for. ``missing``: never rendered.
    ``stale``: rendered for an earlier wording or format. ``takes_left`` counts the takes to render, ``spec`` is the
    first of them; ``take`` and ``digest`` are what the cut shows, and where it shows nothing those of ``spec``.
    ``basis`` is what the storyboard asks for, whatever the take.
    """

    model_config = ConfigDict(frozen=True)

    scene: str
    state: State
    take: int
    digest: str
    basis: str
    spec: RenderSpec
    prompt: str
    takes_left: int = 0

    @property
    def to_render(self) -> bool:
        """There is no clip for the cut."""
        return self.state in ("missing", "stale")

    @property
    def work(self) -> str:
        """The digest of the clip that is made or selected next."""
        return self.spec.digest if self.takes_left else self.digest


class Plan(BaseModel):
    """What a film needs to become current; ``signature`` is that of the movie once all scenes are."""

    model_config = ConfigDict(frozen=True)

    film: str
    title: str
    format: FilmFormat
    scenes: tuple[ScenePlan, ...]
    drop: tuple[str, ...]
    soundtrack_basis: str
    compose: bool
    signature: str
    cut: bool

    @property
    def to_render(self) -> tuple[ScenePlan, ...]:
        return tuple(scene for scene in self.scenes if scene.to_render)

    @property
    def complete(self) -> bool:
        """Every scene has its clip; the film can be cut."""
        return not self.to_render

    @property
    def current(self) -> bool:
        """Nothing is left to do."""
        return not (self.cut or self.drop or any(scene.state != "current" for scene in self.scenes))

    @property
    def takes_left(self) -> int:
        """How many clips are to be rendered."""
        return sum(scene.takes_left for scene in self.scenes)

    @property
    def seconds_to_render(self) -> float:
        return sum(scene.spec.seconds * scene.takes_left for scene in self.scenes)


def plan_scene(
    film: str,
    storyboard: Storyboard,
    scene: Scene,
    *,
    shape: FilmFormat,
    recipe: Recipe,
    takes: Mapping[str, Sequence[Take]],
    clips: Mapping[str, int],
    selected: Selection | None,
    refusals: Mapping[str, Sequence[Refusal]] = _NONE,
    default_takes: int = 1,
) -> ScenePlan:
    """What one scene needs; takes are looked at only where the selected one is not current."""
    first = render_spec(film, storyboard, scene, shape, recipe, 1)
    basis, wanted = first.digest, takes_of(storyboard, scene, default_takes)
    shown = selected if selected and selected.basis == basis and clips.get(selected.digest) == selected.bytes else None

    def planned(state: State, take: int, digest: str = "", number: int = 0, left: int = 0) -> ScenePlan:
        number = number or take
        spec = first if number == 1 else render_spec(film, storyboard, scene, shape, recipe, number)
        return ScenePlan(
            scene=scene.id,
            state=state,
            take=take,
            digest=digest or spec.digest,
            basis=basis,
            spec=spec,
            prompt=scene.prompt,
            takes_left=left,
        )

    if shown and shown.settles(wanted):
        return planned("current", shown.take, shown.digest)
    made = takes[scene.id]
    stands = standing(made, refusals.get(scene.id, ()) if wanted > 1 else (), clips, basis, wanted)
    lost = selected.take if selected and selected.basis == basis and not shown else None
    number = _next_number(stands, made, lost)
    if not stands.best:
        return planned("stale" if made or selected else "missing", number, number=number, left=stands.left)
    if stands.left:
        held = (shown.take, shown.digest) if shown else (stands.best.number, stands.best.digest)
        return planned("short", *held, number=number, left=stands.left)
    return planned("selectable", stands.best.number, stands.best.digest)


def _next_number(stands: Standing, made: Sequence[Take], lost: int | None) -> int:
    """A lost clip's number is used again, so that the same spec gives the same clip; else one past the highest take."""
    used = stands.numbers | {take.number for take in made}
    if lost is not None and lost not in used:
        return lost
    if stands.numbers:
        return next(number for number in count(min(stands.numbers)) if number not in used)
    return max(used, default=0) + 1


def new_take(
    film: str,
    storyboard: Storyboard,
    scene: Scene,
    *,
    shape: FilmFormat,
    recipe: Recipe,
    made: Sequence[Take | Refusal],
    seed: int | None,
) -> ScenePlan:
    """The plan for one more take of a scene beside those ``made``, on request, with its own or the given seed."""
    number = max((take.number for take in made), default=0) + 1
    spec = render_spec(film, storyboard, scene, shape, recipe, number, seed)
    basis = render_spec(film, storyboard, scene, shape, recipe, 1).digest
    return ScenePlan(
        scene=scene.id,
        state="stale",
        take=number,
        digest=spec.digest,
        basis=basis,
        spec=spec,
        prompt=scene.prompt,
        takes_left=1,
    )


def soundtrack_basis(film: str, storyboard: Storyboard, shape: FilmFormat, composer: str, follows_scenes: bool) -> str:
    """The digest of everything that decides the music; a composer that follows the scenes also reads their words."""
    scenes = [
        {
            "frames": shape.frames(scene.duration),
            "transition": storyboard.entering(scene).model_dump(mode="json"),
            **({"id": scene.id, "prompt": scene.prompt, "mood": scene.mood} if follows_scenes else {}),
        }
        for scene in storyboard.scenes
    ]
    return digest_of(
        {
            "film": film,
            "title": storyboard.title,
            "composer": composer,
            "brief": storyboard.soundtrack.model_dump(mode="json"),
            "frame_rate": str(shape.frame_rate),
            "scenes": scenes,
        }
    )


def movie_signature(
    storyboard: Storyboard,
    shape: FilmFormat,
    scenes: Sequence[ScenePlan],
    soundtrack: str,
    loudness: float,
    signer: str = "",
    codec: Codec = "h264",
) -> str:
    """The digest of everything that decides the movie; ``signer`` is that of the certificate it is signed with."""
    return digest_of(
        {
            "edit": EDIT_VERSION,
            "title": storyboard.title,
            "format": shape.model_dump(mode="json"),
            "loudness": loudness,
            **({"signer": signer} if signer else {}),
            **({"codec": codec} if codec != "h264" else {}),
            "soundtrack": soundtrack,
            "transition": storyboard.transition.model_dump(mode="json"),
            "scenes": [
                [
                    plan.scene,
                    plan.digest,
                    plan.spec.frames,
                    scene.transition and scene.transition.model_dump(mode="json"),
                ]
                for plan, scene in zip(scenes, storyboard.scenes, strict=True)
            ],
        }
    )


def plan(
    film: str,
    storyboard: Storyboard,
    *,
    takes: Mapping[str, Sequence[Take]],
    clips: Mapping[str, int],
    cut: Cut,
    report: FilmReport | None,
    soundtrack: SoundtrackRecord | None,
    default_format: FilmFormat,
    loudness: float,
    recipe_of: RecipeOf,
    composer: str,
    follows_scenes: bool = True,
    signer: str = "",
    codec: Codec = "h264",
    refusals: Mapping[str, Sequence[Refusal]] = _NONE,
    default_takes: int = 1,
) -> Plan:
    """Compare what the storyboard asks for with what is there.

    ``takes`` maps scene ids to their takes, ``refusals`` to those that the quality gate refused, ``clips`` the digests
    of clips that are there to their sizes in bytes; ``report`` and ``soundtrack`` are the records of what is there now,
    or None. ``default_takes`` is how many takes a scene has where the storyboard does not say.
    """
    shape = film_format(storyboard, default_format)
    scenes = tuple(
        plan_scene(
            film,
            storyboard,
            scene,
            shape=shape,
            recipe=recipe_of(storyboard, scene),
            takes=takes,
            clips=clips,
            selected=cut.scenes.get(scene.id),
            refusals=refusals,
            default_takes=default_takes,
        )
        for scene in storyboard.scenes
    )
    music = soundtrack_basis(film, storyboard, shape, composer, follows_scenes)
    signature = movie_signature(storyboard, shape, scenes, music, loudness, signer, codec)
    return Plan(
        film=film,
        title=storyboard.title,
        format=shape,
        scenes=scenes,
        drop=tuple(sorted(set(cut.scenes) - {scene.id for scene in storyboard.scenes})),
        soundtrack_basis=music,
        compose=soundtrack is None or soundtrack.basis != music,
        signature=signature,
        cut=report is None or report.signature != signature,
    )
