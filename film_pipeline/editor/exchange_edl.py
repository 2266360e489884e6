"""Writes a film's picture as a CMX3600 edit decision list, in non-drop timecode that begins at zero.

Own code: the OTIO adapter for CMX3600 writes every transition as a dissolve and refuses rates that are not
television's. In an EDL a transition begins where the incoming clip begins, so overlaps stand in it as they are.
"""

from collections.abc import Iterator
from fractions import Fraction

from film_pipeline.editor.exchange import EFFECT_NAMES, WIPES, FilmExchange, Segment, one_line, timebase
from film_pipeline.errors import UnfitMediaError
from film_pipeline.models.timeline import TimelineTransition

_REEL, _BLACK = "AX", "BL"  # AX: a file and no tape
_COMMENT_LENGTH = 200
_MOST_FRAMES = 99  # timecode has two digits for frames


def edl_text(film: FilmExchange) -> str:
    """The text of the ``.edl`` file; scene sound and music are named in comments only.

    Raises:
        UnfitMediaError: timecode cannot count the film's frame rate.
    """
    return "\n".join(_lines(film)) + "\n"


def timecode(frame: int, rate: Fraction) -> str:
    """``HH:MM:SS:FF`` of a frame, non-drop.

    Raises:
        UnfitMediaError: timecode cannot count this rate.
    """
    base, _ = timebase(rate, "An EDL")
    if base > _MOST_FRAMES + 1:
        raise UnfitMediaError(
            "An EDL cannot say this frame rate",
            where=f"{rate} frames a second",
            why="its timecode has two digits for frames",
            remedy="Export OpenTimelineIO (--otio), or give the storyboard another fps.",
        )
    seconds, frames = divmod(frame, base)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def _lines(film: FilmExchange) -> Iterator[str]:
    yield f"TITLE: {one_line(film.timeline.title, 70)}"
    yield "FCM: NON-DROP FRAME"
    before: Segment | None = None
    for number, segment in enumerate(film.segments(), start=1):
        yield ""
        yield from _event(number, segment, before, film.rate)
        if film.soundtrack and before is None:  # in the head of a list not every reader takes comments
            yield f"* SOUNDTRACK: {film.soundtrack}"
        before = segment
    closing = film.timeline.closing
    if closing and before:
        yield ""
        yield from _closing(len(film.media) + 1, before, closing, film.rate)


def _event(number: int, segment: Segment, before: Segment | None, rate: Fraction) -> Iterator[str]:
    """One event: a cut, or a transition as a pair of lines, the outgoing clip's without length."""
    length = segment.frames - (segment.leaving.frames if segment.leaving else 0)
    start, entering = segment.start, segment.entering
    if entering is None:
        yield _line(number, _REEL, "C", (0, length), (start, start + length), rate)
        yield f"* FROM CLIP NAME: {segment.media.name}"
    else:
        left = (before.frames - entering.frames) if before else 0
        yield _line(number, _REEL if before else _BLACK, "C", (left, left), (start, start), rate)
        yield _line(number, _REEL, _code(entering), (0, length), (start, start + length), rate)
        yield f"* EFFECT NAME: {_effect(entering)}"
        if before:
            yield f"* FROM CLIP NAME: {before.media.name}"
        yield f"* TO CLIP NAME: {segment.media.name}"
    yield f"* SOURCE FILE: {segment.media.path}"
    yield f"* COMMENT: {one_line(_about(segment), _COMMENT_LENGTH)}"


def _closing(number: int, last: Segment, closing: TimelineTransition, rate: Fraction) -> Iterator[str]:
    left = last.frames - closing.frames
    start = last.start + left
    yield _line(number, _REEL, "C", (left, left), (start, start), rate)
    yield _line(number, _BLACK, _code(closing), (0, closing.frames), (start, start + closing.frames), rate)
    yield f"* EFFECT NAME: {_effect(closing)}"
    yield f"* FROM CLIP NAME: {last.media.name}"


def _line(number: int, reel: str, edit: str, source: tuple[int, int], record: tuple[int, int], rate: Fraction) -> str:
    times = " ".join(timecode(frame, rate) for frame in (*source, *record))
    return f"{number:03d}  {reel:<8} V     {edit:<8} {times}"


def _code(transition: TimelineTransition) -> str:
    """``D 012`` or ``W001 012``: an EDL knows dissolves and wipes; fades through a colour stand as dissolves."""
    wipe = WIPES.get(transition.kind)
    return f"{f'W{wipe[0]:03d}' if wipe else 'D'} {transition.frames:03d}"


def _effect(transition: TimelineTransition) -> str:
    reverse = WIPES.get(transition.kind, (0, False))[1]
    return EFFECT_NAMES[transition.kind].upper() + (" (REVERSED)" if reverse else "")


def _about(segment: Segment) -> str:
    facts = segment.media.facts
    return f"{segment.title}, digest {facts.get('digest', '')[:12]}, seed {facts.get('seed', '')}: " + facts.get(
        "prompt", ""
    )
