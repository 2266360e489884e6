"""The two partition sets, films and scenes, and how they follow the storyboard.

There is no partition mapping between two dynamic sets in Dagster: every edge is lineage only, and ``plan`` carries the
dependency. Not here: which partition needs a run.
"""

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
