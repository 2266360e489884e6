"""What took part in a movie, and signing it: between the records of a film and the editor's marking."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from film_pipeline.editor.marking import Ingredient, Marking, sidecar_text
from film_pipeline.editor.marking_c2pa import MAX_SIGNED_BYTES, Credentials, load_credentials, sign
from film_pipeline.editor.movie import MovieFacts
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.take import Take
from film_pipeline.storage import keys
from film_pipeline.studio import Studio


def marking_of(studio: Studio, film: str, storyboard: Storyboard, takes: Mapping[str, Take]) -> Marking:
    """The marking of a movie of these takes (by scene) and the stored soundtrack."""
    record, music = studio.store.record(film), studio.store.soundtrack_record(film)
    director = record.director if record and record.director else "people"
    return Marking(
        film=film,
        title=storyboard.title,
        ingredients=tuple(_ingredient(takes[scene.id]) for scene in storyboard.scenes if scene.id in takes),
        composer=music.composer if music else studio.composer.name,
        soundtrack_sha256=music.sha256 if music else "",
        soundtrack_trained=not (music.stand_in if music else studio.composer.stand_in),
        slates=len(takes) < len(storyboard.scenes),
        director=director,
        # A storyboard that people wrote is no stand-in, and no model took part in it either.
        director_trained=director not in ("people", "storyboard") and not (record and record.stand_in),
    )


def _ingredient(take: Take) -> Ingredient:
    return Ingredient(
        scene=take.scene,
        take=take.number,
        digest=take.digest,
        sha256=take.sha256,
        renderer=take.spec.renderer,
        workflow=take.spec.workflow,
        models=take.spec.models,
        seed=take.spec.seed,
        trained=not take.stand_in,
    )


@dataclass(frozen=True)
class Signing:
    """Credentials where the settings name them, else nothing to sign with."""

    credentials: Credentials | None

    def apply(self, movie: Path, marking: Marking, facts: MovieFacts) -> tuple[MovieFacts, bool]:
        """Sign the movie where it lies; its facts afterwards, and whether it was signed.

        Raises:
            SettingsError: the certificate cannot sign. UnfitMediaError, StorageError
        """
        if self.credentials is None:
            return facts, False
        if facts.bytes > MAX_SIGNED_BYTES:
            most = MAX_SIGNED_BYTES / 1e9
            note = f"not signed: the movie has {facts.bytes / 1e9:.1f} GB, and signing is proven up to {most:.1f} GB"
            return replace(facts, notes=(*facts.notes, note)), False
        sign(movie, marking, self.credentials)
        return replace(facts, bytes=movie.stat().st_size, sha256=sha256_of(movie)), True


def prepare_signing(studio: Studio) -> Signing:
    """Read the signer's files before anything is spent on the cut.

    Raises:
        SettingsError: they cannot be used.
    """
    cert, key = studio.settings.c2pa_cert, studio.settings.c2pa_key
    return Signing(load_credentials(cert, key) if cert and key else None)


def movie_sidecar(marking: Marking, facts: MovieFacts, created: str, signed: bool) -> str:
    """The text of the sidecar of a final movie."""
    name = keys.movie(marking.film).rsplit("/", 1)[-1]
    return sidecar_text(marking, movie=name, sha256=facts.sha256, size=facts.bytes, created=created, signed=signed)
