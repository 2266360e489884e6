"""What editing programs are told of a film: its clips as files with their stretches in whole frames. Pure.

A clip's overlap with its neighbour becomes a transition around a cut point, with the frames beyond the cut as handles;
so the length of the film and the picture of every frame stay what they are in the movie.
Not here: how a format writes it down (``exchange_otio``, ``exchange_edl``, ``exchange_fcp7``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from film_pipeline.errors import UnfitMediaError
from film_pipeline.models.storyboard import TransitionKind
from film_pipeline.models.timeline import Timeline, TimelineTransition

EFFECT_NAMES: Mapping[TransitionKind, str] = {
    "cut": "Cut",
    "dissolve": "Cross Dissolve",
    "fade": "Fade Through Black",
    "fade_white": "Fade Through White",
    "wipe_left": "Wipe Left",
    "wipe_right": "Wipe Right",
    "wipe_up": "Wipe Up",
    "wipe_down": "Wipe Down",
}

WIPES: Mapping[TransitionKind, tuple[int, bool]] = {
    "wipe_right": (1, False),
    "wipe_left": (1, True),
    "wipe_down": (2, False),
    "wipe_up": (2, True),
}
"""SMPTE wipe codes (1: the edge moves to the right, 2: downwards), and whether the wipe runs the other way."""


@dataclass(frozen=True)
class Media:
    """A clip as a file beside the export: ``path`` relative to it, ``frames`` and ``frame_rate`` the file's own.

    ``facts`` are what an editor may want to know: take, digest, prompt, seed, ...
    """

    path: str
    frames: int
    frame_rate: Fraction
    width: int
    height: int
    channels: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class FilmExchange:
    """A timeline with its media, one for each clip, and the music as a relative path (48 kHz stereo)."""

    timeline: Timeline
    media: tuple[Media, ...]
    soundtrack: str | None = None

    def __post_init__(self) -> None:
        if len(self.media) != len(self.timeline.clips):
            raise ValueError("an exchange has one medium for each clip")

    @property
    def rate(self) -> Fraction:
        return self.timeline.format.frame_rate

    def segments(self) -> tuple["Segment", ...]:
        """The clips between their cut points."""
        timeline = self.timeline
        heads = [timeline.opening, *timeline.transitions]
        tails = [*timeline.transitions, timeline.closing]
        return tuple(
            Segment(
                scene=clip.scene,
                take=clip.take,
                media=medium,
                start=start,
                frames=clip.frames,
                entering=_real(head),
                leaving=_real(tail),
                first=index == 0,
                last=index == len(timeline.clips) - 1,
            )
            for index, (clip, medium, start, head, tail) in enumerate(
                zip(timeline.clips, self.media, timeline.starts(), heads, tails, strict=True)
            )
        )


@dataclass(frozen=True)
class Segment:
    """One clip: ``start`` is the film frame at which its first frame lies, ``frames`` its length with both overlaps."""

    scene: str
    take: int
    media: Media
    start: int
    frames: int
    entering: TimelineTransition | None
    leaving: TimelineTransition | None
    first: bool
    last: bool

    @property
    def source_in(self) -> int:
        """The clip's frame at the cut point before it."""
        return 0 if self.first or self.entering is None else before_cut(self.entering)

    @property
    def source_out(self) -> int:
        """The clip's frame at the cut point after it."""
        return self.frames if self.last or self.leaving is None else self.frames - after_cut(self.leaving)

    @property
    def record_in(self) -> int:
        return self.start + self.source_in

    @property
    def record_out(self) -> int:
        return self.start + self.source_out

    @property
    def title(self) -> str:
        return f"Scene {self.scene}, take {self.take}"


def before_cut(transition: TimelineTransition) -> int:
    """Frames of a transition before its cut point."""
    return transition.frames // 2


def after_cut(transition: TimelineTransition) -> int:
    return transition.frames - transition.frames // 2


def timebase(rate: Fraction, what: str) -> tuple[int, bool]:
    """The frame rate as timecode counts it: whole frames a second, and whether they run at 1000/1001 of that.

    Raises:
        UnfitMediaError: the rate is neither whole nor one of television's; ``what`` cannot be written.
    """
    if rate.denominator == 1:
        return rate.numerator, False
    if rate.denominator == 1001 and rate.numerator % 1000 == 0:
        return rate.numerator // 1000, True
    raise UnfitMediaError(
        f"{what} cannot say this frame rate",
        where=f"{rate} frames a second",
        why="its timecode knows whole rates and those of television (such as 24000/1001)",
        remedy="Export OpenTimelineIO (--otio), or give the storyboard another fps.",
    )


def one_line(text: str, most: int) -> str:
    """Text without line breaks, at most ``most`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _real(transition: TimelineTransition | None) -> TimelineTransition | None:
    return transition if transition is not None and transition.frames else None
