"""``film archive``: films leave daily work or come back, and their partitions with them."""

from typing import Any

import typer

from film_pipeline.studio import Studio
from film_pipeline.studio.archiving import archive, finished_before, restore


def archived_shown(studio: Studio, films: list[str], older_than: float | None, back: bool) -> dict[str, Any]:
    """Archive (or bring back) the named films, and all that were finished so many days ago; says what changed.

    The mark in the film's record comes first: whatever dies after it, the ``director`` sensor finishes the rest.
    """
    if back and older_than is not None:
        raise typer.BadParameter("Name the films to bring back.", param_hint="--restore")
    if not films and older_than is None:
        raise typer.BadParameter("Name films, or say --older-than DAYS.", param_hint="FILM...")
    for film in films:
        studio.store.archived(film)  # an unknown film stops the command before anything changed
    named = list(dict.fromkeys([*films, *(finished_before(studio, older_than) if older_than is not None else ())]))
    changed = [film for film in named if (restore if back else archive)(studio.store, film)]
    removed = 0 if back else _forget(studio, named)
    did = "back in daily work" if back else "archived"
    lines = [f"{film}  {did}" + ("" if film in changed else " already") for film in named]
    return {
        "films": named,
        "changed": changed,
        "archived": not back,
        "partitions_removed": removed,
        "text": "\n".join(lines) or "No film is that old and finished.",
    }


def _forget(studio: Studio, films: list[str]) -> int:
    """Remove the films' partitions where this home has its history; elsewhere the daemon does."""
    home = studio.settings.home
    if not films or not (home / "history").exists():
        return 0
    from film_pipeline.defs.home import open_history
    from film_pipeline.defs.partitions import forget_partitions

    with open_history(home) as instance:
        return forget_partitions(instance, films)
