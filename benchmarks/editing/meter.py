"""Runs commands and remembers what they cost: computing of all processes, time on the clock, memory of the largest."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system), seconds on the clock, megabytes."""

    cpu: float
    wall: float
    peak: float


class Meter:
    """The costs of some commands, each run several times."""

    def __init__(self) -> None:
        self._costs: dict[str, list[Cost]] = {}

    def run(
        self, name: str, command: list[str], *, told: Path | None = None, environment: Mapping[str, str] = {}
    ) -> None:
        """Run and measure; a command that counts its computing itself has written it to ``told``."""
        started = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{name} failed: {command[:6]}")
        cpu = float(told.read_text()) if told else usage.ru_utime + usage.ru_stime
        self._costs.setdefault(name, []).append(Cost(cpu, wall, usage.ru_maxrss / 1024))
        print(f"{name}: {cpu:.2f} s on the processor", file=sys.stderr, flush=True)

    def __contains__(self, name: str) -> bool:
        return name in self._costs

    def __getitem__(self, name: str) -> Cost:
        """The medians of a row."""
        row = self._costs[name]
        return Cost(*(statistics.median(getattr(cost, field) for cost in row) for field in ("cpu", "wall", "peak")))

    def table(self, reference: str) -> str:
        rows = [f"{'':48}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}{'times cheaper':>15}{'rounds':>8}"]
        for name in self._costs:
            cost = self[name]
            cheaper = f"{self[reference].cpu / max(cost.cpu, 0.001):15.2f}" if reference in self else f"{'':15}"
            count = len(self._costs[name])
            rows.append(f"{name:48}{cost.cpu:9.2f}{cost.wall:9.2f}{cost.peak:9.0f}{cheaper}{count:8}")
        return "\n".join(rows)


def processor_seconds() -> float:
    """What this process and those it waited for have computed until now."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
