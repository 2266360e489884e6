"""Who goes first: priorities in Dagster's run queue, and how places in it are dealt among films.

A run that a person launches in the UI carries no priority, which is 0 to Dagster: automation asks below that, and asks
for no more than soon can run, so that the queue stays short whatever lies in the inbox. Pure; no database is read here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from film_pipeline.defs.claims import Work

PRIORITY_TAG = "dagster/priority"
POOL = "gpu"

_DAY = {"cut_movie": -5, "write_storyboard": -10, "render_scene": -20}
_NIGHT = -100  # below everything of the day
_OTHERS = 32


def priority(work: Work, *, by_night: bool) -> int:
    """Movies, then storyboards, then scenes: two need no GPU, and who is nearly done goes first. The night is last."""
    return _DAY[work.job] + (_NIGHT if by_night else 0)


def places(slots: int, *, renders: bool) -> int:
    """How many runs of automation may wait or be under way: enough that no slot is idle between two ticks."""
    return max(16, 4 * slots) if renders else _OTHERS


def deal(
    claimed: Mapping[str, Sequence[Work]], held: Mapping[str, int], since: Mapping[str, float], places: int, free: int
) -> list[Work]:
    """Give ``free`` of ``places`` to films: ``claimed`` is the work they wait for, ``held`` how many places they have.

    The film that waits longest may hold half of the places, so that each is made in its turn, however large; the other
    half goes to the film that needs least, so that short ones overtake long ones.
    """
    waiting = {film: list(work) for film, work in claimed.items() if work}
    has = Counter(held)
    left = {film: len(work) + has[film] for film, work in waiting.items()}
    dealt: list[Work] = []
    by_age = sorted(waiting, key=lambda film: (since[film], film))
    by_size = sorted(waiting, key=lambda film: (left[film], since[film], film))
    while waiting and len(dealt) < free:
        oldest = next(film for film in by_age if film in waiting)
        least = next(film for film in by_size if film in waiting)
        film = oldest if has[oldest] < (places + 1) // 2 else least
        dealt.append(waiting[film].pop(0))
        has[film] += 1
        if not waiting[film]:
            del waiting[film]
    return dealt
