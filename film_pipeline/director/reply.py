"""What a language model may say: the shape of its storyboard, its bounds, and what is never let through.

Ids, seeds, workflows, sizes and files are not in the shape, so that no reply can name one. How the reply travels is in
``chat/endpoint.py``.
"""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from film_pipeline.director import Limits
from film_pipeline.models.storyboard import TransitionKind, broken_rules

MAX_SCENE_SECONDS = 30.0
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS = r"[A-Za-z][A-Za-z0-9+.-]{0,20}://|\bwww\.|\b(?:file|data|javascript|vbscript|mailto):(?=\S)"
_UPWARDS = r"\.\.[/\\]|(?<![\w/])~?/[\w.-]{1,100}/"
_ROOTS = r"(?<![\w/])/(?:etc|tmp|home|proc|var|usr|root|dev|sys|bin|opt)\b"
_FILE = r"\b[\w-]{1,80}\.(?:safetensors|ckpt|gguf|pth?|onnx|exe|sh|py|json|ya?ml|toml)\b"
_FORBIDDEN = (
    (re.compile(_ADDRESS, re.IGNORECASE), "a web address"),
    (re.compile(rf"{_UPWARDS}|{_ROOTS}|(?<!\w)[A-Za-z]:\\|\\\\\w"), "a path"),
    (re.compile(r"<[/!]?[A-Za-z]"), "markup"),
    (re.compile(r"\]\(|!\["), "a link"),
    (re.compile(r"\bembedding:", re.IGNORECASE), "the name of a model file"),
    (re.compile(_FILE, re.IGNORECASE), "a file name"),
)
_HARMLESS_HABITS = ("id", "number", "index", "scene", "scene_number", "shot")
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_MAX_ATTEMPTS = 40
_REFUSAL = re.compile(
    r"\W*(?:i['’]?m sorry|i am sorry|sorry,|i can(?:['’]t|not| not)|i won['’]t"
    r"|i(?:['’]m| am) (?:not able|unable)|unfortunately,? i|as an ai|i must decline)",
    re.IGNORECASE,
)


def _clean(text: str) -> str:
    text = _UNPRINTABLE.sub(" ", text).strip()
    for pattern, words in _FORBIDDEN:
        found = pattern.search(text)
        if found:
            raise ValueError(f"holds {words}, which no storyboard may; describe what is seen instead")
    return text


def _not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _without_none(value: Any) -> Any:
    return "" if value is None else value


def _listed(value: Any) -> Any:
    return () if value is None else value


_Text = Annotated[str, BeforeValidator(_without_none), AfterValidator(_clean)]
_Words = Annotated[str, AfterValidator(_clean), AfterValidator(_not_blank)]
_SHAPE = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ReplyCharacter(BaseModel):
    model_config = _SHAPE

    name: _Words = Field(max_length=100)
    description: _Text = Field(default="", max_length=1_000)


class ReplySoundtrack(BaseModel):
    model_config = _SHAPE

    mood: _Text = Field(default="", max_length=200)
    tempo: float | None = Field(default=None, ge=40, le=220)
    tags: _Text = Field(default="", max_length=500)


