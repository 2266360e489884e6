"""What a film claims of the daemon now: the runs it needs and the partitions it has, read off its files and ``plan``.

Not here: which of the claimed runs go first (``queueing.py``), and asking for them (``director_sensor.py``).
"""

from dataclasses import dataclass

from film_pipeline.errors import FilmPipelineError
from film_pipeline.models.report import FilmRecord
from film_pipeline.planning import Plan
from film_pipeline.storage import keys
from film_pipeline.storage.keys import scene_partition
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import needs_storyboard, script_sha256


@dataclass(frozen=True)
class Work:
    """One run that a film needs; ``name`` changes with what it shall make."""

    film: str
    partition: str
    job: str
    name: str

    @property
    def renders(self) -> bool:
        """Whether it needs a place in the pool ``gpu``."""
        return self.job == "render_scene"


@dataclass(frozen=True)
class Claim:
    """What one film needs. ``since`` is when its script came, in seconds since 1970.

    ``scenes`` are the partitions of its scenes, or None where that is not known. A film ``by_night`` gives way to all
    others; ``night`` is the batch that let it through, also in the look that finds it done.
    """

    film: str
    since: float = 0.0
    work: tuple[Work, ...] = ()
    scenes: tuple[str, ...] | None = None
    by_night: bool = False
    night: str = ""
    archived: bool = False
    problem: str = ""


def fingerprint(studio: Studio, film: str, *, archived: bool) -> str:
    """Changes whenever people or runs changed what a claim is made of; of an archived film only its record counts."""
    names = [keys.record(film)]
    if not archived:
        names += [keys.script(film), keys.storyboard(film), keys.cut(film), keys.report(film)]
    stats = [studio.store.objects.stat(name) for name in names]
    return " ".join(stat.version if stat else "-" for stat in stats)


def claim_of(studio: Studio, film: str) -> Claim:
    """Look at one film; scenes that left its storyboard are taken out of the cut on the way."""
    since = studio.store.received(film)
    try:
        record = studio.store.record(film)
        if record and record.archived:
            return Claim(film, since, archived=True, scenes=())
        by_night = record is not None and record.hold == "nightly"
        if needs_storyboard(studio.store, film):
            name = f"storyboard {script_sha256(studio.store.script(film))[:16]}"
            return Claim(film, since, (Work(film, film, "write_storyboard", name),), by_night=by_night)
        planned = studio.plan(film)
        _settle(studio, planned, by_night)
    except FilmPipelineError as error:
        return Claim(film, since, problem=str(error))
    scenes = tuple(scene_partition(film, scene.scene) for scene in planned.scenes)
    night = record.night if record and by_night else ""
    return Claim(film, since, tuple(_work(planned, record)), scenes, by_night, night)


def _settle(studio: Studio, planned: Plan, by_night: bool) -> None:
    """Take scenes that left the storyboard out of the cut; a film that the night finished is edited by day."""
    if planned.drop:
        studio.store.deselect(planned.film, set(planned.drop))
    if by_night and planned.current:
        studio.store.hold(planned.film, "")


def _work(planned: Plan, record: FilmRecord | None) -> list[Work]:
    """Scenes that are not in the cut as they should be, or the movie; of a held film only what tonight lets through."""
    film, hold = planned.film, record.hold if record else ""
    if hold == "storyboard":
        return []
    wanted = [scene for scene in planned.scenes if scene.state != "current"]
    if hold and record:
        wanted = [scene for scene in wanted if scene.scene in record.tonight or not scene.takes_left]
    work = [
        Work(film, scene_partition(film, scene.scene), "render_scene", f"scene {scene.work[:16]}") for scene in wanted
    ]
    others_wait = any(scene.takes_left and scene not in wanted for scene in planned.scenes)
    if planned.complete and planned.cut and not others_wait:
        work.append(Work(film, film, "cut_movie", f"movie {planned.signature[:16]}"))
    return work
