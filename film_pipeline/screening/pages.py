"""Pages as HTML. Every word that comes from a film is escaped by Jinja; templates never use ``safe``."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from film_pipeline.models.digests import digest_of
from film_pipeline.screening import addresses
from film_pipeline.screening.shown import FilmList, FilmShown, Problem

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

STATES = {
    "current": "Up to date",
    "to_cut": "To be cut",
    "to_render": "To be rendered",
    "unwritten": "No storyboard yet",
    "problem": "Needs a hand",
}
SCENE_STATES = {
    "current": "In the film",
    "selectable": "Rendered, not in the film",
    "short": "More takes to be rendered",
    "missing": "To be rendered",
    "stale": "To be rendered again",
    "cut": "As last cut",
}
TRANSITIONS = {
    "cut": "cut",
    "dissolve": "dissolve",
    "fade": "fade through black",
    "fade_white": "fade through white",
    "wipe_left": "wipe to the left",
    "wipe_right": "wipe to the right",
    "wipe_up": "wipe upwards",
    "wipe_down": "wipe downwards",
}


class Pages:
    """The templates, and the files they need, under names that change with their content."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("film_pipeline.screening"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.files = {name: (content, _TYPES[f".{name.rpartition('.')[2]}"]) for name, content in _files()}
        static = {name.partition(".")[0] + "." + name.rpartition(".")[2]: name for name in self.files}
        self._environment.globals.update(
            static=lambda name: f"/static/{static[name]}",
            partition_address=addresses.partition,
            film_address=addresses.film,
            captions_address=addresses.captions,
            progress_address=addresses.progress,
            states=STATES,
            scene_states=SCENE_STATES,
            transitions=TRANSITIONS,
        )
        self._environment.filters.update(
            clock=clock, spoken_length=spoken_length, megabytes=megabytes, by=by, short=short
        )

    # ``dagster`` is where this viewer reaches Dagster's pages, or None where they are not running.

    def films(self, shown: FilmList, dagster: str | None) -> str:
        return self._page("films.html", shown=shown, dagster=dagster)

    def film(self, shown: FilmShown, dagster: str | None) -> str:
        return self._page("film.html", shown=shown, card=shown.card, report=shown.report, dagster=dagster)

    def problem(self, title: str, problem: Problem, dagster: str | None) -> str:
        return self._page("problem.html", title=title, problem=problem, dagster=dagster)

    def _page(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)


def clock(seconds: float) -> str:
    """``33.0`` as ``0:33``, ``3725`` as ``1:02:05``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def spoken_length(seconds: float) -> str:
    """For screen readers: ``65`` as ``1 minutes 5 seconds``."""
    minutes, rest = divmod(round(seconds), 60)
    return (f"{minutes} minutes " if minutes else "") + f"{rest} seconds"


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def by(name: str) -> str:
    """``animatic/1`` as ``animatic``: the version matters to digests, not to viewers."""
    return name.split("/")[0]


def short(said: str) -> str:
    """``renderer: animatic (all scenes)`` as ``renderer: animatic``; the rest stands in the report."""
    return said.partition(" (")[0]


def _files() -> list[tuple[str, bytes]]:
    """The static files with a digest of their content in the name, so that browsers may keep them for good."""
    found = []
    for file in sorted(files("film_pipeline.screening").joinpath("static").iterdir(), key=lambda file: file.name):
        stem, _, ending = file.name.rpartition(".")
        if f".{ending}" in _TYPES:
            found.append((f"{stem}.{digest_of(file.read_text())[:10]}.{ending}", file.read_bytes()))
    return found
