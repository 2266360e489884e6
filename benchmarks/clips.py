"""How well clips are judged: damaged and empty ones must be found, dark, slow and nearly still ones let through.

``python benchmarks/clips.py`` draws 300 good, 60 damaged and 60 empty clips of many kinds, codings and qualities;
``--quick`` a fifth of them. Goals: every bad one found, at most 1 % of the good ones refused.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from film_pipeline.errors import MediaError
from film_pipeline.ffmpeg.program import feeding_ffmpeg, file_argument
from film_pipeline.ffmpeg.verify import require_clip

WIDTH, HEIGHT, FRAMES, RATE = 320, 180, 36, 24
QUALITIES, PRESETS = (18, 23, 28, 33), ("ultrafast", "veryfast", "medium")

Picture = np.ndarray
Drawing = Callable[[np.random.Generator, int], Picture]
"""Draws frame ``n``; called with a generator of the same seed for every frame of a clip."""


def blotches(random: np.random.Generator, low: int, high: int, width: int) -> Picture:
    """A soft pattern twice the size of a frame, to move about on."""
    small = random.integers(low, high + 1, (HEIGHT // width + 2, WIDTH // width + 2, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((2 * WIDTH, 2 * HEIGHT), Image.Resampling.BICUBIC))


def pan(picture: Picture, x: float, y: float = 0) -> Picture:
    return picture[int(y) : int(y) + HEIGHT, int(x) : int(x) + WIDTH]


def zoom(picture: Picture, factor: float) -> Picture:
    width, height = WIDTH / factor, HEIGHT / factor
    box = ((WIDTH - width) / 2, (HEIGHT - height) / 2, (WIDTH + width) / 2, (HEIGHT + height) / 2)
    frame = Image.fromarray(pan(picture, 0))
    return np.asarray(frame.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC, box=box))


def title(ink: float) -> Picture:
    card = Image.new("RGB", (WIDTH, HEIGHT))
    ImageDraw.Draw(card).text((60, 80), "CHAPTER ONE", fill=(int(ink),) * 3)
    return np.asarray(card)


def spot(picture: Picture, x: int, y: int, size: int, light: int) -> Picture:
    lit = picture.copy()
    lit[y : y + size, x : x + size] = (light, light * 3 // 4, light // 3)
    return lit


BLACK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

GOOD: dict[str, Drawing] = {
    "dark pan": lambda r, n: pan(blotches(r, 2, int(r.integers(12, 30)), 16), n * r.uniform(0.3, 2)),
    "title that fades in": lambda r, n: title(r.integers(80, 255) * min(1, n / r.integers(6, FRAMES))),
    "slow zoom": lambda r, n: zoom(blotches(r, 0, 255, int(r.integers(4, 20))), 1 + n * r.uniform(0.0004, 0.003)),
    "small thing that moves": lambda r, n: spot(pan(blotches(r, 0, 255, 12), 0), 20 + 3 * n, 90, 8, 240),
    "candle in the dark": lambda r, n: spot(BLACK, 160, 90, int(r.integers(3, 10)), 100 + n * 97 % 150),
    "fog": lambda r, n: pan(blotches(r, 120, 136, int(r.integers(10, 40))), 2 * n, n),
    "out of the black and back": lambda r, n: (
        pan(blotches(r, 0, 255, 10), n) * min(1, n / 12, (FRAMES - n) / 6)
    ).astype(np.uint8),
    "snow": lambda r, n: pan(blotches(r, 235, 255, 8), 0, n),
    "breath of light": lambda r, n: np.clip(
        pan(blotches(r, 20, 200, 16), 0) + r.integers(4, 12) * np.sin(n / 5), 0, 255
    ).astype(np.uint8),
    "grain at night": lambda r, n: (
        pan(blotches(r, 0, 24, 20), n) + np.random.default_rng(n).integers(0, 12, BLACK.shape).astype(np.uint8)
    ),
}

EMPTY: dict[str, Drawing] = {
    "black": lambda r, n: BLACK,
    "black with noise": lambda r, n: np.random.default_rng(n).integers(0, 3, BLACK.shape).astype(np.uint8),
    "half black": lambda r, n: pan(blotches(r, 0, 255, 10), n) * (n < FRAMES // 2),
    "grey": lambda r, n: BLACK + np.uint8(128),
    "one colour": lambda r, n: BLACK + r.integers(40, 255, 3).astype(np.uint8),
    "frozen": lambda r, n: pan(blotches(r, 0, 255, int(r.integers(8, 30))), 0),
    "frozen in the dark": lambda r, n: pan(blotches(r, 2, 20, 12), 0),
    "title that does not move": lambda r, n: title(220),
}


def write(path: Path, draw: Drawing, seed: int) -> Path:
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "pipe:0"]
    coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart" if seed % 2 else "0"]
    coding += ["-crf", str(QUALITIES[seed % 4]), "-preset", PRESETS[seed % 3]]
    with feeding_ffmpeg(["-y", *raw, *coding, file_argument(path)], doing="drawing") as pipe:
        for number in range(FRAMES):
            pipe.write(np.ascontiguousarray(draw(np.random.default_rng(seed), number)).tobytes())
    return path


def damage(path: Path, kind: int, seed: int) -> None:
    """Cut the file, empty it, or write over a stretch of it."""
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(seed)
    place = int(len(data) * random.uniform(0.2, 0.8))
    if kind == 0:
        del data[place:]
    elif kind == 1:
        data[place : place + 600] = bytes(600)
    elif kind == 2:
        data[place : place + 600] = random.bytes(600)
    else:
        data = bytearray((b"", b"not a clip\n", b"#EXTM3U\nhttp://127.0.0.1/\n")[seed % 3])
    path.write_bytes(data)


def refusal(path: Path) -> str:
    """Why the clip is refused, or nothing."""
    try:
        require_clip(path, frames=FRAMES, width=WIDTH, height=HEIGHT, frame_rate=Fraction(RATE))
    except MediaError as error:
        return error.why
    return ""


def judge_good(folder: Path, count: int) -> list[str]:
    refused = []
    for seed in range(count):
        name = list(GOOD)[seed % len(GOOD)]
        why = refusal(write(folder / "clip.mp4", GOOD[name], seed // len(GOOD) * 7 + seed))
        refused += [f"{name}, seed {seed}: {why}"] if why else []
    return refused


def judge_damaged(folder: Path, count: int) -> list[str]:
    missed = []
    for seed in range(count):
        path = write(folder / "clip.mp4", list(GOOD.values())[seed % len(GOOD)], seed)
        damage(path, seed % 4, seed)
        name = ("cut short", "zeros in it", "noise in it", "no media")[seed % 4]
        missed += [] if refusal(path) else [f"{name}, seed {seed}"]
    return missed


def judge_empty(folder: Path, count: int) -> list[str]:
    missed = []
    for seed in range(count):
        name = list(EMPTY)[seed % len(EMPTY)]
        missed += [] if refusal(write(folder / "clip.mp4", EMPTY[name], seed)) else [f"{name}, seed {seed}"]
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 good, 12 damaged and 12 empty clips")
    good, bad = (60, 12) if parser.parse_args().quick else (300, 60)
    with tempfile.TemporaryDirectory(prefix="clips-benchmark-") as home:
        folder, started = Path(home), time.perf_counter()
        refused, damaged, empty = judge_good(folder, good), judge_damaged(folder, bad), judge_empty(folder, bad)
    print(f"{len(refused)} of {good} good clips refused; missed: {len(damaged)} of {bad} damaged", end=" ")
    print(f"and {len(empty)} of {bad} empty clips ({time.perf_counter() - started:.0f} s)")
    print(*refused, *damaged, *empty, sep="\n")


if __name__ == "__main__":
    main()
