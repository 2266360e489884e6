"""What large homes weigh in the browser: 300 films, a film of 200 scenes x 3 takes, and a movie that is never whole."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cinema import publish_movie, render
from crowd import crowd_in
from factories import make_scene, make_storyboard
from house import House, house
from playwright.sync_api import expect
from seat import Seat

from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.screening.programme import FILMS_A_PAGE, SCENES_A_PAGE

FILMS, SCENES, TAKES = 300, 200, 3


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("crowd")
    with house(folder) as open_house:
        crowd_in(open_house.studio, "long", folder, scenes=SCENES, takes=TAKES)
        for number in range(1, FILMS):
            crowd_in(open_house.studio, f"film-{number:03d}", folder, scenes=2)
        yield open_house


def test_three_hundred_films_are_light(crowded: House, sit: Callable[..., Seat]) -> None:
    seat = sit()
    seconds = _load(seat, f"{crowded.url}/")
    expect(seat.page.locator(".poster")).to_have_count(FILMS_A_PAGE)
    expect(seat.page.locator(".count")).to_have_text(f"{FILMS} films")
    _tell("300 films, first page", seat, seconds)
    assert len(_pictures(seat)) < FILMS_A_PAGE, "posters below the screen are not asked for"
    assert _page_bytes(seat) < 20_000
    assert seconds < 5


def test_a_long_film_with_many_takes_is_light(crowded: House, sit: Callable[..., Seat]) -> None:
    seat = sit()
    seconds = _load(seat, f"{crowded.url}/films/long")
    expect(seat.page.locator(".scene")).to_have_count(SCENES_A_PAGE)
    expect(seat.page.locator(".take")).to_have_count(SCENES_A_PAGE * TAKES)
    expect(seat.page.locator(".strip a")).to_have_count(SCENES)
    _tell("200 scenes x 3 takes, first page", seat, seconds)
    assert len(_pictures(seat)) < 4 * TAKES, "takes below the screen are not asked for"
    assert _page_bytes(seat) < 50_000
    assert seconds < 5

    seat.page.get_by_role("link", name=re.compile("^Scene 150,")).click(modifiers=["Control"])
    seat.page.goto(f"{crowded.url}/films/long?page=3#scene-150")
    expect(seat.page.locator("#scene-150")).to_be_in_viewport()


def test_seeking_fetches_only_what_is_played(crowded: House, sit: Callable[..., Seat], tmp_path: Path) -> None:
    """A movie of 20 MB of noise: a jump to its end asks for bytes near the end, and most of it never travels."""
    studio = crowded.studio
    studio.store.write_storyboard("noise", make_storyboard(make_scene(1, duration=40)))
    render(studio, "noise", "001")
    movie = tmp_path / "noise.mp4"
    arguments = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=12,noise=alls=90:allf=t", "-t", "40"]
    arguments += [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "12",
        "-b:v",
        "4M",
        "-maxrate",
        "4M",
        "-bufsize",
        "4M",
    ]
    arguments += ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    run_ffmpeg([*arguments, file_argument(movie)], doing="a movie of noise")
    size = movie.stat().st_size
    publish_movie(studio, "noise", movie)

    seat = sit()
    seat.page.goto(f"{crowded.url}/films/noise")
    seat.until("() => movie.readyState >= 1")
    seat.page.evaluate("movie.muted = true; movie.currentTime = 38; movie.play()")
    seat.until("() => movie.currentTime > 38.3")
    ranges = [answer.headers.get("content-range", "") for answer in seat.answers if "/movie?" in answer.url]
    starts = [int(re.fullmatch(rf"bytes (\d+)-\d+/{size}", told)[1]) for told in ranges]  # type: ignore[index]
    assert starts[0] == 0
    assert max(starts) > size * 0.8
    held = seat.page.evaluate(
        "() => { const all = movie.buffered; let held = 0;"
        " for (let n = 0; n < all.length; n += 1) held += all.end(n) - all.start(n); return held; }"
    )
    assert held < 30, "seconds of film in the browser, of 40"


def _load(seat: Seat, url: str) -> float:
    """Seconds until the page has loaded."""
    started = time.monotonic()
    seat.page.goto(url)
    return time.monotonic() - started


def _pictures(seat: Seat) -> list[str]:
    return [url for url in seat.asked if "/thumb/" in url]


def _page_bytes(seat: Seat) -> int:
    """What travelled, packed."""
    return int(seat.answers[0].headers["content-length"])


def _tell(what: str, seat: Seat, seconds: float) -> None:
    print(f"{what}: {_page_bytes(seat) / 1e3:.0f} kB, {len(_pictures(seat))} pictures at once, {seconds:.2f} s to load")
