"""The services of one film home, chosen by its settings, and the steps of a film made with them.

Each step is one module: ``scripts`` (receive), ``storyboards`` (direct), ``shots`` (render), ``music`` (compose),
``movies`` (cut), ``exports``. Dagster's assets and the command line call these steps and nothing below them.
Not here: when a step runs, and anything of Dagster.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from film_pipeline.composer import Composer
from film_pipeline.director import Director, Limits
from film_pipeline.errors import SettingsError, StoryboardError
from film_pipeline.judge import Judge
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe
from film_pipeline.planning import Plan, film_format, plan, takes_of
from film_pipeline.renderer import Renderer
from film_pipeline.settings import Settings
from film_pipeline.storage import FilmStore, open_store

if TYPE_CHECKING:
    from film_pipeline.comfyui.pool import PoolRules
    from film_pipeline.storage.s3_connection import Connect

__all__ = ["Studio", "open_studio"]


@dataclass(frozen=True)
class Studio:
    """One home with its store and the director, renderer, composer and judge that the settings choose."""

    settings: Settings
    store: FilmStore
    director: Director
    renderer: Renderer
    composer: Composer
    judge: Judge | None = None

    @property
    def limits(self) -> Limits:
        return Limits(max_scenes=self.settings.max_scenes, max_seconds=self.settings.max_seconds)

    @property
    def signer(self) -> str:
        """The digest of the certificate that movies are signed with, or nothing where they are not.

        Raises:
            SettingsError: the certificate cannot be read.
        """
        cert = self.settings.c2pa_cert
        if cert is None:
            return ""
        try:
            return hashlib.sha256(cert.read_bytes()).hexdigest()
        except OSError as error:
            raise SettingsError(
                "The certificate for Content Credentials cannot be read",
                where=f"FILM_C2PA_CERT, {cert}",
                why=error.strerror or "",
                remedy="Correct the path, or unset FILM_C2PA_CERT and FILM_C2PA_KEY.",
            ) from error

    def recipe(self, film: str, storyboard: Storyboard, scene: Scene) -> Recipe:
        """What decides the clip of a scene beside its words: the renderer's recipe, and the reference image by content.

        Raises:
            StoryboardError: the reference image is not there. WorkflowError: the scene's workflow cannot be used.
        """
        recipe = self.renderer.recipe(storyboard, scene)
        if scene.reference is None or not self.renderer.uses_references:
            return recipe
        return recipe.model_copy(update={"references": (self.store.reference_sha256(film, scene.reference),)})

    def format_of(self, storyboard: Storyboard) -> FilmFormat:
        """The picture format of a film: its own where the storyboard says one."""
        return film_format(storyboard, self.settings.format)

    def takes_of(self, storyboard: Storyboard, scene: Scene) -> int:
        """How many takes of a scene are rendered: as the storyboard says, else the setting."""
        return takes_of(storyboard, scene, self.settings.takes)

    def plan(self, film: str) -> Plan:
        """What ``film`` still needs; reads storage, spends nothing.

        Raises:
            UnknownFilmError: no storyboard yet. StoryboardError: it breaks a rule or a cap.
        """
        return self.plan_of(film, self.store.storyboard(film))

    def plan_of(self, film: str, storyboard: Storyboard) -> Plan:
        """The plan for a storyboard that was already read."""
        self.require_within_caps(film, storyboard)
        return plan(
            film,
            storyboard,
            takes=self.store.all_takes(film),
            clips=self.store.clips(film),
            cut=self.store.cut(film),
            report=self.store.report(film),
            soundtrack=self.store.soundtrack_record(film),
            default_format=self.settings.format,
            loudness=self.settings.loudness,
            recipe_of=lambda board, scene: self.recipe(film, board, scene),
            composer=self.composer.name,
            follows_scenes=self.composer.follows_scenes,
            signer=self.signer,
            codec=self.settings.codec,
            refusals=self.store.all_refusals(film),
            default_takes=self.settings.takes,
        )

    def require_within_caps(self, film: str, storyboard: Storyboard) -> None:
        """Refuse a storyboard that is larger than the settings allow, before anything is spent.

        Raises:
            StoryboardError: with both numbers and the setting's name.
        """
        seconds = math.fsum(scene.duration * self.takes_of(storyboard, scene) for scene in storyboard.scenes)
        takes = "seconds with all takes" if seconds > storyboard.seconds else "seconds"
        for have, most, what, name in (
            (len(storyboard.scenes), self.settings.max_scenes, "scenes", "FILM_MAX_SCENES"),
            (seconds, self.settings.max_seconds, takes, "FILM_MAX_SECONDS"),
        ):
            if have > most:
                raise StoryboardError(
                    "The storyboard is larger than the settings allow",
                    where=film,
                    why=f"{have:g} {what}, and {name} is {most:g}",
                    remedy=f"Shorten the storyboard or raise {name}.",
                )


def open_studio(settings: Settings, connect: "Connect | None" = None) -> Studio:
    """Build the services that the settings choose; connects to nothing. ``connect`` makes the client of a bucket.

    Raises:
        SettingsError, StorageError: a setting names something that cannot be had.
    """
    store = open_store(settings.storage, settings.home, connect, settings.cache_bytes)
    return Studio(
        settings=settings,
        store=store,
        director=_director(settings),
        renderer=_renderer(settings, store),
        composer=_composer(settings),
        judge=_judge(settings),
    )


# Each service is imported where it is chosen: openai alone takes a second.


def _director(settings: Settings) -> Director:
    if settings.chosen_director == "openai":
        from film_pipeline.director.openai import OpenAIDirector

        return OpenAIDirector(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url or None,
            model=settings.openai_model,
        )
    from film_pipeline.director.offline import OfflineDirector

    return OfflineDirector()


class _Farm(TypedDict):
    """How ComfyUI servers are used, for scenes and music alike."""

    lock_folder: Path
    stall_seconds: float
    attempts: int
    rules: "PoolRules"


def _farm(settings: Settings) -> _Farm:
    from film_pipeline.comfyui.pool import PoolRules

    return _Farm(
        lock_folder=settings.home / "locks" / "servers",
        stall_seconds=settings.stall_seconds,
        attempts=settings.max_attempts,
        rules=PoolRules(start=settings.start_seconds),
    )


def _renderer(settings: Settings, store: FilmStore) -> Renderer:
    if settings.chosen_renderer == "comfyui":
        from film_pipeline.renderer.comfyui import ComfyUIRenderer

        urls, folder = settings.comfyui_urls, settings.workflows_folder
        return ComfyUIRenderer(
            urls,
            folder,
            settings.workflow,
            reference_workflow=settings.reference_workflow,
            references=store.reference_file,
            **_farm(settings),
        )
    from film_pipeline.renderer.animatic import AnimaticRenderer

    return AnimaticRenderer()


def _judge(settings: Settings) -> Judge | None:
    """The judge of a home; None where people alone choose."""
    if settings.judge == "off":
        return None
    if settings.judge == "vision":
        from film_pipeline.judge.vision import VisionJudge

        return VisionJudge(
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url or None,
            model=settings.chosen_judge_model,
        )
    from film_pipeline.judge.measuring import NumpyJudge

    return NumpyJudge()


def _composer(settings: Settings) -> Composer:
    if settings.chosen_composer == "comfyui":
        from film_pipeline.composer.comfyui import ComfyUIComposer

        urls, folder = settings.comfyui_urls, settings.workflows_folder
        return ComfyUIComposer(urls, folder, settings.music_workflow, **_farm(settings))
    from film_pipeline.composer.synth import SynthComposer

    return SynthComposer()
