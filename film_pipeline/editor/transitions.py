"""Encodes what lies between two clips: the only pictures that are made of two conformed parts."""

from pathlib import Path

from film_pipeline.editor.cache import Entry, Facts, PartsCache
from film_pipeline.editor.conform import Conformed, picture_key
from film_pipeline.editor.parts import Part, part_of, require_frames
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.graphs import PART_NAME, colour_fade_arguments, transition_arguments
from film_pipeline.ffmpeg.program import run_ffmpeg
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.take import digest_of
from film_pipeline.models.timeline import TimelineTransition


def blend(
    outgoing: Conformed,
    incoming: Conformed,
    transition: TimelineTransition,
    film_format: FilmFormat,
    encoding: Encoding,
    cache: PartsCache,
) -> tuple[Part, bool]:
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
    arguments = transition_arguments(tail.path, head.path, transition.kind, transition.frames, film_format, encoding)
    return _made(cache.get(key, lambda folder: _encode(arguments, transition.frames, folder)), transition.frames)


def colour_fade(
    clip: Conformed,
    fade: TimelineTransition,
    film_format: FilmFormat,
    encoding: Encoding,
    cache: PartsCache,
    *,
    opening: bool,
) -> tuple[Part, bool]:
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
    arguments = colour_fade_arguments(part.path, fade.kind, fade.frames, film_format, encoding, opening=opening)
    return _made(cache.get(key, lambda folder: _encode(arguments, fade.frames, folder)), fade.frames)


def _encode(arguments: list[str], frames: int, folder: Path) -> Facts:
    run_ffmpeg(arguments, doing="encoding a transition", within=folder)
    require_frames(folder / PART_NAME.format(0), frames, what="a transition")
    return {}


def _made(entry: Entry, frames: int) -> tuple[Part, bool]:
    return part_of(entry, 0, frames), entry.fresh
