"""HTTP to one server: every failure becomes a :class:`ServerFaultError` in plain words, no redirect is followed.

Not here: what is asked and what the answers mean.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import httpx

from film_pipeline.comfyui.address import ServerAddress, refuse_forbidden_host
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError

_CONNECT_SECONDS = 5.0
_READ_AGAIN_AFTER = (0.2, 0.6)
_IS_IT_COMFYUI = "Check that COMFYUI_URL points to a ComfyUI server."


class Transport:
    """One keep-alive connection pool; safe to use from several threads."""

    def __init__(self, address: ServerAddress, *, timeout_seconds: float = 30.0) -> None:
        self.address = address
        self._vetted = False
        auth = httpx.BasicAuth(address.username, address.password) if address.username or address.password else None
        self._client = httpx.Client(
            base_url=address.url,
            auth=auth,
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,  # a proxy or a .netrc of the environment is not meant for the render server
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: str, *, timeout_seconds: float | None = None, again: bool = True) -> Any:
        """GET JSON; asked again after a broken connection, as reading changes nothing.

        Raises:
            ServerFaultError
        """
        for pause in (*_READ_AGAIN_AFTER, None) if again else (None,):
            try:
                return self.call("GET", path, timeout_seconds=timeout_seconds)[1]
            except ServerFaultError as fault:
                if pause is None or fault.kind is not FaultKind.NO_ANSWER:
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        files: Any = None,
        data: Any = None,
        also: tuple[int, ...] = (),
        timeout_seconds: float | None = None,
    ) -> tuple[int, Any]:
        """One request; the status and the JSON of the reply. ``also`` lists statuses besides 200 that are answers.

        Raises:
            ServerFaultError
        """
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        timeout: Any = httpx.USE_CLIENT_DEFAULT
        if timeout_seconds is not None:
            timeout = httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS))
        with self._faults():
            response = self._client.request(
                method, path, content=content, headers=headers, files=files, data=data, timeout=timeout
            )
        if response.status_code != 200 and response.status_code not in also:
            raise self._bad_status(response.status_code)
        return response.status_code, self._json(response)

    @contextmanager
    def stream(self, path: str, params: dict[str, str], headers: dict[str, str]) -> Iterator[httpx.Response]:
        """GET a file in pieces; statuses 200, 206, 404 and 416 are handed on.

        Raises:
            ServerFaultError
        """
        with self._faults(), self._client.stream("GET", path, params=params, headers=headers) as response:
            if response.status_code not in (200, 206, 404, 416):
                raise self._bad_status(response.status_code)
            yield response

    def _json(self, response: httpx.Response) -> Any:
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            if response.status_code != 200:
                return None
        raise ServerFaultError(
            "Something else than ComfyUI answered",
            where=str(self.address),
            why=f"the reply is {response.headers.get('content-type', 'of no type')[:60]}, not JSON",
            remedy=_IS_IT_COMFYUI,
            kind=FaultKind.NOT_COMFYUI,
        )

    def _bad_status(self, status: int) -> ServerFaultError:
        kind, what, remedy = FaultKind.STATUS, "The ComfyUI server answered with an error", "See its log."
        if 300 <= status < 400:
            kind, what, remedy = FaultKind.NOT_COMFYUI, "The ComfyUI server sends elsewhere", _IS_IT_COMFYUI
        elif status in (401, 403, 407):
            kind, what = FaultKind.DENIED, "The ComfyUI server refuses us"
            remedy = "Put user and password into COMFYUI_URL, as its proxy asks for them."
        elif status == 404:
            kind, what, remedy = FaultKind.NOT_COMFYUI, "Something else than ComfyUI answered", _IS_IT_COMFYUI
        return ServerFaultError(
            what, where=str(self.address), why=f"HTTP status {status}", remedy=remedy, kind=kind, status=status
        )

    @contextmanager
    def _faults(self) -> Iterator[None]:
        if not self._vetted:
            refuse_forbidden_host(self.address)
            self._vetted = True
        try:
            yield
        except httpx.ConnectError as error:
            refused = "refused" in str(error).lower()
            why = "connection refused: nothing listens there" if refused else "no connection"
            raise self._no_answer(why, FaultKind.REFUSED if refused else FaultKind.NO_ANSWER) from error
        except httpx.TimeoutException as error:
            raise self._no_answer("it did not answer in time", FaultKind.NO_ANSWER) from error
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            raise self._no_answer("the connection broke", FaultKind.NO_ANSWER) from error

    def _no_answer(self, why: str, kind: FaultKind) -> ServerFaultError:
        return ServerFaultError(
            "The ComfyUI server cannot be reached",
            where=str(self.address),
            why=why,
            remedy="Check that it runs and that COMFYUI_URL is right.",
            kind=kind,
        )
