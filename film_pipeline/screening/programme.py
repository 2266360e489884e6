"""What there is to see: each film with its movie, scenes, takes and timeline, read from the store.

Bounded work: a list plans only the films of its page, a film reads the takes of the scenes of its page, and no clip is
opened. Not here: what is told of them (``shown.py``), and how it looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from film_pipeline.errors import FilmPipelineError, UnknownFilmError
from film_pipeline.models.price import GpuPrice
from film_pipeline.models.report import FilmReport, SceneReport
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Cut, Selection, Take
from film_pipeline.planning import Plan, ScenePlan
from film_pipeline.screening import addresses
from film_pipeline.screening.listing import Listing
from film_pipeline.screening.shown import (
    Block,
    FilmCard,
    FilmList,
    FilmShown,
    Problem,
    RefusedShown,
    SceneShown,
    State,
    TakeShown,
)
from film_pipeline.screening.under_way import steps_under_way
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.estimates import estimate_of
from film_pipeline.studio.reports import spending_words
from film_pipeline.studio.timelines import planned_timeline

FILMS_A_PAGE = 48
SCENES_A_PAGE = 60


@dataclass(frozen=True)
class _Film:
    """What the store says of one film; ``problem`` where a part of it cannot be read or planned."""

    key: str
    storyboard: Storyboard | None = None
    planned: Plan | None = None
    report: FilmReport | None = None
    cut: Cut = field(default_factory=Cut)
    problem: Problem | None = None


def film_list(studio: Studio, listing: Listing, page: int = 1, find: str = "") -> FilmList:
    """One page of the films, in the order of their keys; a film that cannot be read says why and hides no other."""
    films = listing.having(find)
    pages, page, shown = _page(len(films), page, FILMS_A_PAGE)
    cards = tuple(_card(_read(studio, film), under_way=bool(steps_under_way(studio, film))) for film in films[shown])
    return FilmList(films=cards, found=len(films), page=page, pages=pages, find=find)


def film_shown(studio: Studio, key: str, page: int = 1) -> FilmShown:
    """A film with one page of its scenes.

    Raises:
        UnknownFilmError: there is no such film.
    """
    if keys.checked_film(key) not in studio.store.films():
        raise UnknownFilmError(
            "There is no such film", where=key, remedy="See the list of films for those of this home."
        )
    film = _read(studio, key)
    starts = {scene.scene: scene.start for scene in film.report.scenes} if film.report else {}
    every = _scene_ids(film)
    pages, page, shown = _page(len(every), page, SCENES_A_PAGE)
    try:
        scenes = tuple(_scene(studio, film, scene, starts.get(scene)) for scene in every[shown])
    except FilmPipelineError as error:
        scenes, film = (), _with_problem(film, error)
    blocks = tuple(_blocks(film, starts))
    rough = studio.store.objects.stat(keys.rough_movie(key)) if film.report is None else None
    under_way = steps_under_way(studio, key)
    return FilmShown(
        card=_card(film, under_way=bool(under_way)),
        report=film.report,
        rough_cut=addresses.rough_cut(key) if rough else None,
        narrated=bool(film.report and film.storyboard and any(scene.narration for scene in film.storyboard.scenes)),
        scenes=scenes,
        page=page,
        pages=pages,
        timeline=blocks,
        timeline_seconds=max((block.start + block.seconds for block in blocks), default=0.0),
        under_way=under_way,
        spent=spending_words(film.report.spending) if film.report else "",
        estimate=_estimate(studio, film),
    )


def _estimate(studio: Studio, film: _Film) -> str:
    return estimate_of(studio, film.planned).words if film.planned and film.planned.takes_left else ""


def _read(studio: Studio, key: str) -> _Film:
    """Everything that can be read of a film; the last movie can be watched though the storyboard is broken."""
    film = _Film(key)
    try:
        film = _Film(key, report=studio.store.report(key))
        film = _Film(key, report=film.report, cut=studio.store.cut(key))
        if studio.store.objects.stat(keys.storyboard(key)) is None:
            return film
        storyboard = studio.store.storyboard(key)
        film = _Film(key, storyboard, report=film.report, cut=film.cut)
        return _Film(key, storyboard, studio.plan_of(key, storyboard), film.report, film.cut)
    except FilmPipelineError as error:
        return _with_problem(film, error)


def _with_problem(film: _Film, error: FilmPipelineError) -> _Film:
    return _Film(film.key, film.storyboard, film.planned, film.report, film.cut, Problem.of(error))


def _card(film: _Film, *, under_way: bool) -> FilmCard:
    report, planned = film.report, film.planned
    title = film.storyboard.title if film.storyboard else report.title if report else film.key
    return FilmCard(
        film=film.key,
        title=title,
        state=_state(film),
        scenes=len(_scene_ids(film)),
        to_render=sum(1 for scene in planned.scenes if scene.takes_left) if planned else 0,
        seconds=report.seconds if report else film.storyboard.seconds if film.storyboard else None,
        movie=addresses.movie(film.key, report.sha256) if report else None,
        poster=_poster(film),
        problem=film.problem,
        under_way=under_way,
    )


def _state(film: _Film) -> State:
    if film.problem:
        return "problem"
    if film.planned is None:
        return "unwritten"
    if film.planned.current:
        return "current"
    return "to_render" if film.planned.takes_left else "to_cut"


def _poster(film: _Film) -> str | None:
    """A picture from a third into the film: after the opening, before the end is given away."""
    chosen = [(scene, film.cut.scenes[scene]) for scene in _scene_ids(film) if scene in film.cut.scenes]
    if not chosen:
        return None
    scene, selection = chosen[len(chosen) // 3]
    return _picture(film.key, scene, selection, "medium")


def _picture(film: str, scene: str, selection: Selection, size: str) -> str:
    # The selection knows no SHA-256 of the clip; its size stands in, and the thumbnail's own ETag does the rest.
    return addresses.thumbnail(film, scene, selection.digest, str(selection.bytes), size)


def _scene_ids(film: _Film) -> list[str]:
    """The storyboard's scenes, else those of the last movie."""
    if film.storyboard:
        return [scene.id for scene in film.storyboard.scenes]
    return [scene.scene for scene in film.report.scenes] if film.report else []


