"""Bundles: several scenes of one film in one run, so that a pod loads the model once for all of them.

A run still belongs to its first scene; the others stand in a tag. A bundle that ended is never asked for again as one:
what it left unmade is asked for scene by scene, each with its own attempts. Pure but for the tag's text. Not here: how
a step renders several scenes (``assets/scene_clip.py``).
"""

from collections.abc import Collection, Mapping, Sequence

import dagster as dg

from film_pipeline.defs.claims import Work
from film_pipeline.models.digests import digest_of
from film_pipeline.storage.keys import scene_partition, split_partition

BUNDLE_TAG = "film/bundle"
"""Run tag of a bundle: every scene and the digest of its work, as ``001:<digest> 002:<digest>``."""


def bundled(works: Sequence[Work], *, most: int, slots: int, apart: Collection[str]) -> list[tuple[Work, ...]]:
    """Group renders film by film, ``most`` a group, but never into fewer groups than there are GPU slots.

    Work named in ``apart``, and all that does not render, stays alone. Groups keep the order of their first members.
    """
    together = {work for work in works if work.renders and work.name not in apart}
    size = max(1, min(most, len(together) // max(1, slots)))
    groups: list[list[Work]] = []
    open_groups: dict[str, list[Work]] = {}
    for work in works:
        group = open_groups.get(work.film) if work in together else None
        if group is None:
            group = []
            groups.append(group)
            if work in together:
                open_groups[work.film] = group
        group.append(work)
        if len(group) == size:
            open_groups.pop(work.film, None)
    return [tuple(group) for group in groups]


def name_of(works: Sequence[Work]) -> str:
    """What is to be made by one run, as a name that changes with it."""
    return works[0].name if len(works) == 1 else f"bundle {digest_of([work.name for work in works])[:16]}"


def tags_of(works: Sequence[Work]) -> dict[str, str]:
    """The tag of a bundle; none for work that is alone."""
    if len(works) == 1:
        return {}
    members = [f"{split_partition(work.partition)[1]}:{work.name.rpartition(' ')[2]}" for work in works]
    return {BUNDLE_TAG: " ".join(members)}


def run_config_of(works: Sequence[Work]) -> dict[str, object]:
    """What tells the step of the first scene to render the others too."""
    if len(works) == 1:
        return {}
    others = [split_partition(work.partition)[1] for work in works[1:]]
    return {"ops": {"scene_clip": {"config": {"also": others}}}}


def partitions_of(tags: Mapping[str, str]) -> list[str]:
    """Every partition that a run with these tags makes."""
    first = tags.get("dagster/partition", "")
    film = first.partition("/")[0]
    return [scene_partition(film, scene) for scene, _ in _members(tags)] or [first]


def works_of(run: dg.DagsterRun) -> list[str]:
    """The names of every scene's work in a bundle; none for any other run."""
    return [f"scene {digest}" for _, digest in _members(run.tags)]


def _members(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = (member.partition(":") for member in tags.get(BUNDLE_TAG, "").split())
    return [(scene, digest) for scene, _, digest in pairs]
