"""Where a daemon lives on the home, the command hands its film over and shows the daemon's progress."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from film_pipeline.cli.heartbeats import Heartbeats
from film_pipeline.cli.screen import Screen
from film_pipeline.errors import FilmPipelineError
from film_pipeline.planning import Plan
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard

if TYPE_CHECKING:
    from dagster import DagsterInstance

_FRESH_SECONDS = 60.0
_POLL_SECONDS = 1.0


def daemon_lives(home: Path) -> bool:
    """Whether a Dagster daemon with sensors told of itself on this home within the last minute."""
    if not (home / "history").exists():
        return False
    from film_pipeline.defs.home import open_history

    with open_history(home) as instance:
        beat = instance.get_daemon_heartbeats().get("SENSOR")
    return beat is not None and time.time() - beat.timestamp < _FRESH_SECONDS


def watch(studio: Studio, film: str, screen: Screen, storyboard_only: bool) -> set[str]:
    """Show what the daemon does until the film is current (or has its storyboard); returns the rendered scenes.

    Raises:
        FilmPipelineError: what a failed run said, where automation gave up. The daemon goes on with other films.
    """
    from film_pipeline.defs.home import open_history

    started = time.time()
    screen.say("A Dagster daemon lives on this home: it makes the film, this command shows how far it is.")
    with open_history(studio.settings.home) as instance:
        screen.stage("storyboard", 1)
        while needs_storyboard(studio.store, film):
            _raise_failure(instance, studio, film, started)
            time.sleep(_POLL_SECONDS)
        screen.done(film, True)
        if storyboard_only:
            return set()
        planned = studio.plan(film)
        open_scenes = {scene.scene for scene in planned.scenes if scene.state != "current"}
        rendered = {scene.scene for scene in planned.scenes if scene.takes_left}
        screen.stage("scene", len(open_scenes))
        heartbeats = Heartbeats(studio.settings.home, film, screen)
        while not planned.current:
            current = {scene.scene for scene in planned.scenes if scene.state == "current"}
            for scene in sorted(open_scenes & current):
                screen.done(f"{film}/{scene}", True)
            open_scenes -= current
            heartbeats.show(_steps(planned))
            _raise_failure(instance, studio, film, started)
            time.sleep(_POLL_SECONDS)
            planned = studio.plan(film)
        return rendered


def _steps(planned: Plan) -> list[str]:
    return [scene.scene for scene in planned.scenes if scene.state != "current"] + ["soundtrack", "final_movie"]


def _raise_failure(instance: "DagsterInstance", studio: Studio, film: str, since: float) -> None:
    """Raise what a run of this film said if automation will not try that work again."""
    from film_pipeline.defs.attempts import failure_of, given_up_since

    for run_id, work in given_up_since(instance, film, studio.settings.max_attempts, since):
        said = failure_of(instance, run_id) or f"see run {run_id} in the UI"
        raise FilmPipelineError(f"The daemon gave up on {work}: {said}")
