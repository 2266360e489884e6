"""Folders for unfinished files, which end with the process that works in them, however that ends."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def workspace_in(parent: Path) -> Iterator[Path]:
    """A new folder in ``parent``, removed at the end.

    Raises:
        OSError: it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_workspaces(parent: Path) -> int:
    """Remove the folders of processes that are gone; returns how many."""
    swept = 0
    for folder in parent.glob("*-*"):
        if not lives(folder.name.split("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def lives(pid: str) -> bool:
    """Whether a process of this machine has the number ``pid``; what is no number is none of ours."""
    if not pid.isdigit():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
