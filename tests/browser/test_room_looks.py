"""How the screening room looks: to people with and without sight, on a desk and on a phone, in dark and light."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from house import House
from playwright.sync_api import expect
from seat import Seat

PAGES = {
    "films": "/",
    "film": "/films/canal",
    "hostile": "/films/hostile",
    "unfinished": "/films/unfinished",
    "broken": "/films/broken",
    "nowhere": "/films/gone",
}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_anyone_can_use_it(furnished: House, sit: Callable[..., Seat], name: str, scheme: str) -> None:
    """Contrast, names, headings, landmarks and sizes to touch by WCAG 2.2 AA, as axe-core judges them."""
    seat = sit(color_scheme=scheme)
    seat.page.goto(furnished.url + PAGES[name])
    seat.look_through()
    found = Axe().run(seat.page, options=STANDARDS)
    assert found.violations_count == 0, found.generate_report()
    assert {"color-contrast", "document-title", "target-size"} <= {rule["id"] for rule in found.response["passes"]}
    seat.shot(f"room-{name}-{scheme}", whole=True)
    assert [complaint for complaint in seat.complaints if "404" not in complaint and "500" not in complaint] == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_a_phone_never_scrolls_sideways(furnished: House, sit: Callable[..., Seat], name: str, scheme: str) -> None:
    seat = sit(**PHONE, color_scheme=scheme)
    seat.page.goto(furnished.url + PAGES[name])
    seat.look_through()
    assert seat.page.evaluate("document.documentElement.scrollWidth") == 390
    seat.page.evaluate("scrollTo({left: 100, top: 0, behavior: 'instant'})")
    assert seat.page.evaluate("scrollX") == 0
    seat.shot(f"phone-{name}-{scheme}", whole=True)


def test_words_of_strangers_stay_words(furnished: House, sit: Callable[..., Seat]) -> None:
    """Script tags, right-to-left words, endless words and emoji are shown, not run."""
    seat = sit()
    seat.page.on("dialog", lambda dialog: seat.complaints.append(f"dialog: {dialog.message}"))
    storyboard = furnished.studio.store.storyboard("hostile")
    for path in ("/", "/films/hostile"):
        seat.page.goto(furnished.url + path)
        expect(seat.page.get_by_text(storyboard.title).first).to_be_visible()
    for scene in storyboard.scenes:
        expect(seat.page.locator(f"#scene-{scene.id} .prompt")).to_have_text(scene.prompt)
    direction = "element => getComputedStyle(element).direction"
    assert seat.page.locator("#scene-002 .prompt").evaluate(direction) == "rtl"
    assert seat.page.locator("#scene-001 .prompt").evaluate(direction) == "ltr"
    assert seat.page.evaluate("document.querySelectorAll('script:not([src])').length") == 0
    assert seat.complaints == []


def test_a_script_that_came_in_would_not_run(furnished: House, sit: Callable[..., Seat]) -> None:
    """The policy is what stands behind the escaping."""
    seat = sit()
    seat.page.goto(furnished.url)
    seat.page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">'); }"
    )
    assert seat.page.evaluate("window.ran") is None
    refused = " ".join(said for said in seat.complaints if "Content Security Policy" in said)
    assert "script-src 'self'" in refused
    assert "style-src 'self'" in refused


@pytest.mark.parametrize(
    ("motion", "behaviour", "moving"), [("reduce", "auto", "0s"), ("no-preference", "smooth", "0.4s")]
)
def test_motion_is_a_matter_of_taste(
    furnished: House, sit: Callable[..., Seat], motion: str, behaviour: str, moving: str
) -> None:
    seat = sit(reduced_motion=motion)
    seat.page.goto(furnished.url)
    assert seat.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behaviour
    picture = seat.page.locator(".poster img").first
    assert picture.evaluate("image => getComputedStyle(image).transitionDuration") == moving


def test_without_scripts_all_is_there(furnished: House, sit: Callable[..., Seat]) -> None:
    seat = sit(java_script_enabled=False)
    page = seat.page
    page.goto(furnished.url)
    page.get_by_role("searchbox", name="Find a film").fill("over the CANAL")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".poster")).to_have_count(1)
    page.get_by_role("link", name="Rain over the canal").click()
    expect(page.locator("#movie")).to_be_visible()
    expect(page.get_by_role("list", name="Takes of scene 002").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("button")).to_have_count(0)


def test_the_keyboard_is_enough(furnished: House, sit: Callable[..., Seat]) -> None:
    """From the list to the film, to a scene's takes and to the movie, with Tab and Enter; focus always shows."""
    seat = sit(reduced_motion="reduce")
    page = seat.page
    page.goto(furnished.url)
    page.keyboard.press("Tab")
    assert _focus(seat)["name"] == "To the content"
    page.keyboard.press("Enter")
    _tab_to(seat, "Rain over the canal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rain over the canal")

    passed = _tab_to(seat, "Play take 3 of scene 002, 1.0 seconds")
    assert [stop["name"] for stop in passed if not stop["seen"]] == []
    assert [stop for stop in passed if not stop["name"]] == []
    page.keyboard.press("Enter")
    seat.until("() => document.activeElement.matches('.take video') && document.activeElement.currentTime > 0.1")

    page.keyboard.press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    seat.until("() => !movie.paused && movie.currentTime > 0.1")
    page.keyboard.press("]")
    seat.until("() => !movie.seeking && movie.currentTime >= 1")


def _tab_to(seat: Seat, name: str, at_most: int = 60) -> list[dict[str, Any]]:
    """Press Tab until the thing called ``name`` has the focus; returns all stops on the way."""
    stops: list[dict[str, Any]] = []
    while not stops or name not in stops[-1]["name"]:
        assert len(stops) < at_most, [stop["name"] for stop in stops]
        seat.page.keyboard.press("Tab")
        stops.append(_focus(seat))
    return stops


def _focus(seat: Seat) -> dict[str, Any]:
    """The name of what has the focus, and whether one can see that it has."""
    return dict(
        seat.page.evaluate(
            """() => {
                const at = document.activeElement;
                const ring = at.querySelector(':scope .ring');
                const style = getComputedStyle(ring ?? at);
                const inside = at.localName === 'video'; // Chromium draws the rings of the player's own buttons
                const shown = ring ? style.stroke !== 'none' && style.strokeWidth === '8px'
                                  : style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                const box = at.getBoundingClientRect();
                return {
                    name: (at.getAttribute('aria-label') ?? at.innerText ?? '').trim(),
                    seen: (inside || shown) && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
                };
            }"""
        )
    )
