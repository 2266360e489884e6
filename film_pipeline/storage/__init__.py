"""Where films live: one interface over a folder or a bucket. Storage is the truth; nothing here knows Dagster."""

from film_pipeline.storage.films import FilmStore, open_store
from film_pipeline.storage.local import LocalObjects
from film_pipeline.storage.objects import ABSENT, Objects, ObjectStat

__all__ = ["ABSENT", "FilmStore", "LocalObjects", "ObjectStat", "Objects", "open_store"]
