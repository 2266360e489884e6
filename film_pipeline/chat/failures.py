"""The failures of a language model's endpoint, each as the error that tells who has to act.

Not here: how they are noticed (``endpoint.py``), and replies that arrive whole but say nonsense.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from film_pipeline.errors import (
    ChatAccessError,
    ChatError,
    ChatRefusedError,
    ChatReplyError,
    ChatUnreachableError,
)

TIME_REMEDY = "Try again, a shorter script, or a faster model with OPENAI_MODEL."
_REFUSAL_REMEDY = "Reword the script, or set another OPENAI_MODEL or FILM_DIRECTOR=offline."


@dataclass(frozen=True, repr=False)
class Failures:
    """What an endpoint's failures are called; knows the key only to keep it out of every message."""

    base_url: str
    model: str
    key: str

    @property
    def host(self) -> str:
        """Host and port for people, without credentials, path or query."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"

    def in_answer(self, error: Any) -> ChatError:
        """An error under status 200, as routers of many providers send it."""
        words = str(error.get("message") or error) if isinstance(error, dict) else str(error)
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, str) and code.isdigit():
            code = int(code)
        kind = f"{code} {error.get('type')}" if isinstance(error, dict) else ""
        if isinstance(code, int) and 300 <= code < 600:
            return self.of_status(code, words)
        if "quota" in kind or "auth" in kind or "api_key" in kind:
            return self.of_status(401 if "quota" not in kind else 429, f"{kind} {words}")
        return ChatReplyError(
            "The language model answered with an error",
            where=self.host,
            why=self.shown(words),
            remedy="Try again, or another model with OPENAI_MODEL.",
        )

    def of_status(self, status: int, said: str) -> ChatError:
        """An HTTP status that is not well; ``said`` are the server's own words."""
        why = self.shown(said)
        lower = said.lower()
        if "content_filter" in lower or "content_policy" in lower or "content management policy" in lower:
            return ChatRefusedError(
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
            return self._access(f"has no chat API at this address ({status})", why, self.address_remedy())
        if status == 402 or (status == 429 and ("quota" in lower or "billing" in lower or "credit" in lower)):
            return self._access(f"has no quota left ({status})", why, "Check the plan and billing of OPENAI_API_KEY.")
        if status == 429:
            return self.unreachable("is busy (429)", why=why, remedy="Try again later, or another OPENAI_MODEL.")
        if status >= 500 or status in (408, 409):
            return self.unreachable(f"has a fault of its own ({status})", why=why, remedy="Try again later.")
        remedy = "Check OPENAI_MODEL; a long script needs a model with a large context."
        return ChatError(f"The language model refused the request ({status})", where=self.host, why=why, remedy=remedy)

    def _access(self, what: str, why: str, remedy: str) -> ChatAccessError:
        return ChatAccessError(f"The language model {what}", where=self.host, why=why, remedy=remedy)

    def unreachable(self, what: str, *, why: str = "", remedy: str) -> ChatUnreachableError:
        return ChatUnreachableError(f"The language model {what}", where=self.host, why=why, remedy=remedy)

    def address_remedy(self) -> str:
        """What is usually wrong with an address: the ``/v1`` is missing, or a container looks at itself."""
        path = urlsplit(self.base_url).path.rstrip("/")
        if path.endswith("/v1"):
            inside = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
            hint = " (from within a container the machine is host.docker.internal)" if inside else ""
            return f"Check OPENAI_BASE_URL{hint}, and that the server runs."
        return "Check OPENAI_BASE_URL: most servers want an address that ends in /v1."

    def shown(self, words: str) -> str:
        """Fit to be shown: one line, not endless, and without the key."""
        if self.key:
            words = words.replace(self.key, "[key]")
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in words[:2_000]).split())
        return words if len(words) <= 400 else words[:399] + "…"


def said_by(body: object) -> str:
    """The server's own words; a web page says nothing."""
    if isinstance(body, dict):
        detail = body.get("error", body)
        words = detail.get("message") if isinstance(detail, dict) else detail
        code = detail.get("code") if isinstance(detail, dict) else None
        return f"{words or json.dumps(body)[:600]}{f' [{code}]' if code else ''}"
    text = str(body or "")
    return "" if text.lstrip()[:1] == "<" else text[:600]
