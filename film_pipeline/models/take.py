"""Take: one rendering of a scene and how it was made. Cut: which take of each scene is in the film."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from film_pipeline.models.digests import digest_of
from film_pipeline.models.format import FilmFormat, FrameRate
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import MAX_SEED

ChosenBy = Literal["pipeline", "judge", "person"]

_RULES = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Recipe(BaseModel):
    """What a renderer adds to the storyboard's words: its name and version, the workflow's content, model files.

    ``references`` are SHA-256 of images, for renderers that begin from one.

    ``captioned`` renderers draw scene number and prompt on the picture; ``stand_in`` ones are no final pictures.
    """

    model_config = _RULES

    renderer: str
    workflow: str = ""
    models: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    captioned: bool = False
    stand_in: bool = False


class RenderSpec(BaseModel):
    """Everything that decides the pixels of a clip; two equal specs give the same clip, so it is rendered once.

    ``caption`` is drawn only by renderers that write on the picture (the animatic) and empty for all others.
    ``workflow`` is the digest of the workflow's content, ``models`` its model files, ``references`` digests of images.
    """

    model_config = _RULES

    renderer: str
    prompt: str
    negative_prompt: str = ""
    caption: str = ""
    frames: int = Field(ge=1)
    width: int
    height: int
    frame_rate: FrameRate
    seed: int = Field(ge=0, le=MAX_SEED)
    take: int = Field(ge=1)
    workflow: str = ""
    models: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def format(self) -> FilmFormat:
        return FilmFormat(width=self.width, height=self.height, frame_rate=self.frame_rate)

    @property
    def seconds(self) -> float:
        return float(self.frames / self.frame_rate)

    @property
    def digest(self) -> str:
        """64 hex digits; the name of the clip in storage."""
        return digest_of(self.model_dump(mode="json"))


class Take(BaseModel):
    """One finished rendering of a scene; stored beside its clip as ``<digest>.json``.

    ``number`` counts the takes of a scene from 1. ``basis`` is the digest of what the storyboard asked for when the
    take was made, whatever the take number: while the scene still asks for it, the take is current. ``request`` names
    the run that asked for a new take, so that a retry finds it. ``made`` tells where and how (server, attempts, ...).
    ``rating`` is the judge's, where the scene has several takes; it alone may be added later.
    """

    model_config = _RULES

    scene: str
    number: int = Field(ge=1)
    digest: str
    basis: str
    spec: RenderSpec
    request: str = ""
    created: str
    seconds: float = Field(ge=0)
    sha256: str
    bytes: int = Field(ge=1)
    stand_in: bool = False
    notes: tuple[str, ...] = ()
    made: dict[str, str | int | float | bool | None] = {}
    rating: Rating | None = None

    @property
    def gpu_seconds(self) -> float:
        """On the GPU, for the run that gave the clip; 0 where the renderer needs none."""
        return gpu_seconds_in(self.made)


class Refusal(BaseModel):
    """One of several takes of a scene that the quality gate refused, and ``why``; stored in place of a clip.

    It counts as one of the takes that are asked for, so that it is not paid for again.
    """

    model_config = _RULES

    scene: str
    number: int = Field(ge=1)
    digest: str
    basis: str
    seed: int
    created: str
    why: str


def gpu_seconds_in(made: Mapping[str, str | int | float | bool | None]) -> float:
    """The GPU seconds that a record of how something was made tells of; 0 where it tells of none."""
    seconds = made.get("gpu_seconds")
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 0.0


class Selection(BaseModel):
    """The take of one scene that is in the cut, and the basis for which it was selected.

    A person's choice holds until the scene itself is edited, also when the take was made for an earlier wording.
    ``bytes`` is the clip's size: a clip of another size is damaged. ``among`` is how many takes, refused ones
    included, were there to choose from: a scene that is to have more is not settled by this selection.
    ``requested`` is when a person asked for it, in seconds since 1970: the last one asked for wins, not the last done.
    """

    model_config = _RULES

    take: int = Field(ge=1)
    digest: str
    bytes: int = Field(ge=1)
    basis: str
    chosen_by: ChosenBy = "pipeline"
    among: int = Field(default=1, ge=1)
    requested: float = Field(default=0, ge=0)

    def holds_against(self, other: "Selection") -> bool:
        """Whether this choice stays where ``other`` arrives after it, for the same wish.

        A person's stays against the pipeline's, and against a person's that was asked for earlier.
        """
        if self.chosen_by != "person" or self.basis != other.basis:
            return False
        return other.chosen_by != "person" or self.requested > other.requested

    def settles(self, wanted: int) -> bool:
        """Whether the choice stands for a scene that is to have ``wanted`` takes."""
        return self.chosen_by == "person" or self.among >= wanted


class Cut(BaseModel):
    """``cut.json``: which take of each scene is selected. The only pointer, replaced atomically."""

    model_config = _RULES

    scenes: dict[str, Selection] = {}

    def selecting(self, scene: str, selection: Selection) -> "Cut":
        return Cut(scenes=dict(sorted({**self.scenes, scene: selection}.items())))

    def without(self, gone: set[str]) -> "Cut":
        return Cut(scenes={scene: selection for scene, selection in self.scenes.items() if scene not in gone})
