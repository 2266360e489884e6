"""Direct: script to storyboard, without ever losing what people edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from film_pipeline.director import Direction, Script
from film_pipeline.director.given import direct_storyboard
from film_pipeline.errors import StoryboardError, UnknownFilmError
from film_pipeline.models.report import FilmRecord
from film_pipeline.models.storyboard import Storyboard, parse_storyboard, storyboard_from
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard, script_sha256

_DIRECTED = ("script_sha256", "director", "stand_in", "made", "notes")


@dataclass(frozen=True)
class Edits:
    """Changes to a storyboard typed by a person: a whole new ``document`` (JSON), or single values by scene id."""

    document: str | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    drop: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.document or self.prompts or self.durations or self.drop)


@dataclass(frozen=True)
class Written:
    """The storyboard that now holds; ``record`` is to be stored after it where the director wrote it.

    ``changed`` if ``storyboard.json`` is to be written: what stands and is kept is never reformatted.
    """

    film: str
    storyboard: Storyboard
    record: FilmRecord | None
    changed: bool
    notes: tuple[str, ...] = ()


def write_storyboard(studio: Studio, film: str, edits: Edits | None = None) -> Written:
    """The storyboard of ``film``: as edited, else as it stands, else by the director from the script.

    The director writes only when the script changed; a storyboard that people had edited is then kept beside it.

    Raises:
        ScriptError, StoryboardError, ChatError, UnknownFilmError
    """
    if edits:
        return _edited(studio, film, edits)
    store = studio.store
    record = store.record(film)
    present = store.storyboard_sha256(film)
    if present and not needs_storyboard(store, film):
        storyboard = store.storyboard(film)
        studio.require_within_caps(film, storyboard)
        return Written(film, storyboard, None, False, record.notes if record else ())
    if record is None:
        raise UnknownFilmError("There is no such film yet", where=film, remedy="Make it with `film make SCRIPT`.")
    direction = _direct(studio, film, record)
    notes = list(direction.notes)
    if present and present != record.storyboard_sha256:
        kept = store.keep_edited_storyboard(film)
        notes.append(f"the script changed: the storyboard was written anew, your edited one is kept as {kept}")
    offline = script_is_storyboard(record)
    made = record.model_copy(
        update={
            "script_sha256": _script_now(studio, film),
            "director": "storyboard" if offline else studio.director.name,
            "stand_in": not offline and studio.director.stand_in,
            "made": direction.made,
            "notes": tuple(notes),
        }
    )
    return Written(film, direction.storyboard, made, True, tuple(notes))


def publish_storyboard(studio: Studio, written: Written) -> None:
    """Store the storyboard, then the record of how it was made."""
    sha256 = studio.store.write_storyboard(written.film, written.storyboard) if written.changed else ""
    if written.record is not None:
        # Only what the director decides: a hold or the archive may have changed while it wrote.
        made = {name: getattr(written.record, name) for name in _DIRECTED}
        studio.store.amend(written.film, **made, storyboard_sha256=sha256)


def script_is_storyboard(record: FilmRecord) -> bool:
    return record.script_kind == "storyboard"


def _script_now(studio: Studio, film: str) -> str:
    return script_sha256(studio.store.script(film))


def _direct(studio: Studio, film: str, record: FilmRecord) -> Direction:
    text = studio.store.script(film)
    script = Script(name=record.script_name, text=text, kind=record.script_kind)  # type: ignore[arg-type]
    if script_is_storyboard(record):
        return direct_storyboard(script, studio.limits)
    return studio.director.direct(script, studio.limits, _previous(studio, film))


def _previous(studio: Studio, film: str) -> Storyboard | None:
    """The storyboard before this script, for stable scene ids; one that was edited into nonsense helps nobody."""
    if studio.store.storyboard_sha256(film) is None:
        return None
    try:
        return studio.store.storyboard(film)
    except StoryboardError:
        return None  # it is kept beside the new one, and the note says so


def _edited(studio: Studio, film: str, edits: Edits) -> Written:
    where = f"run configuration of {film}"
    if edits.document:
        storyboard = parse_storyboard(edits.document, where=where)
    else:
        storyboard = storyboard_from(_changed(studio.store.storyboard(film), edits, where), where=where)
    studio.require_within_caps(film, storyboard)
    return Written(film, storyboard, None, True, (f"{keys.storyboard(film)} was edited by run configuration",))


def _changed(storyboard: Storyboard, edits: Edits, where: str) -> dict[str, Any]:
    known = {scene.id for scene in storyboard.scenes}
    unknown = sorted({*edits.prompts, *edits.durations, *edits.drop} - known)
    if unknown:
        raise StoryboardError(
            "The edit names a scene that is not there",
            where=where,
            why=", ".join(unknown),
            remedy=f"Scenes are {', '.join(sorted(known)[:10])}.",
        )
    data = storyboard.model_dump(mode="json", exclude_defaults=True)
    scenes = []
    for scene in data["scenes"]:
        if scene["id"] in edits.prompts:
            scene["prompt"] = edits.prompts[scene["id"]]
        if scene["id"] in edits.durations:
            scene["duration"] = edits.durations[scene["id"]]
        if scene["id"] not in edits.drop:
            scenes.append(scene)
    return {**data, "scenes": scenes}
