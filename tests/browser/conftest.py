"""Fixtures: Debian's Chromium, a seat in front of it, and a living film home to look at."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from house import House, furnish, house
from living_home import LivingHome, living, make_film
from playwright.sync_api import Browser, expect, sync_playwright
from seat import ARGUMENTS, SCREENSHOTS, Seat

STORYBOARD = {
    "title": "Rain over the canal",
    "size": "320x180",
    "fps": 12,
    "scenes": [
        {
            "id": 1,
            "duration": 2,
            "prompt": "A detective walks in rain along a canal",
            "heading": "EXT. CANAL - NIGHT",
        },
        {"id": 2, "duration": 2, "prompt": "Close up of a cybernetic eye looking at a holographic map"},
        {"id": 3, "duration": 2, "prompt": "A boat crosses the sea under the moon", "narration": "MIRA: We go home."},
    ],
}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser with a fresh, empty profile."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "Chromium is not installed: run `make test-browser`, or set CHROMIUM to its path"
    expect.set_options(timeout=60_000)  # Dagster's pages wait for a code location, on a machine that may be busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sit(chromium: Browser) -> Iterator[Callable[..., Seat]]:
    """A seat for a new visitor, by Playwright's context options; none of them may leave this machine."""
    seats: list[Seat] = []

    def take(**options: Any) -> Seat:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}, "locale": "en-GB", **options})
        context.set_default_timeout(60_000)
        seats.append(Seat.take(context))
        return seats[-1]

    yield take
    for seat in seats:
        seat.page.context.close()
    assert [url for seat in seats for url in seat.left_loopback()] == []


@pytest.fixture(scope="session")
def living_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingHome]:
    """A home with one small film, its daemon, Dagster's pages and the screening room."""
    folder = tmp_path_factory.mktemp("living")
    storyboard = folder / "canal.json"
    storyboard.write_text(json.dumps(STORYBOARD))
    make_film(folder / "home", storyboard)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with living(folder / "home", free_ports(), SCREENSHOTS / "film-ui.log") as home:
        yield home


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A screening room with films of every kind; nobody renders in it."""
    folder = tmp_path_factory.mktemp("house")
    with house(folder) as open_house:
        furnish(open_house.studio, folder)
        yield open_house
