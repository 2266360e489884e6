"""One OpenAI-compatible endpoint, spoken to so that every failure has a name.

The body of an answer is read here, within a time and a size, and taken apart by hand: compatible servers answer with
login pages, half objects and errors under status 200, on which typed clients stumble. What the answer says is for
those who asked.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import openai

from film_pipeline.chat.failures import TIME_REMEDY, Failures, said_by
from film_pipeline.errors import (
    ChatAccessError,
    ChatError,
    ChatReplyError,
)

Rung = Literal["json_schema", "json_object", "plain"]
Message = dict[str, Any]
"""``role`` and ``content``: a text, or parts of text and pictures."""

RETRIES = 3
CONNECT_SECONDS = 10.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
DEFAULT_BASE_URL = "https://api.openai.com/v1"
_RUNGS: tuple[Rung, ...] = ("json_schema", "json_object", "plain")
_ABOUT_FORMAT = ("response_format", "json_schema", "json_object", "schema", "grammar", "structured output", "json mode")
_ABOUT_OTHER = ("model", "context", "token", "content", "message", "quota", "key")


@dataclass(frozen=True)
class Answer:
    """A completion as it came: its text, why it ended, a refusal in the model's own words, and tokens if counted."""

    text: str
    finish: str
    refusal: str
    input_tokens: int | None
    output_tokens: int | None


class _BoundedClient(httpx2.Client):
    """Reads every answer whole, within a deadline and a size; the openai client retries around it."""

    deadline: float = 0.0

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise openai.APITimeoutError(request=request)
        connect = min(CONNECT_SECONDS, left)
        request.extensions["timeout"] = {"connect": connect, "read": left, "write": left, "pool": connect}
        response = super().send(request, **{**options, "stream": True})
        try:
            body = self._body(response, request)
        finally:
            response.close()
        headers = [pair for pair in response.headers.multi_items() if pair[0] not in _HOP_HEADERS]
        whole = httpx2.Response(response.status_code, headers=headers, content=body, request=request)
        if self._waits_too_long(whole):
            whole.headers["x-should-retry"] = "false"
        return whole

    def _body(self, response: httpx2.Response, request: httpx2.Request) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() > self.deadline:
                raise openai.APITimeoutError(request=request)
            if len(body) > MAX_ANSWER_BYTES:
                raise _OversizeError("the answer is too large")
        return bytes(body)

    def _waits_too_long(self, response: httpx2.Response) -> bool:
        """Whether the server asks to wait past our deadline (the client would obey for up to two minutes)."""
        asked = response.headers.get("retry-after", "")
        return asked.isdigit() and time.monotonic() + int(asked) > self.deadline


_HOP_HEADERS = ("content-encoding", "content-length", "transfer-encoding")


class _OversizeError(openai.OpenAIError):
    pass


