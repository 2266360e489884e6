"""``film export``: which files were asked for, and what was written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from film_pipeline.cli.screen import open_screen
from film_pipeline.studio import Studio
from film_pipeline.studio.exports import KINDS, Export, export


def exported_shown(studio: Studio, film: str, wanted: Mapping[str, bool], into: Path | None) -> dict[str, Any]:
    """Export the film with the kinds that are true in ``wanted`` (all where none is), and show what was written."""
    with open_screen() as screen:
        screen.stage("export", 1)

        def progress(share: float, words: str) -> None:
            screen.busy({film: (share, words)})

        done = export(studio, film, [kind for kind in KINDS if wanted.get(kind)], into, progress)
        screen.done(film, True)
    return _shown(done)


def _shown(done: Export) -> dict[str, Any]:
    files = [str(path) for paths in done.files.values() for path in paths]
    media = [f"{len(done.clips)} clips and {done.soundtrack.name} beside them"] if done.soundtrack else []
    lines = [f"{done.film}: exported to {done.folder}", *files, *media, *(f"note: {note}" for note in done.notes)]
    return {
        "film": done.film,
        "folder": str(done.folder),
        "files": {kind: [str(path) for path in paths] for kind, paths in done.files.items()},
        "clips": [str(path) for path in done.clips],
        "soundtrack": str(done.soundtrack) if done.soundtrack else None,
        "notes": done.notes,
        "text": "\n".join(lines),
    }
