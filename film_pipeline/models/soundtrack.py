"""Score: what the music of a whole cut shall follow. Written from the timeline, read by a composer."""

from pydantic import BaseModel, ConfigDict, Field

_RULES = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScoreSection(BaseModel):
    """One scene's stretch of the film; ``start`` and ``duration`` in seconds of the film."""

    model_config = _RULES

    scene: str
    start: float = Field(ge=0)
    duration: float = Field(gt=0)
    prompt: str = ""
    mood: str = ""


class Score(BaseModel):
    """The brief for a soundtrack of ``seconds`` in length; equal scores give the same music.

    ``tempo`` in beats a minute or None for the composer's choice.
    """

    model_config = _RULES

    composer: str
    title: str
    seconds: float = Field(gt=0)
    sections: tuple[ScoreSection, ...]
    mood: str = ""
    tags: str = ""
    tempo: float | None = None
    seed: int = 0
