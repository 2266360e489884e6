"""How long rendering takes here: seconds of rendering per second of film, from the films made so far."""

from itertools import islice

from film_pipeline.studio import Studio

_FILMS = 20


def pace_of(studio: Studio, renderer: str) -> float | None:
    """Over the films received last that have a movie by ``renderer``; None where there is none yet."""
    spent = made = 0.0
    films = sorted(studio.store.films(), key=studio.store.received, reverse=True)
    reports = (report for film in films[: 10 * _FILMS] if (report := studio.store.report(film)))
    for report in islice(reports, _FILMS):
        for scene in report.scenes:
            if scene.renderer == renderer:
                spent, made = spent + scene.seconds, made + scene.duration
    return spent / made if made else None
