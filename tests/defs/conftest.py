"""Fixtures of automation: a daemon that ticks when told."""

from collections.abc import Iterator

import dagster as dg
import pytest
from ticking import Daemon

from film_pipeline.settings import Settings


@pytest.fixture
def daemon(settings: Settings) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(settings, instance)
