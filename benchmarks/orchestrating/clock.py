"""Processor time, which other work on the machine hardly changes: of ended children, and of a tree that lives."""

import resource
from contextlib import suppress
from pathlib import Path

_TICKS = 100  # a second, in Linux's /proc


def cpu_seconds() -> float:
    """User and system time of this process and of those that it started and that ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def cpu_of_tree(pid: int) -> float:
    """User and system time of a process and of everything below it, ended or not."""
    spent = 0.0
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent = sum(map(int, fields[11:15])) / _TICKS
        for thread in Path(f"/proc/{pid}/task").iterdir():
            spent += sum(cpu_of_tree(int(child)) for child in (thread / "children").read_text().split())
    return spent
