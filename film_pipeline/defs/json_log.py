"""Logs as JSON, one object a line, with the film, scene, take and run that a line is about.

For any Python logger, and for Dagster's: its ``python_logs`` names :class:`JsonLines` as a formatter. Fields that a
line does not have are left out. Not here: what is logged; secrets are in no message to begin with.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from dagster._core.log_manager import LOG_RECORD_METADATA_ATTR

Fields = dict[str, Any]


class JsonLines(logging.Formatter):
    """One line a record."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_of_dagster(getattr(record, LOG_RECORD_METADATA_ATTR, None) or {}),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in fields.items() if value not in (None, "")}, default=str)


def log_as_json() -> None:
    """Write this process's logs to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _of_dagster(meta: Fields) -> Fields:
    """What Dagster knows of a line: the run and its partition, and what an event tells of a take or a failure."""
    if not meta:
        return {}
    event = meta.get("dagster_event")
    partition = (event.partition if event else None) or meta["job_tags"].get("dagster/partition", "")
    film, _, scene = partition.partition("/")
    return {
        "message": meta["orig_message"],
        "run": meta["run_id"],
        "job": meta["job_name"],
        "step": meta["step_key"],
        "film": film,
        "scene": scene,
        **(_of_event(event) if event else {}),
    }


def _of_event(event: Any) -> Fields:
    fields: Fields = {"event": event.event_type_value}
    if event.is_step_materialization:
        told = event.step_materialization_data.materialization.metadata
        for name in ("take", "digest", "render seconds", "cut seconds", "parts encoded", "parts from the cache"):
            if name in told:
                fields[name.replace(" ", "_")] = told[name].value
    if event.is_step_failure and event.step_failure_data.error:
        fields["error"] = event.step_failure_data.error.message.strip()
    return fields
