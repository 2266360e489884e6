"""The screening room over a bucket: what a viewer asks for is passed through in ranges, never fetched whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cinema import Visitor

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.settings import Settings
from film_pipeline.storage import keys, s3
from film_pipeline.studio import Studio

MOVIE = "/films/neo/movie"


@pytest.fixture
def settings(bucket: str, tmp_path: Path) -> Settings:
    storage = f"s3://{bucket}/studio"
    return Settings(FILM_HOME=tmp_path / "home", FILM_STORAGE=storage, FILM_SIZE="160x90", FILM_FPS="12")


@pytest.fixture
def movie(studio: Studio, add_film: Callable[..., Storyboard], monkeypatch: pytest.MonkeyPatch) -> bytes:
    add_film("neo")
    content = studio.store.objects.read(keys.movie("neo")) or b""

    def refused(*_: Any) -> None:
        pytest.fail("a whole medium was fetched")

    monkeypatch.setattr(s3, "download", refused)
    return content


def test_a_movie_is_passed_through_in_ranges(
    movie: bytes, studio: Studio, visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[range] = []
    pieces = s3.S3Objects._pieces

    def noted(self: Any, client: Any, key: str, part: range, version: str) -> Any:
        asked.append(part)
        return pieces(self, client, key, part, version)

    monkeypatch.setattr(s3.S3Objects, "_pieces", noted)
    answer = visit(MOVIE, range="bytes=100-199")
    assert (answer.status_code, answer.content) == (206, movie[100:200])
    assert asked == [range(100, 200)], "no byte more than was asked for"
    whole = visit(MOVIE)
    assert (whole.status_code, whole.content) == (200, movie)
    tag = whole.headers["etag"]
    asked.clear()
    assert visit(MOVIE, if_none_match=tag).status_code == 304
    assert visit(MOVIE, "HEAD").headers["content-length"] == str(len(movie))
    assert visit(MOVIE, range="bytes=99999999-").status_code == 416
    assert asked == []


def test_a_movie_that_is_replaced_while_it_plays_is_not_mixed(movie: bytes, studio: Studio) -> None:
    with studio.store.objects.opened(keys.movie("neo")) as opened:
        assert opened
        studio.store.objects.write(keys.movie("neo"), b"another")
        with pytest.raises(s3.StorageConflictError):
            list(opened.pieces(range(10)))


def test_pages_are_shown_and_a_missing_movie_is_told(movie: bytes, visit: Visitor) -> None:
    assert visit("/films/neo").status_code == 200
    assert visit("/").status_code == 200
    assert visit("/films/none/movie").status_code == 404
