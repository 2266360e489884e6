"""Films are found by words of their title or key, and the titles of many films are read once."""

from collections.abc import Callable

import pytest
from cinema import Visitor

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.screening.titles import Titles
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


def test_a_title_is_read_once_and_again_when_it_changed(
    titled: Studio, add_film: Callable[..., Storyboard], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, asked = titled.store.objects, []
    for name in ("read", "stat"):
        plain = getattr(objects, name)
        monkeypatch.setattr(objects, name, lambda key, name=name, plain=plain: asked.append(name) or plain(key))
    titles, at_once = Titles(objects), Titles(objects, believed_seconds=0)
    assert titles.having(["one"], "amelie") == at_once.having(["one"], "amelie") == ["one"]
    asked.clear()
    assert titles.having(["one"], "amelie") == ["one"]
    assert asked == []
    assert at_once.having(["one"], "amelie") == ["one"]
    assert asked == ["stat"]
    add_film("one", title="Another", until="storyboard")
    assert at_once.having(["one"], "another") == ["one"]
    assert titles.having(["one"], "another") == []
