"""Namespaces of their own for everything the cluster tests start, so that nothing can stay behind.

`python -m cluster` runs the tests as children of the first process of new PID, mount, network, IPC and host-name
namespaces. When that process ends, however it ends, the kernel kills every process in there and takes down every mount
and network device. What is left are empty cgroups and a folder; `sweep` removes those of this and of any earlier run.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CGROUP = os.environ.get("FILM_CLUSTER_NAME", "film-cluster")
STATE = Path("/var/tmp") / CGROUP  # on a disk: container layers and S3 objects do not belong in memory
_CGROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("cpu", "cpuset", "memory", "pids", "freezer", "devices")


def missing() -> str:
    """What this machine lacks for a cluster, in a few words; empty where it lacks nothing."""
    if sys.platform != "linux" or "bookworm" not in Path("/etc/os-release").read_text():
        return "this is not Debian 12"
    if os.geteuid() != 0:
        return "not root"
    absent = [name for name in _CONTROLLERS if not (_CGROUPS / name / "tasks").exists()]
    if absent:
        return f"no cgroup v1 hierarchy for {', '.join(absent)}"
    probe = subprocess.run(_enter(["true"]), capture_output=True, text=True)
    return f"no new namespaces: {probe.stderr.strip()}" if probe.returncode else ""


def run_inside(command: list[str]) -> int:
    """Run ``command`` in namespaces of its own, and leave nothing behind; its exit status. One at a time a machine."""
    with STATE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it when we end
        return _run_alone(command)


def _run_alone(command: list[str]) -> int:
    sweep()
    STATE.mkdir(parents=True)
    inside = subprocess.Popen(_enter([sys.executable, "-m", "cluster.sandbox", *command]))
    signal.signal(signal.SIGINT, _leave_it_to_the_tests)
    signal.signal(signal.SIGTERM, lambda *_: inside.kill())
    try:
        return inside.wait()
    finally:
        inside.kill()
        sweep()


def sweep() -> None:
    """Remove what is left of a run that is over: its cgroups and its folder."""
    for hierarchy in _CGROUPS.iterdir():
        ours = hierarchy / CGROUP
        if ours.is_dir():
            for group in _deepest_first(ours):
                _remove(group)
    if STATE.exists():
        shutil.rmtree(STATE)


def _remove(group: Path, seconds: float = 20) -> None:
    """A cgroup is busy until the last of its killed processes is gone."""
    limit = time.monotonic() + seconds
    while True:
        try:
            return group.rmdir()
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)


def _deepest_first(group: Path) -> Iterator[Path]:
    for child in group.iterdir():
        if child.is_dir():
            yield from _deepest_first(child)
    yield group


def _enter(command: list[str]) -> list[str]:
    namespaces = ["--pid", "--mount", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"]
    return ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, *command]


def _first_process(command: list[str]) -> int:
    """Run ``command`` and bury every process that loses its parent, as the first process of a PID namespace must."""
    signal.signal(signal.SIGINT, _leave_it_to_the_tests)
    _prepare()
    child = subprocess.Popen(command)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            return os.waitstatus_to_exitcode(status)


def _leave_it_to_the_tests(*_: object) -> None:
    """Ctrl-C reaches them too; they stop, and then so do we. Not SIG_IGN, which they would inherit."""


def _prepare() -> None:
    """Cgroups to live in, and mounts that containers may share; all of it ends with the namespaces."""
    for controller in _CGROUPS.iterdir():
        if (controller / "tasks").exists():
            (controller / CGROUP).mkdir(exist_ok=True)
    # All pods together weigh as much as one process outside, unless told otherwise.
    (_CGROUPS / "cpu" / CGROUP / "cpu.shares").write_text("16384")
    for name in ("cpuset.cpus", "cpuset.mems"):
        (_CGROUPS / "cpuset" / CGROUP / name).write_text((_CGROUPS / "cpuset" / name).read_text())
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    for folder in ("/var/log", "/run"):  # kubelet writes to /var/log/pods, containerd and its pods' networks to /run
        ours = STATE / folder.strip("/").replace("/", "-")
        ours.mkdir()
        subprocess.run(["mount", "--bind", str(ours), folder], check=True)
    Path("/run/lock").mkdir()  # /var/lock leads there


if __name__ == "__main__":
    sys.exit(_first_process(sys.argv[1:]))
