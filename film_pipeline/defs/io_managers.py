"""The IO manager: what assets return goes to storage here, and storage comes back as what it was.

Media go by path, never through memory and never pickled. What is published how and in which order is the store's.
"""

from pathlib import Path

import dagster as dg

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.movies import Movie, publish_movie
from film_pipeline.studio.music import Music, publish_music
from film_pipeline.studio.shots import Shot, publish_shot
from film_pipeline.studio.storyboards import Written, publish_storyboard

Product = Written | Shot | Music | Movie


class FilmIOManager(dg.IOManager):
    """Stores a film's storyboard, clips, soundtrack and movie; gives back the storyboard, or the path of a medium."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def handle_output(self, context: dg.OutputContext, obj: Product) -> None:
        match obj:
            case Written():
                publish_storyboard(self._studio, obj)
            case Shot():
                publish_shot(self._studio, obj)
            case Music():
                publish_music(self._studio, obj)
            case Movie():
                publish_movie(self._studio, obj)

    def load_input(self, context: dg.InputContext) -> Storyboard | Path | dict[str, Path]:
        """A storyboard, a local path (of a copy, where films lie in a bucket), or for several scenes a path by key.

        A single scene is a dictionary of one; a partition that left the film is passed over.
        """
        name = context.asset_key.path[-1]
        if name == "scene_clip":
            return self._clips(list(context.asset_partition_keys))
        film = context.asset_partition_key
        if name == "storyboard":
            return self._studio.store.storyboard(film)
        return self._path(keys.soundtrack(film) if name == "soundtrack" else keys.movie(film))

    def _clips(self, partitions: list[str]) -> dict[str, Path]:
        found = {}
        for partition in partitions:
            film, scene = keys.split_partition(partition)
            selection = self._studio.store.cut(film).scenes.get(scene)
            if selection:
                found[partition] = self._path(keys.clip(film, scene, selection.digest))
        return found

    def _path(self, key: str) -> Path:
        with self._studio.store.objects.fetched(key) as path:
            return path


class FilmIOManagerResource(dg.ConfigurableIOManagerFactory[FilmIOManager]):
    """The film IO manager over the studio's store."""

    studio: dg.ResourceDependency[Studio]

    def create_io_manager(self, context: dg.InitResourceContext) -> FilmIOManager:
        return FilmIOManager(self.studio)
