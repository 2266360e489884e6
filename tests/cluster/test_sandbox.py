"""However a run ends, nothing of it is left: its processes by the kernel, the rest by the next start at the latest."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.processes import wait_until

NAME = "film-cluster-within"
MARK = "86399"
"""Seconds that the process in the inner sandbox sleeps; what it is found by."""
INNER = f"from cluster import sandbox; sandbox.run_inside(['sleep', '{MARK}'])"
SWEEP = "from cluster import sandbox; sandbox.sweep()"
ENVIRONMENT = {**os.environ, "FILM_CLUSTER_NAME": NAME}
TESTS = Path(__file__).parents[1]


def alive() -> bool:
    found = False
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended in the meantime
            found |= file.read_bytes() == f"sleep\0{MARK}\0".encode()
    return found


def left_over() -> list[str]:
    places = [Path("/var/tmp", NAME), *(group / NAME for group in Path("/sys/fs/cgroup").iterdir())]
    return [str(place) for place in places if place.exists()]


@pytest.fixture
def run() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", INNER], cwd=TESTS, env=ENVIRONMENT, process_group=0) as started:
        try:
            wait_until(alive, 20, "the inner sandbox")
            assert left_over()
            yield started
        finally:
            started.kill()


def test_a_stopped_run_leaves_nothing(run: subprocess.Popen[bytes]) -> None:
    run.terminate()
    run.wait(30)
    assert not alive()
    assert not left_over()


def test_control_c_leaves_nothing(run: subprocess.Popen[bytes]) -> None:
    os.killpg(run.pid, signal.SIGINT)
    run.wait(30)
    assert not alive()
    assert not left_over()


def test_the_next_start_sweeps_after_a_killed_run(run: subprocess.Popen[bytes]) -> None:
    run.kill()
    wait_until(lambda: not alive(), 20, "the kernel to end what was started")
    subprocess.run([sys.executable, "-c", SWEEP], cwd=TESTS, env=ENVIRONMENT, check=True)
    assert not left_over()


def test_what_a_run_writes_for_the_machine_to_see_stays_within() -> None:
    marks = [Path(folder, "film-cluster-mark") for folder in ("/run", "/var/log")]
    touch = f"from cluster import sandbox; raise SystemExit(sandbox.run_inside(['touch', *{list(map(str, marks))}]))"
    subprocess.run([sys.executable, "-c", touch], cwd=TESTS, env=ENVIRONMENT, check=True)
    assert not [mark for mark in marks if mark.exists()]
    assert not left_over()
