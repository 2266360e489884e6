"""The ``new_scripts`` sensor: a script that lies in the inbox and has stopped growing becomes a film.

What is in ``scripts/nightly/`` waits for the batch. A script that cannot be read gets ``<name>.report.md`` beside it
and stops no other. What was received is noted beside the scripts and survives the daemon and its database.
Not here: making the film (the ``director`` sensor sees that its script is new).
"""

import json
import time

import dagster as dg

from film_pipeline.defs.naming import OWNERS
from film_pipeline.director.script import read_script_bytes
from film_pipeline.errors import FilmPipelineError, ScriptError
from film_pipeline.storage import ObjectStat, keys
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import receive

_SETTLED_SECONDS = 2.0
_RECEIVE_SECONDS = 20.0  # Dagster gives a tick 60
_ENDINGS = (".txt", ".md", ".fountain", ".json")
_LARGEST_BYTES = 32 * 1024 * 1024


@dg.sensor(
    target=None,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes new and changed scripts out of the inbox: the folder scripts/ of the film home.",
    metadata={"owners": OWNERS},
)
def new_scripts(context: dg.SensorEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SensorResult:
    until, before = time.monotonic() + _RECEIVE_SECONDS, _received(studio)
    now: dict[str, str] = {}
    taken: list[str] = []
    left = 0
    for key, stat in studio.store.inbox():
        if before.get(key) == stat.version:
            now[key] = stat.version
        elif taken and time.monotonic() > until:
            left += 1
        elif time.time() - stat.modified >= _SETTLED_SECONDS:
            now[key] = stat.version
            taken.append(_take(studio, key, stat, context))
    if now != before:
        studio.store.objects.write(keys.received(), json.dumps(now).encode())
    return dg.SensorResult(skip_reason=_said(taken, left))


def _received(studio: Studio) -> dict[str, str]:
    """The version of every script as it was received; a note that cannot be read costs only another look."""
    try:
        noted = json.loads(studio.store.objects.read(keys.received()) or b"{}")
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _take(studio: Studio, key: str, stat: ObjectStat, context: dg.SensorEvaluationContext) -> str:
    """Receive one script, or leave a report beside it that says why not."""
    name = key.removeprefix(f"{keys.INBOX}/").encode("utf-8", "backslashreplace").decode()
    nightly = name.startswith("nightly/")
    try:
        _require_text(key, name)
        script = read_script_bytes(_content(studio, key, stat), name.rsplit("/", 1)[-1])
        receipt = receive(studio.store, script, source=key, hold="nightly" if nightly else "", touched=stat.modified)
    except FilmPipelineError as error:
        context.log.warning(f"{name}: {error}")
        studio.store.write_inbox_report(key, f"# {name}\n\nThis script did not become a film.\n\n{error}\n")
        return f"{name} (refused)"
    if receipt.changed or studio.store.objects.stat(keys.inbox_report(key)) is None:
        notes = "".join(f"\n- {note}" for note in receipt.notes)
        words = "waits for the nightly batch" if nightly else "is being made"
        studio.store.write_inbox_report(key, f"# {name}\n\nThe film `{receipt.film}` {words}.\n{notes}\n")
    return f"{name} as {receipt.film}"


def _require_text(key: str, name: str) -> None:
    """Refuse a name that no record can hold."""
    if not key.isprintable():
        raise ScriptError(
            "The name of this script cannot be used",
            where=name,
            why="it is not UTF-8, or holds control characters",
            remedy="Rename it.",
        )


def _content(studio: Studio, key: str, stat: ObjectStat) -> bytes:
    if not key.lower().endswith(_ENDINGS):
        raise ScriptError(
            "This is no script", where=key, why="unknown ending", remedy=f"Use one of {', '.join(_ENDINGS)}."
        )
    if stat.bytes > _LARGEST_BYTES:
        raise ScriptError("The script cannot be read", where=key, why="too large", remedy="Split it.")
    return studio.store.objects.read(key) or b""


def _said(taken: list[str], left: int) -> str:
    more = f" and {len(taken) - 10} more" if len(taken) > 10 else ""
    rest = f"; {left} wait for the next tick" if left else ""
    return f"received {', '.join(taken[:10])}{more}{rest}" if taken else "no new script"
