"""What the pages and the JSON interface show: films, scenes and takes as data. How they are read: ``programme.py``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from film_pipeline.errors import FilmPipelineError
from film_pipeline.models.rating import Rating
from film_pipeline.models.report import FilmReport
from film_pipeline.screening.under_way import StepShown

State = Literal["current", "to_cut", "to_render", "unwritten", "problem"]


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(_Shown):
    """Why something cannot be shown, and what to do about it."""

    what: str
    where: str = ""
    why: str = ""
    remedy: str = ""

    @classmethod
    def of(cls, error: FilmPipelineError) -> "Problem":
        return cls(what=error.what, where=error.where, why=error.why, remedy=error.remedy)


class FilmCard(_Shown):
    """A film in the list; ``seconds`` is the movie's length, else the planned one.

    ``under_way`` while something of it is being made.
    """

    film: str
    title: str
    state: State
    scenes: int = 0
    to_render: int = 0
    seconds: float | None = None
    movie: str | None = None
    poster: str | None = None
    problem: Problem | None = None
    under_way: bool = False


class FilmList(_Shown):
    """One page of all films whose title or key holds the words of ``find``."""

    films: tuple[FilmCard, ...]
    found: int
    page: int
    pages: int
    find: str = ""


class TakeShown(_Shown):
    """One take: ``seconds`` long, rendered in ``render_seconds``; ``fits`` if it was made for the scene's words now.

    ``cost`` is in words, by the price as it is set now; empty without a price or a GPU.
    """

    number: int
    digest: str
    seed: int
    seconds: float
    render_seconds: float
    size: str
    renderer: str
    stand_in: bool
    selected: bool
    by_hand: bool
    by_judge: bool
    fits: bool
    created: str
    notes: tuple[str, ...]
    clip: str
    picture: str
    rating: Rating | None = None
    gpu_seconds: float = 0.0
    cost: str = ""


class RefusedShown(_Shown):
    """A take that the quality gate refused, and why; there is nothing to see of it."""

    number: int
    seed: int
    why: str


class SceneShown(_Shown):
    """A scene with all its takes; ``state`` as in the plan, or ``cut`` where only the last report tells of it."""

    scene: str
    heading: str
    prompt: str
    narration: str
    duration: float
    state: Literal["current", "selectable", "short", "missing", "stale", "cut"]
    start: float | None
    takes: tuple[TakeShown, ...]
    refused: tuple[RefusedShown, ...] = ()


class Block(_Shown):
    """A scene on the timeline in seconds; the first ``overlap`` of it lies in the transition from the one before."""

    scene: str
    heading: str
    start: float
    seconds: float
    transition: str
    overlap: float
    rendered: bool
    plays_at: float | None
    picture: str | None
    page: int


class FilmShown(_Shown):
    """A film: its card, its movie's report, one page of its scenes, its whole timeline, and what is being made.

    ``spent`` and ``estimate`` are in words: what the movie and its takes used of GPUs, what the rest will take.
    """

    card: FilmCard
    report: FilmReport | None
    rough_cut: str | None
    narrated: bool
    scenes: tuple[SceneShown, ...]
    page: int
    pages: int
    timeline: tuple[Block, ...]
    timeline_seconds: float
    under_way: dict[str, StepShown] = {}
    spent: str = ""
    estimate: str = ""
