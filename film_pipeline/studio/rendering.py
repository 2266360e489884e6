"""One take: a spec is rendered, measured by the quality gate and described. Not here: which take, and storing it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from film_pipeline.ffmpeg.encoding import require_encoder
from film_pipeline.ffmpeg.verify import Check, check_clip, examine, refuse_failed
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Take
from film_pipeline.planning import ScenePlan, plan_scene
from film_pipeline.renderer import Delivered, Previews, Progress
from film_pipeline.studio import Studio


@dataclass(frozen=True)
class Setup:
    """A scene that is to be rendered, the ``request`` of the run that asked for it, and who is shown pictures of it."""

    studio: Studio
    film: str
    storyboard: Storyboard
    scene: Scene
    request: str = ""
    previews: Previews | None = None

    @property
    def wanted(self) -> int:
        """How many takes the scene is to have."""
        return self.studio.takes_of(self.storyboard, self.scene)

    def plan(self) -> ScenePlan:
        """What the scene needs now, without looking at the rest of a film that may have a thousand."""
        studio, film, scene = self.studio, self.film, self.scene
        takes = studio.store.takes(film, scene.id)
        return plan_scene(
            film,
            self.storyboard,
            scene,
            shape=studio.format_of(self.storyboard),
            recipe=studio.recipe(film, self.storyboard, scene),
            takes={scene.id: takes},
            clips={take.digest: take.bytes for take in takes},
            selected=studio.store.cut(film).scenes.get(scene.id),
            refusals=studio.store.all_refusals(film),
            default_takes=studio.settings.takes,
        )


@dataclass(frozen=True)
class Rendered:
    """A new take with its clip, which is there only inside the block of :func:`rendered_take`, and what was proven."""

    take: Take
    clip: Path
    checks: tuple[Check, ...]


@contextmanager
def rendered_take(setup: Setup, order: ScenePlan, progress: Progress) -> Iterator[Rendered]:
    """Render the spec of ``order``.

    Raises:
        RenderError: the renderer gave up. MediaError: the clip is not as asked.
        FFmpegMissingError: it could not be cut.
    """
    studio, scene = setup.studio, setup.scene
    require_encoder(studio.settings.codec)
    with studio.store.workspace() as work:
        clip = work / f"{order.spec.digest}.mp4"
        started = time.monotonic()
        rendering = studio.renderer.render(
            order.spec,
            clip,
            progress,
            previews=setup.previews,
            allow_still=scene.allow_still,
            allow_black=scene.allow_black,
        )
        seconds = time.monotonic() - started
        checks = _require_as_asked(clip, order, scene, rendering.delivered, f"{setup.film}/{scene.id}")
        take = Take(
            scene=scene.id,
            number=order.spec.take,
            digest=order.spec.digest,
            basis=order.basis,
            spec=order.spec,
            request=setup.request,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            sha256=sha256_of(clip),
            bytes=clip.stat().st_size,
            stand_in=studio.recipe(setup.film, setup.storyboard, scene).stand_in,
            notes=rendering.notes,
            made=rendering.made,
        )
        yield Rendered(take, clip, checks)


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
