"""Archive: take films out of daily work, and bring them back. Their files stay where they are; a mark says it.

Not here: their partitions (``defs/partitions.py``); those follow the mark.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from film_pipeline.errors import FilmPipelineError, UnknownFilmError
from film_pipeline.storage import FilmStore
from film_pipeline.studio import Studio


def archive(store: FilmStore, film: str) -> bool:
    """Mark a film as archived; False where it was before.

    Raises:
        UnknownFilmError: there is no such film.
    """
    if store.archived(film):
        return False
    store.amend(film, archived=datetime.now(UTC).isoformat())
    return True


def restore(store: FilmStore, film: str) -> bool:
    """Bring a film back into daily work; False where it never left.

    Raises:
        UnknownFilmError: there is no such film.
    """
    if not store.archived(film):
        return False
    store.amend(film, archived="")
    return True


def finished_before(studio: Studio, days: float) -> Iterator[str]:
    """Films at work whose movie is current and older than so many days."""
    before = datetime.now(UTC) - timedelta(days=days)
    for film in studio.store.films(archived=False):
        try:
            report = studio.store.report(film)
            if report and datetime.fromisoformat(report.created) < before and studio.plan(film).current:
                yield film
        except FilmPipelineError:
            continue  # a film that cannot be planned is not finished; `film status` says why


def require_at_work(store: FilmStore, film: str) -> None:
    """Refuse work on an archived film.

    Raises:
        UnknownFilmError: it is archived.
    """
    since = store.archived(film)
    if since:
        raise UnknownFilmError(
            "This film is archived",
            where=film,
            why=f"since {since[:10]}",
            remedy=f"Bring it back with `film archive {film} --restore`.",
        )
