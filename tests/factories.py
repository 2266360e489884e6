"""Things that tests make: storyboards, scenes, takes, and a renderer and composer that take no time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from film_pipeline.composer import SAMPLE_RATE, Composition
from film_pipeline.director.offline import OfflineDirector
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.judge import Judge
from film_pipeline.judge.measuring import NumpyJudge
from film_pipeline.models.soundtrack import Score
from film_pipeline.models.storyboard import Scene, Storyboard, storyboard_from
from film_pipeline.models.take import Recipe, RenderSpec
from film_pipeline.renderer import Progress, Rendering
from film_pipeline.settings import Settings
from film_pipeline.storage import open_store
from film_pipeline.studio import Studio


def make_scene(scene_id: int | str = 1, **fields: Any) -> dict[str, Any]:
    return {"id": scene_id, "duration": 1.0, "prompt": f"scene {scene_id}", **fields}


def make_storyboard(*scenes: dict[str, Any], **fields: Any) -> Storyboard:
    """Two scenes of a second with hard cuts, unless told otherwise."""
    data = {"title": "Test", "transition": "cut", "scenes": list(scenes or (make_scene(1), make_scene(2))), **fields}
    return storyboard_from(data)


@dataclass
class PatternRenderer:
    """FFmpeg's moving test picture, tinted by the seed; counts what it rendered and fails where it is told to."""

    rendered: list[RenderSpec] = field(default_factory=list)
    failing: Callable[[RenderSpec], Exception | None] = lambda spec: None
    workflow: str = ""
    uses_references: bool = False

    def recipe(self, storyboard: Storyboard, scene: Scene) -> Recipe:
        return Recipe(renderer="pattern/1", workflow=self.workflow, stand_in=True)

    def render(self, spec: RenderSpec, into: Path, progress: Progress, **others: Any) -> Rendering:
        self.rendered.append(spec)
        fault = self.failing(spec)
        if fault:
            raise fault
        make_clip(into, spec.frames, f"{spec.width}x{spec.height}", str(spec.frame_rate), hue=spec.seed % 360)
        progress(1.0, "done")
        return Rendering(made={"server": "pattern"})


@dataclass
class ToneComposer:
    """One quiet tone."""

    name: str = "tone/1"
    stand_in: bool = True
    follows_scenes: bool = True
    composed: list[Score] = field(default_factory=list)

    def compose(self, score: Score, into: Path, progress: Callable[[float, str], None]) -> Composition:
        self.composed.append(score)
        samples = round(score.seconds * SAMPLE_RATE)
        sine = f"sine=frequency=330:sample_rate={SAMPLE_RATE}"
        shape = f"aformat=channel_layouts=stereo,atrim=end_sample={samples}"
        run_ffmpeg(["-f", "lavfi", "-i", sine, "-af", shape, "-c:a", "flac", file_argument(into)], doing="a tone")
        return Composition(made={"tempo": 120})


def make_clip(into: Path, frames: int, size: str = "160x90", rate: str = "12", hue: int = 0) -> Path:
    """A moving test picture of exactly ``frames`` frames."""
    arguments = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}", "-vf", f"hue=h={hue}"]
    arguments += ["-frames:v", str(frames), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    run_ffmpeg([*arguments, file_argument(into)], doing="making a test clip")
    return into


def make_studio(settings: Settings, renderer: PatternRenderer | None = None, judge: Judge | None = None) -> Studio:
    """A studio whose renderer and composer take no time; it measures takes where no other judge is given."""
    return Studio(
        settings=settings,
        store=open_store(settings.storage, settings.home),
        director=OfflineDirector(),
        renderer=renderer or PatternRenderer(),
        composer=ToneComposer(),
        judge=judge or NumpyJudge(),
    )
