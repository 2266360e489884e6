"""A chat server on loopback that answers as told: well, badly, by halves, or not at all."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["_Handler"], None]

STORYBOARD: dict[str, Any] = {
    "title": "Neo-Amsterdam",
    "style": "cyberpunk film still, neon on wet stone",
    "characters": [{"name": "Mara", "description": "a tired detective in a grey coat"}],
    "scenes": [
        {
            "heading": "EXT. CANAL STREET - NIGHT",
            "prompt": "Wide shot of a canal street in the rain, Mara, a tired detective in a grey coat, walks along.",
            "duration": 4,
            "characters": ["Mara"],
            "narration": None,
            "mood": "melancholic",
            "transition": None,
        },
        {
            "heading": "EXT. CANAL STREET - NIGHT",
            "prompt": "Close-up of the cybernetic eye of Mara, a tired detective, a holographic map turning in it.",
            "duration": 3,
            "characters": ["Mara"],
            "narration": "MARA: Where did she go?",
            "mood": "tense",
            "transition": "cut",
        },
    ],
    "soundtrack": {"mood": "melancholic", "tempo": 84, "tags": "synthwave"},
}


def changed(**fields: Any) -> dict[str, Any]:
    """The storyboard with other fields; ``scene_0__prompt="x"`` changes the first scene."""
    data = json.loads(json.dumps(STORYBOARD))
    for name, value in fields.items():
        target = data
        if name.startswith("scene_"):
            number, name = name.removeprefix("scene_").split("__")
            target = data["scenes"][int(number)]
        target[name] = value
    return data


def says(content: Any, finish: str | None = "stop", refusal: str | None = None) -> Reply:
    """A completion with this content; a dictionary is sent as JSON."""
    text = json.dumps(content) if isinstance(content, dict) else content
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150},
    }
    return sends(200, json.dumps(body))


def sends(status: int, body: str | bytes, kind: str = "application/json", **headers: str) -> Reply:
    data = body.encode() if isinstance(body, str) else body

    def reply(handler: "_Handler") -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def fails(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}})
    return sends(status, body, **headers)


def drops(handler: "_Handler") -> None:
    """Closes the connection without a word."""
    handler.close_connection = True


def half(handler: "_Handler") -> None:
    """Promises a thousand bytes and sends forty."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": "chatcmpl-1", "choices": [{"index"')
    handler.close_connection = True


def hangs(handler: "_Handler") -> None:
    """Says nothing until the server is closed."""
    handler.server.over.wait(20)  # type: ignore[attr-defined]
    handler.close_connection = True


def drips(handler: "_Handler") -> None:
    """One byte at a time, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.over.wait(0.05):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")
        handler.wfile.flush()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        assert isinstance(server, ChatServer)
        server.requests.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
        reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        reply(self)

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, ChatServer)
        server.requests.append({"path": self.path, "headers": dict(self.headers), "body": None})
        server.replies[0](self)

    def log_message(self, *_: Any) -> None:
        """The test's output stays its own."""


class ChatServer(ThreadingHTTPServer):
    """Answers each request with the next reply; the last one is repeated. ``requests`` holds what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = [says(STORYBOARD)]
        self.requests: list[dict[str, Any]] = []
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up are the point of some tests."""

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        self._thread.join(5)