def _scene(studio: Studio, film: _Film, scene_id: str, start: float | None) -> SceneShown:
    scene = film.storyboard.scene(scene_id) if film.storyboard else None
    planned = next((plan for plan in film.planned.scenes if plan.scene == scene_id), None) if film.planned else None
    report = next((scene for scene in film.report.scenes if scene.scene == scene_id), None) if film.report else None
    price = studio.settings.gpu_price
    return SceneShown(
        scene=scene_id,
        heading=(scene.heading if scene else None) or "",
        prompt=_prompt(scene, report),
        narration=(scene.narration if scene else None) or "",
        duration=scene.duration if scene else report.duration if report else 0.0,
        state=planned.state if planned else "cut",
        start=start,
        takes=tuple(_take(film, take, planned, price) for take in studio.store.takes(film.key, scene_id)),
        refused=tuple(
            RefusedShown(number=refusal.number, seed=refusal.seed, why=refusal.why)
            for refusal in studio.store.refusals(film.key, scene_id)
        ),
    )


def _prompt(scene: Scene | None, report: SceneReport | None) -> str:
    return scene.prompt if scene else report.prompt if report else ""


def _take(film: _Film, take: Take, planned: ScenePlan | None, price: GpuPrice | None) -> TakeShown:
    selection = film.cut.scenes.get(take.scene)
    selected = selection is not None and selection.digest == take.digest
    return TakeShown(
        number=take.number,
        digest=take.digest,
        seed=take.spec.seed,
        seconds=take.spec.seconds,
        render_seconds=take.seconds,
        gpu_seconds=take.gpu_seconds,
        cost=price.words(take.gpu_seconds) if price and take.gpu_seconds else "",
        size=take.spec.format.size,
        renderer=take.spec.renderer,
        stand_in=take.stand_in,
        selected=selected,
        by_hand=bool(selected and selection and selection.chosen_by == "person"),
        by_judge=bool(selected and selection and selection.chosen_by == "judge"),
        fits=planned is None or take.basis == planned.basis,
        created=take.created,
        notes=take.notes,
        rating=take.rating,
        clip=addresses.clip(film.key, take.scene, take.digest, take.sha256),
        picture=addresses.thumbnail(film.key, take.scene, take.digest, take.sha256, "medium"),
    )


def _blocks(film: _Film, starts: dict[str, float]) -> Iterator[Block]:
    """The planned edit; ``plays_at`` is where the scene begins in the movie that is there."""
    if not (film.storyboard and film.planned):
        return
    timeline = planned_timeline(film.storyboard, film.planned)
    entering = (timeline.opening, *timeline.transitions)
    rows = zip(timeline.clips, timeline.spans(), entering, film.planned.scenes, film.storyboard.scenes, strict=True)
    for index, (clip, span, transition, planned, scene) in enumerate(rows):
        selection = film.cut.scenes.get(clip.scene)
        yield Block(
            scene=clip.scene,
            heading=scene.heading or "",
            start=timeline.format.seconds(span.start),
            seconds=timeline.format.seconds(clip.frames),
            transition=transition.kind if transition else "cut",
            overlap=timeline.format.seconds(span.head),
            rendered=not planned.to_render,
            plays_at=starts.get(clip.scene),
            picture=_picture(film.key, clip.scene, selection, "small") if selection else None,
            page=index // SCENES_A_PAGE + 1,
        )


def _page(count: int, page: int, size: int) -> tuple[int, int, slice]:
    """How many pages, which one is shown (the nearest that exists), and what of the list is on it."""
    pages = max(1, -(-count // size))
    page = min(max(1, page), pages)
    return pages, page, slice((page - 1) * size, page * size)
