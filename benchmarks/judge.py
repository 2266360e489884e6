"""The judge: does it rank flawed takes below good ones, and what does it cost beside decoding the clip.

``python benchmarks/judge.py`` draws three scenes with the animatic, spoils each in nine ways with FFmpeg, and rates all
of them; ``--quick`` takes one scene. Goals: every flawed clip below its own original; at most three times the CPU
seconds of decoding the clip alone.
"""

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.judge.measuring import NumpyJudge
from film_pipeline.models.rating import Rating
from film_pipeline.models.storyboard import Scene
from film_pipeline.models.take import RenderSpec
from film_pipeline.renderer.animatic import AnimaticRenderer

PROMPTS = (
    "Cyberpunk detective walking, rain, neon lights, canals of Amsterdam",
    "Close up of cybernetic eye looking at a holographic map",
    "A quiet desert at noon, slow pan",
)
SECONDS, RATE = 3, 24

FLAWS = {
    "soft": "gblur=sigma=2",
    "very soft": "gblur=sigma=5",
    "underexposed": "lutyuv=y=16+(val-16)*0.15",
    "burnt out": "lutyuv=y='clip(16+(val-16)*4,16,235)'",
    "fog": "lutyuv=y=120+(val-126)*0.15",
    "flicker": "geq=lum='lum(X,Y)+if(mod(N,2),8,0)':cb='cb(X,Y)':cr='cr(X,Y)'",
    "every frame twice": "fps=12,fps=24",
    "every frame four times": "fps=6,fps=24",
    "frozen": "loop=loop=-1:size=1,trim=end_frame=72",
}


def draw(folder: Path, prompt: str) -> tuple[Path, Scene, RenderSpec]:
    spec = RenderSpec(
        renderer="animatic/1",
        prompt=prompt,
        frames=SECONDS * RATE,
        width=1280,
        height=720,
        frame_rate=Fraction(RATE),
        seed=1,
        take=1,
    )
    clip = folder / f"{spec.digest[:12]}.mp4"
    AnimaticRenderer().render(spec, clip, lambda share, words: None)
    return clip, Scene(id="001", duration=SECONDS, prompt=prompt), spec


def spoil(clip: Path, how: str) -> Path:
    into = clip.with_name("flawed.mp4")
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", file_argument(into)]
    run_ffmpeg(["-y", "-i", file_argument(clip), "-vf", how, *coding], doing="spoiling a clip")
    return into


def decoding_seconds(clip: Path) -> float:
    """CPU seconds of decoding a clip and doing nothing with it."""
    started = time.process_time()
    with av.open(str(clip)) as container:
        for _ in container.decode(video=0):
            pass
    return time.process_time() - started


def told(name: str, rating: Rating) -> str:
    return f"{name:<24} {rating.total:.2f}   " + "  ".join(f"{mark:10.2f}" for mark in rating.marks.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one scene")
    prompts = PROMPTS[:1] if parser.parse_args().quick else PROMPTS
    judge, judging, decoding, ranked, clips = NumpyJudge(), 0.0, 0.0, 0, 0
    with tempfile.TemporaryDirectory(prefix="judge-benchmark-") as folder:
        for prompt in prompts:
            clip, scene, spec = draw(Path(folder), prompt)
            decoding += min(decoding_seconds(clip) for _ in range(3))
            started = time.process_time()
            good = judge.rate(clip, scene, spec)
            judging += time.process_time() - started
            print(f"\n{prompt[:24]:<24} total  " + "  ".join(f"{name:>10}" for name in good.marks))
            print(told("as drawn", good))
            for flaw, how in FLAWS.items():
                rating = judge.rate(spoil(clip, how), scene, spec)
                ranked, clips = ranked + (rating.total < good.total), clips + 1
                print(told(flaw, rating))
    film = SECONDS * len(prompts)
    print(f"\n{ranked} of {clips} flawed clips rank below their original")
    print(
        f"judging {judging / film:.2f} CPU s a second of 720p film, decoding it alone {decoding / film:.2f}", end=": "
    )
    print(f"{judging / decoding:.1f} times")


if __name__ == "__main__":
    main()
