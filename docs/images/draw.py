"""Draw the README's pictures anew: python docs/images/draw.py DAGSTER_URL SCREENING_ROOM_URL FILM

Needs a running ``film ui`` on a home with that film, Chromium (as in ``make test-browser``), and the development
dependencies. All in them but the frame around is screenshots.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
NAME = "text-in-film-out"


def main(dagster: str, room: str, film: str) -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        into = Path(folder)
        graph(browser, dagster, into / "graph.png")
        watch(browser, f"{room}/films/{film}", into / "room.png")
        shutil.copy(HERE / f"{NAME}.html", into)
        page = open_page(browser, 1600, 800)
        page.goto((into / f"{NAME}.html").as_uri())
        page.screenshot(path=into / "all.png")
        Image.open(into / "all.png").convert("RGB").save(HERE / f"{NAME}.jpg", quality=82, optimize=True)
        takes(browser, f"{room}/films/{film}", into / "takes.png")
        Image.open(into / "takes.png").convert("RGB").save(HERE / "screening-room.jpg", quality=70, optimize=True)
        browser.close()


def graph(browser: Browser, dagster: str, into: Path) -> None:
    page = open_page(browser, 1400, 640, scale=1.5)
    page.goto(f"{dagster}/asset-groups/")
    page.get_by_text("100% filled").first.wait_for()
    page.wait_for_timeout(2000)
    left, top, right = (box_of(page, name) for name in ("storyboard", "scene_clip", "final_movie"))
    x, y = left["x"] - 40, top["y"] - 35
    width = right["x"] + 225 - x
    page.screenshot(path=into, clip={"x": x, "y": y, "width": width, "height": width * 316 / 690})


def box_of(page: Page, asset: str) -> dict[str, float]:
    """Where the name of an asset stands in the graph, which comes after the list of names."""
    return dict(page.get_by_text(asset, exact=True).last.bounding_box() or {})


def watch(browser: Browser, film: str, into: Path) -> None:
    page = open_page(browser, 1100, 816, scale=1.5)
    page.goto(film)
    page.evaluate("movie.muted = true; movie.controls = false; movie.currentTime = 7.2")
    page.wait_for_timeout(2000)
    page.screenshot(path=into)


def takes(browser: Browser, film: str, into: Path) -> None:
    page = open_page(browser, 1280, 1110, scheme="light")
    page.goto(film)
    page.locator("#timeline-title").evaluate("title => title.scrollIntoView({ behavior: 'instant' })")
    page.wait_for_timeout(3000)
    page.screenshot(path=into)


def open_page(browser: Browser, width: int, height: int, scale: float = 1, scheme: Any = "dark") -> Page:
    return browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=scale
    ).new_page()


if __name__ == "__main__":
    main(*sys.argv[1:])
