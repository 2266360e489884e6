"""Continuity between two versions of a film: what did not change keeps its id, prompt, length and seed.

Scenes are matched by content, never by place in the list. Knows nothing of scripts.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from film_pipeline.models.storyboard import Scene, Storyboard, Transition

MADE_TRANSITIONS = {
    "cut": Transition(kind="cut", duration=0.0),
    "dissolve": Transition(kind="dissolve", duration=1.0),
    "fade": Transition(kind="fade", duration=1.0),
    "fade_white": Transition(kind="fade_white", duration=1.0),
    "wipe_left": Transition(kind="wipe_left", duration=0.75),
}


def keep_unchanged(scenes: Sequence[Scene], previous: Storyboard | None) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Give ``scenes`` their final ids; the second value lists the ids taken over unchanged.

    A scene is the same where its seed is, or its prompt and narration. An edited scene between two known neighbours
    keeps its id with its new words; an inserted one gets the next number that was never used.
    """
    if previous is None:
        return tuple(scene.model_copy(update={"id": f"{n:03d}"}) for n, scene in enumerate(scenes, 1)), ()
    matched = _matches(scenes, previous.scenes)
    edited = _edits(matched, len(scenes), len(previous.scenes))
    fresh = _fresh_ids(previous)
    result: list[Scene] = []
    for number, scene in enumerate(scenes):
        if number in matched:
            result.append(_kept(previous.scenes[matched[number]], scene))
        elif number in edited:
            result.append(scene.model_copy(update={"id": previous.scenes[edited[number]].id}))
        else:
            result.append(scene.model_copy(update={"id": next(fresh)}))
    return tuple(result), tuple(result[number].id for number in sorted(matched))


def film_words_kept(previous: Storyboard | None, kept: Sequence[str], scenes: int) -> bool:
    """Whether it is still the same film, so that what people set for the whole film stays."""
    return previous is not None and len(kept) * 2 >= min(scenes, len(previous.scenes))


def _matches(scenes: Sequence[Scene], old: Sequence[Scene]) -> dict[int, int]:
    """New number to old number, by seed first, then by the words."""
    by_seed = {scene.seed: number for number, scene in reversed(list(enumerate(old))) if scene.seed is not None}
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for number, scene in enumerate(scenes):
        found = by_seed.get(scene.seed) if scene.seed is not None else None
        if found is not None and found not in taken:
            matched[number] = found
            taken.add(found)
    by_words: dict[tuple[str, str | None], list[int]] = {}
    for number, scene in reversed(list(enumerate(old))):
        if number not in taken:
            by_words.setdefault((scene.prompt, scene.narration), []).append(number)
    for number, scene in enumerate(scenes):
        candidates = by_words.get((scene.prompt, scene.narration))
        if number not in matched and candidates:
            matched[number] = candidates.pop()
    return matched


def _edits(matched: dict[int, int], new_count: int, old_count: int) -> dict[int, int]:
    """New scenes that stand where exactly as many old ones are gone: the same scenes with other words."""
    gone = set(range(old_count)) - set(matched.values())
    edited: dict[int, int] = {}
    borders = [(-1, -1), *sorted(matched.items()), (new_count, old_count)]
    for (new_before, old_before), (new_after, old_after) in pairwise(borders):
        new = range(new_before + 1, new_after)
        old = [number for number in range(old_before + 1, old_after) if number in gone] if new else []
        if len(new) == len(old):
            edited.update(zip(new, old, strict=True))
            gone.difference_update(old)
    return edited


def _fresh_ids(previous: Storyboard) -> Iterator[str]:
    used = {scene.id for scene in previous.scenes}
    number = max([0, *(int(scene_id) for scene_id in used if scene_id.isdigit())])
    while True:
        number += 1
        yield f"{number:03d}"


def _kept(old: Scene, new: Scene) -> Scene:
    """The old scene as it was, hand edits included; only the transition follows the script."""
    written_by_people = old.transition is not None and old.transition not in MADE_TRANSITIONS.values()
    transition = old.transition if written_by_people and new.transition is None else new.transition
    return old.model_copy(update={"transition": transition})
