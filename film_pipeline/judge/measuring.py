"""The judge that measures the picture in numpy: motion, sharpness, steadiness of light, exposure.

It sees no prompt: what the takes of a scene show is taken as equal. Not here: the formulas (``qualities.py``).
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from film_pipeline.judge.pictures import grey_pictures
from film_pipeline.judge.qualities import Exposure, Motion, Quality, Sharpness, Steadiness
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene
from film_pipeline.models.take import RenderSpec

WEIGHTS = {"motion": 0.3, "sharpness": 0.25, "steadiness": 0.25, "exposure": 0.2}
_WORST = 0.02


class NumpyJudge:
    """Measures every frame of a clip once."""

    name: ClassVar[str] = "numpy/1"

    def accepts(self, rating: Rating) -> bool:
        """Whoever gave it: it holds the same measurements."""
        return rating.measured_by == self.name

    def rate(self, clip: Path, scene: Scene, spec: RenderSpec) -> Rating:
        """Rate a clip.

        Raises:
            MediaError: it cannot be decoded.
        """
        qualities: dict[str, Quality] = {
            "motion": Motion(float(spec.frame_rate)),
            "sharpness": Sharpness(),
            "steadiness": Steadiness(),
            "exposure": Exposure(),
        }
        for picture in grey_pictures(clip):
            for quality in qualities.values():
                quality.see(picture)
        marks = {name: round(quality.mark(), 4) for name, quality in qualities.items()}
        if scene.allow_still:
            marks["motion"] = 1.0  # a still picture is wanted, so that less motion is no flaw
        if scene.allow_black:
            marks["exposure"] = 1.0
        total = weighted(marks, WEIGHTS)
        return Rating(judge=self.name, total=total, measured_by=self.name, measured=total, marks=marks)


def weighted(marks: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted geometric mean of marks: a bad one is not bought off by good ones. From 0.02 to 1."""
    whole = sum(weights.values())
    logs = math.fsum(weight * math.log(max(_WORST, marks[name])) for name, weight in weights.items())
    return round(min(1.0, math.exp(logs / whole)), 4)
