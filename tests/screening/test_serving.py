"""``film ui`` as a process: it ends with everything it started, however it is told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from film_pipeline.cli import serving

FILM = Path(sys.executable).with_name("film")


def wait_for(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start(home: Path, port: int) -> subprocess.Popen[str]:
    arguments = ["ui", "--read-only", "--home", str(home), "--screening-port", str(port)]
    return subprocess.Popen([FILM, *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_screening_room_ends_with_its_command(tmp_path: Path, told: signal.Signals) -> None:
    port = free_port()
    process = start(tmp_path, port)
    wait_for(lambda: healthy(port))
    process.send_signal(told)
    _, said = process.communicate(timeout=30)
    assert process.returncode == (-told if told == signal.SIGKILL else 0)
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said
    wait_for(lambda: not healthy(port))


def test_a_taken_port_ends_the_command_with_advice(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, taken.getsockname()[1])
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "--screening-port" in said
    assert "Traceback" not in said


def stubborn(told: Path) -> None:
    """A child that cannot be asked to end, with a child of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    grandchild = subprocess.Popen(["sleep", "300"])
    told.write_text(str(grandchild.pid))
    grandchild.wait()


def test_no_process_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_PATIENCE_SECONDS", 0.5)
    told = tmp_path / "pid"
    process = serving._start("stubborn", stubborn, told)
    wait_for(lambda: told.exists() and told.read_text() != "")
    grandchild = int(told.read_text())
    serving._end([process])
    assert not process.is_alive()
    wait_for(lambda: gone(grandchild))


def gone(pid: int) -> bool:
    """No such process, or one that has ended and waits for this container's first process to notice."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_addresses_are_those_a_browser_here_can_open() -> None:
    assert serving.Address("127.0.0.1", 3000).url == "http://127.0.0.1:3000"
    assert serving.Address("0.0.0.0", 3001).url == "http://127.0.0.1:3001"
    assert serving.Address("::", 3001).url == "http://[::1]:3001"
