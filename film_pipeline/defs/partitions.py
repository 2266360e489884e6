"""The two partition sets, films and scenes, and how they follow the storyboard.

There is no partition mapping between two dynamic sets in Dagster: every edge is lineage only, and ``plan`` carries the
dependency. Not here: which partition needs a run.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import dagster as dg

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.storage.keys import scene_partition

films = dg.DynamicPartitionsDefinition(name="films")
scenes = dg.DynamicPartitionsDefinition(name="scenes")

# The empty list is built in and serializable: the graph shows the edge, and no run waits for it or is widened by it.
LINEAGE = dg.SpecificPartitionsPartitionMapping([])


def lineage(*assets: dg.AssetsDefinition) -> list[dg.AssetDep]:
    """Edges that the graph shows and that carry no partition dependency."""
    return [dg.AssetDep(asset, partition_mapping=LINEAGE) for asset in assets]


def sync_partitions(instance: dg.DagsterInstance, film: str, storyboard: Storyboard) -> tuple[list[str], list[str]]:
    """Make the film's scene partitions equal to its storyboard; returns the keys added and removed."""
    wanted = [scene_partition(film, scene.id) for scene in storyboard.scenes]
    present = {key for key in instance.get_dynamic_partitions("scenes") if key.startswith(f"{film}/")}
    added = [key for key in wanted if key not in present]
    removed = sorted(present - set(wanted))
    instance.add_dynamic_partitions("films", [film])
    if added:
        instance.add_dynamic_partitions("scenes", added)
    for key in removed:
        instance.delete_dynamic_partition("scenes", key)
    return added, removed


def partition_requests(
    instance: dg.DagsterInstance, wanted: Mapping[str, tuple[str, ...] | None]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Bring the partitions of films to the ``wanted`` scenes (None: unknown); a film without any leaves altogether."""
    if not wanted:
        return []
    present = _by_film(instance.get_dynamic_partitions("scenes"))
    known, named = set(instance.get_dynamic_partitions("films")), {film for film in wanted if wanted[film] != ()}
    should = {film: set(keys) for film, keys in wanted.items() if keys is not None}
    add = sorted(key for film, keys in should.items() for key in keys - present[film])
    delete = sorted(key for film, keys in should.items() for key in present[film] - keys)
    gone = sorted(known & (set(wanted) - named))
    new = sorted(named - known)
    requests: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    requests += [films.build_add_request(new)] if new else []
    requests += [scenes.build_add_request(add)] if add else []
    requests += [films.build_delete_request(gone)] if gone else []
    requests += [scenes.build_delete_request(delete)] if delete else []
    return requests


def forget_partitions(instance: dg.DagsterInstance, gone: Iterable[str]) -> int:
    """Remove films and all their scenes from the partition sets; returns how many keys there were."""
    removed = 0
    for request in partition_requests(instance, dict.fromkeys(gone, ())):
        for key in request.partition_keys:
            instance.delete_dynamic_partition(request.partitions_def_name, key)
            removed += 1
    return removed


def _by_film(partitions: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key in partitions:
        found[key.partition("/")[0]].add(key)
    return found
