"""``scripts/nightly-<night>.report.md``: what a night's batch let through, what became of it, and what waits.

Written when the batch begins and again as its films are finished, from what lies in storage. Not here: choosing what
the night lets through (``nightly_batch.py``).
"""

from collections.abc import Mapping

from film_pipeline.models.report import FilmRecord
from film_pipeline.storage import keys
from film_pipeline.studio import Studio


def write_night_report(studio: Studio, night: str, troubles: Mapping[str, str]) -> None:
    """Write the report of ``night`` anew; ``troubles`` say what keeps films from being finished."""
    records = {film: record for film in studio.store.films() if (record := studio.store.record(film))}
    let = {film: record for film, record in records.items() if record.night == night and record.tonight}
    held = [film for film, record in records.items() if record.hold == "nightly" and film not in let]
    rows = [_row(studio, film, record, troubles.get(film, "")) for film, record in let.items()]
    finished = sum(record.hold == "" for record in let.values())
    scenes = sum(sum(record.tonight.values()) for record in let.values())
    lines = [f"# Nightly batch {night}", ""]
    lines += [
        f"{finished} of {len(let)} films are finished; {scenes} takes were let through. Budget: {_budget(studio)}."
    ]
    lines += ["", "| Film | Scenes tonight | State | Movie |", "| --- | --- | --- | --- |", *rows] if rows else []
    if held:
        lines += ["", f"{len(held)} films wait for another night, longest first:", ""]
        lines += [f"- `{film}`" for film in sorted(held, key=studio.store.received)[:100]]
    key, text = keys.night_report(night), "\n".join(lines) + "\n"
    if studio.store.objects.read(key) != text.encode():
        studio.store.objects.write(key, text.encode())


def _budget(studio: Studio) -> str:
    seconds = studio.settings.batch_gpu_seconds
    return f"{studio.settings.batch_scenes} scenes" + (f" and {seconds:g} GPU seconds" if seconds else "")


def _row(studio: Studio, film: str, record: FilmRecord, trouble: str) -> str:
    report = studio.store.report(film) if record.hold == "" else None
    if report:
        spent = sum(scene.seconds for scene in report.scenes if scene.scene in record.tonight)
        words, movie = f"finished: {report.seconds:.1f} s of film, {spent:.0f} s of rendering", keys.movie(film)
    else:
        rendered = sum(scene in studio.store.cut(film).scenes for scene in record.tonight)
        words, movie = trouble or f"under way, {rendered} scenes rendered", "-"
    return f"| `{film}` | {len(record.tonight)} | {_cell(words)} | {movie} |"


def _cell(words: str) -> str:
    """Words of an error in a table of Markdown: one line, and nothing that ends the cell or begins a tag."""
    plain = " ".join(words.split())[:300]
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
