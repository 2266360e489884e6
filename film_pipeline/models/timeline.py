"""Timeline > Clip, Transition: the edit as data, in whole frames, decided before anything is rendered."""

from pydantic import BaseModel, ConfigDict, Field

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


class Timeline(BaseModel):
    """A film: clips in order and ``len(clips) - 1`` transitions between them.

    ``opening`` and ``closing`` are fades from and to a colour in frames, inside the first and last clip.
    ``notes`` say in plain words what could not be had as wished.
    """

    model_config = _RULES

    title: str
    format: FilmFormat
    clips: tuple[TimelineClip, ...]
    transitions: tuple[TimelineTransition, ...]
    opening: TimelineTransition | None = None
    notes: tuple[str, ...] = ()

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
