"""Fixtures: fake ComfyUI servers as processes of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import FakeComfyUIServer
from small_scenes import TO_CLOSE

StartServer = Callable[..., FakeComfyUIServer]


@pytest.fixture(scope="session")
def idle_servers() -> Iterator[list[FakeComfyUIServer]]:
    """Servers that earlier tests have done with; starting one costs more than most tests."""
    servers: list[FakeComfyUIServer] = []
    yield servers
    for server in servers:
        server.kill()


@pytest.fixture
def start_server(
    tmp_path_factory: pytest.TempPathFactory, idle_servers: list[FakeComfyUIServer]
) -> Iterator[StartServer]:
    """Fake servers as freshly started: ``start_server(fails_at="KSampler")``."""
    used: list[FakeComfyUIServer] = []

    def start(**settings: Any) -> FakeComfyUIServer:
        server = None
        while idle_servers and server is None and "wait" not in settings:
            candidate = idle_servers.pop()
            if candidate.reset(**settings):
                server = candidate
            else:
                candidate.kill()
        if server is None:
            server = FakeComfyUIServer(tmp_path_factory.mktemp("server"), **settings)
            server.__enter__()
        used.append(server)
        return server

    yield start
    idle_servers += used


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behaviour in less time."""
    monkeypatch.setattr("film_pipeline.comfyui.client._SETTLE_PAUSES", (0.05, 0.1, 0.3))
    monkeypatch.setattr("film_pipeline.comfyui.listening._OPEN_SECONDS", 1.0)
    monkeypatch.setattr("film_pipeline.comfyui.downloading._PAUSE_SECONDS", 0.02)


@pytest.fixture(autouse=True)
def close_connections() -> Iterator[None]:
    """No test leaves a connection open."""
    yield
    while TO_CLOSE:
        TO_CLOSE.pop().close()
