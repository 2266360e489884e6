"""A code server that died is asked for again; a location that cannot be loaded, or a page not yet up, is left alone."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from film_pipeline.cli.healing import bring_back

GONE = (
    "dagster._core.errors.DagsterUserCodeUnreachableError: Could not reach user code server. gRPC Error code: UNKNOWN"
)


class Dagster(ThreadingHTTPServer):
    """Answers as Dagster's GraphQL does for one location with this error (None: loaded)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.error: str | None = None
        self.broken = False
        self.reloaded: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answering(BaseHTTPRequestHandler):
    server: Dagster

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data: dict[str, Any]
        if asked["query"].startswith("mutation"):
            self.server.reloaded.append(asked["variables"]["name"])
            data = {"reloadRepositoryLocation": {"__typename": "WorkspaceLocationEntry"}}
        else:
            error = {"message": self.server.error} if self.server.error else {}
            data = {"workspaceOrError": {"locationEntries": [{"name": "films", "locationOrLoadError": error}]}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>" if self.server.broken else json.dumps({"data": data}).encode())

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def dagster() -> Iterator[Dagster]:
    with Dagster() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_code_server_that_died_is_brought_back(dagster: Dagster) -> None:
    dagster.error = GONE
    assert bring_back(dagster.url) == dagster.reloaded == ["films"]


@pytest.mark.parametrize("error", [None, "film_pipeline.errors.SettingsError: A setting cannot be used"])
def test_what_no_reload_mends_is_left_alone(dagster: Dagster, error: str | None) -> None:
    dagster.error = error
    assert bring_back(dagster.url) == []
    assert dagster.reloaded == []


def test_pages_that_are_not_up_yet_are_no_fault(dagster: Dagster) -> None:
    dagster.broken = True
    assert bring_back(dagster.url) == []
    url = dagster.url
    dagster.shutdown()
    dagster.server_close()
    assert bring_back(url) == []
