"""The page of a film while it is being made: it moves by itself, and leaves alone what somebody is watching."""

from collections.abc import Callable, Iterator

import pytest
from cinema import render
from factories import make_scene, make_storyboard
from fakes import comfyui_media
from house import House, house
from playwright.sync_api import expect
from seat import Seat

from film_pipeline.defs.progress import beating


@pytest.fixture
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A film whose scene 001 is rendered and whose scene 002 is not."""
    with house(tmp_path_factory.mktemp("lively")) as open_house:
        open_house.studio.store.write_storyboard("neo", make_storyboard(make_scene(1), make_scene(2), title="Neo"))
        render(open_house.studio, "neo", "001")
        yield open_house


def test_a_scene_is_seen_while_it_is_made_and_when_it_is_done(lively: House, sit: Callable[..., Seat]) -> None:
    seat = sit()
    page = seat.page
    page.goto(f"{lively.url}/films/neo")
    scene = page.locator("#scene-002")
    live = scene.get_by_role("group", name="Rendering scene 002")
    expect(live).to_be_hidden()
    with beating(lively.studio.settings.home, "neo", "002", print) as beat:
        beat(0.4, "step 8 of 20, about 12 s left")
        beat.picture(comfyui_media.preview(0.4), "image/jpeg")
        expect(live).to_contain_text("step 8 of 20, about 12 s left")
        expect(live.locator("img")).to_be_visible()
        assert float(live.get_by_role("progressbar").get_attribute("value") or 0) == 0.4
        live.scroll_into_view_if_needed()
        seat.shot("room-live")
        beat(1.0, "done")
        render(lively.studio, "neo", "002")
    expect(scene.get_by_text("In the film", exact=True)).to_be_visible()
    expect(scene.get_by_role("listitem")).to_have_count(1)
    expect(live).to_be_hidden()
    expect(page.get_by_text("The film has changed.")).to_be_visible()
    assert seat.complaints == []


def test_a_take_that_plays_is_not_taken_away(lively: House, sit: Callable[..., Seat]) -> None:
    seat = sit()
    page = seat.page
    page.goto(f"{lively.url}/films/neo")
    page.get_by_role("link", name="Play take 1 of scene 001, 1.0 seconds").click()
    seat.until("() => document.querySelector('.take video')?.currentTime > 0.1")
    with beating(lively.studio.settings.home, "neo", "001", print) as beat:
        beat(0.5, "halfway")
        expect(page.get_by_text("halfway")).to_be_visible()
        render(lively.studio, "neo", "001", new_take=True)
    expect(page.get_by_text("The film has changed.")).to_be_visible()
    expect(page.locator("#scene-001 .take video")).to_have_count(1)
    page.get_by_role("link", name="Load the page again").click()
    expect(page.locator("#scene-001").get_by_role("listitem")).to_have_count(2)
