"""The pages and the JSON interface: every state of a film, every word escaped, bounded work."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cinema import ARABIC, HOSTILE, Visitor, cut, render
from factories import PatternRenderer, make_scene, make_storyboard, make_studio
from fakes import comfyui_media

from film_pipeline.defs.progress import beating
from film_pipeline.errors import RenderContentError
from film_pipeline.models.price import GpuPrice, Spending
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.renderer import Rendering
from film_pipeline.screening import addresses
from film_pipeline.screening.programme import FILMS_A_PAGE, SCENES_A_PAGE
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.storage.local import LocalObjects
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import select_take


class Elements(HTMLParser):
    """Every start tag of a page with its attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_films_are_listed_in_every_state(every_state: Studio, visit: Visitor) -> None:
    answer = visit("/")
    assert answer.status_code == 200
    text = Elements(answer.text).text
    for words in ("Up to date", "To be cut", "1 scene to render", "No storyboard yet", "Needs a hand"):
        assert words in text
    assert "scenes[0].duration" in text
    films = {film["film"]: film for film in visit("/api/films").json()["films"]}
    assert {key: film["state"] for key, film in films.items()} == {
        "broken-report": "problem",
        "broken-storyboard": "problem",
        "current": "current",
        "to-cut": "to_cut",
        "to-render": "to_render",
        "unwritten": "unwritten",
    }
    assert films["current"]["seconds"] == 1.0
    assert films["to-render"]["to_render"] == 1
    assert films["broken-storyboard"]["movie"].startswith("/films/broken-storyboard/movie?v=")


def test_each_film_has_a_page_whatever_its_state(every_state: Studio, visit: Visitor) -> None:
    for film in every_state.store.films():
        answer = visit(addresses.film(film))
        assert answer.status_code == 200, film
        assert visit(f"/api/films/{film}").status_code == 200
    broken = visit("/films/broken-storyboard").text
    assert "<video" in broken, "the last movie can be watched though the storyboard is broken"
    assert "Correct the named fields" in broken
    assert "Take 1" in broken
    assert "/storyboard.json" in broken


def test_what_comes_from_a_film_is_never_markup(every_state: Studio, visit: Visitor) -> None:
    for path in ("/", "/films/current", "/films/broken-storyboard", "/films/broken-report", f"/?find={HOSTILE}"):
        answer = visit(path)
        page = Elements(answer.text)
        assert "<script>" not in answer.text
        assert {attributes.get("src", "")[:8] for attributes in page.every("script")} == {"/static/"}
        for tag, attributes in page.tags:
            assert tag != "style", path
            assert "style" not in attributes, path
            assert not [name for name in attributes if name.startswith("on")], path
            assert not (attributes.get("href") or "").lower().startswith("javascript:"), path
    assert HOSTILE in Elements(visit("/films/current").text).text
    assert "49" not in Elements(visit("/").text).text, "a title is no template"


def test_a_film_shows_its_takes_side_by_side(
    studio: Studio, add_film: Callable[..., Storyboard], visit: Visitor
) -> None:
    scenes = [make_scene(1, heading="EXT. CANAL", prompt=ARABIC), make_scene(2, narration="MARA: She was here.")]
    add_film("neo", *scenes, transition="dissolve", until="render")
    render(studio, "neo", "001", new_take=True, seed=42)
    select_take(studio, "neo", "001", 1)
    data = visit("/api/films/neo").json()
    first = data["scenes"][0]
    assert [(take["number"], take["selected"], take["by_hand"]) for take in first["takes"]] == [
        (1, True, True),
        (2, False, False),
    ]
    assert first["takes"][1]["seed"] == 42
    assert first["takes"][0]["stand_in"]
    answer = visit("/films/neo").text
    page = Elements(answer)
    assert "chosen by hand" in page.text
    assert "EXT. CANAL" in page.text
    assert re.search(rf'<p class="prompt" dir="auto">{ARABIC}', answer)
    clips = [attributes["href"] for attributes in page.every("a") if attributes.get("class") == "picture"]
    assert len(clips) == 3
    assert all(visit(str(clip), "HEAD").status_code == 200 for clip in clips)
    links = [attributes["href"] for attributes in page.every("a") if "scene_clip" in (attributes["href"] or "")]
    assert links[0] == "http://127.0.0.1:3000/assets/scene_clip?view=partitions&partition=neo%2F001"


def test_the_timeline_is_in_proportion(add_film: Callable[..., Storyboard], visit: Visitor) -> None:
    add_film("neo", make_scene(1, duration=3.0), make_scene(2, duration=1.0), until="storyboard", transition="dissolve")
    data = visit("/api/films/neo").json()
    assert data["timeline_seconds"] == 3.5
    assert [(block["start"], block["seconds"], block["overlap"]) for block in data["timeline"]] == [
        (0.0, 3.0, 0.0),
        (2.5, 1.0, 0.5),
    ]
    widths = [
        attributes["width"] for attributes in Elements(visit("/films/neo").text).every("svg") if "x" in attributes
    ]
    assert widths == ["85.7143%", "28.5714%"]


