"""The socket of one job: a thread that turns what the server says into events. Silence means nothing here.

Every connection has a fresh client id: a second one of the same name can go deaf while the job succeeds.
"""

import logging
import threading
import uuid
from base64 import b64encode
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from film_pipeline.comfyui.address import ServerAddress
from film_pipeline.comfyui.messages import Event, read_message

_OPEN_SECONDS = 5.0
_PING_SECONDS = 15.0
_MAX_MESSAGE = 32 << 20
_FEATURES = '{"type": "feature_flags", "data": {"supports_preview_metadata": true}}'

# The library writes whole headers, credentials included, at its debug level.
_mute = logging.Logger("film_pipeline.comfyui.socket", logging.CRITICAL)


class Listener:
    """Listens while it is open; ``is_alive`` tells whether hints can be expected at all."""

    def __init__(self, address: ServerAddress, on_event: Callable[[Event], None]) -> None:
        self.client_id = uuid.uuid4().hex
        self._address = address
        self._on_event = on_event
        self._open = ExitStack()
        self._connection: ClientConnection | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> "Listener":
        headers = {}
        if self._address.username or self._address.password:
            pair = f"{self._address.username}:{self._address.password}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        url = f"{self._address.socket_url}/ws?clientId={self.client_id}"
        try:
            self._connection = self._open.enter_context(
                connect(
                    url,
                    additional_headers=headers,
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=0.5,
                    ping_interval=_PING_SECONDS,
                    ping_timeout=_PING_SECONDS,
                    max_size=_MAX_MESSAGE,
                    proxy=None,
                    logger=_mute,
                )
            )
            self._connection.send(_FEATURES)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException):
            return self  # no hints then: polling goes on without them
        self._thread = threading.Thread(target=self._listen, name="comfyui-socket", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _listen(self) -> None:
        assert self._connection is not None
        try:
            for message in self._connection:
                event = read_message(message)
                if event is not None:
                    self._on_event(event)
        except (OSError, WebSocketException):
            return
