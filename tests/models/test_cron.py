"""Cron expressions: what is taken at the door is what Dagster takes, so that no schedule ends a process later."""

import dagster as dg
import pytest

from film_pipeline.models.cron import require_cron


@pytest.mark.parametrize("text", ["0 1 * * *", "*/5 0-4,7 1,15 jan-MAR MON-fri", "30 22 * * 7", "0 0 L * *"])
def test_what_is_taken_dagster_takes(text: str) -> None:
    assert dg.ScheduleDefinition(job_name="batch", cron_schedule=require_cron(text)).cron_schedule == text


@pytest.mark.parametrize(
    "text", ["every day", "0 1 * *", "99 99 99 99 99", "0 24 * * *", "0 1 0 * *", "0 1 * * foo", "*/0 * * * *", ""]
)
def test_what_dagster_refuses_is_refused_at_the_door(text: str) -> None:
    with pytest.raises(dg.DagsterInvalidDefinitionError):
        dg.ScheduleDefinition(job_name="batch", cron_schedule=text)
    with pytest.raises(ValueError, match=r"five fields, such as 0 1 \* \* \*"):
        require_cron(text)
