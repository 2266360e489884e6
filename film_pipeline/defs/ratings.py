"""What the UI shows of a contest: the marks of all takes side by side, and why one of them is in the film."""

from collections.abc import Mapping

import dagster as dg

from film_pipeline.models.contest import Contest
from film_pipeline.models.take import Take

_MOST_ROWS = 10
"""Dagster draws Markdown of under 1,000 characters in place."""


def contest_metadata(contest: Contest | None) -> Mapping[str, dg.MetadataValue]:
    """The chosen take's total, the table of takes, and the words; nothing where a scene has one take."""
    if contest is None:
        return {}
    rating = contest.chosen.rating
    return {
        **({"rating": dg.MetadataValue.float(rating.total)} if rating else {}),
        "takes": dg.MetadataValue.md(_table(contest)),
        "why this take": dg.MetadataValue.text(contest.why),
    }


def _table(contest: Contest) -> str:
    rated = [take for take in contest.takes if take.rating]
    names = list(dict.fromkeys(name for take in rated if take.rating for name in take.rating.marks))
    rows = [["take", "total", *names, ""], ["---"] * (len(names) + 3)]
    for take in contest.takes[:_MOST_ROWS]:
        chosen = "in the film" if take.digest == contest.chosen.digest else ""
        rows.append([str(take.number), *_marks(take, names), chosen])
    rows += [[str(refusal.number), "", *[""] * len(names), "refused"] for refusal in contest.refused[:_MOST_ROWS]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _marks(take: Take, names: list[str]) -> list[str]:
    if take.rating is None:
        return [""] * (len(names) + 1)
    marks = take.rating.marks
    return [f"{take.rating.total:.2f}", *(f"{marks[name]:.2f}" if name in marks else "" for name in names)]
