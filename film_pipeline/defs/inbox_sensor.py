"""The ``new_scripts`` sensor: a script that lies in the inbox and has stopped growing becomes a film.

What is in ``scripts/nightly/`` waits for the batch. A script that cannot be read gets ``<name>.report.md`` beside it
and stops no other. Not here: making the film (the ``director`` sensor sees that its script is new).
"""

import json
import time

import dagster as dg

from film_pipeline.director.script import read_script_bytes
from film_pipeline.errors import FilmPipelineError, ScriptError
from film_pipeline.storage import keys
from film_pipeline.studio import Studio
from film_pipeline.studio.scripts import receive

_SETTLED_SECONDS = 2.0
_ENDINGS = (".txt", ".md", ".fountain", ".json")
_LARGEST_BYTES = 32 * 1024 * 1024


@dg.sensor(
    target=None,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes new and changed scripts out of the inbox: the folder scripts/ of the film home.",
)
def new_scripts(context: dg.SensorEvaluationContext, studio: dg.ResourceParam[Studio]) -> dg.SensorResult:
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    now, taken = {}, []
    for key in studio.store.inbox():
        stat = studio.store.objects.stat(key)
        if stat is None:
            continue  # it vanished between the listing and now
        if seen.get(key) == stat.version:
            now[key] = stat.version
        elif time.time() - stat.modified >= _SETTLED_SECONDS:
            now[key] = stat.version
            taken.append(_take(studio, key, context))
    said = ", ".join(taken[:10]) + (f" and {len(taken) - 10} more" if len(taken) > 10 else "")
    return dg.SensorResult(skip_reason=f"received {said}" if taken else "no new script", cursor=json.dumps(now))


def _take(studio: Studio, key: str, context: dg.SensorEvaluationContext) -> str:
    """Receive one script, or leave a report beside it that says why not."""
    name = key.removeprefix(f"{keys.INBOX}/")
    try:
        script = read_script_bytes(_content(studio, key), name.rsplit("/", 1)[-1])
        receipt = receive(studio.store, script, source=key, hold="nightly" if name.startswith("nightly/") else "")
    except FilmPipelineError as error:
        context.log.warning(f"{key}: {error}")
        studio.store.write_inbox_report(key, f"# {name}\n\nThis script did not become a film.\n\n{error}\n")
        return f"{name} (refused)"
    notes = "".join(f"\n- {note}" for note in receipt.notes)
    words = "waits for the nightly batch" if name.startswith("nightly/") else "is being made"
    studio.store.write_inbox_report(key, f"# {name}\n\nThe film `{receipt.film}` {words}.\n{notes}\n")
    return f"{name} as {receipt.film}"


def _content(studio: Studio, key: str) -> bytes:
    if not key.lower().endswith(_ENDINGS):
        raise ScriptError(
            "This is no script", where=key, why="unknown ending", remedy=f"Use one of {', '.join(_ENDINGS)}."
        )
    stat = studio.store.objects.stat(key)
    if stat is None or stat.bytes > _LARGEST_BYTES:
        raise ScriptError("The script cannot be read", where=key, why="too large, or gone", remedy="Split it.")
    return studio.store.objects.read(key) or b""
