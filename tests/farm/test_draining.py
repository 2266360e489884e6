"""The hook of comfyui-pool.yaml that holds a pod back until its work is done, run against servers on loopback.

A hook that fails is followed by the stop at once, so whatever it meets, it must not end early.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from manifests import named

SECOND = 0.02
"""How long the hook's seconds last here."""

Answer = int | str
"""How many scenes wait, or ``stall`` or ``garbage``."""


class Comfy(ThreadingHTTPServer):
    """Answers ``/prompt`` as told, one answer after the other, the last for ever."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Prompt)
        self.answers, self.given = answers, 0

    def handle_error(self, *_: object) -> None:
        """The hook went away while this server stalled."""


class _Prompt(BaseHTTPRequestHandler):
    server: Comfy

    def do_GET(self) -> None:
        answer = self.server.answers[min(self.server.given, len(self.server.answers) - 1)]
        self.server.given += 1
        if answer == "stall":
            time.sleep(25 * SECOND)
        waiting = json.dumps({"exec_info": {"queue_remaining": answer}})
        body = b"<html>" if answer == "garbage" else waiting.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def comfy(answers: list[Answer]) -> Iterator[Comfy]:
    with Comfy(answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def hook(port: int) -> list[str]:
    """The hook's own command, for this Python and port and with short seconds."""
    (container,) = named("StatefulSet", "comfyui")["spec"]["template"]["spec"]["containers"]
    interpreter, flag, code = container["lifecycle"]["preStop"]["exec"]["command"]
    assert interpreter == "python"
    for told, here in (
        (":8188", f":{port}"),
        ("timeout=10", f"timeout={10 * SECOND}"),
        ("sleep(1)", f"sleep({SECOND})"),
    ):
        assert code.count(told) == 1
        code = code.replace(told, here)
    return [sys.executable, flag, code]


QUIET = 15


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([2, 1, 1], id="a queue"),
        pytest.param([1, "stall", "stall", 1], id="too busy to answer"),
        pytest.param([1, "garbage"], id="an answer that is none"),
        pytest.param([1, 0, 0, 0, 1], id="the next scene comes late"),
    ],
)
def test_a_pod_stays_until_its_queue_was_empty_for_a_while(before: list[Answer]) -> None:
    with comfy([*before, 0]) as server:
        subprocess.run(hook(server.server_port), check=True, timeout=30)
    assert server.given == len(before) + QUIET


@pytest.mark.parametrize("answer", ["stall", "garbage"])
def test_a_server_that_never_answers_holds_no_gpu_for_ever(answer: Answer) -> None:
    with comfy([answer]) as server:
        subprocess.run(hook(server.server_port), check=True, timeout=60)
    assert server.given == 60


def test_a_server_that_is_gone_is_not_waited_for_long() -> None:
    with comfy([0]) as server:
        port = server.server_port
    started = time.monotonic()
    subprocess.run(hook(port), check=True, timeout=30)
    assert time.monotonic() - started < 60 * SECOND + 10
