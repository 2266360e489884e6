"""The handle by which tests hold a fake ComfyUI process: start, kill, stop, wake, ask."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

_TESTS = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FakeComfyUIServer:
    """A ComfyUI server in its own process: ``with FakeComfyUIServer(folder, fails_at="KSampler") as server:``.

    ``settings`` are the fields of :class:`fakes.comfyui_settings.FakeSettings`.
    """

    def __init__(self, directory: Path, *, port: int | None = None, wait: bool = True, **settings: Any) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        self._wait = wait
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "FakeComfyUIServer":
        self.start(wait=self._wait)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self, *, wait: bool = True) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "fakes.comfyui_server", "--port", str(self.port)]
        command += ["--directory", str(self.directory), "--parent", str(os.getpid())]
        for name, value in self._settings.items():
            command += ["--set", f"{name}={json.dumps(value)}"]
        with (self.directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=_TESTS, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if wait:
            self.wait_until_up()

    def wait_until_up(self, seconds: float = 30.0) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            with contextlib.suppress(OSError):
                self.ask("/prompt")
                return
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the fake server did not start: {(self.directory / 'server.log').read_text()}")

    def reset(self, **settings: Any) -> bool:
        """Make a running server as good as a new one; False where it cannot be used any more."""
        if self.process is None or self.process.poll() is not None:
            return False
        self._settings = settings
        with contextlib.suppress(OSError):
            self.resume()
            self.ask("/fake/reset", settings)
            return True
        return False

    def kill(self) -> None:
        """SIGKILL: everything in memory is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """SIGSTOP: connections stay open, nobody answers."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data)
        with urllib.request.urlopen(request, timeout=5) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def change(self, **settings: Any) -> None:
        self.ask("/fake", settings)

    def jobs(self, event: str) -> list[dict[str, Any]]:
        """What happened to jobs here over all lives of this server, such as every ``accepted`` one."""
        file = self.directory / "jobs.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [line for line in lines if line["event"] == event]

    def wait_for(self, event: str, count: int = 1, seconds: float = 15.0) -> None:
        """Until ``count`` jobs were accepted, started, ended in success, error or interrupted."""
        limit = time.monotonic() + seconds
        while len(self.jobs(event)) < count:
            if time.monotonic() > limit:
                raise AssertionError(f"no {event} within {seconds} s: {self.jobs('accepted')}")
            time.sleep(0.02)
