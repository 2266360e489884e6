"""Signs movies with C2PA Content Credentials, and proves afterwards that nothing else changed.

The last step before publishing: whatever rewrites the file later (``ffmpeg -c copy`` too) removes the credentials.
Needs the extra ``c2pa``; its library is imported only here, when a key is configured. Nothing is fetched from a
network: no time stamps, no revocation lists. Neither key nor the library's words about it reach an error message.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from film_pipeline import __version__
from film_pipeline.editor.disk import writing
from film_pipeline.editor.marking import Marking, vocabulary_term
from film_pipeline.errors import FilmPipelineError, SettingsError, StorageError, StorageFullError, UnfitMediaError
from film_pipeline.ffmpeg.opening import named, open_media

MAX_SIGNED_BYTES = 4_500_000_000
"""The largest movie that signing was tried with; larger ones stay unsigned, and the report says so."""

_CERT, _KEY = "FILM_C2PA_CERT", "FILM_C2PA_KEY"
_ROOM = 64 * 1024 * 1024
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "builder": {"thumbnail": {"enabled": False}},
    # Above this the library works in a temporary file: 0.6 GB of memory for any movie, and not twice its size.
    "core": {"backing_store_memory_threshold_in_mb": 16},
}


@dataclass(frozen=True)
class Credentials:
    """A certificate chain (PEM, the signer's first) and its private key."""

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str


@dataclass(frozen=True)
class Credited:
    """What a reader finds in a movie: ``state`` is ``Valid``, ``Trusted`` or ``Invalid``; None: no credentials."""

    state: str | None
    ingredients: tuple[str, ...] = ()
    source_type: str = ""
    problems: tuple[str, ...] = ()


def load_credentials(cert: Path, key: Path) -> Credentials:
    """Read and check the signer's files.

    Raises:
        SettingsError: a file is missing or no PEM, the key is not that of the certificate, or the extra is missing.
    """
    _library()
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    chain, secret = _read(cert, _CERT), _read(key, _KEY)
    try:
        signer = x509.load_pem_x509_certificates(chain)[0]
    except ValueError:
        raise _unusable(_CERT, cert, "it is no chain of certificates in PEM") from None
    try:
        private = serialization.load_pem_private_key(secret, password=None)
    except (ValueError, TypeError):
        raise _unusable(_KEY, key, "it is no private key in PEM, or it has a password") from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != signer.public_key().public_bytes(*form):
        raise _unusable(_KEY, key, f"it is not the key of the first certificate in {_CERT}")
    pkcs8 = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Credentials(chain, pkcs8, _algorithm(private.public_key(), cert))


def sign(movie: Path, marking: Marking, credentials: Credentials) -> None:
    """Put signed Content Credentials into a movie, one ingredient a clip, and prove the result.

    Raises:
        SettingsError: the certificate cannot sign. UnfitMediaError: the signed movie is not the same film.
        StorageFullError, StorageError
    """
    signed = movie.with_name(f"{movie.stem}.signed{movie.suffix}")
    _require_room(movie.parent, movie.stat().st_size)
    _require_room(Path(tempfile.gettempdir()), movie.stat().st_size)  # where the library keeps a copy while it works
    try:
        with writing("the signed movie", signed):
            _write_signed(movie, signed, marking, credentials)
        _require_signed(movie, signed, len(marking.ingredients))
        signed.replace(movie)
    finally:
        signed.unlink(missing_ok=True)


def _require_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + _ROOM:
        raise StorageFullError("No room on the disk to sign the movie", where=str(folder), remedy="Free some space.")


def credits_of(movie: Path, anchors: bytes = b"") -> Credited:
    """Read and validate the credentials of a movie; ``anchors`` are trusted roots in PEM.

    Raises:
        SettingsError: the extra is not installed.
    """
    c2pa = _library()
    settings: dict[str, Any] = {**_OFFLINE, **({"trust": {"user_anchors": anchors.decode()}} if anchors else {})}
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    try:
        with movie.open("rb") as file, c2pa.Reader("video/mp4", file, context=context) as reader:
            found = json.loads(reader.json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in type(error).__name__ or "no JUMBF" in str(error):
            return Credited(None)
        return Credited("Invalid", problems=(type(error).__name__,))
    return _credited(found)


def manifest(marking: Marking) -> dict[str, Any]:
    """The claim: created by what kind of source, every clip placed in it."""
    placed = [ingredient.label for ingredient in marking.ingredients]
    created = {"action": "c2pa.created", "digitalSourceType": vocabulary_term(marking.source_type)}
    actions = [created, {"action": "c2pa.placed", "parameters": {"ingredientIds": placed}}]
    return {
        "claim_generator_info": [{"name": "film_pipeline", "version": __version__}],
        "title": marking.title,
        "format": "video/mp4",
        "ingredients": [
            {
                "label": ingredient.label,
                "title": f"Scene {ingredient.scene}, take {ingredient.take}",
                "format": "video/mp4",
                "instance_id": f"sha256:{ingredient.sha256}#{ingredient.scene}",
                "relationship": "componentOf",
                "description": _described(marking.film, ingredient.model_dump(mode="json")),
            }
            for ingredient in marking.ingredients
        ],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _described(film: str, facts: dict[str, Any]) -> str:
    names = ("renderer", "workflow", "models", "seed", "digest")
    return json.dumps({"film": film, **{name: facts[name] for name in names}}, ensure_ascii=False)


def _write_signed(movie: Path, signed: Path, marking: Marking, credentials: Credentials) -> None:
    c2pa = _library()
    context = c2pa.Context(c2pa.Settings.from_dict(_OFFLINE))
    # None: no time stamp, since that would ask a server.
    about = c2pa.C2paSignerInfo(credentials.algorithm, credentials.chain, credentials.key, None)
    with _explaining(c2pa):
        signer = c2pa.Signer.from_info(about)
        claim = json.dumps(manifest(marking))
        with c2pa.Builder(claim, context) as builder, movie.open("rb") as source, signed.open("w+b") as target:
            builder.sign(signer, "video/mp4", source, target)


@contextmanager
def _explaining(c2pa: Any) -> Iterator[None]:
    try:
        yield
    except c2pa.C2paError as error:
        # Only the kind: what the library says could quote what it was given.
        kind = type(error).__name__.removeprefix("_C2pa")
        if kind == "Io":
            raise StorageError(
                "The movie could not be signed",
                where=tempfile.gettempdir(),
                why="the C2PA library could not read or write a file",
                remedy="Check room and rights there, or name another folder in TMPDIR.",
            ) from None
        raise SettingsError(
            "The movie could not be signed",
            where=_CERT,
            why=f"the C2PA library refused it ({kind}); a certificate must be in its validity, for digital "
            "signatures, not its own issuer, and have an extended key usage such as e-mail protection",
            remedy=f"Correct {_CERT} and {_KEY}, or unset both to publish without credentials.",
        ) from None


def _require_signed(movie: Path, signed: Path, ingredients: int) -> None:
    """The credentials are valid, and every packet is the one that was proven by decoding before."""
    found = credits_of(signed)
    faults = [] if found.state in ("Valid", "Trusted") else [f"credentials are {found.state}", *found.problems]
    if len(found.ingredients) != ingredients:
        faults.append(f"{len(found.ingredients)} ingredients instead of {ingredients}")
    if any(before != after for before, after in zip_longest(_packets(movie), _packets(signed))):
        faults.append("picture or sound changed")
    if faults:
        raise UnfitMediaError(
            "The signed movie is not what was signed",
            where=named(movie),
            why="; ".join(faults[:5]),
            remedy=f"Unset {_CERT} and {_KEY} to publish without credentials, and please report it.",
        )


def _packets(movie: Path) -> Iterator[tuple[int, int | None, int | None, bytes]]:
    with open_media(movie) as container:
        for packet in container.demux():
            yield packet.stream.index, packet.pts, packet.dts, hashlib.sha256(packet).digest()


def _credited(found: dict[str, Any]) -> Credited:
    active = found["manifests"][found["active_manifest"]]
    actions = [
        action
        for assertion in active.get("assertions", [])
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    source = next((action.get("digitalSourceType", "") for action in actions if action["action"] == "c2pa.created"), "")
    return Credited(
        state=found.get("validation_state"),
        ingredients=tuple(ingredient["title"] for ingredient in active.get("ingredients", [])),
        source_type=source,
        problems=tuple(status["code"] for status in found.get("validation_status", [])),
    )


def _algorithm(public: Any, cert: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in _CURVES:
        return _CURVES[public.curve.name]
    if isinstance(public, rsa.RSAPublicKey):
        return "ps256"
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "ed25519"
    raise _unusable(_CERT, cert, "its key is none of EC (P-256, P-384, P-521), RSA and Ed25519")


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(name, path, error.strerror or "it cannot be read") from None


def _unusable(name: str, path: Path, why: str) -> FilmPipelineError:
    return SettingsError(
        f"The file of {name} cannot be used",
        where=str(path),
        why=why,
        remedy=f"Correct it, or unset {_CERT} and {_KEY} to publish without credentials.",
    )


def _library() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise SettingsError(
            "Content Credentials need the extra c2pa",
            where=_CERT,
            why="the Python package c2pa-python is not installed",
            remedy="Install it (`.venv/bin/pip install -e '.[c2pa]'`), or unset the variable.",
        ) from error
    return c2pa