def test_a_changed_film_says_that_its_movie_is_the_last_cut(
    studio: Studio, add_film: Callable[..., Storyboard], visit: Visitor
) -> None:
    add_film("neo", make_scene(1, prompt="first words"))
    studio.store.write_storyboard("neo", make_storyboard(make_scene(1, prompt="other words"), make_scene(2)))
    page = Elements(visit("/films/neo").text)
    assert "this is the last cut" in page.text
    assert "To be rendered again" in page.text
    assert "for earlier words" in page.text
    assert "No take yet" in page.text


def test_a_rough_cut_is_shown_where_there_is_no_movie(
    studio: Studio, add_film: Callable[..., Storyboard], visit: Visitor, tmp_path: Path
) -> None:
    add_film("neo", until="render")
    report = cut(studio, "neo", tmp_path)
    movie = studio.settings.home / "films/neo/final_movie.mp4"
    studio.store.objects.publish("films/neo/rough_cut.mp4", movie, report.sha256)
    assert "rough cut" in Elements(visit("/films/neo").text).text
    assert visit("/films/neo/rough").status_code == 200


def test_narration_becomes_captions(add_film: Callable[..., Storyboard], visit: Visitor) -> None:
    said = "MARA: She was <b>here</b> --> there.\nJONAS: Up."
    add_film("neo", make_scene(1, duration=2.0), make_scene(2, duration=4.0, narration=said))
    assert [track["kind"] for track in Elements(visit("/films/neo").text).every("track")] == ["captions"]
    answer = visit("/films/neo/captions.vtt")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert answer.text.startswith("WEBVTT\n\n00:00:02.000 --> ")
    assert "<v JONAS>" in answer.text
    assert "<b>" not in answer.text
    add_film("still")
    assert not Elements(visit("/films/still").text).every("track")


