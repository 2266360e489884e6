"""A TCP proxy that misbehaves on purpose: delays, cuts, resets, silence, swallowed replies, wrong statuses, slow drips.

Faults are chosen by the first line of a request (``GET /view...``); without a match bytes pass unchanged.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType


@dataclass
class Fault:
    """What happens to requests whose first line holds ``where``; ``times`` -1 means always.

    kind: delay (``seconds`` before the request goes on), cut (close after ``after`` bytes of the reply), reset (the
    same with RST), silence (nothing is said any more after ``after`` bytes), swallow (the request arrives, the reply
    is dropped and the connection closed after ``seconds``), status (``status`` instead of the server's reply),
    drip (the reply in bytes of ``chunk``, ``seconds`` between them), spoil (one byte of the reply's body is another),
    spoil_request (one byte of the request's body is another).
    """

    kind: str
    where: str = ""
    after: int = 0
    seconds: float = 0.0
    status: int = 502
    chunk: int = 64
    times: int = -1
    hits: int = field(default=0, init=False)
    in_body: bool = field(default=False, init=False)


class FaultProxy:
    """Listens on a free port of loopback and passes everything to ``target_port``."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.faults: list[Fault] = []
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FaultProxy":
        self._start(self._accept)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def drop_connections(self, *, reset: bool = True) -> None:
        """Break every open connection now, with RST or in good order."""
        with self._lock:
            for connection in self._open:
                _close(connection, reset=reset)
            self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
        except OSError:
            _close(client, reset=True)
            return
        server.settimeout(None)
        with self._lock:
            self._open += [client, server]
        state: dict[str, Fault | None] = {"fault": None}
        self._start(self._upstream, client, server, state)
        self._downstream(server, client, state)

    def _upstream(self, client: socket.socket, server: socket.socket, state: dict[str, Fault | None]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                first = data.split(b"\r\n", 1)[0].decode("latin-1")
                if " HTTP/1" in first:
                    fault = state["fault"] = self._match(first)
                    if fault and fault.kind == "delay":
                        self._ended.wait(fault.seconds)
                    if fault and fault.kind == "status":
                        text = f"HTTP/1.1 {fault.status} Fault\r\nContent-Length: 5\r\nConnection: close\r\n\r\nfault"
                        client.sendall(text.encode())
                        break
                elif state["fault"] and state["fault"].kind == "spoil_request":
                    data = _spoilt(data)
                server.sendall(data)
            _close(server, reset=False)
            if state["fault"] and state["fault"].kind == "status":
                _close(client, reset=False)

    def _downstream(self, server: socket.socket, client: socket.socket, state: dict[str, Fault | None]) -> None:
        passed, last = 0, None
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                fault = state["fault"]
                if fault is not last:
                    passed, last = 0, fault
                if fault and not self._pass_with(fault, data, passed, client):
                    break
                if not fault:
                    client.sendall(data)
                passed += len(data)
        _close(client, reset=False)
        _close(server, reset=False)

    def _pass_with(self, fault: Fault, data: bytes, passed: int, client: socket.socket) -> bool:
        """Send what the fault lets through; False when the connection is over for good."""
        if fault.kind == "swallow":
            self._ended.wait(fault.seconds)
            _close(client, reset=False)
            return False
        if fault.kind in ("cut", "reset", "silence") and passed + len(data) >= fault.after:
            client.sendall(data[: max(0, fault.after - passed)])
            if fault.kind == "silence":
                self._ended.wait(fault.seconds or 3600)
            _close(client, reset=fault.kind == "reset")
            return False
        if fault.kind == "spoil":
            head, end, body = (b"", b"", data) if fault.in_body else data.partition(b"\r\n\r\n")
            fault.in_body = fault.in_body or bool(end)
            client.sendall(head + end + _spoilt(body))
            return True
        if fault.kind == "drip":
            for start in range(0, len(data), fault.chunk):
                client.sendall(data[start : start + fault.chunk])
                self._ended.wait(fault.seconds)
            return True
        client.sendall(data)
        return True

    def _match(self, first_line: str) -> Fault | None:
        for fault in self.faults:
            if fault.where in first_line and (fault.times < 0 or fault.hits < fault.times):
                fault.hits += 1
                fault.in_body = False
                return fault
        return None


def _spoilt(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1]) if data else data


def _close(connection: socket.socket, *, reset: bool) -> None:
    """Both ways at once, so that a thread that reads from it wakes up."""
    with contextlib.suppress(OSError):
        if reset:
            connection.shutdown(socket.SHUT_RD)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
