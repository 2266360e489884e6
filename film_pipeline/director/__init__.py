"""Script to Storyboard: what every director promises, and the data that passes through the door.

The ways of directing are in ``offline.py`` (rules, no model) and ``openai.py`` (a language model); reading a script
file is in ``script.py``. Nothing here renders, stores or knows Dagster.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from film_pipeline.models.storyboard import Storyboard

ScriptKind = Literal["text", "markdown", "fountain", "storyboard"]
Made = dict[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Limits:
    """The largest film allowed: a number of scenes, and the sum of their seconds."""

    max_scenes: int
    max_seconds: float


@dataclass(frozen=True)
class Script:
    """A script that passed the door: ``name`` is the file name with its ending, ``text`` has ``\\n`` line ends only."""

    name: str
    text: str
    kind: ScriptKind


@dataclass(frozen=True)
class Direction:
    """A storyboard and how it was made: ``made`` goes into the film's records, ``notes`` onto its report."""

    storyboard: Storyboard
    made: Made = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Director(Protocol):
    """Turns a script into a storyboard. ``stand_in`` is true where it only takes the place of a language model."""

    @property
    def name(self) -> str:
        """Which director, such as ``offline/1``."""
        ...

    @property
    def stand_in(self) -> bool: ...

    def direct(self, script: Script, limits: Limits, previous: Storyboard | None) -> Direction:
        """Direct ``script``; scenes that ``previous`` already holds keep their id, prompt, duration and seed.

        Raises:
            StoryboardError: more scenes or seconds than ``limits``.
            ChatError: the language model gave no storyboard.
        """
        ...
