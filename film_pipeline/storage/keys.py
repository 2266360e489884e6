"""Where each thing of a film lives under the root, and which names may stand in a key."""

import hashlib
import re
import unicodedata

from film_pipeline.errors import UnknownFilmError

INBOX = "scripts"
FILMS = "films"
REFUSED = ".refused.json"
FILM_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SCENE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
DIGEST = re.compile(r"[0-9a-f]{64}")

_LONGEST_NAME = 240  # bytes; file systems stop at 255

# Names that some file systems keep for devices.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$")


def film_key_for(name: str) -> str:
    """The film key of a script's file name: a slug of ``[a-z0-9-]``, at most 63 characters.

    A name without a single Latin letter or digit gets a key from its hash, so that two such names never meet.
    """
    stem = name.rsplit("/", 1)[-1]
    stem = stem.rsplit(".", 1)[0] if "." in stem[1:] else stem
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].rstrip("-")
    if not slug or _RESERVED.match(slug):
        mark = hashlib.sha256(stem.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        slug = f"{slug or 'film'}-{mark}"
    return slug


def checked_film(film: str) -> str:
    """``film`` if it is a film key.

    Raises:
        UnknownFilmError: it is not; nothing was looked up.
    """
    if not FILM_KEY.fullmatch(film):
        raise UnknownFilmError(
            "This is no film key",
            where=_shown(film),
            why="a key has 1 to 63 of the characters a-z, 0-9 and -, and begins with a letter or digit",
            remedy="See `film status` for the films of this home.",
        )
    return film


def checked_scene(film: str, scene: str) -> str:
    """``scene`` if it can be a scene id of ``film``.

    Raises:
        UnknownFilmError: it cannot.
    """
    if not SCENE_ID.fullmatch(scene):
        raise UnknownFilmError(
            "This is no scene id", where=f"{film}/{_shown(scene)}", remedy=f"See `film plan {film}` for the scenes."
        )
    return scene


def scene_partition(film: str, scene: str) -> str:
    return f"{film}/{scene}"


def split_partition(key: str) -> tuple[str, str]:
    """Film and scene of a partition key, checked.

    Raises:
        UnknownFilmError: the key is not ``<film>/<scene>``.
    """
    film, slash, scene = key.partition("/")
    if not slash:
        raise UnknownFilmError(
            "A scene partition is named FILM/SCENE",
            where=_shown(key),
            remedy="Pick a partition that the storyboard added.",
        )
    return checked_film(film), checked_scene(film, scene)


def _shown(text: str) -> str:
    return repr(text[:60])[1:-1].encode("utf-8", "backslashreplace").decode()


def inbox_report(script: str) -> str:
    """The report beside a script of the inbox: ``scripts/noir.txt`` has ``scripts/noir.report.md``."""
    folder, slash, name = script.rpartition("/")
    stem = name.rpartition(".")[0] or name
    content = stem.encode("utf-8", "surrogateescape")
    if len(content) > _LONGEST_NAME:  # a name that leaves no room for the ending
        stem = f"{content[:100].decode('utf-8', 'ignore')}-{hashlib.sha256(content).hexdigest()[:8]}"
    return f"{folder}{slash}{stem}.report.md"


def night_report(night: str) -> str:
    """The report of one night's batch, beside the scripts."""
    return f"{INBOX}/nightly-{night}.report.md"


def received() -> str:
    """Which scripts of the inbox were received, as they were then."""
    return f"{INBOX}/.received.json"


def script(film: str) -> str:
    return f"{FILMS}/{film}/script.txt"


def record(film: str) -> str:
    return f"{FILMS}/{film}/film.json"


def storyboard(film: str) -> str:
    return f"{FILMS}/{film}/storyboard.json"


def edited_storyboard(film: str, number: int) -> str:
    """A storyboard edited by people that a changed script replaced; kept for them."""
    return f"{FILMS}/{film}/storyboard.edited-{number}.json"


def takes(film: str, scene: str = "") -> str:
    return f"{FILMS}/{film}/takes/" + (f"{scene}/" if scene else "")


def clip(film: str, scene: str, digest: str) -> str:
    return f"{FILMS}/{film}/takes/{scene}/{digest}.mp4"


def take(film: str, scene: str, digest: str) -> str:
    return f"{FILMS}/{film}/takes/{scene}/{digest}.json"


def refusal(film: str, scene: str, digest: str) -> str:
    """What stands in place of a take that the quality gate refused."""
    return f"{FILMS}/{film}/takes/{scene}/{digest}{REFUSED}"


def lease(film: str, scene: str) -> str:
    """Who renders a scene just now."""
    return f"{FILMS}/{film}/takes/{scene}/.lease"


def reference(film: str, name: str) -> str:
    """An image that people put there for a scene to begin from."""
    return f"{FILMS}/{film}/references/{name}"


def cut(film: str) -> str:
    return f"{FILMS}/{film}/cut.json"


def soundtrack(film: str) -> str:
    return f"{FILMS}/{film}/soundtrack.flac"


def soundtrack_record(film: str) -> str:
    return f"{FILMS}/{film}/soundtrack.json"


def movie(film: str) -> str:
    return f"{FILMS}/{film}/final_movie.mp4"


def marking(film: str) -> str:
    """What the movie says of its making: AI-generated, and by what."""
    return f"{FILMS}/{film}/final_movie.json"


def export(film: str) -> str:
    """The folder of exports for editing programs."""
    return f"{FILMS}/{film}/export"


def rough_movie(film: str) -> str:
    return f"{FILMS}/{film}/rough_cut.mp4"


def rough_report_text(film: str) -> str:
    return f"{FILMS}/{film}/rough_cut.md"


def report(film: str) -> str:
    return f"{FILMS}/{film}/report.json"


def report_text(film: str) -> str:
    return f"{FILMS}/{film}/report.md"
