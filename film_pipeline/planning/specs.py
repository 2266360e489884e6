"""What decides the pixels of one take, read off the storyboard: format, words, seed. Pure."""

import hashlib

from film_pipeline.models.format import FilmFormat, parse_size
from film_pipeline.models.storyboard import MAX_SEED, Scene, Storyboard
from film_pipeline.models.take import Recipe, RenderSpec


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


def takes_of(storyboard: Storyboard, scene: Scene, default: int) -> int:
    """How many takes of a scene are asked for: its own word, the film's, else ``default``."""
    return scene.takes or storyboard.takes or default


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
