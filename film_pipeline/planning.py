"""What a film still needs: ``plan`` compares storyboard, takes, cut and report, and says what is missing or stale.

Pure: it reads no clock, no database and no environment, so that the command line, Dagster's sensor and the UI agree.
Not here: doing it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from film_pipeline.models.format import Codec, FilmFormat, parse_size
from film_pipeline.models.report import FilmReport, SoundtrackRecord
from film_pipeline.models.storyboard import MAX_SEED, Scene, Storyboard
from film_pipeline.models.take import Cut, Recipe, RenderSpec, Selection, Take, digest_of

EDIT_VERSION = "1"
"""Part of every movie's signature; raised when the same timeline shall give another movie."""

RecipeOf = Callable[[Storyboard, Scene], Recipe]
State = Literal["current", "selectable", "missing", "stale"]


class ScenePlan(BaseModel):
    """What one scene needs.

    ``current``: its selected take is what the storyboard asks for. ``selectable``: such a take exists but another (or
    none) is in the cut. ``missing``: never rendered. ``stale``: rendered for an earlier wording or format. For the last
    two ``spec`` is what to render as take ``take``; ``basis`` is what the storyboard asks for, whatever the take.
    """

    model_config = ConfigDict(frozen=True)

    scene: str
    state: State
    take: int
    digest: str
    basis: str
    spec: RenderSpec
    prompt: str

    @property
    def to_render(self) -> bool:
        return self.state in ("missing", "stale")


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
    def seconds_to_render(self) -> float:
        return sum(scene.spec.seconds for scene in self.to_render)


def film_format(storyboard: Storyboard, default: FilmFormat) -> FilmFormat:
    """The picture format of a film: the storyboard's where it says one, else the setting's."""
    width, height = parse_size(storyboard.size) if storyboard.size else (default.width, default.height)
    return FilmFormat(width=width, height=height, frame_rate=storyboard.fps or default.frame_rate)


def full_prompt(storyboard: Storyboard, scene: Scene) -> str:
    """The scene's words, then what film and cast add to them and the scene does not say itself."""
    parts = [scene.prompt.strip()]
    cast = {character.name: character.description for character in storyboard.characters}
    parts += [f"{name}: {cast[name]}" for name in scene.characters if cast.get(name)]
    parts += [scene.style if scene.style is not None else storyboard.style or ""]
    text = ""
    for part in parts:
        if part and part not in text:
            text += (". " if text and text[-1] not in ".!?" else " " if text else "") + part
    return text


def seed_of(film: str, storyboard: Storyboard, scene: Scene, take: int) -> int:
    """The seed of a take: the scene's or film's own for take 1, and one derived from it for each later take."""
    fixed = scene.seed if scene.seed is not None else storyboard.seed
    if fixed is not None and take == 1:
        return fixed
    words = f"{film}/{scene.id}/{take}" if fixed is None else f"{fixed}/{scene.id}/{take}"
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") & MAX_SEED


def render_spec(
    film: str,
    storyboard: Storyboard,
    scene: Scene,
    shape: FilmFormat,
    recipe: Recipe,
    take: int,
    seed: int | None = None,
) -> RenderSpec:
    """Everything that decides the pixels of take ``take``; ``seed`` overrides the seed of the storyboard."""
    caption = f"{scene.id} · {scene.heading}" if scene.heading else scene.id
    return RenderSpec(
        renderer=recipe.renderer,
        prompt=full_prompt(storyboard, scene),
        negative_prompt=scene.negative_prompt or storyboard.negative_prompt or "",
        caption=caption if recipe.captioned else "",
        frames=shape.frames(scene.duration),
        width=shape.width,
        height=shape.height,
        frame_rate=shape.frame_rate,
        seed=seed_of(film, storyboard, scene, take) if seed is None else seed,
        take=take,
        workflow=recipe.workflow,
        models=recipe.models,
        references=recipe.references,
    )


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
) -> ScenePlan:
    """What one scene needs; takes are looked at only where the selected one is not current."""
    first = render_spec(film, storyboard, scene, shape, recipe, 1)
    basis = first.digest

    def planned(state: State, take: int, digest: str) -> ScenePlan:
        spec = first if take == 1 else render_spec(film, storyboard, scene, shape, recipe, take)
        return ScenePlan(
            scene=scene.id,
            state=state,
            take=take,
            digest=digest or spec.digest,
            basis=basis,
            spec=spec,
            prompt=scene.prompt,
        )

    if selected and selected.basis == basis and clips.get(selected.digest) == selected.bytes:
        return planned("current", selected.take, selected.digest)
    made = takes[scene.id]
    fitting = [take for take in made if take.basis == basis and clips.get(take.digest) == take.bytes]
    if fitting:
        return planned("selectable", fitting[-1].number, fitting[-1].digest)
    number = _next_number(made, selected)
    return planned("stale" if made or selected else "missing", number, "")


def _next_number(made: Sequence[Take], selected: Selection | None) -> int:
    """One past the highest take; a lost clip's number is used again, so that the same spec gives the same clip."""
    return max((take.number for take in made), default=0) + 1 if made else (selected.take if selected else 1)


def new_take(
    film: str,
    storyboard: Storyboard,
    scene: Scene,
    *,
    shape: FilmFormat,
    recipe: Recipe,
    made: Sequence[Take],
    seed: int | None,
) -> ScenePlan:
    """The plan for one more take of a scene, on request, with its own or the given seed."""
    number = max((take.number for take in made), default=0) + 1
    spec = render_spec(film, storyboard, scene, shape, recipe, number, seed)
    basis = render_spec(film, storyboard, scene, shape, recipe, 1).digest
    return ScenePlan(
        scene=scene.id, state="stale", take=number, digest=spec.digest, basis=basis, spec=spec, prompt=scene.prompt
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
) -> Plan:
    """Compare what the storyboard asks for with what is there.

    ``takes`` maps scene ids to their takes, ``clips`` the digests of clips that are there to their sizes in bytes;
    ``report`` and ``soundtrack`` are the records of what is there now, or None.
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
