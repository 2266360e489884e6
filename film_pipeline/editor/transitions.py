"""Encodes what lies between two clips: the only pictures that are made of two conformed parts."""

from collections.abc import Callable
from pathlib import Path

from film_pipeline.editor.cache import Order
from film_pipeline.editor.conform import Conformed, picture_key
from film_pipeline.editor.parts import Part, part_of, require_frames
from film_pipeline.editor.records import Facts
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.graphs import SHOWN, colour_fade_arguments, transition_arguments
from film_pipeline.ffmpeg.program import run_ffmpeg
from film_pipeline.models.digests import digest_of
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.timeline import TimelineTransition

Blended = tuple[Part, bool]


def blend(
    outgoing: Conformed,
    incoming: Conformed,
    transition: TimelineTransition,
    film_format: FilmFormat,
    encoding: Encoding,
) -> Order[Blended]:
    """The part in which one clip turns into the next, and whether it was encoded just now."""
    tail, head = outgoing.tail, incoming.head
    if tail is None or head is None:
        raise ValueError("a transition needs a tail before it and a head after it")
    key = digest_of(
        {
            "kind": transition.kind,
            "frames": transition.frames,
            "between": [outgoing.key, incoming.key],
            **picture_key(film_format, encoding),
        }
    )
    what = (transition.kind, transition.frames, film_format, encoding)
    return _order(key, [tail, head], lambda: transition_arguments(tail.path, head.path, *what), transition.frames)


def colour_fade(
    clip: Conformed,
    fade: TimelineTransition,
    film_format: FilmFormat,
    encoding: Encoding,
    *,
    opening: bool,
) -> Order[Blended]:
    """The faded start (``opening``) or end of the film, and whether it was encoded just now."""
    part = clip.head if opening else clip.tail
    if part is None:
        raise ValueError("a fade needs the head or tail of a clip")
    key = digest_of(
        {
            "kind": f"{fade.kind} {'in' if opening else 'out'}",
            "frames": fade.frames,
            "of": clip.key,
            **picture_key(film_format, encoding),
        }
    )
    what = (fade.kind, fade.frames, film_format, encoding)
    return _order(key, [part], lambda: colour_fade_arguments(part.path, *what, opening=opening), fade.frames)


def _order(key: str, material: list[Part], arguments: Callable[[], list[str]], frames: int) -> Order[Blended]:
    def encode(folder: Path) -> Facts:
        for part in material:
            part.require_content()
        run_ffmpeg(arguments(), doing="encoding a transition", within=folder)
        require_frames(folder / SHOWN, frames, what="a transition")
        return {}

    return Order(key, encode, lambda entry: (part_of(entry, SHOWN, frames), entry.fresh))
