"""Results as one object for ``--json`` and as ``text`` for people."""

from typing import Any

from film_pipeline.errors import FilmPipelineError, UnknownFilmError
from film_pipeline.estimate import Estimate
from film_pipeline.models.price import Spending, duration_words
from film_pipeline.models.report import FilmReport
from film_pipeline.planning import Plan, ScenePlan
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.estimates import estimate_of
from film_pipeline.studio.reports import spending_words

_STATES = {
    "current": "current",
    "selectable": "rendered, not in the cut",
    "short": "to render more takes",
    "missing": "to render",
    "stale": "to render again",
}


def made_shown(studio: Studio, film: str, planned: Plan, rendered: set[str]) -> dict[str, Any]:
    """What ``film make`` did: the scenes with their takes, and where the movie is."""
    report = studio.store.report(film)
    takes = {
        scene.scene: {take.digest: take for take in studio.store.takes(film, scene.scene)} for scene in planned.scenes
    }
    scenes = []
    for scene in planned.scenes:
        take = takes[scene.scene].get(scene.digest)
        scenes.append(
            {
                "id": scene.scene,
                "digest": scene.digest,
                "take": take.number if take else None,
                "rendered": scene.scene in rendered,
                "seconds": take.seconds if take else None,
            }
        )
    movie = studio.store.where(keys.movie(film)) if report else None
    storyboard = studio.store.where(keys.storyboard(film))
    lines = [f"{planned.title}: {_scenes(len(scenes))}, {len(rendered)} rendered now. Storyboard: {storyboard}"]
    if report and not planned.cut:
        lines = [f"{report.title}: {report.seconds:.1f} s, {_scenes(len(scenes))}, {len(rendered)} rendered now"]
        lines += _stand_ins(report)
        lines += [f"note      {said}" for said in report.faults]
        lines += [f"spent     {said}" for said in [spending_words(report.spending)] if said]
        lines += [f"report    {studio.store.where(keys.report_text(film))}", str(movie)]
    return {
        "film": film,
        "movie": movie,
        "storyboard": storyboard,
        "report": studio.store.where(keys.report(film)) if report else None,
        "scenes": scenes,
        "text": "\n".join(lines),
    }


def rough_shown(studio: Studio, report: FilmReport) -> dict[str, Any]:
    """Where the rough cut is, which scenes are slates, and what else stands in."""
    movie = studio.store.where(keys.rough_movie(report.film))
    slates = [fault for fault in report.faults if "a slate stands" in fault]
    lines = [f"{report.title}: rough cut of {report.seconds:.1f} s", *_stand_ins(report), *slates]
    lines += [f"report    {studio.store.where(keys.rough_report_text(report.film))}", movie]
    return {
        "film": report.film,
        "rough_cut": movie,
        "seconds": report.seconds,
        "slates": slates,
        "text": "\n".join(lines),
    }


def _stand_ins(report: FilmReport) -> list[str]:
    return [f"stand-in  {said}" for said in report.stand_ins]


def plan_shown(studio: Studio, planned: Plan) -> dict[str, Any]:
    """What would be done, and the estimate from this home's own past renders."""
    estimate = estimate_of(studio, planned)
    rows = [
        f"{scene.scene:<8} {scene.spec.seconds:6.2f} s  take {scene.take:<3} "
        f"{_STATES[scene.state]:<25} {_short(scene.prompt)}"
        for scene in planned.scenes
    ]
    todo = [f"{planned.film}: {planned.title}, {planned.format.size} at {planned.format.frame_rate} fps", *rows]
    if planned.drop:
        todo.append(f"leaves the cut: {', '.join(planned.drop)}")
    todo.append(_summary(planned, estimate))
    return {
        "film": planned.film,
        "title": planned.title,
        "current": planned.current,
        "scenes": [_scene(scene) for scene in planned.scenes],
        "drop": list(planned.drop),
        "compose": planned.compose,
        "cut": planned.cut,
        "render_seconds_of_film": round(float(planned.seconds_to_render), 3),
        "estimated_render_seconds": estimate.render_seconds,
        "estimate": _estimate(estimate),
        "text": "\n".join(todo),
    }


def status_shown(studio: Studio, only: str | None) -> dict[str, Any]:
    """Every film (or one) with its movie and what it lacks; a film that cannot be planned says why."""
    every = studio.store.films()
    if only is not None and keys.checked_film(only) not in every:
        raise UnknownFilmError("There is no such film", where=only, remedy="See `film status`.")
    films = [only] if only is not None else studio.store.films(archived=False)
    rows = [_film_row(studio, film) for film in films]
    takes = [] if only is None else [row for scene in _scene_ids(studio, only) for row in _takes(studio, only, scene)]
    if only is not None:
        rows[0]["takes"] = takes
    home = str(studio.settings.home)
    inbox = studio.store.where(keys.INBOX)
    lines = [f"home {home}"] + [_film_line(row) for row in rows] + [_take_line(row) for row in takes]
    if not every:
        lines.append("No films yet. Make one: film make SCRIPT")
    archived = 0 if only is not None else len(every) - len(films)
    if archived:
        lines.append(f"{archived} more in the archive: film status --archived")
    return {"home": home, "inbox": inbox, "films": rows, "archived": archived, "text": "\n".join(lines)}


