"""Records: where a film came from, how its soundtrack was made, and what the finished movie holds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from film_pipeline.models.format import Codec
from film_pipeline.models.price import Spending

_RULES = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

Facts = dict[str, str | int | float | bool | None]


class FilmRecord(BaseModel):
    """``film.json``: the script a film was made from, and the storyboard as the director wrote it.

    ``source`` is the absolute path or key of the script. A storyboard whose SHA-256 is not ``storyboard_sha256`` was
    edited by people. While ``hold`` is set, automation renders nothing: people want to read the storyboard first, or
    the film waits for the nightly batch; the ``night`` of that name let the takes ``tonight`` (by scene) through.
    ``archived`` is when the film was taken out of daily work (ISO 8601), or nothing.
    """

    model_config = _RULES

    source: str
    script_name: str
    script_kind: str
    script_sha256: str
    storyboard_sha256: str = ""
    director: str = ""
    stand_in: bool = False
    made: Facts = {}
    notes: tuple[str, ...] = ()
    hold: Literal["", "storyboard", "nightly"] = ""
    night: str = ""
    tonight: dict[str, int] = {}
    archived: str = ""


class SoundtrackRecord(BaseModel):
    """``soundtrack.json``: what decided the music (``basis``), who made it, and the file's size and SHA-256."""

    model_config = _RULES

    basis: str
    composer: str
    stand_in: bool
    seconds: float = Field(ge=0)
    sha256: str
    bytes: int
    made: Facts = {}
    notes: tuple[str, ...] = ()


class SceneReport(BaseModel):
    """One scene in the finished movie; ``seconds`` is what its rendering took.

    Where it has several takes, ``why`` tells in words why this one is in the movie, and ``ratings`` the judge's totals
    of all by their number.
    """

    model_config = _RULES

    scene: str
    prompt: str
    digest: str
    take: int
    chosen_by: str
    seconds: float
    duration: float
    start: float
    renderer: str
    stand_in: bool
    notes: tuple[str, ...] = ()
    made: Facts = {}
    why: str = ""
    ratings: dict[int, float] = {}


class FilmReport(BaseModel):
    """``report.json``: what is in the movie, made by what, in how many seconds, with which stand-ins and faults.

    ``signature`` is the digest of everything that decides the movie; while it is the wanted one and the file is there
    with ``bytes`` bytes, the movie is current.
    """

    model_config = _RULES

    film: str
    title: str
    signature: str
    rough: bool = False
    created: str
    seconds: float
    frames: int
    width: int
    height: int
    frame_rate: str
    codec: Codec = "h264"
    bytes: int
    sha256: str
    integrated_lufs: float | None
    true_peak_db: float | None
    cut_seconds: float
    director: str
    renderers: tuple[str, ...]
    composer: str
    stand_ins: tuple[str, ...]
    faults: tuple[str, ...]
    spending: Spending = Spending()
    scenes: tuple[SceneReport, ...]
