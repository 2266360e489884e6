"""Report: what is in a movie, made by what, in how many seconds, with which stand-ins and faults."""

from film_pipeline.editor.movie import MovieFacts
from film_pipeline.ffmpeg.encoding import CODEC_NAMES
from film_pipeline.models.price import Spending, duration_words
from film_pipeline.models.report import FilmReport, SceneReport
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.models.take import Take, gpu_seconds_in
from film_pipeline.models.timeline import Timeline
from film_pipeline.planning import Plan
from film_pipeline.studio import Studio
from film_pipeline.studio.contest import contest_of

_PROMPT_CHARACTERS = 300  # of a scene in the table; report.json and the storyboard have all


def report_of(
    studio: Studio,
    storyboard: Storyboard,
    planned: Plan,
    takes: dict[str, Take],
    timeline: Timeline,
    facts: MovieFacts,
    *,
    spending: Spending,
    cut_seconds: float,
    created: str,
) -> FilmReport:
    """The report of a movie that was just cut and verified."""
    store, film = studio.store, planned.film
    record, music, selected = store.record(film), store.soundtrack_record(film), store.cut(film).scenes
    starts = dict(zip((clip.scene for clip in timeline.clips), timeline.starts(), strict=True))
    slates = [scene.scene for scene in planned.to_render]
    contests = {
        scene: contest
        for scene, take in takes.items()
        if scene in selected and (contest := contest_of(studio, film, take, selected[scene]))
    }
    scenes = tuple(
        SceneReport(
            scene=scene.id,
            prompt=scene.prompt,
            digest=takes[scene.id].digest,
            take=takes[scene.id].number,
            chosen_by=selected[scene.id].chosen_by if scene.id in selected else "pipeline",
            seconds=takes[scene.id].seconds,
            duration=timeline.format.seconds(next(c.frames for c in timeline.clips if c.scene == scene.id)),
            start=timeline.format.seconds(starts[scene.id]),
            renderer=takes[scene.id].spec.renderer,
            stand_in=takes[scene.id].stand_in,
            notes=takes[scene.id].notes,
            made=takes[scene.id].made,
            why=contests[scene.id].why if scene.id in contests else "",
            ratings=contests[scene.id].ratings if scene.id in contests else {},
        )
        for scene in storyboard.scenes
        if scene.id in takes
    )
    composer = music.composer if music else "none"
    director = record.director if record else "people"
    faults = [*facts.notes, *(record.notes if record else ()), *(music.notes if music else ())]
    faults += [f"scene {scene}: no current clip, a slate stands in its place" for scene in slates]
    faults += [f"scene {scene.scene}: {note}" for scene in scenes for note in scene.notes]
    faults += [f"scene {scene}: {note}" for scene, contest in contests.items() for note in contest.notes]
    return FilmReport(
        film=film,
        title=storyboard.title,
        rough=bool(slates),
        signature=planned.signature,
        created=created,
        seconds=facts.seconds,
        frames=facts.frames,
        width=facts.width,
        height=facts.height,
        frame_rate=str(facts.frame_rate),
        codec=facts.codec,
        bytes=facts.bytes,
        sha256=facts.sha256,
        integrated_lufs=facts.integrated_lufs,
        true_peak_db=facts.true_peak_db,
        cut_seconds=cut_seconds,
        director=director,
        renderers=tuple(sorted({scene.renderer for scene in scenes})),
        composer=composer,
        stand_ins=tuple(_stand_ins(scenes, record.stand_in if record else False, director, music, composer)),
        faults=tuple(faults),
        spending=spending,
        scenes=scenes,
    )


