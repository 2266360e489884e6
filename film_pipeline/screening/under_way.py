"""What is being made of a film at this moment, read from the heartbeats that its steps leave in the home.

Not here: what is finished (``programme``).
"""

from pydantic import BaseModel, ConfigDict

from film_pipeline.defs.progress import live_heartbeats
from film_pipeline.screening import addresses
from film_pipeline.studio import Studio

MUSIC, MOVIE = "soundtrack", "final_movie"


class StepShown(BaseModel):
    """One step: a scene id, ``soundtrack`` or ``final_movie``; ``share`` is 0 to 1, ``picture`` its newest preview."""

    model_config = ConfigDict(frozen=True)

    step: str
    share: float
    words: str
    picture: str | None = None


def steps_under_way(studio: Studio, film: str) -> dict[str, StepShown]:
    """The steps of ``film`` that move, by name; nothing where its work is done on another machine's home."""
    shown = {}
    for step, beat in live_heartbeats(studio.settings.home, film).items():
        picture = None if beat.picture is None else addresses.preview(film, step, beat.picture)
        shown[step] = StepShown(step=step, share=beat.share, words=beat.words, picture=picture)
    return shown
