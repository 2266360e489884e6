"""Judge: a scene gets the takes it is to have, one after the other, and the best of them is chosen.

Each take is stored as soon as it is made and rated, so that a kill costs the one that was being rendered. Which takes
are missing is read from storage before each. Not here: moving the pointer of the cut (``shots.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from film_pipeline.errors import FilmPipelineError, MediaError, RenderContentError, UnfitMediaError
from film_pipeline.ffmpeg.verify import Check
from film_pipeline.models.contest import Contest, Standing, standing
from film_pipeline.models.rating import Rating
from film_pipeline.models.take import Refusal, Selection, Take
from film_pipeline.planning import ScenePlan
from film_pipeline.renderer import Progress
from film_pipeline.studio import Studio
from film_pipeline.studio.rendering import Rendered, Setup, rendered_take


@dataclass(frozen=True)
class Held:
    """A contest that was held: ``rendered`` are the digests of the takes made now, with what was proven of them."""

    contest: Contest
    rendered: Mapping[str, tuple[Check, ...]]


def hold_contest(setup: Setup, progress: Progress) -> Held:
    """Render and rate what is missing of the takes that the scene is to have, and choose the best.

    Raises:
        RenderContentError, MediaError: all takes were refused. RenderMachineError: takes made so far are kept.
    """
    _begin_anew_if_all_were_refused(setup)
    _rate_stored_takes(setup)
    rendered: dict[str, tuple[Check, ...]] = {}
    fault: FilmPipelineError | None = None
    while (order := setup.plan()).takes_left:
        try:
            made = _one_more(setup, order, _told(setup, order, progress))
            rendered[made.take.digest] = made.checks
        except (RenderContentError, MediaError) as error:
            fault = error
            setup.studio.store.write_refusal(setup.film, _refusal(order, error))
        if order.takes_left == 1:
            break  # where all were refused, the plan would begin anew
    stands = _stands(setup, order.basis)
    if stands.best is None:
        raise _all_refused(setup, order.basis, fault)
    return Held(Contest(stands.best, stands.takes, stands.refused), rendered)


def contest_of(studio: Studio, film: str, take: Take, selection: Selection) -> Contest | None:
    """The contest from which a selected take came, as storage tells of it; None where there was no other take."""
    store, by_person = studio.store, selection.chosen_by == "person"
    if selection.among == 1 and not by_person:
        return None
    takes = [one for one in store.takes(film, take.scene) if one.basis == selection.basis or one.digest == take.digest]
    refused = [refusal for refusal in store.refusals(film, take.scene) if refusal.basis == selection.basis]
    contest = Contest(take, tuple(takes), tuple(refused), by_person)
    return contest if contest.among > 1 else None


def rate(setup: Setup, rendered: Rendered) -> Take:
    """The take with the judge's rating, where there is a judge."""
    judge = setup.studio.judge
    if judge is None:
        return rendered.take
    return _rated(rendered.take, judge.rate(rendered.clip, setup.scene, rendered.take.spec))


def _rated(take: Take, rating: Rating) -> Take:
    return take.model_copy(update={"rating": rating})


def _one_more(setup: Setup, order: ScenePlan, progress: Progress) -> Rendered:
    """Render, rate and store one take.

    Raises:
        RenderContentError, MediaError: it is refused. RenderMachineError: worth another try.
    """
    with rendered_take(setup, order, progress) as rendered:
        setup.studio.store.publish_take(setup.film, rate(setup, rendered), rendered.clip)
        return rendered


def _refusal(order: ScenePlan, error: FilmPipelineError) -> Refusal:
    return Refusal(
        scene=order.scene,
        number=order.spec.take,
        digest=order.spec.digest,
        basis=order.basis,
        seed=order.spec.seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        why=f"{error.what}: {error.why}" if error.why else error.what,
    )


def _stands(setup: Setup, basis: str) -> Standing:
    store, film, scene = setup.studio.store, setup.film, setup.scene.id
    takes = store.takes(film, scene)
    clips = {take.digest: take.bytes for take in takes}
    return standing(takes, store.refusals(film, scene), clips, basis, setup.wanted)


def _told(setup: Setup, order: ScenePlan, progress: Progress) -> Progress:
    """Progress over all takes of the scene: ``take 2 of 3: step 12 of 20``."""
    wanted = setup.wanted
    done = wanted - order.takes_left

    def tell(share: float, words: str) -> None:
        progress((done + share) / wanted, f"take {done + 1} of {wanted}: {words}")

    return tell


def _rate_stored_takes(setup: Setup) -> None:
    """Rate the takes that have no rating yet, or one that cannot stand beside this judge's."""
    store, judge, film = setup.studio.store, setup.studio.judge, setup.film
    if judge is None:
        return
    for take in _stands(setup, setup.plan().basis).takes:
        if take.rating and judge.accepts(take.rating):
            continue
        try:
            with store.clip(film, take) as clip:
                rating = judge.rate(clip, setup.scene, take.spec)
        except MediaError:
            store.set_clip_aside(film, take)  # damaged since it was made; the plan has it rendered again
            continue
        store.write_rating(film, _rated(take, rating))


def _begin_anew_if_all_were_refused(setup: Setup) -> None:
    """A scene that failed is tried again from its first take, as one that has a single take."""
    basis = setup.plan().basis
    if _stands(setup, basis).best is None and len(_refused(setup, basis)) >= setup.wanted:
        setup.studio.store.forget_refusals(setup.film, setup.scene.id, basis)


def _refused(setup: Setup, basis: str) -> list[Refusal]:
    refusals = setup.studio.store.refusals(setup.film, setup.scene.id)
    return [refusal for refusal in refusals if refusal.basis == basis]


def _all_refused(setup: Setup, basis: str, fault: FilmPipelineError | None) -> FilmPipelineError:
    """One error for all takes: the last one's own, with its advice, where all were refused for the same reason."""
    refused = _refused(setup, basis)
    if fault and len({refusal.why for refusal in refused}) == 1:
        return fault
    return UnfitMediaError(
        f"All {len(refused)} takes were refused",
        where=f"{setup.film}/{setup.scene.id}",
        why="; ".join(f"take {refusal.number}: {refusal.why}" for refusal in refused)[:1_500],
        remedy="Reword the scene. allow_still and allow_black on the scene accept still and black pictures.",
    )
