"""Fixtures only: a clean environment, no network beyond loopback, a home to make films in."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.s3_server import S3Server, s3_server

from film_pipeline.settings import Settings

_OURS = ("FILM_", "COMFYUI_", "OPENAI_", "AWS_", "DAGSTER_", "FFMPEG_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No variable or .env file of the person who runs the tests reaches them."""
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere but this machine is a failed test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            pytest.fail(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a small, quick film home."""
    return Settings(FILM_HOME=tmp_path / "home", FILM_SIZE="160x90", FILM_FPS="12", FILM_WORKERS=1)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """An S3 server of this test run: moto, or the real one that ``TEST_S3_ENDPOINT`` names."""
    with s3_server() as running:
        yield running


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket on that server, which the environment now names."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return s3.new_bucket()
