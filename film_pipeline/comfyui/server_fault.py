"""What goes wrong on a server, and how its words are made fit to be shown."""

import re
from enum import StrEnum

from film_pipeline.errors import RenderMachineError


class FaultKind(StrEnum):
    """Why a server could not do a job; decides what happens next."""

    REFUSED = "refused"  # nobody listens: the process is gone, and its queue with it
    NO_ANSWER = "no_answer"  # timeouts, broken connections: it may well be working
    STATUS = "status"  # an HTTP status that no good server gives
    NOT_COMFYUI = "not_comfyui"
    DENIED = "denied"  # the credentials are refused
    STALLED = "stalled"  # it answers, but the job does not move
    UNFIT = "unfit"  # nodes or model files are missing


class ServerFaultError(RenderMachineError):
    """One server could not do it; another one, or a later try, may."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        remedy: str = "",
        kind: FaultKind = FaultKind.NO_ANSWER,
        status: int = 0,
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.kind = kind
        self.status = status

    @property
    def reason(self) -> str:
        """What and why in one line, without the address."""
        return f"{self.what}: {self.why}" if self.why else self.what


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNIX_PATH = re.compile(r"(?<![\w/.])/(?:[^\s/'\"\\:]+/)+([^\s/'\"\\:]*)")
_WINDOWS_PATH = re.compile(r"\b[A-Za-z]:\\(?:[^\s\\'\"]+\\)+([^\s\\'\"]*)")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"]+", re.IGNORECASE)


def plain(text: object, limit: int = 300) -> str:
    """Words from a server on one line: no control characters, no folders of its disk, no addresses, cut to length."""
    words = _CONTROL.sub(" ", str(text))
    words = _ADDRESS.sub("(address)", words)
    words = _WINDOWS_PATH.sub(r"…\\\1", _UNIX_PATH.sub(r"…/\1", words))
    words = " ".join(words.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
