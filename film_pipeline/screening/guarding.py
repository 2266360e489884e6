"""The door: who may ask (by the Host header), what (reading only), and what a browser may do with the answer."""

import ipaddress
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Refuses every Host but ``hosts``, and every method that could change something.

    The Host check keeps a web page elsewhere from reading films by giving its own name this machine's address
    (DNS rebinding). An address typed as numbers cannot be such a name, so ``numeric`` admits them all.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], numeric: bool = False) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._numeric = numeric

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        answer = self._app
        if len(hosts) != 1 or not self._admits(host_name(hosts[0])):
            words = "This name is not served here. Use localhost, or allow the name: film ui --allow-host NAME\n"
            answer = PlainTextResponse(words, status_code=421)
        elif scope["method"] not in ("GET", "HEAD"):
            answer = PlainTextResponse("The screening room is read-only.\n", 405, headers={"allow": "GET, HEAD"})

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await answer(scope, receive, guarded)

    def _admits(self, name: str) -> bool:
        return name in self._hosts or (self._numeric and _is_numeric(name))


def host_name(host: str) -> str:
    """The name in a Host header without its port: ``[::1]:3001`` gives ``::1``."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def _is_numeric(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
