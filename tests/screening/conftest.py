"""Fixtures: a home with films in every state, and a visitor of its screening room."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cinema import HOSTILE, Visitor, cut, render
from factories import make_scene, make_storyboard, make_studio

from film_pipeline.models.report import FilmRecord
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio


@pytest.fixture
def studio(settings: Settings) -> Studio:
    return make_studio(settings)


@pytest.fixture
def add_film(studio: Studio, tmp_path: Path) -> Callable[..., Storyboard]:
    """Makes a film; ``until`` is how far: ``storyboard``, ``render`` or ``cut``."""

    def add(film: str, *scenes: dict[str, Any], until: str = "cut", **fields: Any) -> Storyboard:
        storyboard = make_storyboard(*(scenes or (make_scene(1),)), **fields)
        studio.store.write_storyboard(film, storyboard)
        for scene in storyboard.scenes if until != "storyboard" else ():
            render(studio, film, scene.id)
        if until == "cut":
            cut(studio, film, tmp_path)
        return storyboard

    return add


@pytest.fixture
def every_state(studio: Studio, add_film: Callable[..., Storyboard]) -> Studio:
    """Films that are current, to be cut, to be rendered, unwritten, and broken in two ways."""
    add_film("current", title=HOSTILE)
    add_film("to-cut", until="render", title="To cut")
    add_film("to-render", until="storyboard", title="To render")
    record = FilmRecord(source="/x.txt", script_name="x.txt", script_kind="text", script_sha256="0" * 64)
    studio.store.write_record("unwritten", record)
    studio.store.write_script("unwritten", "words")
    add_film("broken-storyboard", title="Was whole")
    board = {"title": "t", "scenes": [{"id": 1, "duration": -1, "prompt": HOSTILE}]}
    studio.store.objects.write("films/broken-storyboard/storyboard.json", json.dumps(board).encode())
    add_film("broken-report", title="Broken report")
    studio.store.objects.write("films/broken-report/report.json", b"{")
    return studio


@pytest.fixture
def visit(studio: Studio) -> Visitor:
    return Visitor(studio)
