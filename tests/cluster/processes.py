"""Programs started by the tests: each with its log, and each ends with the process that started it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path


class Process:
    """One program that can be stopped, killed and started again; what it says is appended to ``<name>.log``."""

    def __init__(self, name: str, command: list[str], logs: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        # The kernel ends it when we are gone, whatever killed us.
        self._command = ["setpriv", "--pdeathsig", "KILL", *command]
        self._environment = {**os.environ, **(environment or {})}
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert not self.alive, f"{self.name} runs already"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C goes to the tests, which stop things in order
            )

    @property
    def alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def stop(self, seconds: float = 20) -> None:
        """Ask it to end, and wait; kill it when it does not."""
        if self._popen is None:
            return
        self._popen.send_signal(signal.SIGTERM)
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._popen is not None:
            self._popen.kill()
            self._popen.wait()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait for ``ready``; end at once with the log when the program has died."""
        wait_until(ready, seconds, f"{self.name} to be ready", lives=lambda: self.alive, told=self.tail)

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


def wait_until(
    ready: Callable[[], bool],
    seconds: float,
    what: str,
    *,
    lives: Callable[[], bool] = lambda: True,
    told: Callable[[], str] = lambda: "",
    every: float = 0.2,
) -> None:
    """Poll until ``ready()``; the error says ``what`` was waited for and what is ``told``."""
    limit = time.monotonic() + seconds
    while not ready():
        if not lives() or time.monotonic() > limit:
            raise AssertionError(f"waited {seconds:.0f} s for {what}\n{told()}")
        time.sleep(every)


def run(*command: str, environment: Mapping[str, str] | None = None, stdin: str | None = None) -> str:
    """A program that does one thing and ends; its output."""
    surroundings = {**os.environ, **(environment or {})}
    done = subprocess.run(command, env=surroundings, input=stdin, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout[-1000:] + done.stderr[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout
