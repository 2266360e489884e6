"""Timeline > Clip, Transition: the edit as data, in whole frames, decided before anything is rendered."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import TransitionKind

_RULES = ConfigDict(frozen=True, extra="forbid")


class TimelineClip(BaseModel):
    """One clip in the film: ``media`` is a local file, ``sha256`` its content, ``frames`` its length in film frames."""

    model_config = _RULES

    scene: str
    take: int
    media: str
    sha256: str
    frames: int = Field(ge=1)
    caption: str = ""


class TimelineTransition(BaseModel):
    """The overlap between two neighbours in frames (0 for a cut), and what was wished for."""

    model_config = _RULES

    kind: TransitionKind
    frames: int = Field(ge=0)
    wished_frames: int = Field(ge=0)


class ClipSpan(BaseModel):
    """How a clip's frames are used: ``head`` and ``tail`` frames lie in transitions or fades, the rest stands alone."""

    model_config = _RULES

    start: int
    head: int
    tail: int


class Timeline(BaseModel):
    """A film: clips in order and ``len(clips) - 1`` transitions between them.

    ``opening`` and ``closing`` are fades from and to a colour in frames, inside the first and last clip.
    ``notes`` say in plain words what could not be had as wished.
    """

    model_config = _RULES

    title: str
    format: FilmFormat
    clips: tuple[TimelineClip, ...] = Field(min_length=1)
    transitions: tuple[TimelineTransition, ...]
    opening: TimelineTransition | None = None
    closing: TimelineTransition | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Timeline":
        if len(self.transitions) != len(self.clips) - 1:
            raise ValueError("a timeline has one transition between each two clips")
        for clip, span in zip(self.clips, self.spans(), strict=True):
            if span.head + span.tail > clip.frames:
                raise ValueError(f"the transitions of scene {clip.scene} are longer than its {clip.frames} frames")
        return self

    @property
    def frames(self) -> int:
        """The length of the film: all clips less all overlaps."""
        return sum(clip.frames for clip in self.clips) - sum(transition.frames for transition in self.transitions)

    @property
    def seconds(self) -> float:
        return self.format.seconds(self.frames)

    def starts(self) -> tuple[int, ...]:
        """The film frame at which each clip begins (a clip begins where its incoming transition begins)."""
        starts, position = [], 0
        for index, clip in enumerate(self.clips):
            if index:
                position -= self.transitions[index - 1].frames
            starts.append(position)
            position += clip.frames
        return tuple(starts)

    def spans(self) -> tuple[ClipSpan, ...]:
        """Where each clip begins in the film, and how many of its first and last frames are in transitions."""
        overlaps = [transition.frames for transition in self.transitions]
        opening = self.opening.frames if self.opening else 0
        closing = self.closing.frames if self.closing else 0
        heads, tails = [opening, *overlaps], [*overlaps, closing]
        return tuple(
            ClipSpan(start=start, head=head, tail=tail)
            for start, head, tail in zip(self.starts(), heads, tails, strict=True)
        )