def spending_of(studio: Studio, film: str, takes: dict[str, Take], made: dict[str, list[Take]]) -> Spending:
    """What the movie of ``takes`` and its music used of GPUs, and what all takes that were ``made`` did."""
    record = studio.store.soundtrack_record(film)
    music = gpu_seconds_in(record.made) if record else 0.0
    return Spending(
        gpu_seconds=round(music + sum(take.gpu_seconds for take in takes.values()), 3),
        gpu_seconds_made=round(music + sum(take.gpu_seconds for every in made.values() for take in every), 3),
        price=studio.settings.gpu_price,
    )


def spending_words(spending: Spending) -> str:
    """``12 min of GPU (0.50 EUR); with all takes that were made 20 min (0.83 EUR)``; nothing where none was used."""

    def said(seconds: float, of: str = "") -> str:
        cost = f" ({spending.price.words(seconds)})" if spending.price else ""
        return f"{duration_words(seconds)}{of}{cost}"

    if not spending.gpu_seconds_made:
        return ""
    words = said(spending.gpu_seconds, " of GPU")
    if spending.gpu_seconds_made > spending.gpu_seconds:
        words += f"; with all takes that were made {said(spending.gpu_seconds_made)}"
    return words


def _stand_ins(
    scenes: tuple[SceneReport, ...], directed: bool, director: str, music: object, composer: str
) -> list[str]:
    drawn = [scene for scene in scenes if scene.stand_in]
    said = []
    if directed:
        said.append(f"director: {director.split('/')[0]} (no language model wrote this storyboard)")
    if drawn:
        share = "all scenes" if len(drawn) == len(scenes) else f"scenes {', '.join(scene.scene for scene in drawn)}"
        said.append(f"renderer: {drawn[0].renderer.split('/')[0]} ({share} are previsualisation, no final pictures)")
    if getattr(music, "stand_in", False):
        said.append(f"composer: {composer.split('/')[0]} (synthesized music, no music model)")
    return said


def report_text(report: FilmReport) -> str:
    """``report.md``: the same for people."""
    picture = f"{report.frames} frames of {report.width}x{report.height} at {report.frame_rate} fps"
    picture += f" in {CODEC_NAMES[report.codec]}"
    lines = [f"# {_plain(report.title)}", ""]
    lines += [f"{report.seconds:.2f} s, {picture}, {report.bytes / 1e6:.1f} MB, cut {report.created}"]
    if report.integrated_lufs is not None:
        lines += ["", f"Sound: {report.integrated_lufs:.1f} LUFS, true peak {report.true_peak_db or 0:.1f} dB"]
    spent = spending_words(report.spending)
    lines += ["", f"Used: {spent}"] if spent else []
    lines += ["", "## Stand-ins", ""]
    lines += [f"- {said}" for said in report.stand_ins] or ["None: every part was made by the real thing."]
    lines += ["", "## Faults and changed wishes", ""]
    lines += [f"- {_plain(said)}" for said in report.faults] or ["None."]
    lines += [
        "",
        "## Scenes",
        "",
        "| scene | start | seconds | take | made in | GPU | by | prompt |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {scene.scene} | {scene.start:.2f} | {scene.duration:.2f} | {scene.take} | {scene.seconds:.1f} s "
        f"| {_gpu(scene)} | {scene.renderer} | {_plain(_short(scene.prompt))} |"
        for scene in report.scenes
    ]
    chosen = [f"- scene {scene.scene}: {_plain(scene.why)}" for scene in report.scenes if scene.why]
    lines += ["", "## Takes chosen among several", "", *chosen] if chosen else []
    return "\n".join(lines) + "\n"


def _short(prompt: str) -> str:
    return prompt if len(prompt) <= _PROMPT_CHARACTERS else prompt[: _PROMPT_CHARACTERS - 1].rstrip() + "…"


def _gpu(scene: SceneReport) -> str:
    seconds = gpu_seconds_in(scene.made)
    return f"{seconds:.1f} s" if seconds else "none"


def _plain(text: str) -> str:
    """Text that came from a script or a model, made harmless in Markdown: no links, images, markup or table cells."""
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return " ".join(text.split())
