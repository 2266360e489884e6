"""Narration as WebVTT, timed by the movie that is there."""

import re
from collections.abc import Iterator

from film_pipeline.models.report import FilmReport
from film_pipeline.models.storyboard import Storyboard

# A name before a colon, as dialogue is written: "MARA: She was here."
_SPOKEN = re.compile(r"([^\W\d_][\w .'-]{0,39}):\s+(?=\S)")


def captions_of(storyboard: Storyboard, report: FilmReport) -> str:
    """The narration of every scene that is in the movie, each line for its share of the scene."""
    said = {scene.id: scene.narration for scene in storyboard.scenes if scene.narration}
    cues = ["WEBVTT"]
    for scene in report.scenes:
        for begin, end, words in _shares(said.get(scene.scene, ""), scene.start, scene.duration):
            cues.append(f"{_time(begin)} --> {_time(end)}\n{_cue(words)}")
    return "\n\n".join(cues) + "\n"


def _shares(narration: str, start: float, duration: float) -> Iterator[tuple[float, float, str]]:
    lines = [" ".join(line.split()) for line in narration.splitlines() if line.strip()]
    total = sum(len(line) for line in lines)
    for line in lines:
        seconds = duration * len(line) / total
        yield start, start + seconds, line
        start += seconds


def _cue(words: str) -> str:
    spoken = _SPOKEN.match(words)
    text = _escaped(words[spoken.end() :] if spoken else words)
    return f"<v {_escaped(spoken[1].strip())}>{text}</v>" if spoken else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
