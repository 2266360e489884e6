"""What people see while a film is made: bars on a terminal, plain lines elsewhere, always on standard error."""

import sys
import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_LINE_EVERY_SECONDS = 15.0


class Screen(Protocol):
    """Told what is going on; never asks anything."""

    def say(self, text: str) -> None: ...

    def stage(self, name: str, total: int) -> None: ...

    def done(self, what: str, ok: bool) -> None: ...

    def busy(self, steps: dict[str, tuple[float, str]]) -> None: ...


class Lines:
    """One line an event, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name, self._total, self._count = "", 0, 0
        self._last = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True, highlight=False)

    def stage(self, name: str, total: int) -> None:
        self._name, self._total, self._count = name, total, 0

    def done(self, what: str, ok: bool) -> None:
        self._count += 1
        self.say(f"{self._name} {self._count} of {self._total}: {what} {'done' if ok else 'FAILED'}")

    def busy(self, steps: dict[str, tuple[float, str]]) -> None:
        if steps and time.monotonic() - self._last > _LINE_EVERY_SECONDS:
            self._last = time.monotonic()
            under_way = (f"{step} {share:.0%} {words}".rstrip() for step, (share, words) in sorted(steps.items()))
            self.say(", ".join(under_way))


class Bars:
    """Moving bars: the whole stage with the time left, and each step that is under way."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._stage: TaskID | None = None
        self._name, self._total, self._count = "", 0, 0
        self._steps: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        self._progress.console.print(escape(text), soft_wrap=True, highlight=False)

    def stage(self, name: str, total: int) -> None:
        self.busy({})
        if self._stage is not None:
            self._progress.remove_task(self._stage)
        self._name, self._total, self._count = name, total, 0
        self._stage = self._progress.add_task(escape(name), total=total, words=f"0 of {total}")

    def done(self, what: str, ok: bool) -> None:
        self._count += 1
        if self._stage is not None:
            words = f"{self._count} of {self._total}"
            self._progress.update(self._stage, completed=self._count, words=words)
        self.say(f"{self._name} {self._count} of {self._total}: {what} {'done' if ok else 'FAILED'}")

    def busy(self, steps: dict[str, tuple[float, str]]) -> None:
        for gone in set(self._steps) - set(steps):
            self._progress.remove_task(self._steps.pop(gone))
        for step, (share, words) in steps.items():
            if step not in self._steps:
                self._steps[step] = self._progress.add_task(f"  {escape(step)}", total=1.0, words="")
            self._progress.update(self._steps[step], completed=share, words=escape(words))
        if self._stage is not None:
            under_way = sum(share for share, _ in steps.values())
            self._progress.update(self._stage, completed=min(self._total, self._count + under_way))


def open_screen() -> Bars | Lines:
    """Bars on a terminal, lines elsewhere."""
    console = Console(stderr=True)
    return Bars(console) if sys.stderr.isatty() else Lines(console)
