"""A misspelt setting is told, and no other variable is."""

from pathlib import Path

import pytest

from film_pipeline.cli.unknown_settings import unknown_settings


def test_misspelt_settings_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("FILM_RESOLUTION=4k\nFILM_FPS=25\n")
    for name in ("FILM_TAKE", "FILM_ROOM_SERVICE_HOST", "FILM_ROOM_PORT_80_TCP", "FILMS"):
        monkeypatch.setenv(name, "3")
    assert unknown_settings() == [
        "FILM_RESOLUTION is no setting, and is ignored",
        "FILM_TAKE is no setting, and is ignored; did you mean FILM_TAKES?",
    ]