def archive_shown(studio: Studio) -> dict[str, Any]:
    """The films in the archive, with the day they went there; none is planned."""
    rows = [
        {"film": film, "archived": studio.store.archived(film), "movie": _movie(studio, film)}
        for film in studio.store.films(archived=True)
    ]
    lines = [f"{row['film']:<30} archived {str(row['archived'])[:10]}  {row['movie'] or 'no movie'}" for row in rows]
    text = "\n".join(lines) or "The archive is empty."
    return {"home": str(studio.settings.home), "inbox": studio.store.where(keys.INBOX), "films": rows, "text": text}


def _movie(studio: Studio, film: str) -> str | None:
    return studio.store.where(keys.movie(film)) if studio.store.objects.stat(keys.movie(film)) else None


def _scene_ids(studio: Studio, film: str) -> list[str]:
    """The scenes of the storyboard; none where it cannot be read, which the film's row tells."""
    try:
        return [scene.id for scene in studio.store.storyboard(film).scenes]
    except FilmPipelineError:
        return []


def _takes(studio: Studio, film: str, scene: str) -> list[dict[str, Any]]:
    """Every take of a scene with its rating, and those that were refused."""
    selected = studio.store.cut(film).scenes.get(scene)
    rows: list[dict[str, Any]] = [
        {
            "scene": scene,
            "take": take.number,
            "digest": take.digest,
            "in_the_film": bool(selected and selected.digest == take.digest),
            "chosen_by": selected.chosen_by if selected and selected.digest == take.digest else None,
            "rating": take.rating.total if take.rating else None,
            "marks": take.rating.marks if take.rating else {},
            "refused": None,
        }
        for take in studio.store.takes(film, scene)
    ]
    rows += [
        {
            "scene": scene,
            "take": refusal.number,
            "digest": refusal.digest,
            "in_the_film": False,
            "chosen_by": None,
            "rating": None,
            "marks": {},
            "refused": refusal.why,
        }
        for refusal in studio.store.refusals(film, scene)
    ]
    return sorted(rows, key=lambda row: int(row["take"]))


def _take_line(row: dict[str, Any]) -> str:
    shown = f"in the film, by {row['chosen_by']}" if row["in_the_film"] else ""
    if row["refused"]:
        shown = f"refused: {_short(row['refused'])}"
    rating = "    " if row["rating"] is None else f"{row['rating']:.2f}"
    marks = " ".join(f"{name} {mark:.2f}" for name, mark in row["marks"].items())
    return f"  {row['scene']:<8} take {row['take']:<3} {rating}  {marks:<66} {shown}".rstrip()


def _film_row(studio: Studio, film: str) -> dict[str, Any]:
    row: dict[str, Any] = {"film": film, "movie": None, "spent": None}
    try:
        report = studio.store.report(film)
        row |= {"movie": studio.store.where(keys.movie(film)) if report else None, "spent": _spent(report)}
        planned = studio.plan(film)
    except FilmPipelineError as error:
        return {**row, "scenes": 0, "missing": 0, "stale": 0, "short": 0, "current": False, "problem": str(error)}
    states = [scene.state for scene in planned.scenes]
    return {
        **row,
        "scenes": len(states),
        "missing": states.count("missing"),
        "stale": states.count("stale"),
        "short": states.count("short"),
        "current": planned.current,
        "problem": None,
    }


def _spent(report: FilmReport | None) -> dict[str, Any] | None:
    """What the film has used of GPUs, with all takes that were made."""
    spending = report.spending if report else Spending()
    if not spending.gpu_seconds_made:
        return None
    currency = spending.price.currency if spending.price else None
    return {"gpu_seconds": spending.gpu_seconds_made, "cost": spending.cost_made, "currency": currency}


def _film_line(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"{row['film']:<30} PROBLEM {row['problem']}"
    short = f", {row['short']} short of takes" if row["short"] else ""
    state = "current" if row["current"] else f"{row['missing']} missing, {row['stale']} stale{short}, to be cut"
    spent = row["spent"]
    used = f"  {duration_words(spent['gpu_seconds'])} of GPU" if spent else ""
    paid = f", {spent['cost']:.2f} {spent['currency']}".rstrip() if spent and spent["cost"] is not None else ""
    return f"{row['film']:<30} {_scenes(row['scenes']):>11}  {state:<30} {row['movie'] or 'no movie yet'}{used}{paid}"


def _scenes(count: int) -> str:
    return "1 scene" if count == 1 else f"{count} scenes"


def _scene(scene: ScenePlan) -> dict[str, Any]:
    return {
        "id": scene.scene,
        "state": scene.state,
        "take": scene.take,
        "digest": scene.digest,
        "seconds": scene.spec.seconds,
        "takes_left": scene.takes_left,
        "prompt": scene.prompt,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    data = estimate.model_dump(exclude={"price"})
    return {**data, "cost": estimate.cost, "currency": estimate.price.currency if estimate.price else None}


def _summary(planned: Plan, estimate: Estimate) -> str:
    if planned.current:
        return "Nothing to do: the movie is current."
    after = (["music to compose"] if planned.compose else []) + ["movie to cut"]
    render = [f"To render: {estimate.words}."] if estimate.clips else []
    return "\n".join([*render, f"{'Then' if render else 'Left'}: {', '.join(after)}."])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"
