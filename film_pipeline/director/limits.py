"""The caps on a film's length, checked on every storyboard before anything is spent."""

from film_pipeline.director import Limits
from film_pipeline.errors import StoryboardError
from film_pipeline.models.storyboard import MAX_STORYBOARD_SCENES, Storyboard


def check_scene_count(count: int, limits: Limits, where: str) -> None:
    """Refuse more scenes than the setting, or than any storyboard may hold.

    Raises:
        StoryboardError: too many scenes.
    """
    if count > limits.max_scenes:
        raise StoryboardError(
            f"The film would have {count:,} scenes, more than the {limits.max_scenes:,} allowed",
            where=where,
            remedy="Shorten the script, or raise FILM_MAX_SCENES.",
        )
    if count > MAX_STORYBOARD_SCENES:
        raise StoryboardError(
            f"The film would have {count:,} scenes, more than the {MAX_STORYBOARD_SCENES:,} a storyboard can hold",
            where=where,
            remedy="Split the script into several films.",
        )


def check_limits(storyboard: Storyboard, limits: Limits, where: str) -> None:
    """Refuse a storyboard with more scenes or seconds than allowed.

    Raises:
        StoryboardError: naming both numbers and the setting.
    """
    check_scene_count(len(storyboard.scenes), limits, where)
    if storyboard.seconds > limits.max_seconds + 1e-6:
        raise StoryboardError(
            f"The film would last {storyboard.seconds:,.10g} s, more than the {limits.max_seconds:,.10g} s allowed",
            where=where,
            remedy="Shorten the script or its scenes, or raise FILM_MAX_SECONDS.",
        )
