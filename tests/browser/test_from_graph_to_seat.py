"""The whole way in a real browser: the asset graph, a scene made again by clicking, and the movie played and sought."""

import re
from collections.abc import Callable

import pytest
from living_home import LivingHome, wait_for
from playwright.sync_api import Page, expect
from seat import Seat

pytestmark = pytest.mark.timeout(900)

FILM, SCENE = "canal", "002"
AT = "time => !movie.seeking && Math.abs(movie.currentTime - time) < 0.05"


def test_the_graph_tells_how_a_film_is_made(living_home: LivingHome, sit: Callable[..., Seat]) -> None:
    seat = sit(viewport={"width": 1400, "height": 760})
    seat.page.goto(f"{living_home.dagster}/asset-groups/")
    graph = seat.page.get_by_role("main").or_(seat.page.locator("body")).first
    for asset in ("storyboard", "scene_clip", "soundtrack", "final_movie"):
        expect(graph.get_by_text(asset, exact=True).first).to_be_visible()
    expect(graph.get_by_text("100% filled")).to_have_count(4)
    expect(graph.get_by_text("3 / 3 Passed")).to_have_count(2)
    seat.shot("dagster-graph")
    assert living_home.ask("{ shouldShowNux }") == {"shouldShowNux": False}
    assert '"telemetryEnabled": false' in seat.page.content()


def test_a_scene_is_made_again_by_clicking(living_home: LivingHome, sit: Callable[..., Seat]) -> None:
    """A scene that is up to date gets take 2, and the living daemon recuts the movie; no other clip is touched."""
    store = living_home.studio.store
    before, movie = living_home.clips(FILM), store.report(FILM)
    seat = sit(viewport={"width": 1400, "height": 900})
    seat.page.goto(f"{living_home.dagster}/assets/scene_clip?view=partitions&partition={FILM}%2F{SCENE}")
    expect(seat.page.get_by_text("Close up of a cybernetic eye")).to_be_visible()
    for name in ("preview", "first frame", "last frame"):
        assert _picture_width(seat.page, name) > 60
    expect(seat.page.get_by_role("row", name="take 1", exact=True)).to_be_visible()
    seat.shot("dagster-scene")

    seat.page.get_by_role("button", name="Materialize…").click()
    dialog = seat.page.get_by_role("dialog")
    expect(dialog.get_by_text(f"{FILM}/{SCENE}").first).to_be_visible()
    seat.shot("dagster-materialize")
    dialog.get_by_role("button", name="Launch 1 run").click()

    wait_for(lambda: store.cut(FILM).scenes[SCENE].take == 2, "take 2 is selected")
    wait_for(lambda: store.report(FILM) != movie, "the movie is cut again")
    report = store.report(FILM)
    assert report is not None
    assert [(scene.scene, scene.take) for scene in report.scenes] == [("001", 1), ("002", 2), ("003", 1)]
    wait_for(lambda: living_home.studio.plan(FILM).current, "the film is up to date")
    after = living_home.clips(FILM)
    assert {clip: after[clip] for clip in before} == before
    assert len(after) == len(before) + 1

    seat.page.reload()
    expect(seat.page.get_by_role("button", name=re.compile("historical events"))).to_contain_text("(2)")
    expect(seat.page.get_by_role("row", name="take 2", exact=True)).to_be_visible()
    seat.shot("dagster-scene-take-2")


def test_the_movie_plays_and_seeks(living_home: LivingHome, sit: Callable[..., Seat]) -> None:
    seat = sit()
    page = seat.page
    page.goto(living_home.room)
    seat.shot("room-films")
    page.get_by_role("link", name=re.compile("Rain over the canal")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rain over the canal")
    page.keyboard.press("m")
    page.keyboard.press("k")
    seat.until("() => movie.currentTime > 0.4")
    assert page.evaluate("movie.videoWidth") == 320
    page.keyboard.press("k")

    report = living_home.studio.store.report(FILM)
    assert report is not None
    starts = {scene.scene: scene.start for scene in report.scenes}
    page.get_by_role("link", name=re.compile("^Scene 003,")).click()
    seat.until(AT, starts["003"])
    page.evaluate("movie.focus()")
    page.keyboard.press("[")
    seat.until(AT, starts["002"])
    page.keyboard.press("k")
    seat.until("time => movie.currentTime > time", starts["002"] + 0.2)
    page.keyboard.press("k")
    seat.shot("room-film", whole=True)

    movie = [answer for answer in seat.answers if answer.url.startswith(f"{living_home.room}/films/{FILM}/movie")]
    assert [answer.status for answer in movie] == [206] * len(movie) != []
    assert all(re.fullmatch(r"bytes \d+-\d+/\d+", answer.headers["content-range"]) for answer in movie)
    assert seat.complaints == []


def test_the_seat_leads_back_to_the_scene_in_dagster(living_home: LivingHome, sit: Callable[..., Seat]) -> None:
    seat = sit()
    seat.page.goto(f"{living_home.room}/films/{FILM}")
    seat.page.get_by_role("link", name="Render again in Dagster: scene 003").click()
    expect(seat.page.get_by_text("A boat crosses the sea under the moon")).to_be_visible()
    expect(seat.page.get_by_role("button", name="Materialize…")).to_be_enabled()


def _picture_width(page: Page, name: str) -> int:
    """The width of a thumbnail in the scene's metadata, in pixels; 0 where the browser could not read it."""
    picture = page.get_by_role("img", name=name)
    picture.wait_for()
    return int(picture.evaluate("image => image.complete && image.naturalWidth"))
