"""Jobs: the named ways to run assets. One run makes one storyboard, one clip or one movie."""

import dagster as dg

from film_pipeline.defs.assets.final_movie import final_movie
from film_pipeline.defs.assets.scene_clip import scene_clip
from film_pipeline.defs.assets.soundtrack import soundtrack
from film_pipeline.defs.assets.storyboard import storyboard
from film_pipeline.defs.naming import OWNERS

ASSETS = [storyboard, scene_clip, soundtrack, final_movie]

write_storyboard = dg.define_asset_job(
    "write_storyboard",
    [storyboard],
    description="Have the director write the storyboard of one film; its scenes become partitions of `scene_clip`.",
    tags={"film/step": "storyboard"},  # for the queue: so many at once, and GPUs need not wait for all of them
    metadata={"owners": OWNERS},
)
render_scene = dg.define_asset_job(
    "render_scene",
    [scene_clip],
    description="Render one scene: what is missing or stale, or one more take of what is current.",
    metadata={"owners": OWNERS},
)
cut_movie = dg.define_asset_job(
    "cut_movie",
    [soundtrack, final_movie],
    description="Compose the music where it is missing or stale, then cut the movie of one film.",
    metadata={"owners": OWNERS},
)
JOBS = [write_storyboard, render_scene, cut_movie]
