"""What the UI shows of a clip: pictures, how it was asked for and made, what it cost, and the takes beside it.

Not here: marks of a contest (``ratings.py``), checks (``checks.py``).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from film_pipeline.defs.links import to_scene
from film_pipeline.defs.previews import strip
from film_pipeline.defs.ratings import contest_metadata
from film_pipeline.models.price import GpuPrice
from film_pipeline.models.take import Take
from film_pipeline.storage.keys import clip
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import Shot

_MOST_TAKES = 30
_FIRST = ("server", "workflow", "attempts")
_EXACT = 2**53  # browsers round larger numbers, which seeds are


def clip_metadata(studio: Studio, shot: Shot) -> Mapping[str, Any]:
    """Everything about the take that is in the film after this run."""
    take, store = shot.take, studio.store
    return {
        **strip(shot.picture, take.spec.seconds),
        "prompt": take.spec.prompt,
        "take": take.number,
        "seed": str(take.spec.seed),
        "digest": take.digest,
        "frames": take.spec.frames,
        "clip seconds": round(take.spec.seconds, 3),
        "render seconds": take.seconds,
        "renderer": take.spec.renderer,
        "stand-in": take.stand_in,
        "rendered": shot.rendered,
        **{name: take.made[name] for name in _FIRST if take.made.get(name) is not None},
        **spent(take.gpu_seconds, studio.settings.gpu_price),
        **contest_metadata(shot.contest),
        "all takes": _takes(studio, shot),
        "notes": "; ".join(take.notes) or "none",
        **to_scene(studio, shot.film, take.scene),
        "clip": dg.MetadataValue.path(store.where(clip(shot.film, take.scene, take.digest))),
        **_made_with(take),
    }


def spent(gpu_seconds: float, price: GpuPrice | None) -> dict[str, Any]:
    """GPU seconds and their cost, as numbers that the UI draws over time; nothing where no GPU was used."""
    if not gpu_seconds:
        return {}
    cost = {} if price is None else {f"cost {price.currency}".rstrip(): price.cost(gpu_seconds)}
    return {"GPU seconds": round(gpu_seconds, 3), **cost}


def _made_with(take: Take) -> dict[str, dg.MetadataValue]:
    """Versions, models, wishes and real values, and whatever else the renderer tells."""
    rest = {name: value for name, value in take.made.items() if name not in (*_FIRST, "gpu_seconds")}
    shown = {name: str(value) if isinstance(value, int) and value >= _EXACT else value for name, value in rest.items()}
    return {"made with": dg.MetadataValue.json(shown)} if shown else {}


def _takes(studio: Studio, shot: Shot) -> dg.MetadataValue:
    """The newest takes first; this run's own may not be stored yet."""
    stored = studio.store.takes(shot.film, shot.take.scene)
    takes = {take.digest: take for take in (*stored, shot.take)}
    newest = sorted(takes.values(), key=lambda take: take.number, reverse=True)
    records = [_record(take, shot.selection.digest) for take in newest[:_MOST_TAKES]]
    return dg.MetadataValue.table(records)


def _record(take: Take, selected: str) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "take": take.number,
            "in the film": take.digest == selected,
            "seed": str(take.spec.seed),
            "seconds": round(take.spec.seconds, 3),
            "render seconds": take.seconds,
            "GPU seconds": round(take.gpu_seconds, 3),
            "rating": f"{take.rating.total:.2f}" if take.rating else "",
            "made": take.created,
        }
    )
