"""The judge that has a model look at frames of a take: does it show what was asked for, and is it free of faults.

It measures the picture as ``measuring.py`` does, and adds the model's marks. A model that cannot be asked, declines or
talks nonsense costs no take: the measured rating stands, and says so. Not here: how requests travel (``chat/``).
"""

import base64
import hashlib
import json
import time
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Annotated

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from film_pipeline.chat.address import checked_address, checked_key
from film_pipeline.chat.endpoint import DEFAULT_BASE_URL, Endpoint, Message
from film_pipeline.errors import ChatError, ChatReplyError
from film_pipeline.ffmpeg.pictures import frame_image
from film_pipeline.judge.measuring import NumpyJudge, weighted
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene
from film_pipeline.models.take import RenderSpec

WEIGHTS = {"measured": 0.4, "prompt": 0.35, "look": 0.25}
FRAMES, FRAME_PIXELS = 4, 512
DEFAULT_TIMEOUT_SECONDS = 60.0

_Percent = Annotated[float, Field(ge=0, le=100)]
_MARK = {"type": "number", "description": "from 0 to 100"}
_SCHEMA = {
    "type": "object",
    "properties": {"prompt_match": _MARK, "look": _MARK, "reason": {"type": "string"}},
    "required": ["prompt_match", "look", "reason"],
    "additionalProperties": False,
}


class _Opinion(BaseModel):
    """What the model answers; marks out of bounds are refused, not bent."""

    model_config = ConfigDict(allow_inf_nan=False, strict=True)

    prompt_match: _Percent
    look: _Percent
    reason: str


class VisionJudge:
    """Asks a model at an OpenAI-compatible endpoint, one request a take."""

    def __init__(
        self, api_key: str, base_url: str | None, model: str, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        """``timeout_seconds`` bounds one whole rating, retries included.

        Raises:
            SettingsError: the key or the address cannot be used.
        """
        address = checked_address(base_url or DEFAULT_BASE_URL)
        self._endpoint = Endpoint(checked_key(api_key), address, model, reply_name="opinion")
        self._timeout_seconds = timeout_seconds
        self._measuring = NumpyJudge()

    def __repr__(self) -> str:
        return f"VisionJudge(endpoint={self._endpoint.failures.host!r}, model={self._endpoint.model!r})"

    @property
    def name(self) -> str:
        return f"vision/1 {self._endpoint.model}"

    def close(self) -> None:
        self._endpoint.close()

    def accepts(self, rating: Rating) -> bool:
        """Only its own: where the model could not be asked, it is asked again."""
        return rating.judge == self.name and self._measuring.accepts(rating)

    def rate(self, clip: Path, scene: Scene, spec: RenderSpec) -> Rating:
        """Rate a clip.

        Raises:
            MediaError: it cannot be decoded.
        """
        measured = self._measuring.rate(clip, scene, spec)
        try:
            opinion = self._opinion(clip, spec)
        except ChatError as error:
            why = f"{error.what}: {error.why}" if error.why else error.what
            note = f"The vision judge could not rate this take, so the picture alone was measured. {why}"
            return measured.model_copy(update={"notes": (note,)})
        seen = {"prompt": opinion.prompt_match / 100, "look": opinion.look / 100}
        return Rating(
            judge=self.name,
            total=weighted({"measured": measured.measured, **seen}, WEIGHTS),
            measured_by=measured.measured_by,
            measured=measured.measured,
            marks={**measured.marks, **seen},
            words=self._endpoint.failures.shown(opinion.reason),
        )

    def _opinion(self, clip: Path, spec: RenderSpec) -> _Opinion:
        deadline = time.monotonic() + self._timeout_seconds
        answer = self._endpoint.ask(_question(clip, spec), _SCHEMA, None, deadline)
        if answer.refusal or answer.finish == "content_filter":
            raise self._nonsense("declined to judge", answer.refusal or "its content filter stopped the answer")
        begin, end = answer.text.find("{"), answer.text.rfind("}")  # some servers wrap JSON in a fence
        try:
            return _Opinion.model_validate(json.loads(answer.text[begin : end + 1]))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            why = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
            raise self._nonsense("gave no usable marks", why) from error
        except (ValueError, RecursionError) as error:
            raise self._nonsense("gave no usable marks", "its answer is not JSON") from error

    def _nonsense(self, what: str, why: str) -> ChatReplyError:
        shown = self._endpoint.failures.shown(why)
        return ChatReplyError(f"The vision model {what}", where=self._endpoint.failures.host, why=shown)


def _question(clip: Path, spec: RenderSpec) -> list[Message]:
    # Nobody can write words that hold a part of their own digest.
    fence = f"=====SCENE-{hashlib.sha256(spec.prompt.encode('utf-8', 'replace')).hexdigest()[:24]}====="
    rules = resources.files("film_pipeline.judge").joinpath("prompts", "rate.txt").read_text(encoding="utf-8")
    frames = [
        {"type": "image_url", "image_url": {"url": _data_address(image), "detail": "low"}}
        for image in _frames(clip, spec.seconds)
    ]
    asked = {"type": "text", "text": f"{fence}\n{spec.prompt}\n{fence}"}
    return [
        {"role": "system", "content": rules.replace("{fence}", fence)},
        {"role": "user", "content": [asked, *frames]},
    ]


def _frames(clip: Path, seconds: float) -> list[Image.Image]:
    """A few frames evenly through the clip, none wider or higher than a model looks at in one piece."""
    images = [frame_image(clip, seconds * (number + 0.5) / FRAMES) for number in range(FRAMES)]
    for image in images:
        image.thumbnail((FRAME_PIXELS, FRAME_PIXELS))
    return images


def _data_address(image: Image.Image) -> str:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
