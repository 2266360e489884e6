"""``film``: the commands. Each says what it did, or what, where, why and what to do; exit codes are in the README."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from film_pipeline import __version__
from film_pipeline.errors import FilmPipelineError, StoppedError

if TYPE_CHECKING:  # only for types: the studio and its services are imported by the commands that need them
    from film_pipeline.cli.making import Maker
    from film_pipeline.planning import Plan
    from film_pipeline.studio import Studio

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="film",
    help="Text in, film out. Start with: film make SCRIPT",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
workflows = typer.Typer(help="ComfyUI workflow files.", no_args_is_help=True)
app.add_typer(workflows, name="workflows")

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Where films, history and cache live. Default: $FILM_HOME, else ./film-home."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else there.")]
Film = Annotated[str, typer.Argument(help="The film's key, as `film status` lists it.")]


@app.command()
def make(
    script: Annotated[Path, typer.Argument(help="A script (.txt .md .fountain) or a storyboard (.json).")],
    film: Annotated[str | None, typer.Option("--film", help="The film's key. Default: from the file's name.")] = None,
    home: Home = None,
    storyboard_only: Annotated[
        bool, typer.Option("--storyboard-only", help="Stop after the storyboard, to read and edit it first.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a film from a script. Run it again after an edit: only what changed is rendered.

    Without a GPU or a key the film is an animatic: drawn scenes with synthesized music, marked as such.
    """
    with _reporting(as_json) as tell:
        from film_pipeline.studio.scripts import needs_storyboard, receive_file

        studio = _studio(home)
        receipt = receive_file(studio.store, script, film)
        with _making(studio, receipt.film) as maker:
            for note in receipt.notes:
                maker.screen.say(f"note: {note}")
            studio.store.hold(receipt.film, "storyboard" if storyboard_only else "")
            if needs_storyboard(studio.store, receipt.film) and not _handed_over(maker, storyboard_only):
                maker.direct()
            planned = studio.plan(receipt.film) if storyboard_only else _brought_up_to_date(maker)
        tell(_made(maker, planned))


@app.command()
def plan(film: Film, home: Home = None, as_json: Json = False) -> None:
    """Show what would be rendered and cut, and the estimate. Spends nothing."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.showing import plan_shown

        studio = _studio(home)
        tell(plan_shown(studio, studio.plan(film)))


@app.command()
def render(
    film: Film,
    scenes: Annotated[list[str] | None, typer.Argument(help="Scene ids, such as 7. Default: all that need it.")] = None,
    new_take: Annotated[
        bool, typer.Option("--new-take", help="Render one more take though the scene is current.")
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Seed of the new take.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Render scenes: those that need it, or one more take of the named ones. `film cut` then renews the movie."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.making import require_scenes

        studio = _studio(home)
        planned = studio.plan(film)
        wanted = require_scenes(planned, scenes or [])
        if (new_take or seed is not None) and not wanted:
            raise typer.BadParameter("Name the scenes that shall get a new take.", param_hint="SCENES")
        with _making(studio, film) as maker:
            if new_take or seed is not None:
                maker.new_takes(wanted, seed)
            else:
                maker.render(planned, wanted or None)
        tell(_made(maker, studio.plan(film)))


@app.command()
def take(
    film: Film,
    scene: Annotated[str, typer.Argument(help="The scene's id, such as 7.")],
    number: Annotated[int, typer.Argument(help="The take's number, as `film status FILM` lists it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Select an earlier take of a scene. It stays selected until the scene itself is edited."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.making import require_scenes
        from film_pipeline.studio.archiving import require_at_work
        from film_pipeline.studio.shots import select_take

        studio = _studio(home)
        require_at_work(studio.store, film)
        scene_id = require_scenes(studio.plan(film), [scene])[0]
        chosen = select_take(studio, film, scene_id, number)
        words = f"Scene {scene_id} now shows take {chosen.number}. Run `film cut {film}` to renew the movie."
        tell({"film": film, "scene": scene_id, "take": chosen.number, "digest": chosen.digest, "text": words})


@app.command()
def cut(
    film: Film,
    rough: Annotated[bool, typer.Option("--rough", help="Put slates where clips are missing.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Cut the movie from the selected takes. Missing clips are an error, or slates with --rough."""
    with _reporting(as_json) as tell:
        from film_pipeline.studio.movies import require_complete

        studio = _studio(home)
        planned = studio.plan(film)
        if rough and not planned.complete:
            tell(_rough_cut(studio, film))
            return
        require_complete(planned)
        with _making(studio, film) as maker:
            planned = _brought_up_to_date(maker, more_takes=False)
        tell(_made(maker, planned))


