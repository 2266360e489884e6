"""The director that asks a language model, at any endpoint that speaks the OpenAI chat API.

The script is data, fenced, and the reply is judged by ``reply.py`` before anything of it is used. How requests travel
and how their failures are named is in ``chat/``.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from importlib import resources
from typing import ClassVar

from film_pipeline.chat.address import checked_address, checked_key
from film_pipeline.chat.endpoint import DEFAULT_BASE_URL, Answer, Endpoint, Message
from film_pipeline.director import Direction, Limits, Made, Script
from film_pipeline.director.continuity import film_words_kept, keep_unchanged
from film_pipeline.director.given import direct_storyboard
from film_pipeline.director.limits import check_limits
from film_pipeline.director.offline import title_of
from film_pipeline.director.reply import Finding, ReplyScene, ReplyStoryboard, examine, reply_schema
from film_pipeline.errors import (
    ChatAccessError,
    ChatRefusedError,
    ChatReplyError,
    ChatTruncatedError,
    ChatUnreachableError,
    FilmPipelineError,
    StoryboardError,
)
from film_pipeline.models.storyboard import Character, Scene, SoundtrackBrief, Storyboard, Transition

MAX_REPAIRS = 2
DEFAULT_TIMEOUT_SECONDS = 600.0
_LARGER_LIMIT_TOKENS = 16_384
_MOST_SENT_BACK = 100_000
_CHECK_SECONDS = 10.0


class OpenAIDirector:
    """Directs with a language model. One instance keeps one connection and remembers what the endpoint can do."""

    name: ClassVar[str] = "openai/1"
    stand_in: ClassVar[bool] = False

    def __init__(
        self, api_key: str | None, base_url: str | None, model: str, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        """``timeout_seconds`` bounds one whole ``direct``, repairs and retries included.

        Raises:
            SettingsError: the key or the address cannot be used.
        """
        self._endpoint = Endpoint(
            checked_key(api_key or ""), checked_address(base_url or DEFAULT_BASE_URL), model, reply_name="storyboard"
        )
        self._timeout_seconds = timeout_seconds

    @property
    def endpoint(self) -> str:
        """Host and port, fit to be shown."""
        return self._endpoint.failures.host

    def __repr__(self) -> str:
        return f"OpenAIDirector(endpoint={self._endpoint.failures.host!r}, model={self._endpoint.model!r})"

    def __enter__(self) -> "OpenAIDirector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._endpoint.close()

    def check(self) -> None:
        """Ask for the list of models, which costs nothing.

        Raises:
            ChatError: the endpoint does not answer, refuses the key, or does not list the model.
        """
        endpoint = self._endpoint
        models = endpoint.models(time.monotonic() + min(self._timeout_seconds, _CHECK_SECONDS))
        if models and endpoint.model not in models:
            raise ChatAccessError(
                f"The language model's endpoint does not list {endpoint.model!r}",
                where=endpoint.failures.host,
                remedy=f"Set OPENAI_MODEL to one of: {', '.join(sorted(models)[:8])[:300]}.",
            )

    def direct(self, script: Script, limits: Limits, previous: Storyboard | None = None) -> Direction:
        """A storyboard of ``script`` by the model; scenes it repeats by number are taken from ``previous``.

        Raises:
            ChatError: its class tells who has to act. StoryboardError: longer than ``limits`` after all repairs.
        """
        if script.kind == "storyboard":
            return direct_storyboard(script, limits)
        began = time.monotonic()
        talk = _Talk(self._endpoint, script, limits, previous, began + self._timeout_seconds)
        reply = talk.storyboard()
        storyboard = _storyboard(reply, script, previous)
        check_limits(storyboard, limits, script.name)
        made: Made = {
            "director": self.name,
            "stand_in": False,
            "model": self._endpoint.model,
            "endpoint": self._endpoint.failures.host,
            "rung": self._endpoint.rung,
            "repairs": talk.repairs,
            "requests": talk.requests,
            "input_tokens": talk.input_tokens,
            "output_tokens": talk.output_tokens,
            "seconds": round(time.monotonic() - began, 3),
        }
        notes = (f"The language model needed {talk.repairs} repair{'s' * (talk.repairs > 1)}.",) if talk.repairs else ()
        return Direction(storyboard, made, notes)


def check_endpoint(api_key: str | None, base_url: str | None, model: str) -> tuple[str, str]:
    """What to tell people of an endpoint, and the remedy where it cannot be used (empty where it can)."""
    try:
        with OpenAIDirector(api_key, base_url, model) as director:
            director.check()
            return f"openai, model {model} at {director.endpoint} answers", ""
    except FilmPipelineError as error:
        place = f" ({error.where})" if error.where else ""
        return f"{error.what}{place}{f': {error.why}' if error.why else ''}", error.remedy


@dataclass
class _Talk:
    """One conversation: a question, at most one more after a cut answer, at most two repairs."""

    endpoint: Endpoint
    script: Script
    limits: Limits
    previous: Storyboard | None
    deadline: float
    repairs: int = 0
    requests: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    token_limit: int | None = None
    messages: list[Message] = field(default_factory=list)

    def storyboard(self) -> ReplyStoryboard:
        question = _question(self.script, self.limits, self.previous)
        self.messages = question
        keepable = tuple(scene.duration for scene in self.previous.scenes) if self.previous else ()
        while True:
            answer = self._ask()
            finding = examine(answer.text, self.limits, keepable)
            self._refuse(answer, finding)
            if answer.finish == "length" or finding.cut:
                self._ask_for_more_room(answer)
                continue
            if finding.storyboard is not None:
                return finding.storyboard
            self._count_repair(finding)
            self.messages = [*question, *_repair(answer.text, finding)]

    def _ask(self) -> Answer:
        if time.monotonic() >= self.deadline:
            raise ChatUnreachableError(
                "The language model needed too long",
                where=self.endpoint.failures.host,
                why=f"after {self.requests} requests there is no usable storyboard",
                remedy="Try again, a shorter script, or another OPENAI_MODEL.",
            )
        self.requests += 1
        schema = reply_schema(with_keep=self.previous is not None)
        answer = self.endpoint.ask(self.messages, schema, self.token_limit, self.deadline)
        self.input_tokens = _sum(self.input_tokens, answer.input_tokens)
        self.output_tokens = _sum(self.output_tokens, answer.output_tokens)
        return answer

    def _refuse(self, answer: Answer, finding: Finding) -> None:
        if answer.refusal or answer.finish == "content_filter" or finding.refusal:
            raise ChatRefusedError(
                "The language model declined the script",
                where=self.endpoint.failures.host,
                why=answer.refusal
                or self.endpoint.failures.shown(finding.refusal)
                or "its content filter stopped the answer",
                remedy="Reword the script, or set another OPENAI_MODEL or FILM_DIRECTOR=offline.",
            )

    def _ask_for_more_room(self, answer: Answer) -> None:
        """The same question once more with a larger limit; the cut text is dropped, never fed back."""
        if self.token_limit is not None:
            raise ChatTruncatedError(
                "The language model's answer was cut twice",
                where=self.endpoint.failures.host,
                why=f"also with {self.token_limit:,} tokens allowed",
                remedy="Split the script, or set OPENAI_MODEL to a model with longer answers.",
            )
        self.token_limit = max(_LARGER_LIMIT_TOKENS, 2 * (answer.output_tokens or 0))

    def _count_repair(self, finding: Finding) -> None:
        if self.repairs < MAX_REPAIRS:
            self.repairs += 1
            return
        if finding.too_large:
            _raise_too_large(finding.too_large, self.limits, self.script.name)
        raise ChatReplyError(
            f"The language model gave no usable storyboard after {MAX_REPAIRS} repairs",
            where=self.endpoint.failures.host,
            why="; ".join(finding.rules[:5])[:600],
            remedy="Try another OPENAI_MODEL, or FILM_DIRECTOR=offline.",
        )


def _raise_too_large(words: str, limits: Limits, where: str) -> None:
    raise StoryboardError(
        f"The language model's film is too long: {words}",
        where=where,
        remedy="Shorten the script, or raise FILM_MAX_SCENES or FILM_MAX_SECONDS.",
    )


def _question(script: Script, limits: Limits, previous: Storyboard | None) -> list[Message]:
    # From the script itself, so that runs repeat; nobody can write a text that holds a part of its own digest.
    fence = f"=====SCRIPT-{hashlib.sha256(script.text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}====="
    system = _prompt("storyboard").replace("{fence}", fence)
    system = system.replace("{max_scenes}", str(limits.max_scenes)).replace("{max_seconds}", f"{limits.max_seconds:g}")
    text = script.text.encode("utf-8", "replace").decode()
    user = f"{fence}\n{text}\n{fence}"
    if previous is not None:
        user += f"\n\n{_prompt('keep')}\n{fence}\n{_numbered(previous)}\n{fence}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _numbered(previous: Storyboard) -> str:
    scenes = [
        {"number": number, "heading": scene.heading, "prompt": scene.prompt, "narration": scene.narration}
        for number, scene in enumerate(previous.scenes, 1)
    ]
    return json.dumps(scenes, ensure_ascii=False)


def _repair(text: str, finding: Finding) -> list[Message]:
    """The model's own words and what is wrong with them; nothing of an empty or endless reply is sent back."""
    rules = "\n".join(f"- {rule}" for rule in finding.rules)
    request: Message = {"role": "user", "content": _prompt("repair").replace("{rules}", rules)}
    if not text.strip() or len(text) > _MOST_SENT_BACK:
        return [request]
    return [{"role": "assistant", "content": text}, request]


