"""Decides the edit: clips and wished transitions become a timeline in whole frames. Pure; touches no file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from film_pipeline.models.format import FilmFormat
from film_pipeline.models.storyboard import Transition, TransitionKind
from film_pipeline.models.timeline import Timeline, TimelineClip, TimelineTransition

_COLOUR_FADES: tuple[TransitionKind, ...] = ("fade", "fade_white")


def assemble(
    title: str,
    film_format: FilmFormat,
    clips: Sequence[TimelineClip],
    entering: Sequence[Transition | None],
    *,
    closing: Transition | None = None,
) -> Timeline:
    """Lay clips in a row; ``entering[i]`` is the wished transition into clip ``i``, None for a plain cut.

    A transition takes at most half of its shorter neighbour, so that the two of one clip never meet; each one that
    had to be shortened, or is too short for a frame, is told in the timeline's notes. Into the first clip only a fade
    has anything to act on: it opens the film from black or white. ``closing`` likewise fades the end out.

    Raises:
        ValueError: no clips, or not one wish a clip.
    """
    if not clips:
        raise ValueError("a film needs at least one clip")
    if len(entering) != len(clips):
        raise ValueError(f"{len(clips)} clips need as many wished transitions, not {len(entering)}")
    fitting = _Fitting(film_format)
    opening = fitting.at_the_edge(entering[0], clips[0], "fade at the start", "opens")
    between = [fitting.between(clips[i - 1], clips[i], entering[i]) for i in range(1, len(clips))]
    ending = fitting.at_the_edge(closing, clips[-1], "fade at the end", "closes")
    return Timeline(
        title=title,
        format=film_format,
        clips=tuple(clips),
        transitions=tuple(between),
        opening=opening,
        closing=ending,
        notes=tuple(fitting.notes),
    )


@dataclass
class _Fitting:
    """Shortens wishes to what the clips can give, and keeps a note of each."""

    film_format: FilmFormat
    notes: list[str] = field(default_factory=list)

    def between(self, before: TimelineClip, after: TimelineClip, wish: Transition | None) -> TimelineTransition:
        shorter = before if before.frames <= after.frames else after
        return self._fitted(f"transition into scene {after.scene}", wish or Transition(kind="cut"), shorter)

    def at_the_edge(
        self, wish: Transition | None, clip: TimelineClip, name: str, verb: str
    ) -> TimelineTransition | None:
        if wish is None or wish.kind == "cut":
            return None
        if wish.kind not in _COLOUR_FADES:
            self.notes.append(f"{wish.kind} of scene {clip.scene} ignored: only a fade {verb} a film")
            return None
        fitted = self._fitted(name, wish, clip)
        return fitted if fitted.frames else None

    def _fitted(self, name: str, wish: Transition, clip: TimelineClip) -> TimelineTransition:
        """The wish in whole frames, of which ``clip`` gives at most half of its own."""
        wished = round(wish.seconds * float(self.film_format.frame_rate))
        frames = min(wished, clip.frames // 2)
        if wish.seconds and not wished:
            self.notes.append(f"{name} became a cut: {wish.seconds:g} s is shorter than a frame")
        elif frames < wished:
            self._note(name, wished, frames, clip)
        return TimelineTransition(kind=wish.kind if frames else "cut", frames=frames, wished_frames=wished)

    def _note(self, name: str, wished: int, frames: int, clip: TimelineClip) -> None:
        had = f"scene {clip.scene} has only {_counted(clip.frames)}"
        if frames:
            self.notes.append(f"{name} shortened from {wished} to {_counted(frames)}: {had}")
        else:
            self.notes.append(f"{name} became a cut: {had}")


def _counted(frames: int) -> str:
    return f"{frames} frame{'' if frames == 1 else 's'}"