@app.command()
def export(
    film: Film,
    otio: Annotated[bool, typer.Option("--otio", help="OpenTimelineIO.")] = False,
    edl: Annotated[bool, typer.Option("--edl", help="CMX3600 edit decision list.")] = False,
    fcp7: Annotated[bool, typer.Option("--fcp7", help="Final Cut Pro 7 XML (Premiere, Resolve).")] = False,
    srt: Annotated[bool, typer.Option("--srt", help="Subtitles as SubRip.")] = False,
    vtt: Annotated[bool, typer.Option("--vtt", help="Subtitles as WebVTT.")] = False,
    contact_sheet: Annotated[bool, typer.Option("--contact-sheet", help="One frame of each scene, as JPEG.")] = False,
    into: Annotated[Path | None, typer.Option("--into", help="Folder. Default: the film's own `export`.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a complete film for editing programs, with its clips beside it. Without options: everything."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.exporting import exported_shown

        kinds = {"otio": otio, "edl": edl, "fcp7": fcp7, "srt": srt, "vtt": vtt, "contact-sheet": contact_sheet}
        tell(exported_shown(_studio(home), film, kinds, into))


@app.command()
def status(
    film: Annotated[str | None, typer.Argument(help="One film. Default: all.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="The films in the archive.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show where each film stands."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.showing import archive_shown, status_shown

        tell(archive_shown(_studio(home)) if archived else status_shown(_studio(home), film))


@app.command()
def archive(
    films: Annotated[list[str] | None, typer.Argument(help="Film keys, as `film status` lists them.")] = None,
    older_than: Annotated[
        float | None, typer.Option("--older-than", min=0, help="All films finished so many days ago.")
    ] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Bring the films back into daily work.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take finished films out of daily work: no sensor looks at them, no list shows them. Their files stay."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.archiving import archived_shown

        tell(archived_shown(_studio(home), films or [], older_than, restore))


@app.command()
def doctor(home: Home = None, as_json: Json = False) -> None:
    """Check everything a film needs; each line that is not well says what to do."""
    with _reporting(as_json) as tell:
        from film_pipeline.cli.doctor import examine_home

        findings = examine_home(home)
        well = all(finding.well for finding in findings)
        tell({"well": well, "findings": [vars(finding) for finding in findings], "text": _findings(findings)})
    if not well:
        raise typer.Exit(FAILED)


@app.command()
def ui(
    home: Home = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Dagster UI.")] = 3000,
    screening_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the screening room.")] = 3001,
    host: Annotated[str, typer.Option(help="Address to listen on; neither has a login.")] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A further name under which browsers reach the screening room.")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="The screening room alone; nothing can be run.")
    ] = False,
) -> None:
    """Open Dagster (the graph, its checks and history) and the screening room (films, scenes, takes) on this home."""
    with _reporting(False):
        from film_pipeline.cli.serving import Address, serve_home

        settings = _settings(home)
        dagster = None if read_only else Address(host, port)
        screening = Address(host, screening_port, tuple(allow_host or ()))
        if dagster:
            from film_pipeline.defs.home import prepare_home

            prepare_home(settings.home, settings.chosen_workers)
            typer.echo(f"Dagster         {dagster.url}", err=True)
        typer.echo(f"Screening room  {screening.url}", err=True)
        typer.echo(f"Home {settings.home}; stop with Ctrl-C", err=True)
        code = serve_home(settings, dagster, screening)
    if code:
        raise typer.Exit(code)


@workflows.command("check")
def workflows_check(
    names: Annotated[list[str] | None, typer.Argument(help="Files or names in the folder. Default: all there.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Explain ComfyUI workflow files in plain words: what is recognised, what is missing, what to do."""
    well = True
    with _reporting(as_json) as tell:
        from film_pipeline.cli.workflows import workflows_shown

        shown = workflows_shown(_settings(home), names or [])
        well = all(report["well"] for report in shown["workflows"])
        tell(shown)
    if not well:
        raise typer.Exit(FAILED)


def main() -> None:
    """The entry point of ``film``."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"film {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Text in, film out. Start with: `film make SCRIPT`"""


@contextmanager
def _reporting(as_json: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Print the result, or turn an error into advice and an exit code; nothing ends in a traceback."""

    def tell(result: dict[str, Any]) -> None:
        text = result.pop("text", "")
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else text)

    try:
        yield tell
    except (KeyboardInterrupt, StoppedError):
        typer.echo("Stopped. Everything finished so far is kept; run the same command again to go on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except FilmPipelineError as error:
        if as_json:
            about = {"kind": type(error).__name__, "what": error.what, "where": error.where, "why": error.why}
            typer.echo(json.dumps({"error": {**about, "remedy": error.remedy}}, ensure_ascii=False, indent=2))
        told = f"film: {error}"
        typer.echo(told if os.environ.get("NO_COLOR") else typer.style(told, fg="red"), err=True)
        raise typer.Exit(FAILED) from None


def _settings(home: Path | None) -> Any:
    from film_pipeline.cli.unknown_settings import unknown_settings
    from film_pipeline.settings import load_settings

    settings = load_settings(FILM_HOME=home)
    for said in unknown_settings():
        typer.echo(f"note: {said}", err=True)
    return settings


def _studio(home: Path | None) -> "Studio":
    from film_pipeline.studio import open_studio

    studio = open_studio(_settings(home))
    studio.store.objects.require_usable()
    studio.store.objects.sweep()
    return studio


@contextmanager
def _making(studio: "Studio", film: str) -> Iterator["Maker"]:
    from film_pipeline.cli.locks import working_on
    from film_pipeline.cli.making import Maker
    from film_pipeline.cli.screen import open_screen
    from film_pipeline.cli.workers import Workers
    from film_pipeline.studio.archiving import require_at_work

    require_at_work(studio.store, film)
    crew = Workers(studio.settings, studio.settings.chosen_workers)
    with working_on(studio.settings.home, film), open_screen() as screen, crew as workers:
        yield Maker(studio, film, workers, screen)


def _brought_up_to_date(maker: "Maker", *, more_takes: bool = True) -> "Plan":
    planned = maker.studio.plan(maker.film)
    if planned.current:
        return planned
    return maker.studio.plan(maker.film) if _handed_over(maker) else maker.finish(more_takes=more_takes)


def _handed_over(maker: "Maker", storyboard_only: bool = False) -> bool:
    """Where a daemon lives on this home, let it make the film and show how far it is."""
    from film_pipeline.cli.watching import daemon_lives, watch

    if not daemon_lives(maker.studio.settings.home):
        return False
    maker.rendered |= watch(maker.studio, maker.film, maker.screen, storyboard_only)
    return True


def _made(maker: "Maker", planned: "Plan") -> dict[str, Any]:
    """To be told once the screen is closed, whose bars would wipe out the last lines."""
    from film_pipeline.cli.showing import made_shown

    return made_shown(maker.studio, maker.film, planned, maker.rendered)


def _rough_cut(studio: "Studio", film: str) -> dict[str, Any]:
    """Compose and cut with slates in this process; a rough cut is no asset and leaves no trace in the history."""
    from film_pipeline.cli.locks import working_on
    from film_pipeline.cli.screen import open_screen
    from film_pipeline.cli.showing import rough_shown
    from film_pipeline.studio.archiving import require_at_work
    from film_pipeline.studio.movies import cut as cut_film
    from film_pipeline.studio.movies import publish_movie
    from film_pipeline.studio.music import compose, publish_music

    require_at_work(studio.store, film)
    with working_on(studio.settings.home, film), open_screen() as screen:
        screen.stage("rough cut", 1)

        def progress(share: float, words: str) -> None:
            screen.busy({film: (share, words)})

        with compose(studio, film, progress) as music:
            publish_music(studio, music)
        with cut_film(studio, film, progress, rough=True) as movie:
            publish_movie(studio, movie)
        screen.done(film, True)
        return rough_shown(studio, movie.report)


def _findings(findings: list[Any]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{'ok  ' if finding.well else 'FAIL'} {finding.name}: {finding.says}")
        if finding.remedy:
            lines.append(f"     -> {finding.remedy}")
    return "\n".join(lines)