class Endpoint:
    """A model behind an address; remembers the structured output it takes, and never shows the key."""

    def __init__(self, api_key: str, base_url: str, model: str, reply_name: str) -> None:
        """``reply_name`` is what the wanted JSON is called where the endpoint takes a schema."""
        self.model = model
        self._reply_name = reply_name
        self.failures = Failures(base_url, model, api_key)
        self.rung: Rung = "json_schema"
        self._limit_name = "max_tokens"
        self._http = _BoundedClient(follow_redirects=False)
        self._client = openai.OpenAI(
            api_key=api_key or "none", base_url=base_url, max_retries=RETRIES, http_client=self._http
        )

    def close(self) -> None:
        self._client.close()

    def ask(self, messages: list[Message], schema: dict[str, Any], token_limit: int | None, deadline: float) -> Answer:
        """One completion, on the best rung of structured output that the endpoint takes.

        Raises:
            ChatError: of the class that tells what to do.
        """
        self._http.deadline = deadline
        with self._named_failures():
            while True:
                try:
                    return self._answer(self._post(messages, schema, token_limit))
                except openai.APIStatusError as error:
                    if not (token_limit and self._other_limit_name(error)) and not self._step_down(error):
                        raise

    def models(self, deadline: float) -> tuple[str, ...]:
        """The models the endpoint lists; costs nothing.

        Raises:
            ChatError: of the class that tells what to do.
        """
        self._http.deadline = deadline
        with self._named_failures():
            raw = self._client.with_options(max_retries=0).models.with_raw_response.list()
            data = self._parsed(raw.http_response.content.decode("utf-8", "replace"))
        listed = data.get("data")
        models = listed if isinstance(listed, list) else []
        return tuple(str(model["id"]) for model in models if isinstance(model, dict) and model.get("id"))

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        """Give every failure of the client the class that tells what to do."""
        try:
            yield
        except openai.APIStatusError as error:
            # Servers echo keys: the original error must not be shown beneath ours.
            raise self.failures.of_status(error.status_code, said_by(error.body)) from None
        except openai.APITimeoutError as error:
            raise self.failures.unreachable("gave no answer in time", remedy=TIME_REMEDY) from error
        except openai.APIConnectionError as error:
            why = self.failures.shown(str(error.__cause__ or error))
            raise self.failures.unreachable(
                "cannot be reached", why=why, remedy=self.failures.address_remedy()
            ) from error
        except _OversizeError as error:
            raise ChatReplyError(
                "The language model's answer is too large",
                where=self.failures.host,
                why=f"more than {MAX_ANSWER_BYTES:,} bytes",
                remedy="Try another model with OPENAI_MODEL.",
            ) from error
        except openai.OpenAIError as error:
            raise ChatError(
                "The language model's client failed",
                where=self.failures.host,
                why=self.failures.shown(str(error)),
                remedy="Check OPENAI_BASE_URL and OPENAI_MODEL.",
            ) from error

    def _post(self, messages: list[Message], schema: dict[str, Any], token_limit: int | None) -> str:
        body: dict[str, Any] = {"model": self.model, "messages": messages}
        if self.rung == "json_schema":
            wanted = {"name": self._reply_name, "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif self.rung == "json_object":
            body["response_format"] = {"type": "json_object"}
        if token_limit:
            body[self._limit_name] = token_limit
        raw = self._client.chat.completions.with_raw_response.create(**body)
        return raw.http_response.content.decode("utf-8", "replace")

    def _other_limit_name(self, error: openai.APIStatusError) -> bool:
        """Newer models know the limit as ``max_completion_tokens`` only, older servers as ``max_tokens`` only."""
        if error.status_code != 400 or self._limit_name != "max_tokens":
            return False
        if "max_completion_tokens" not in said_by(error.body):
            return False
        self._limit_name = "max_completion_tokens"
        return True

    def _step_down(self, error: openai.APIStatusError) -> bool:
        """One rung down where the endpoint refuses the format, or refuses without saying what."""
        if error.status_code not in (400, 404, 422) or self.rung == "plain":
            return False
        said = said_by(error.body).lower()
        silent = error.status_code != 404 and not any(word in said for word in _ABOUT_OTHER)
        if not silent and not any(word in said for word in _ABOUT_FORMAT):
            return False
        self.rung = _RUNGS[_RUNGS.index(self.rung) + 1]
        return True

    def _answer(self, body: str) -> Answer:
        data = self._parsed(body)
        if data.get("error"):
            raise self.failures.in_answer(data["error"])
        choices = data.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        usage = data.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Answer(
            text=_text_of(message.get("content")),
            finish=str(choice.get("finish_reason") or ""),
            refusal=self.failures.shown(_text_of(message.get("refusal"))),
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
        )

    def _parsed(self, body: str) -> dict[str, Any]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            if body.lstrip()[:1] == "<":
                raise ChatAccessError(
                    "The language model's address answers with a web page",
                    where=self.failures.host,
                    remedy=self.failures.address_remedy(),
                ) from error
            why = "the answer is empty" if not body.strip() else "the answer is not whole JSON"
            raise self.failures.unreachable("broke off its answer", why=why, remedy="Try again.") from error
        if not isinstance(data, dict):
            raise ChatReplyError(
                "The language model's address does not speak the chat API",
                where=self.failures.host,
                why="the answer is not an object",
                remedy=self.failures.address_remedy(),
            )
        return data


def _text_of(content: Any) -> str:
    """Content as text; some servers send it in parts."""
    if isinstance(content, list):
        return "".join(_text_of(part.get("text")) if isinstance(part, dict) else "" for part in content)
    # A lone surrogate is no text: it could not be sent back in a repair.
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