class ReplyScene(BaseModel):
    """A scene as the model writes it, or only ``keep``: the number of a scene of the earlier version."""

    model_config = _SHAPE

    keep: int | None = None
    heading: _Text = Field(default="", max_length=200)
    prompt: _Text = Field(default="", max_length=3_000)
    duration: float | None = Field(default=None, ge=0.5, le=MAX_SCENE_SECONDS)
    characters: Annotated[tuple[_Words, ...], BeforeValidator(_listed)] = Field(default=(), max_length=50)
    narration: _Text = Field(default="", max_length=4_000)
    mood: _Text = Field(default="", max_length=200)
    transition: TransitionKind | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_habits(cls, data: Any) -> Any:
        """Models like to number scenes; our ids are our own, so theirs are dropped unread."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if key not in _HARMLESS_HABITS}
        return data

    @model_validator(mode="after")
    def _whole(self) -> "ReplyScene":
        if self.keep is None and not self.prompt:
            raise ValueError("prompt must not be empty")
        if self.keep is None and self.duration is None:
            raise ValueError("duration is missing")
        return self


class ReplyStoryboard(BaseModel):
    model_config = _SHAPE

    title: _Text = Field(default="", max_length=200)
    style: _Text = Field(default="", max_length=1_000)
    characters: Annotated[tuple[ReplyCharacter, ...], BeforeValidator(_listed)] = Field(default=(), max_length=200)
    scenes: tuple[ReplyScene, ...] = Field(min_length=1)
    soundtrack: ReplySoundtrack | None = None


@dataclass(frozen=True)
class Finding:
    """What a reply is worth.

    ``storyboard`` where it is usable; else ``rules`` it breaks, with ``too_large`` where only its length is wrong.
    ``cut`` means that it ends in the middle, ``refusal`` that it is words of refusal instead of a storyboard.
    """

    storyboard: ReplyStoryboard | None = None
    rules: tuple[str, ...] = ()
    too_large: str = ""
    cut: bool = False
    refusal: str = ""


def examine(text: str, limits: Limits, keepable: tuple[float, ...]) -> Finding:
    """Judge the text of a reply; ``keepable`` are the seconds of the scenes that may be kept by number."""
    if not text.strip():
        return Finding(rules=("the reply was empty",))
    try:
        data = find_object(text)
    except CutError:
        return Finding(cut=True)
    except ValueError as error:
        if "{" not in text and len(text) < 1_500 and _REFUSAL.match(text):
            return Finding(refusal=text.strip())
        return Finding(rules=(str(error),))
    try:
        storyboard = ReplyStoryboard.model_validate(data)
    except ValidationError as error:
        return Finding(rules=tuple(broken_rules(error)[:20]))
    except RecursionError:
        return Finding(rules=("the reply is nested too deeply",))
    rules = tuple(_broken_keeps(storyboard, len(keepable)))
    if rules:
        return Finding(rules=rules)
    too_large = _too_large(storyboard, limits, keepable)
    return Finding(rules=(too_large,), too_large=too_large) if too_large else Finding(storyboard)


def _broken_keeps(storyboard: ReplyStoryboard, count: int) -> list[str]:
    kept = [scene.keep for scene in storyboard.scenes if scene.keep is not None]
    broken = [f"keep: there is no earlier scene {number}" for number in kept if not 1 <= number <= count]
    broken += [f"keep: the earlier scene {number} is used twice" for number in {*kept} if kept.count(number) > 1][:5]
    return broken[:10]


def _too_large(storyboard: ReplyStoryboard, limits: Limits, keepable: tuple[float, ...]) -> str:
    count = len(storyboard.scenes)
    if count > limits.max_scenes:
        return f"scenes: {count:,} scenes, at most {limits.max_scenes:,} are allowed"
    seconds = sum(
        scene.duration or 0 if scene.keep is None else keepable[scene.keep - 1] for scene in storyboard.scenes
    )
    if seconds > limits.max_seconds + 1e-6:
        return f"scenes: {seconds:,.10g} s in all, at most {limits.max_seconds:,.10g} s are allowed"
    return ""


class CutError(ValueError):
    """The JSON ends before it is closed."""


def find_object(text: str) -> dict[str, Any]:
    """The outermost JSON object in a reply, whatever stands around it: thoughts, fences, prose.

    Raises:
        CutError: an object begins but does not end. ValueError: there is no usable object; the text says why.
    """
    text = _THOUGHTS.sub("", text)
    if "</think>" in text:
        text = text.rsplit("</think>", 1)[1]
    fault: ValueError = ValueError("the reply holds no JSON object")
    position, best = 0, None
    for _ in range(_MAX_ATTEMPTS):
        start = text.find("{", position)
        if start < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if _ends_in_the_middle(text, error):
                raise CutError("the reply ends in the middle") from error
            fault, end = (
                ValueError(f"the JSON is broken: {error.msg} at line {error.lineno}, column {error.colno}"),
                start + 1,
            )
        except RecursionError:
            raise ValueError("the reply is nested too deeply") from None
        except ValueError as error:
            fault, end = error, start + 1
        else:
            value = _unwrapped(value)
            if "scenes" in value:
                return value
            best = best or value
        position = end
    if best is not None:
        return best
    raise fault


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    """``{"storyboard": {...}}`` is the storyboard in a box."""
    only = next(iter(value.values())) if len(value) == 1 else None
    return only if isinstance(only, dict) and "scenes" in only else value


def _ends_in_the_middle(text: str, error: json.JSONDecodeError) -> bool:
    rest = text[error.pos :].strip().strip("`").strip()
    return not rest or error.msg.startswith("Unterminated string")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)

_TRANSITIONS: tuple[TransitionKind, ...] = (
    "cut", "dissolve", "fade", "fade_white", "wipe_left", "wipe_right", "wipe_up", "wipe_down",
)  # fmt: skip


def reply_schema(with_keep: bool) -> dict[str, Any]:
    """The JSON schema for structured output: every field required, nothing but types, as strict servers want it."""
    text: dict[str, Any] = {"type": "string"}
    maybe_text: dict[str, Any] = {"type": ["string", "null"]}
    maybe_number: dict[str, Any] = {"type": ["number", "null"]}
    scene = {
        "heading": maybe_text,
        "prompt": maybe_text if with_keep else text,
        "duration": maybe_number if with_keep else {"type": "number"},
        "characters": {"type": "array", "items": text},
        "narration": maybe_text,
        "mood": maybe_text,
        "transition": {"type": ["string", "null"], "enum": [*_TRANSITIONS, None]},
    }
    if with_keep:
        scene["keep"] = {"type": ["integer", "null"]}
    return _object(
        title=text,
        style=maybe_text,
        characters={"type": "array", "items": _object(name=text, description=maybe_text)},
        scenes={"type": "array", "items": _object(**scene)},
        soundtrack=_object(mood=maybe_text, tempo=maybe_number, tags=maybe_text),
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
