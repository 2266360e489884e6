"""A Dockerfile, read: its instructions as words, with variables put in."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Step:
    """One instruction; ``stage`` counts the images of the file from 0."""

    stage: int
    word: str
    text: str


def steps(name: str) -> list[Step]:
    text = re.sub(r"\\\n\s*", "", (ROOT / name).read_text())
    found: list[Step] = []
    stage = -1
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Step(stage, word, rest.strip()))
    return found


def runs(name: str, stage: int | None = None) -> list[str]:
    """The shell commands of a file, or of one of its stages."""
    return [step.text for step in steps(name) if step.word == "RUN" and stage in (None, step.stage)]


def apt_packages(name: str) -> list[str]:
    installs = [part for run in runs(name) for part in run.split("&&") if "apt-get install" in part]
    return [word for part in installs for word in part.split()[2:] if not word.startswith("-")]
