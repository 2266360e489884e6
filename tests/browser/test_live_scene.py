"""A scene under way in a real browser: how far it is, its preview, and its take when it is done, without a reload."""

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from cinema import render
from factories import make_scene, make_storyboard
from fakes import comfyui_media
from house import house
from playwright.sync_api import expect
from seat import Seat
from test_room_looks import STANDARDS

from film_pipeline.defs.progress import beating


def ignored(words: str) -> None:
    """Nobody reads the log."""


def test_a_scene_is_followed_from_its_first_step_to_its_take(tmp_path: Path, sit: Callable[..., Seat]) -> None:
    with house(tmp_path) as room:
        room.studio.store.write_storyboard("neo", make_storyboard(make_scene(1), make_scene(2)))
        render(room.studio, "neo", "001")
        seat = sit()
        seat.page.goto(f"{room.url}/films/neo")
        scene = seat.page.locator("#scene-002")
        expect(scene).to_contain_text("No take yet")
        with beating(room.studio.settings.home, "neo", "002", ignored) as beat:
            beat(0.2, "waiting: server busy with another client's job, 2 before this one")
            expect(scene).to_contain_text("2 before this one")
            beat.picture(comfyui_media.preview(0.4), "image/jpeg")
            seat.page.wait_for_timeout(300)  # heartbeats closer together than this are dropped
            beat(0.4, "step 8 of 20, about 12 s left")
            expect(scene).to_contain_text("step 8 of 20, about 12 s left")
            expect(scene.get_by_text("No take yet")).to_be_hidden()
            seat.until("() => document.querySelector('#scene-002 .live img').naturalWidth === 128")
            assert scene.get_by_role("progressbar").evaluate("bar => bar.value") == 0.4
            found = Axe().run(seat.page, options=STANDARDS)
            assert found.violations_count == 0, found.generate_report()
            seat.shot("room-live-scene", whole=True)
            render(room.studio, "neo", "002")
        expect(scene.get_by_text("Take 1", exact=True)).to_be_visible()
        expect(scene.get_by_role("progressbar")).to_be_hidden()
        expect(seat.page.get_by_role("link", name="Load the page again")).to_be_visible()
        scene.get_by_label("Play take 1 of scene 002").click()
        expect(scene.locator("video")).to_be_visible()
        assert seat.complaints == []


def test_nobody_is_disturbed_who_is_using_the_scene(tmp_path: Path, sit: Callable[..., Seat]) -> None:
    with house(tmp_path) as room:
        room.studio.store.write_storyboard("neo", make_storyboard(make_scene(1)))
        render(room.studio, "neo", "001")
        seat = sit()
        seat.page.goto(f"{room.url}/films/neo")
        scene = seat.page.locator("#scene-001")
        scene.get_by_label("Play take 1 of scene 001").click()
        expect(scene.locator("video")).to_be_visible()
        with beating(room.studio.settings.home, "neo", "001", ignored) as beat:
            beat(0.5, "step 1 of 2")
            expect(scene.get_by_role("progressbar")).to_be_visible()
            render(room.studio, "neo", "001", new_take=True)
        expect(seat.page.get_by_role("link", name="Load the page again")).to_be_visible()
        expect(scene.locator("video")).to_be_visible()
        expect(scene.get_by_text("Take 2", exact=True)).to_be_hidden()
