"""Ways to make a movie of clips: one filter graph, MoviePy, and ours; each as a command of its own process."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from editing.clips import FRAMES, RATE
from editing.meter import processor_seconds

from film_pipeline.editor.assembly import assemble
from film_pipeline.editor.movie import cut_movie
from film_pipeline.ffmpeg.encoding import Encoding
from film_pipeline.ffmpeg.program import ffmpeg_program, file_argument
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition
from film_pipeline.models.timeline import Timeline, TimelineClip

OVERLAP = 12
MOVIEPY = "moviepy==2.2.1"

_MOVIEPY_SCRIPT = """
import json, sys
from moviepy import CompositeVideoClip, VideoFileClip, vfx
job = json.load(open(sys.argv[1]))
row = [
    VideoFileClip(path, audio=False).with_start(start).with_effects([vfx.CrossFadeIn(job["overlap"])] if start else [])
    for path, start in zip(job["clips"], job["starts"])
]
film = CompositeVideoClip(row)
film.write_videofile(job["into"], fps=job["rate"], codec="libx264", preset=job["preset"], threads=1, audio=False,
                     ffmpeg_params=["-crf", "20"], logger=None)
"""


def timeline_of(clips: list[Path], size: str) -> Timeline:
    """All clips in a row with dissolves."""
    width, height = map(int, size.split("x"))
    row = [
        TimelineClip(scene=f"{number:03d}", take=1, media=str(path), sha256=sha256_of(path), frames=FRAMES)
        for number, path in enumerate(clips)
    ]
    dissolve = Transition(kind="dissolve", duration=OVERLAP / RATE)
    film_format = FilmFormat(width=width, height=height, frame_rate=Fraction(RATE))
    return assemble("Benchmark", film_format, row, [None] + [dissolve] * (len(row) - 1))


def single_graph(timeline: Timeline, preset: str, into: Path, quality: tuple[str, str] = ("-crf", "20")) -> list[str]:
    """One FFmpeg, one chain of blends."""
    inputs, graph = [], []
    for number, clip in enumerate(timeline.clips):
        inputs += ["-threads", "1", "-i", file_argument(Path(clip.media))]
        graph.append(f"[{number}:v]settb=1/{RATE},setpts=N[c{number}]")
    for number, start in enumerate(timeline.starts()[1:], start=1):
        before = f"[x{number - 1}]" if number > 1 else "[c0]"
        graph.append(f"{before}[c{number}]xfade=duration={OVERLAP / RATE}:offset={start / RATE}[x{number}]")
    script = into.with_suffix(".graph")
    script.write_text(";".join(graph))
    encode = ["-c:v", "libx264", "-preset", preset, *quality, "-pix_fmt", "yuv420p", "-threads", "1"]
    last = f"[x{len(timeline.clips) - 1}]"
    begin = [ffmpeg_program(), "-v", "error", "-y"]
    return [*begin, *inputs, "-/filter_complex", str(script), "-map", last, *encode, str(into)]


def single_graph_with_sound(timeline: Timeline, music: Path, preset: str, into: Path) -> list[str]:
    """The same, the clips' sound in a chain of its own, mixed with music; no loudness is set."""
    command = single_graph(timeline, preset, into)
    script, count = into.with_suffix(".graph"), len(timeline.clips)
    chain = [script.read_text()]
    for number in range(1, count):
        before = f"[s{number - 1}]" if number > 1 else "[0:a]"
        chain.append(f"{before}[{number}:a]acrossfade=d={OVERLAP / RATE}[s{number}]")
    chain.append(f"[s{count - 1}][{count}:a]amix=duration=first[sound]")
    script.write_text(";".join(chain))
    graph = command.index("-/filter_complex")
    sound = ["-map", "[sound]", "-c:a", "aac", "-b:a", "192k"]
    return [*command[:graph], "-i", str(music), *command[graph:-1], *sound, command[-1]]


def moviepy_python(folder: Path) -> str | None:
    """A Python with MoviePy, in an environment of its own as it wants another Pillow; None where it cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", MOVIEPY]
    if subprocess.run(pip, check=False).returncode:
        return None
    return str(folder / "bin" / "python")


def with_moviepy(python: str, timeline: Timeline, preset: str, into: Path) -> list[str]:
    job = {
        "clips": [clip.media for clip in timeline.clips],
        "starts": [start / RATE for start in timeline.starts()],
        "overlap": OVERLAP / RATE,
        "rate": RATE,
        "preset": preset,
        "into": str(into),
    }
    path = into.with_suffix(".moviepy.json")
    path.write_text(json.dumps(job))
    return [python, "-c", _MOVIEPY_SCRIPT, str(path)]


def ours(timeline: Timeline, preset: str, cache: Path, into: Path, music: Path | None = None) -> list[str]:
    path = into.with_suffix(".json")
    job = {"timeline": timeline.model_dump_json(), "preset": preset, "cache": str(cache), "into": str(into)}
    path.write_text(json.dumps(job | {"music": str(music) if music else None}))
    return [sys.executable, sys.argv[0], "--job", str(path)]


def told_of(into: Path) -> Path:
    """Where it is written what a movie of ours took on the processor, Python's start and imports apart."""
    return into.with_suffix(".cpu")


def parts_told_of(into: Path) -> Path:
    """Where it is written how many parts of a movie of ours were encoded."""
    return into.with_suffix(".parts")


def do_job(path: Path) -> None:
    """What the command of :func:`ours` does in its process; what that took goes to :func:`told_of`."""
    if path == Path(os.devnull):
        return
    job = json.loads(path.read_text())
    Path(job["into"]).unlink(missing_ok=True)  # a film is cut to a new name; freeing the last one is not its cost
    started = processor_seconds()
    facts = cut_movie(
        Timeline.model_validate_json(job["timeline"]),
        soundtrack=Path(job["music"]) if job["music"] else None,
        into=Path(job["into"]),
        cache=Path(job["cache"]),
        workers=os.cpu_count() or 1,
        encoding=Encoding(preset=job["preset"]),
    )
    told_of(Path(job["into"])).write_text(str(processor_seconds() - started))
    parts_told_of(Path(job["into"])).write_text(str(facts.encoded_parts))
