"""Links from Dagster's pages to the screening room, where its address is known.

The addresses are those of ``screening/addresses.py``, which lies above this layer; a test holds the two together.
"""

import dagster as dg

from film_pipeline.studio import Studio

Links = dict[str, dg.MetadataValue]


def to_film(studio: Studio, film: str) -> Links:
    return _link(studio, f"/films/{film}")


def to_scene(studio: Studio, film: str, scene: str) -> Links:
    return _link(studio, f"/films/{film}#scene-{scene}")


def _link(studio: Studio, place: str) -> Links:
    room = studio.settings.screening_link
    return {"screening room": dg.MetadataValue.url(f"{room}{place}")} if room else {}
