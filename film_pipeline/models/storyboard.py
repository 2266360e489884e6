"""Storyboard > Scene: what the film shall show. Written by the director, edited by people."""

import json
import math
import re
from collections import Counter
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from film_pipeline.errors import StoryboardError
from film_pipeline.models.format import FrameRate, parse_size

MIN_SCENE_SECONDS, MAX_SCENE_SECONDS = 0.2, 600.0
MAX_PROMPT_CHARACTERS = 4_000
MAX_STORYBOARD_SCENES = 10_000
MAX_STORYBOARD_BYTES = 16 * 1024 * 1024
MAX_SEED = 2**63 - 1
MAX_TAKES = 8
DEFAULT_TRANSITION_SECONDS = 0.5

TransitionKind = Literal["cut", "dissolve", "fade", "fade_white", "wipe_left", "wipe_right", "wipe_up", "wipe_down"]

_SCENE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# Control characters, the two line separators that break terminals, and lone surrogates, which no encoder takes.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _printable(text: str) -> str:
    found = _UNPRINTABLE.search(text)
    if found:
        raise ValueError(
            f"holds the unprintable character U+{ord(found[0]):04X} at position {found.start() + 1}; remove it"
        )
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _scene_id(value: Any) -> Any:
    """``1`` and ``"1"`` become ``"001"``, so that ids sort as the scenes do."""
    if isinstance(value, bool):
        raise ValueError("must be a number or a short name, not true or false")
    if isinstance(value, int):
        if not 0 <= value <= 999_999:
            raise ValueError("a number must be from 0 to 999999")
        return f"{value:03d}"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value):
        return value.zfill(3)
    if isinstance(value, str) and not _SCENE_ID.fullmatch(value):
        raise ValueError(f"must be a number, or a name of a-z 0-9 _ - with at most 32 characters, not {value[:40]!r}")
    return value


def _transition(value: Any) -> Any:
    """``"dissolve"`` is short for ``{"kind": "dissolve"}``; ``wipe`` is a wipe to the left."""
    if isinstance(value, str):
        value = {"kind": value}
    if isinstance(value, dict) and value.get("kind") == "wipe":
        value = {**value, "kind": "wipe_left"}
    return value


def _storyboard_size(value: Any) -> Any:
    parse_size(value)
    return value


Text = Annotated[str, AfterValidator(_printable)]
Words = Annotated[str, AfterValidator(_printable), AfterValidator(_not_blank)]
SceneId = Annotated[str, BeforeValidator(_scene_id)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Takes = Annotated[int, Field(ge=1, le=MAX_TAKES)]
ImageName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(png|jpg|jpeg|webp)$")]
WorkflowName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]

_RULES = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Transition(BaseModel):
    """How a film passes from one scene to the next; ``duration`` in seconds, 0 to 5, nothing for a cut."""

    model_config = _RULES

    kind: TransitionKind = "dissolve"
    duration: float = Field(default=DEFAULT_TRANSITION_SECONDS, ge=0, le=5)

    @property
    def seconds(self) -> float:
        """The overlap in seconds: zero for a cut."""
        return 0.0 if self.kind == "cut" else self.duration


class Character(BaseModel):
    """Who appears, and the look that must not change from scene to scene."""

    model_config = _RULES

    name: Words = Field(max_length=100)
    description: Text = Field(default="", max_length=1_000)


class SoundtrackBrief(BaseModel):
    """What the music shall be: mood in words, tempo in beats a minute (40 to 220), genre tags, an own seed."""

    model_config = _RULES

    mood: Text | None = Field(default=None, max_length=200)
    tempo: float | None = Field(default=None, ge=40, le=220)
    tags: Text | None = Field(default=None, max_length=500)
    seed: Seed | None = None


class Scene(BaseModel):
    """One shot of the film; ``duration`` in seconds, 0.2 to 600.

    ``transition`` is how the film *enters* this scene from the one before; on the first scene a fade opens the film
    from black (or white), any other kind has nothing to act on. ``reference`` names an image in the film's folder
    ``references`` from which the clip begins. ``takes`` is how many are rendered, of which the judge selects one.
    ``allow_still`` and ``allow_black`` tell the checks that a frozen or a black picture is wanted.
    """

    model_config = _RULES

    id: SceneId
    duration: float = Field(ge=MIN_SCENE_SECONDS, le=MAX_SCENE_SECONDS)
    prompt: Words = Field(max_length=MAX_PROMPT_CHARACTERS)
    heading: Text | None = Field(default=None, max_length=200)
    negative_prompt: Text | None = Field(default=None, max_length=MAX_PROMPT_CHARACTERS)
    seed: Seed | None = None
    workflow: WorkflowName | None = None
    reference: ImageName | None = None
    takes: Takes | None = None
    transition: Annotated[Transition | None, BeforeValidator(_transition)] = None
    characters: tuple[Annotated[Words, Field(max_length=100)], ...] = Field(default=(), strict=False, max_length=50)
    style: Text | None = Field(default=None, max_length=1_000)
    mood: Text | None = Field(default=None, max_length=200)
    narration: Text | None = Field(default=None, max_length=4_000)
    allow_still: bool = False
    allow_black: bool = False