def _prompt(name: str) -> str:
    return resources.files("film_pipeline.director").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")


def _storyboard(reply: ReplyStoryboard, script: Script, previous: Storyboard | None) -> Storyboard:
    scenes, kept = keep_unchanged([_scene(scene, previous) for scene in reply.scenes], previous)
    if previous is not None and film_words_kept(previous, kept, len(scenes)):
        return previous.model_copy(update={"scenes": scenes})
    sound = reply.soundtrack
    return Storyboard(
        title=title_of(reply.title, script.name),
        style=reply.style or None,
        characters=tuple(Character(name=who.name, description=who.description) for who in reply.characters),
        scenes=scenes,
        soundtrack=SoundtrackBrief(mood=sound.mood or None, tempo=sound.tempo, tags=sound.tags or None)
        if sound
        else SoundtrackBrief(),
    )


def _scene(scene: ReplyScene, previous: Storyboard | None) -> Scene:
    if scene.keep is not None and previous is not None:
        return previous.scenes[scene.keep - 1]
    assert scene.duration is not None
    return Scene(
        id="000",
        duration=scene.duration,
        prompt=scene.prompt,
        heading=scene.heading or None,
        characters=scene.characters,
        narration=scene.narration or None,
        mood=scene.mood or None,
        transition=Transition(kind=scene.transition) if scene.transition else None,
    )


def _sum(total: int | None, more: int | None) -> int | None:
    return total if more is None else (total or 0) + more
