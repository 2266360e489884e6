"""The estimate of a plan: past takes of the same kind, looked for in this film and then in others of this home.

Bounded, so that it costs the same in a home of a thousand films: a median needs a few takes, not all.
Not here: the arithmetic (``film_pipeline/estimate.py``).
"""

from collections import Counter
from collections.abc import Iterator

from film_pipeline.estimate import Estimate, estimate, kind_of
from film_pipeline.models.take import Take
from film_pipeline.planning import Plan
from film_pipeline.storage import keys
from film_pipeline.studio import Studio

_ENOUGH = 12
_SCENES_HERE = 40
_OTHER_FILMS = 20
_SCENES_THERE = 1


def estimate_of(studio: Studio, planned: Plan) -> Estimate:
    """What rendering the rest of ``planned`` will take; reads nothing where nothing is to be rendered."""
    wanted = [(scene.spec, scene.takes_left) for scene in planned.scenes if scene.takes_left]
    missing = Counter({kind_of(spec): _ENOUGH for spec, _ in wanted})
    past: list[Take] = []
    for take in _past_takes(studio, planned) if wanted else ():
        if missing[kind_of(take.spec)] > 0:
            missing[kind_of(take.spec)] -= 1
            past.append(take)
        if not +missing:
            break
    return estimate(wanted, past, studio.settings.gpu_price)


def _past_takes(studio: Studio, planned: Plan) -> Iterator[Take]:
    store = studio.store
    here = [scene.scene for scene in planned.scenes if scene.state != "missing"]
    for scene in here[:_SCENES_HERE]:
        yield from store.takes(planned.film, scene)
    for film in [film for film in store.films() if film != planned.film][:_OTHER_FILMS]:
        for scene in store.objects.folders(keys.takes(film))[:_SCENES_THERE]:
            yield from store.takes(film, scene)
