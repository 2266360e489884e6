"""Make a film: bring it from what ``plan`` says is missing to a verified movie, by runs of the named jobs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from film_pipeline.cli.heartbeats import Heartbeats
from film_pipeline.cli.orders import Order, Outcome
from film_pipeline.cli.screen import Screen
from film_pipeline.cli.workers import Workers
from film_pipeline.errors import FilmPipelineError, MissingClipsError, RenderError, UnknownFilmError
from film_pipeline.planning import Plan
from film_pipeline.storage.keys import scene_partition
from film_pipeline.studio import Studio

# The run tag by which automation says that a current clip stays (defs.assets.scene_clip.KEEP_CURRENT).
_KEEP = {"film/keep_current": "film command"}


@dataclass
class Maker:
    """Makes one film with workers; ``rendered`` collects the scenes that were rendered in this call."""

    studio: Studio
    film: str
    workers: Workers
    screen: Screen
    rendered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._heartbeats = Heartbeats(self.studio.settings.home, self.film, self.screen)

    def direct(self) -> None:
        """Have the storyboard written.

        Raises:
            FilmPipelineError: the director's own words.
        """
        self.screen.stage("storyboard", 1)
        self._run([Order("write_storyboard", self.film)])
        record = self.studio.store.record(self.film)
        for note in record.notes if record else ():
            self.screen.say(f"note: {note}")

    def render(self, planned: Plan, scenes: list[str] | None = None) -> None:
        """Render what is missing or stale (of ``scenes``, or of all), all at once over the workers.

        Raises:
            RenderError: names the scenes that failed, after all others were finished.
        """
        wanted = [scene for scene in planned.scenes if scene.state != "current"]
        if scenes is not None:
            wanted = [scene for scene in wanted if scene.scene in scenes]
        orders = [Order("render_scene", scene_partition(self.film, scene.scene), _KEEP) for scene in wanted]
        self._run_scenes(orders)
        self.rendered |= {scene.scene for scene in wanted if scene.takes_left}

    def new_takes(self, scenes: list[str], seed: int | None) -> None:
        """Render one more take of each of ``scenes``, whether or not it is current."""
        config: dict[str, Any] = {"new_take": True} | ({} if seed is None else {"seed": seed})
        request = {"film/request": str(uuid4())}
        run_config = {"ops": {"scene_clip": {"config": config}}}
        self._run_scenes(
            [Order("render_scene", scene_partition(self.film, scene), request, run_config) for scene in scenes]
        )
        self.rendered |= set(scenes)

    def cut(self) -> None:
        """Compose and cut.

        Raises:
            FilmPipelineError: what the edit said.
        """
        self.screen.stage("movie", 1)
        self._run([Order("cut_movie", self.film)])

    def finish(self, *, more_takes: bool = True) -> Plan:
        """Render and cut until the plan is current; clips that the cut finds damaged are rendered once more.

        Without ``more_takes`` a scene that has a clip gets no further takes, though it is to have more.
        """
        planned = self.studio.plan(self.film)
        for last_chance in (False, True):
            if planned.drop:
                self.studio.store.deselect(self.film, set(planned.drop))
            self.render(planned, [scene.scene for scene in planned.scenes if more_takes or scene.state != "short"])
            planned = self.studio.plan(self.film)
            try:
                if planned.cut:
                    self.cut()
                break
            except MissingClipsError as error:
                if last_chance:
                    raise
                self.screen.say(str(error))
                planned = self.studio.plan(self.film)
        return self.studio.plan(self.film)

    def _run_scenes(self, orders: list[Order]) -> None:
        if not orders:
            return
        self.screen.stage("scene", len(orders))
        failed = self._outcomes(orders)
        if failed:
            first = failed[0]
            names = ", ".join(outcome.order.partition for outcome in failed[:10])
            raise RenderError(
                f"{len(failed)} of {len(orders)} scenes failed",
                where=names,
                why=first.failure,
                remedy="The finished scenes are kept; run again to render only these.",
            )

    def _run(self, orders: list[Order]) -> None:
        for outcome in self._outcomes(orders):
            if outcome.error == MissingClipsError.__name__:
                raise MissingClipsError(outcome.failure)
            raise FilmPipelineError(outcome.failure)

    def _outcomes(self, orders: list[Order]) -> list[Outcome]:
        """Run orders, tell the screen, and give back those that failed."""
        failed, open_steps = [], {order.partition: order for order in orders}
        for outcome in self.workers.run(orders):
            if outcome is None:
                self._heartbeats.show(_steps(open_steps))
                continue
            open_steps.pop(outcome.order.partition)
            self.screen.done(outcome.order.partition, outcome.success)
            if not outcome.success:
                failed.append(outcome)
            if not outcome.success and len(orders) > 1:  # a single failure is told by the command's own last words
                self.screen.say(f"  {outcome.failure}")
        return failed


def _steps(orders: dict[str, Order]) -> Iterator[str]:
    """The names under which the steps of open orders tell how far they are."""
    for partition, order in orders.items():
        if order.job == "render_scene":
            yield partition.partition("/")[2]
        else:
            yield from ("soundtrack", "final_movie")


def require_scenes(planned: Plan, scenes: list[str]) -> list[str]:
    """``scenes``, each once, if the storyboard has them all; ``7`` finds ``007``.

    Raises:
        UnknownFilmError: names the ones that are not there.
    """
    known = {scene.scene for scene in planned.scenes}
    ids = [scene.zfill(3) if scene.isdigit() and scene not in known else scene for scene in scenes]
    unknown = [scene for scene in ids if scene not in known]
    if unknown:
        raise UnknownFilmError(
            "The storyboard has no such scene",
            where=f"{planned.film}: {', '.join(unknown)}",
            remedy=f"Scenes are {', '.join(sorted(known)[:20])}.",
        )
    return list(dict.fromkeys(ids))
