"""Narration as WebVTT, timed by the movie that is there, also where the storyboard has changed since."""

from film_pipeline.editor.subtitles import subtitles, vtt_text
from film_pipeline.models.format import FilmFormat, parse_frame_rate
from film_pipeline.models.report import FilmReport
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.timeline import Timeline, TimelineClip, TimelineTransition


def captions_of(storyboard: Storyboard, report: FilmReport) -> str:
    """The narration of every scene that is in the movie, each line in its scene's stretch."""
    if not report.scenes:
        return "WEBVTT\n"
    present = {scene.id: scene for scene in storyboard.scenes}
    silence = storyboard.scenes[0].model_copy(update={"narration": None})
    as_cut = storyboard.model_copy(update={"scenes": tuple(present.get(s.scene, silence) for s in report.scenes)})
    return vtt_text(subtitles(as_cut, _timeline_of(report)).cues)


def _timeline_of(report: FilmReport) -> Timeline:
    """The edit of the movie, as far as its report tells: where each scene begins and how long it lasts."""
    rate = parse_frame_rate(report.frame_rate)
    shape = FilmFormat(width=report.width, height=report.height, frame_rate=rate)
    clips = [
        TimelineClip(scene=scene.scene, take=scene.take, media="", sha256="", frames=shape.frames(scene.duration))
        for scene in report.scenes
    ]
    starts = [round(scene.start * rate) for scene in report.scenes]
    overlaps = [
        max(0, at + clip.frames - next_at) for at, clip, next_at in zip(starts, clips, starts[1:], strict=False)
    ]
    return Timeline(
        title=report.title,
        format=shape,
        clips=tuple(clips),
        transitions=tuple(
            TimelineTransition(kind="dissolve", frames=frames, wished_frames=frames) for frames in overlaps
        ),
    )
