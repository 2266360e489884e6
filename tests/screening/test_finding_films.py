"""Films are found by words of their title or key, and what was read of many films is not read at every look."""

from collections.abc import Callable

import pytest
from cinema import Visitor

from film_pipeline.models.report import FilmRecord
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.screening.listing import Listing
from film_pipeline.studio import Studio


@pytest.fixture
def titled(studio: Studio, add_film: Callable[..., Storyboard]) -> Studio:
    for film, title in {"one": "Le fabuleux destin d'Amélie", "two": "Straße nach Süden", "three": "محقق"}.items():
        add_film(film, title=title, until="storyboard")
    studio.store.objects.write("films/broken/storyboard.json", b'{"title": "Half a film", "scenes": 7}')
    studio.store.objects.write("films/worse/storyboard.json", b"{")
    studio.store.objects.write("films/list/storyboard.json", b"[1]")
    studio.store.objects.write("films/empty/script.txt", b"words")
    return studio


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("amelie", ["one"]),
        ("DESTIN Le", ["one"]),
        ("strasse süden", ["two"]),
        ("tw", ["two"]),
        ("two straße", ["two"]),
        ("محقق", ["three"]),
        ("half", ["broken"]),
        ("worse", ["worse"]),
        ("nowhere", []),
        ("  ", ["broken", "empty", "list", "one", "three", "two", "worse"]),
    ],
)
def test_words_of_title_or_key_find_a_film(titled: Studio, visit: Visitor, find: str, found: list[str]) -> None:
    answer = visit(f"/api/films?find={find}").json()
    assert [film["film"] for film in answer["films"]] == found
    assert answer["found"] == len(found)


def test_what_was_read_is_believed_for_a_while(
    titled: Studio, add_film: Callable[..., Storyboard], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, asked = titled.store.objects, []
    plain = objects.read
    monkeypatch.setattr(objects, "read", lambda key: asked.append(key) or plain(key))
    listing, sceptic = Listing(titled.store), Listing(titled.store, believed_seconds=-1)
    assert listing.having("amelie") == sceptic.having("amelie") == ["one"]
    asked.clear()
    assert listing.having("amelie") == ["one"]
    assert asked == []
    add_film("one", title="Another", until="storyboard")
    assert (sceptic.having("another"), listing.having("another")) == (["one"], [])
    add_film("new", title="Another", until="storyboard")
    assert listing.having("another") == ["new"]


def test_films_in_the_archive_are_not_listed(titled: Studio) -> None:
    record = FilmRecord(source="/x.txt", script_name="x.txt", script_kind="text", script_sha256="0" * 64)
    titled.store.write_record("one", record.model_copy(update={"archived": "2026-01-02T03:04:05+00:00"}))
    titled.store.objects.write("films/two/film.json", b"{")
    assert Listing(titled.store).having("") == ["broken", "empty", "list", "three", "two", "worse"]
