"""What the graph says of itself beside its names: who owns it, and by which services its assets are made."""

from collections.abc import Mapping, Sequence

import dagster as dg

from film_pipeline.settings import Settings

GROUP = "film"
OWNERS = ["team:film"]
"""As ``owners`` of assets; jobs, sensors and schedules have it as metadata, as their ``owners`` are beta and warn."""


def made_by(settings: Settings, assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets, each with the service that the settings choose as one of its kinds: a stand-in is never silent."""
    services: Mapping[str, str] = {
        "storyboard": settings.chosen_director,
        "scene_clip": settings.chosen_renderer,
        "soundtrack": settings.chosen_composer,
    }

    def named(spec: dg.AssetSpec) -> dg.AssetSpec:
        service = services.get(spec.key.to_user_string())
        return spec.merge_attributes(kinds={service}) if service else spec

    return [asset.map_asset_specs(named) for asset in assets]
