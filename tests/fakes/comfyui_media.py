"""Real media for the fake server and for tests: small clips of a known picture, and FLAC music.

Pictures: moving, dark (moving, very dim), still, black, grey, colour, noise, half_black (black from the middle on).
"""

import io
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def write_clip(
    path: Path,
    *,
    width: int = 64,
    height: int = 64,
    frames: int = 9,
    fps: float | Fraction = 24,
    picture: str = "moving",
    seed: int = 0,
    over_seconds: float = 0.0,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Encode H.264 in place, as SaveVideo does: a reader sees a partial file until it is finished."""
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        paint = painter(picture, width, height, frames, seed)
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(paint(index), format="rgb24")))
            tick()
            if over_seconds:
                time.sleep(over_seconds / frames)
        container.mux(stream.encode())


def painter(picture: str, width: int, height: int, frames: int, seed: int) -> Callable[[int], np.ndarray]:
    """A function from frame number to an RGB image."""
    random = np.random.default_rng(seed)
    texture = np.kron(random.integers(0, 256, (-(-height // 8), -(-width // 8), 3)), np.ones((8, 8, 1)))
    texture = texture[:height, :width].astype(np.uint8)
    flat = {"black": (0, 0, 0), "grey": (128, 128, 128), "colour": (20, 60, 200)}

    def paint(index: int) -> np.ndarray:
        if picture in flat or (picture == "half_black" and index >= frames // 2):
            return np.full((height, width, 3), flat.get(picture, (0, 0, 0)), np.uint8)
        if picture == "still":
            return texture
        if picture == "noise":
            return random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        moved = np.roll(texture, (2 * index, 3 * index), (0, 1))
        return (moved // 12 + 4).astype(np.uint8) if picture == "dark" else moved

    return paint


def write_audio(path: Path, *, seconds: float, rate: int = 44_100, seed: int = 0, silent: bool = False) -> None:
    """A chord that swells, stereo FLAC."""
    samples = round(seconds * rate)
    time_axis = np.arange(samples) / rate
    chord = sum(np.sin(2 * np.pi * tone * time_axis) for tone in (220 + seed % 50, 277, 330)) / 3
    wave = np.zeros(samples) if silent else chord * 0.4
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout="stereo")
        for start in range(0, samples, 4096):
            block = (np.stack([wave[start : start + 4096]] * 2) * 32767).astype(np.int16)
            interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def preview(share: float) -> bytes:
    """What a sampler shows on its way, as JPEG: noise that clears from the left."""
    picture = np.random.default_rng(1).integers(0, 255, (72, 128, 3), dtype=np.uint8)
    picture[:, : round(128 * share)] = (40, 90, 140)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG")
    return buffer.getvalue()