def test_many_films_and_scenes_come_in_pages(studio: Studio, visit: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        studio.store.write_storyboard(f"film-{number:03d}", make_storyboard(title=f"Film {number}"))
    long = make_storyboard(*(make_scene(number) for number in range(SCENES_A_PAGE + 5)))
    studio.store.write_storyboard("film-299", long)
    read: list[str] = []
    whole = LocalObjects.read
    monkeypatch.setattr(LocalObjects, "read", lambda self, key: (read.append(key), whole(self, key))[1])
    monkeypatch.setattr(LocalObjects, "fetched", lambda self, key: pytest.fail("a list opens no clip"))
    shown = visit("/api/films?page=2").json()
    assert (shown["found"], shown["pages"], shown["page"], len(shown["films"])) == (300, 7, 2, FILMS_A_PAGE)
    records = {key for key in read if key.endswith("/film.json")}
    assert len({key.split("/")[1] for key in set(read) - records}) == FILMS_A_PAGE, "only this page's films are read"
    read.clear()
    visit("/api/films?page=2")
    assert len(read) <= 6 * FILMS_A_PAGE, "at the second look nothing of the other films is read"
    assert visit("/?page=99").text.count('class="poster"') == 300 - 6 * FILMS_A_PAGE
    assert [film["film"] for film in visit("/api/films?find=FILM 17").json()["films"]][:2] == ["film-170", "film-171"]
    film = visit("/api/films/film-299?page=2").json()
    assert (film["pages"], len(film["scenes"]), len(film["timeline"])) == (2, 5, SCENES_A_PAGE + 5)
    assert "/films/film-299?page=2#scene-060" in visit("/films/film-299").text


def test_an_empty_home_says_what_to_do(visit: Visitor) -> None:
    assert "film make" in visit("/").text
    assert visit("/api/films").json() == {"films": [], "found": 0, "page": 1, "pages": 1, "find": ""}


def test_an_unknown_film_gets_a_remedy(add_film: Callable[..., Storyboard], visit: Visitor) -> None:
    page = visit("/films/nothing")
    assert page.status_code == 404
    assert "There is no such film" in page.text
    assert "What to do" in page.text
    data = visit("/api/films/nothing")
    assert (data.status_code, data.json()["error"]["where"]) == (404, "nothing")
    assert visit("/nowhere").status_code == 404


def test_the_link_to_dagster_leads_from_a_phone_to_this_machine(
    studio: Studio, add_film: Callable[..., Storyboard]
) -> None:
    add_film("neo", until="storyboard")
    visit = Visitor(studio, numeric_hosts=True)
    assert 'href="http://192.168.1.7:3000/assets/scene_clip?' in visit("/films/neo", host="192.168.1.7:3001").text
    assert 'href="http://127.0.0.1:3000/assets/scene_clip?' in visit("/films/neo", host="localhost:3001").text


def test_without_dagster_there_is_no_link_to_it(studio: Studio, add_film: Callable[..., Storyboard]) -> None:
    add_film("neo")
    assert "Dagster" not in Visitor(studio, dagster_url=None)("/films/neo").text


def test_a_scene_under_way_shows_how_far_it_is(
    studio: Studio, add_film: Callable[..., Storyboard], visit: Visitor
) -> None:
    add_film("neo", make_scene(1), make_scene(2), until="storyboard")
    home = studio.settings.home
    with beating(home, "neo", "002", print) as scene, beating(home, "neo", "soundtrack", print) as music:
        scene(0.4, f"step 8 of 20, about 12 s left {HOSTILE}")
        scene.picture(comfyui_media.preview(0.4), "image/jpeg")
        music(0.1, "waiting: server busy with another client's job, 2 before this one")
        steps = {step["step"]: step for step in visit("/api/films/neo/progress").json()["steps"]}
        assert set(steps) == {"002", "soundtrack"}
        picture = visit(steps["002"]["picture"])
        assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
        assert steps["soundtrack"]["picture"] is None
        assert "being made now" in Elements(visit("/").text).text
        answer = visit("/films/neo")
        page = Elements(answer.text)
        assert "step 8 of 20, about 12 s left" in page.text
        assert "2 before this one" in page.text
        assert "<script>alert" not in answer.text
        live = {a["data-step"]: "hidden" not in a for a in page.every("div") if a.get("class") == "live"}
        assert live == {"soundtrack": True, "final_movie": False, "001": False, "002": True}
        assert steps["002"]["picture"] in [image.get("src") for image in page.every("img")]
    assert visit("/api/films/neo/progress").json() == {"steps": []}
    assert "being made now" not in visit("/").text
    assert visit(steps["002"]["picture"]).status_code == 404
    for path in ("/films/neo/progress/..%2f..%2fx.jpg", "/films/../progress/001.jpg", "/api/films/NEO/progress"):
        assert visit(path).status_code == 404, path


def test_ratings_stand_beside_the_takes_and_refused_ones_are_told(
    studio: Studio, add_film: Callable[..., Storyboard], visit: Visitor
) -> None:
    faults = {3: RenderContentError("Refused", why=HOSTILE)}
    studio.renderer.failing = lambda spec: faults.get(spec.take)  # type: ignore[attr-defined]
    add_film("neo", make_scene(1, duration=0.5, takes=3), until="render")
    scene = visit("/api/films/neo").json()["scenes"][0]
    assert [0 <= take["rating"]["total"] <= 1 for take in scene["takes"]] == [True, True]
    assert [take["by_judge"] for take in scene["takes"]].count(True) == 1
    assert scene["refused"][0]["number"] == 3
    page = Elements(visit("/films/neo").text)
    assert len(page.every("meter")) == 10
    assert "chosen by the judge" in page.text
    assert f"was refused. Refused: {HOSTILE}" in page.text
    assert "<script>alert" not in visit("/films/neo").text


def test_pages_are_packed_for_browsers_that_unpack(add_film: Callable[..., Storyboard], visit: Visitor) -> None:
    add_film("neo", *(make_scene(number) for number in range(1, 30)), until="storyboard")
    plain, packed = visit("/films/neo", accept_encoding="identity"), visit("/films/neo", accept_encoding="br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 5
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"


def test_cost_and_estimate_are_shown_where_there_is_a_price(settings: Settings, tmp_path: Path) -> None:
    class Rented(PatternRenderer):
        def render(self, *arguments: Any, **others: Any) -> Rendering:
            super().render(*arguments, **others)
            return Rendering(made={"gpu_seconds": 90.0})

    priced = settings.model_copy(update={"gpu_price": GpuPrice(per_hour=4.0, currency="<EUR>")})
    studio = make_studio(priced, Rented())
    studio.store.write_storyboard("neo", make_storyboard(make_scene(1), make_scene(2)))
    visit = Visitor(studio)
    assert "no estimate" in visit("/api/films/neo").json()["estimate"]
    render(studio, "neo", "001")
    shown = visit("/api/films/neo").json()
    assert shown["estimate"] == "1 scene, 1.0 s of film; about 2 min of GPU, 0.10 <EUR>, by one take of that kind"
    assert shown["scenes"][0]["takes"][0]["cost"] == "0.10 <EUR>"
    page = visit("/films/neo").text
    assert "Still to render:" in Elements(page).text
    assert "90.0 s, 0.10 <EUR>" in Elements(page).text
    assert "<EUR>" not in page
    render(studio, "neo", "002")
    report = cut(studio, "neo", tmp_path)
    spending = Spending(gpu_seconds=180, gpu_seconds_made=180, price=priced.gpu_price)
    spent = report.model_copy(update={"spending": spending})
    studio.store.objects.write(keys.report("neo"), spent.model_dump_json().encode())
    shown = visit("/api/films/neo").json()
    assert (shown["estimate"], shown["spent"]) == ("", "3 min of GPU (0.20 <EUR>)")
    assert "3 min of GPU (0.20 <EUR>)" in Elements(visit("/films/neo").text).text