class Storyboard(BaseModel):
    """A film as a list of scenes with stable ids.

    ``transition`` is the default between scenes; ``size`` (``"1280x720"``), ``fps`` and ``takes`` (of each scene that
    does not say) override the settings.
    """

    model_config = _RULES

    title: Words = Field(max_length=200)
    scenes: tuple[Scene, ...] = Field(strict=False, min_length=1, max_length=MAX_STORYBOARD_SCENES)
    style: Text | None = Field(default=None, max_length=1_000)
    characters: tuple[Character, ...] = Field(default=(), strict=False, max_length=200)
    negative_prompt: Text | None = Field(default=None, max_length=MAX_PROMPT_CHARACTERS)
    seed: Seed | None = None
    workflow: WorkflowName | None = None
    takes: Takes | None = None
    transition: Annotated[Transition, BeforeValidator(_transition)] = Transition()
    soundtrack: SoundtrackBrief = SoundtrackBrief()
    size: Annotated[str, AfterValidator(_storyboard_size)] | None = None
    fps: FrameRate | None = None

    @model_validator(mode="after")
    def _unique_ids(self) -> "Storyboard":
        twice = sorted(scene for scene, count in Counter(scene.id for scene in self.scenes).items() if count > 1)
        if twice:
            raise ValueError(f"two scenes have the id {', '.join(twice[:5])}; every scene needs its own")
        return self

    @property
    def seconds(self) -> float:
        """The sum of all scenes in seconds, before transitions overlap them."""
        return math.fsum(scene.duration for scene in self.scenes)

    def scene(self, scene_id: str) -> Scene | None:
        return next((scene for scene in self.scenes if scene.id == scene_id), None)

    def entering(self, scene: Scene) -> Transition:
        """The transition into ``scene``: its own, else the film's."""
        return scene.transition or self.transition


def storyboard_to_json(storyboard: Storyboard) -> str:
    """The text of ``storyboard.json``: indented for people, without the fields that say nothing."""
    data = storyboard.model_dump(mode="json", exclude_defaults=True)
    data = {
        "title": data.pop("title"),
        **{key: value for key, value in data.items() if key != "scenes"},
        "scenes": data["scenes"],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def parse_storyboard(text: str, *, where: str = "storyboard") -> Storyboard:
    """Read a storyboard from JSON text; ``where`` names the file in error messages.

    Raises:
        StoryboardError: not JSON, duplicate keys, too deep, or a field breaks a rule, named by its path.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_STORYBOARD_BYTES:
        raise StoryboardError(
            "The storyboard is too large",
            where=where,
            why=f"more than {MAX_STORYBOARD_BYTES} bytes",
            remedy="Split the film.",
        )
    try:
        data = json.loads(text, object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        raise StoryboardError(
            "The storyboard is not JSON", where=place, why=error.msg, remedy="Correct the text at that place."
        ) from error
    except RecursionError as error:
        raise StoryboardError(
            "The storyboard is nested too deeply", where=where, remedy="Write scenes as a plain list."
        ) from error
    except ValueError as error:
        raise StoryboardError(
            "The storyboard is not usable", where=where, why=str(error), remedy="Correct the file."
        ) from error
    return storyboard_from(data, where=where)


def storyboard_from(data: Any, *, where: str = "storyboard") -> Storyboard:
    """Validate plain data (from JSON or run configuration) as a storyboard.

    Raises:
        StoryboardError: with every field that breaks a rule, at most eight, each by its path.
    """
    try:
        return Storyboard.model_validate(data)
    except ValidationError as error:
        faults = broken_rules(error)
        more = f" (and {len(faults) - 8} more)" if len(faults) > 8 else ""
        raise StoryboardError(
            "The storyboard breaks a rule",
            where=where,
            why="; ".join(faults[:8]) + more,
            remedy="Correct the named fields and run again.",
        ) from error
    except RecursionError as error:
        raise StoryboardError(
            "The storyboard is nested too deeply", where=where, remedy="Write scenes as a plain list."
        ) from error


def broken_rules(error: ValidationError) -> list[str]:
    """Each broken rule as ``path: reason``, the reason fit to be shown."""
    items = error.errors(include_url=False)
    # A list with bad members is also reported as too short; the members say it better.
    if any(len(item["loc"]) > 1 for item in items):
        items = [item for item in items if item["type"] != "too_short"]
    return [f"{_path(item['loc'])}: {_reason(item)}" for item in items]


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key[:60]!r} stands twice in one object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON or a film knows")


def _path(location: tuple[int | str, ...]) -> str:
    """``("scenes", 3, "duration")`` as ``scenes[3].duration``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)[:60]
    return text or "storyboard"


_PLAIN_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "finite_number": "must be a finite number",
    "too_short": "must have at least one entry",
    "model_type": "must be an object with named fields",
    "string_unicode": "holds a lone surrogate, which is not text",
    "tuple_type": "must be a list in [ ]",
}


def _reason(item: Any) -> str:
    reason = _PLAIN_REASONS.get(item["type"])
    if reason:
        return reason
    if item["type"] == "value_error":  # our own words, which show the value where that helps
        return str(item["ctx"]["error"])[:300]
    reason = str(item["msg"]).removeprefix("Input ")
    given = item.get("input")
    if isinstance(given, str | int | float) and not isinstance(given, bool):
        shown = repr(given if not isinstance(given, str) or len(given) <= 40 else given[:37] + "...")
        return f"{reason[:300]}, not {shown.encode('utf-8', 'backslashreplace').decode()}"
    return reason[:300]
