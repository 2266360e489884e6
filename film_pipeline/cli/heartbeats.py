"""What the screen shows of steps that other processes do: their heartbeats, and once where their previews are."""

from collections.abc import Iterable
from pathlib import Path

from film_pipeline.cli.screen import Screen
from film_pipeline.defs.progress import FRESH_SECONDS, read_heartbeat


class Heartbeats:
    """The steps of one film, read from its home and told to a screen."""

    def __init__(self, home: Path, film: str, screen: Screen) -> None:
        self._home, self._film, self._screen = home, film, screen
        self._previews_told = False

    def show(self, steps: Iterable[str]) -> None:
        """Those of ``steps`` that are under way now."""
        under_way = {}
        for step in steps:
            beat = read_heartbeat(self._home, self._film, step)
            if beat is None or beat.age > FRESH_SECONDS:
                continue
            under_way[f"{self._film}/{step}"] = (beat.share, beat.words)
            if beat.picture is not None:
                self._tell_previews()
        self._screen.busy(under_way)

    def _tell_previews(self) -> None:
        if not self._previews_told:
            self._previews_told = True
            pictures = self._home / "progress" / self._film / "*.jpg"
            self._screen.say(f"Previews of scenes being rendered: {pictures}, or live in the browser with `film ui`.")
