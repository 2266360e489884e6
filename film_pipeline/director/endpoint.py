"""One OpenAI-compatible endpoint, spoken to so that every failure has a name.

The body of an answer is read here, within a time and a size, and taken apart by hand: compatible servers answer with
login pages, half objects and errors under status 200, on which typed clients stumble. What the answer says is judged
in ``reply.py``.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
import openai

from film_pipeline.errors import (
    DirectorAccessError,
    DirectorError,
    DirectorRefusedError,
    DirectorReplyError,
    DirectorUnreachableError,
)

Rung = Literal["json_schema", "json_object", "plain"]
Message = dict[str, str]

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

    def __init__(self, api_key: str, base_url: str, model: str) -> None:
        self.base_url, self.model, self._key = base_url, model, api_key
        self.rung: Rung = "json_schema"
        self._limit_name = "max_tokens"
        self._http = _BoundedClient(follow_redirects=False)
        self._client = openai.OpenAI(
            api_key=api_key or "none", base_url=base_url, max_retries=RETRIES, http_client=self._http
        )

    @property
    def host(self) -> str:
        """Host and port for people, without credentials, path or query."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"

    def close(self) -> None:
        self._client.close()

    def ask(self, messages: list[Message], schema: dict[str, Any], token_limit: int | None, deadline: float) -> Answer:
        """One completion, on the best rung of structured output that the endpoint takes.

        Raises:
            DirectorError: of the class that tells what to do.
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
            DirectorError: of the class that tells what to do.
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
            raise self._status_error(error.status_code, self._said(error)) from None
        except openai.APITimeoutError as error:
            raise self._unreachable("gave no answer in time", remedy=_TIME_REMEDY) from error
        except openai.APIConnectionError as error:
            why = self.shown(str(error.__cause__ or error))
            raise self._unreachable("cannot be reached", why=why, remedy=self._address_remedy()) from error
        except _OversizeError as error:
            raise DirectorReplyError(
                "The language model's answer is too large",
                where=self.host,
                why=f"more than {MAX_ANSWER_BYTES:,} bytes",
                remedy="Try another model with OPENAI_MODEL.",
            ) from error
        except openai.OpenAIError as error:
            raise DirectorError(
                "The language model's client failed",
                where=self.host,
                why=self.shown(str(error)),
                remedy="Check OPENAI_BASE_URL and OPENAI_MODEL.",
            ) from error

    def _post(self, messages: list[Message], schema: dict[str, Any], token_limit: int | None) -> str:
        body: dict[str, Any] = {"model": self.model, "messages": messages}
        if self.rung == "json_schema":
            wanted = {"name": "storyboard", "strict": True, "schema": schema}
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
        if "max_completion_tokens" not in self._said(error):
            return False
        self._limit_name = "max_completion_tokens"
        return True

    def _step_down(self, error: openai.APIStatusError) -> bool:
        """One rung down where the endpoint refuses the format, or refuses without saying what."""
        if error.status_code not in (400, 404, 422) or self.rung == "plain":
            return False
        said = self._said(error).lower()
        silent = error.status_code != 404 and not any(word in said for word in _ABOUT_OTHER)
        if not silent and not any(word in said for word in _ABOUT_FORMAT):
            return False
        self.rung = _RUNGS[_RUNGS.index(self.rung) + 1]
        return True

    def _answer(self, body: str) -> Answer:
        data = self._parsed(body)
        if data.get("error"):
            raise self._error_object(data["error"])
        choices = data.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        usage = data.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Answer(
            text=_text_of(message.get("content")),
            finish=str(choice.get("finish_reason") or ""),
            refusal=self.shown(_text_of(message.get("refusal"))),
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
        )

    def _parsed(self, body: str) -> dict[str, Any]:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            if body.lstrip()[:1] == "<":
                raise DirectorAccessError(
                    "The language model's address answers with a web page",
                    where=self.host,
                    remedy=self._address_remedy(),
                ) from error
            why = "the answer is empty" if not body.strip() else "the answer is not whole JSON"
            raise self._unreachable("broke off its answer", why=why, remedy="Try again.") from error
        if not isinstance(data, dict):
            raise DirectorReplyError(
                "The language model's address does not speak the chat API",
                where=self.host,
                why="the answer is not an object",
                remedy=self._address_remedy(),
            )
        return data

    def _error_object(self, error: Any) -> DirectorError:
        """An error under status 200, as routers of many providers send it."""
        words = str(error.get("message") or error) if isinstance(error, dict) else str(error)
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, str) and code.isdigit():
            code = int(code)
        kind = f"{code} {error.get('type')}" if isinstance(error, dict) else ""
        if isinstance(code, int) and 300 <= code < 600:
            return self._status_error(code, words)
        if "quota" in kind or "auth" in kind or "api_key" in kind:
            return self._status_error(401 if "quota" not in kind else 429, f"{kind} {words}")
        return DirectorReplyError(
            "The language model answered with an error",
            where=self.host,
            why=self.shown(words),
            remedy="Try again, or another model with OPENAI_MODEL.",
        )

    def _status_error(self, status: int, said: str) -> DirectorError:
        why = self.shown(said)
        lower = said.lower()
        if "content_filter" in lower or "content_policy" in lower or "content management policy" in lower:
            return DirectorRefusedError(
                "The language model declined the script", where=self.host, why=why, remedy=_REFUSAL_REMEDY
            )
        if status in (401, 403):
            what = "refused the key" if status == 401 else "does not allow this request"
            return self._access(f"{what} ({status})", why, "Check OPENAI_API_KEY, and that it may use OPENAI_MODEL.")
        if status == 404 and "model" in lower:
            return self._access(
                f"does not know the model {self.model!r} (404)", why, "Set OPENAI_MODEL to a model it serves."
            )
        if status == 404 or 300 <= status < 400:
            return self._access(f"has no chat API at this address ({status})", why, self._address_remedy())
        if status == 402 or (status == 429 and ("quota" in lower or "billing" in lower or "credit" in lower)):
            return self._access(f"has no quota left ({status})", why, "Check the plan and billing of OPENAI_API_KEY.")
        if status == 429:
            return self._unreachable("is busy (429)", why=why, remedy="Try again later, or another OPENAI_MODEL.")
        if status >= 500 or status in (408, 409):
            return self._unreachable(f"has a fault of its own ({status})", why=why, remedy="Try again later.")
        remedy = "Check OPENAI_MODEL; a long script needs a model with a large context."
        return DirectorError(
            f"The language model refused the request ({status})", where=self.host, why=why, remedy=remedy
        )

    def _access(self, what: str, why: str, remedy: str) -> DirectorAccessError:
        return DirectorAccessError(f"The language model {what}", where=self.host, why=why, remedy=remedy)

    def _unreachable(self, what: str, *, why: str = "", remedy: str) -> DirectorUnreachableError:
        return DirectorUnreachableError(f"The language model {what}", where=self.host, why=why, remedy=remedy)

    def _address_remedy(self) -> str:
        path = urlsplit(self.base_url).path.rstrip("/")
        if path.endswith("/v1"):
            inside = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
            hint = " (from within a container the machine is host.docker.internal)" if inside else ""
            return f"Check OPENAI_BASE_URL{hint}, and that the server runs."
        return "Check OPENAI_BASE_URL: most servers want an address that ends in /v1."

    def _said(self, error: openai.APIStatusError) -> str:
        """The server's own words; a web page says nothing."""
        body = error.body
        if isinstance(body, dict):
            detail = body.get("error", body)
            words = detail.get("message") if isinstance(detail, dict) else detail
            code = detail.get("code") if isinstance(detail, dict) else None
            return f"{words or json.dumps(body)[:600]}{f' [{code}]' if code else ''}"
        text = str(body or "")
        return "" if text.lstrip()[:1] == "<" else text[:600]

    def shown(self, words: str) -> str:
        """Fit to be shown: one line, not endless, and without the key."""
        if self._key:
            words = words.replace(self._key, "[key]")
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in words[:2_000]).split())
        return words if len(words) <= 400 else words[:399] + "…"


_TIME_REMEDY = "Try again, a shorter script, or a faster model with OPENAI_MODEL."
_REFUSAL_REMEDY = "Reword the script, or set another OPENAI_MODEL or FILM_DIRECTOR=offline."


def _text_of(content: Any) -> str:
    """Content as text; some servers send it in parts."""
    if isinstance(content, list):
        return "".join(_text_of(part.get("text")) if isinstance(part, dict) else "" for part in content)
    # A lone surrogate is no text: it could not be sent back in a repair.
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
