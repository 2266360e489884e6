"""Which sizes and lengths each video model really makes: worked out here and nowhere else.

A server silently makes something else of an illegal length or size, so both the wish and the real value are kept.
"""

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Limits:
    """Lengths are ``step * n + 1`` frames (any with step 1); sides are multiples of ``multiple`` pixels.

    ``fps`` is the model's only frame rate, None where it takes the film's. ``most_frames`` is what the model was
    made for, 0 where unknown; more is not refused but told.
    """

    step: int = 4
    multiple: int = 16
    fps: Fraction | None = None
    most_frames: int = 0


# By the node that makes the empty picture. ComfyUI 0.33 validates none of this.
LIMITS_OF_CLASS = {
    "EmptyHunyuanLatentVideo": Limits(4, 16),
    "EmptyHunyuanVideo15Latent": Limits(4, 16),
    "HunyuanVideo15ImageToVideo": Limits(4, 16),
    "HunyuanImageToVideo": Limits(4, 16),
    "WanImageToVideo": Limits(4, 16),
    "Wan22ImageToVideoLatent": Limits(4, 32),
    "EmptyLTXVLatentVideo": Limits(8, 32),
    "LTXVImgToVideo": Limits(8, 32),
    "EmptyMochiLatentVideo": Limits(6, 16),
    "EmptyCosmosLatentVideo": Limits(8, 16),
    "EmptyImage": Limits(1, 2),
}


@dataclass(frozen=True)
class Measures:
    """Length, size and rate of a clip."""

    frames: int
    width: int
    height: int
    frame_rate: Fraction

    @property
    def seconds(self) -> float:
        return float(self.frames / self.frame_rate)

    def __str__(self) -> str:
        return f"{self.frames} frames of {self.width}x{self.height} at {self.frame_rate}"


def legal_measures(wished: Measures, limits: Limits) -> Measures:
    """What to ask of the model: never shorter than wished and less than one step longer; sides to the nearest."""
    rate = limits.fps or wished.frame_rate
    needed = math.ceil(wished.frames * rate / wished.frame_rate)
    return Measures(
        frames=legal_frames(needed, limits.step),
        width=_legal_side(wished.width, limits.multiple),
        height=_legal_side(wished.height, limits.multiple),
        frame_rate=rate,
    )


def legal_frames(frames: int, step: int) -> int:
    """The next length of ``step * n + 1``."""
    return frames if step == 1 else step * math.ceil(max(0, frames - 1) / step) + 1


def differences(wished: Measures, real: Measures, limits: Limits) -> list[str]:
    """In whole sentences, where the clip is not as wished; empty when it is."""
    said = []
    if (wished.width, wished.height) != (real.width, real.height):
        said.append(
            f"The model makes {real.width}x{real.height} instead of {wished.width}x{wished.height}: "
            f"sides are multiples of {limits.multiple}."
        )
    if real.frame_rate != wished.frame_rate:
        said.append(f"The model makes {real.frame_rate} frames a second; the film has {wished.frame_rate}.")
    if abs(real.seconds - wished.seconds) > 1e-9:
        said.append(f"The clip has {real.frames} frames, {real.seconds:.3f} s instead of {wished.seconds:.3f} s.")
    if limits.most_frames and real.frames > limits.most_frames:
        said.append(f"The model was made for up to {limits.most_frames} frames; {real.frames} may repeat or drift.")
    return said


def _legal_side(pixels: int, multiple: int) -> int:
    """The nearest multiple, the smaller one of two equally near."""
    below = pixels // multiple * multiple
    return max(multiple, below if pixels - below <= multiple / 2 else below + multiple)
