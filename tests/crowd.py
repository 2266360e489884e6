"""Many films and many takes at once: written straight into the store, all with the same tiny clip."""

import shutil
from pathlib import Path

from cinema import publish_movie
from factories import make_clip, make_scene, make_storyboard

from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Cut, Selection, Take
from film_pipeline.planning import new_take
from film_pipeline.storage import keys
from film_pipeline.studio import Studio

PROMPT = "A lighthouse keeper climbs the stairs while the storm breaks over the rocks and the lamp turns"


def crowd_in(studio: Studio, film: str, folder: Path, *, scenes: int, takes: int = 1) -> None:
    """A finished film of ``scenes`` scenes of a second with ``takes`` takes each; the last one is in the cut."""
    board = make_storyboard(
        *(make_scene(number, prompt=f"{PROMPT}, {number}") for number in range(1, scenes + 1)),
        title=film.replace("-", " ").title(),
    )
    objects = studio.store.objects
    studio.store.write_storyboard(film, board)
    clip = folder / "clip.mp4"
    if not clip.exists():
        make_clip(clip, 12, size="320x180")
    content, chosen = clip.read_bytes(), {}
    for scene in board.scenes:
        made: list[Take] = []
        for _ in range(takes):
            made.append(_take(studio, film, board, scene, made, clip))
            objects.write(keys.clip(film, scene.id, made[-1].digest), content)
            objects.write(keys.take(film, scene.id, made[-1].digest), made[-1].model_dump_json().encode())
        last = made[-1]
        chosen[scene.id] = Selection(take=last.number, digest=last.digest, bytes=len(content), basis=last.basis)
    objects.write(keys.cut(film), Cut(scenes=chosen).model_dump_json().encode())
    publish_movie(studio, film, Path(shutil.copy(clip, folder / "movie.mp4")))


def _take(studio: Studio, film: str, board: Storyboard, scene: Scene, made: list[Take], clip: Path) -> Take:
    shape, recipe = studio.format_of(board), studio.recipe(film, board, scene)
    order = new_take(film, board, scene, shape=shape, recipe=recipe, made=made, seed=None)
    return Take(
        scene=scene.id,
        number=order.take,
        digest=order.digest,
        basis=order.basis,
        spec=order.spec,
        created="2026-01-02T03:04:05+00:00",
        seconds=1.0,
        sha256=sha256_of(clip),
        bytes=clip.stat().st_size,
        stand_in=True,
    )
