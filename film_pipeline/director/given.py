"""The director of storyboards that people bring along: read, checked, and taken as they are."""

from film_pipeline.director import Direction, Limits, Script
from film_pipeline.director.limits import check_limits
from film_pipeline.models.storyboard import parse_storyboard


def direct_storyboard(script: Script, limits: Limits) -> Direction:
    """Take a script of kind ``storyboard`` as it stands.

    Raises:
        StoryboardError: not a storyboard, or larger than ``limits``.
    """
    storyboard = parse_storyboard(script.text, where=script.name)
    check_limits(storyboard, limits, script.name)
    return Direction(storyboard, {"director": "storyboard", "scenes": len(storyboard.scenes)})
