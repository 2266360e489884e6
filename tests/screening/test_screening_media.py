"""Movies, clips and thumbnails: byte ranges, caching, and never whole through memory."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cinema import Visitor
from PIL import Image

from film_pipeline.models.storyboard import Storyboard
from film_pipeline.screening import thumbnails
from film_pipeline.screening.thumbnails import Thumbnails
from film_pipeline.storage import keys
from film_pipeline.storage.local import LocalObjects
from film_pipeline.storage.objects import Opened
from film_pipeline.studio import Studio

MOVIE = "/films/neo/movie"


@pytest.fixture
def movie(studio: Studio, add_film: Callable[..., Storyboard]) -> bytes:
    add_film("neo")
    return (studio.settings.home / keys.movie("neo")).read_bytes()


def test_a_movie_is_sent_whole_or_in_parts(movie: bytes, visit: Visitor) -> None:
    whole = visit(MOVIE)
    size = len(movie)
    assert (whole.status_code, whole.content) == (200, movie)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == "video/mp4"
    for asked, part in {
        "bytes=0-99": slice(0, 100),
        "bytes=100-": slice(100, None),
        "bytes=-50": slice(-50, None),
        f"bytes=0-{size * 2}": slice(None),
        f"bytes=-{size * 2}": slice(None),
        f"bytes={size - 1}-{size - 1}": slice(-1, None),
    }.items():
        answer = visit(MOVIE, range=asked)
        wanted = range(size)[part]
        assert (answer.status_code, answer.content) == (206, movie[part]), asked
        assert answer.headers["content-range"] == f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
        assert int(answer.headers["content-length"]) == len(wanted)


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=a-b", "bytes=", "bytes=-", "items=0-1", "bytes=0-1,5-6", "9"])
def test_a_range_that_cannot_be_read_is_ignored(movie: bytes, visit: Visitor, asked: str) -> None:
    answer = visit(MOVIE, range=asked)
    assert (answer.status_code, answer.content) == (200, movie)


def test_a_range_beyond_the_end_is_refused(movie: bytes, visit: Visitor) -> None:
    for asked in (f"bytes={len(movie)}-", "bytes=99999999999-", "bytes=-0"):
        answer = visit(MOVIE, range=asked)
        assert answer.status_code == 416, asked
        assert answer.headers["content-range"] == f"bytes */{len(movie)}"


def test_head_tells_without_sending(movie: bytes, visit: Visitor) -> None:
    answer = visit(MOVIE, "HEAD")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(movie)))
    part = visit(MOVIE, "HEAD", range="bytes=0-9")
    assert (part.status_code, part.content, part.headers["content-length"]) == (206, b"", "10")


def test_what_a_browser_has_is_not_sent_again(movie: bytes, visit: Visitor) -> None:
    tag = visit(MOVIE).headers["etag"]
    assert visit(MOVIE, if_none_match=f'"x", {tag}').status_code == 304
    assert visit(MOVIE, range="bytes=0-9", if_range=tag).status_code == 206
    assert visit(MOVIE, range="bytes=0-9", if_range='"another"').status_code == 200
    clip = visit("/api/films/neo").json()["scenes"][0]["takes"][0]
    assert "immutable" in visit(clip["clip"]).headers["cache-control"]
    assert "immutable" not in visit(MOVIE).headers["cache-control"]


def test_a_replaced_movie_is_never_mixed_with_the_old(movie: bytes, studio: Studio, visit: Visitor) -> None:
    """The movie is replaced after it was opened; what was opened is read to its end."""
    objects, key = studio.store.objects, keys.movie("neo")
    with objects.opened(key) as opened:
        objects.write(key, b"n" * len(movie))
        assert opened
        assert b"".join(opened.pieces(range(len(movie)))) == movie
    assert visit(MOVIE).content == b"n" * len(movie)


def test_files_are_closed_also_when_nobody_reads_on(
    movie: bytes, studio: Studio, visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    opened = LocalObjects.opened

    @contextmanager
    def counted(self: LocalObjects, key: str) -> Iterator[Opened | None]:
        held.append(key)
        with opened(self, key) as found:
            yield found
        held.remove(key)

    monkeypatch.setattr(LocalObjects, "opened", counted)
    tag = visit(MOVIE).headers["etag"]
    for headers in ({"range": "bytes=0-9"}, {"range": "bytes=999999999-"}, {"if_none_match": tag}):
        visit(MOVIE, **headers)
    visit(MOVIE, "HEAD")
    visit(MOVIE.replace("neo", "none"))
    assert held == []


def test_a_thumbnail_is_a_small_picture_with_a_tag(movie: bytes, visit: Visitor) -> None:
    picture = visit("/api/films/neo").json()["scenes"][0]["takes"][0]["picture"]
    answer = visit(picture)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    assert Image.open(io.BytesIO(answer.content)).width == 480
    again = visit(picture, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert visit(picture.replace("medium", "huge")).status_code == 404
    assert visit(picture.replace("middle", "always")).status_code == 404
    assert visit(picture.replace("/001/", "/002/")).status_code == 404


def test_thumbnails_are_made_once_and_kept_within_a_bound(
    movie: bytes, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[float] = []

    def thumbnail(path: Path, width: int, at: float, *, max_bytes: int) -> bytes:
        made.append(at)
        return b"x" * 400

    monkeypatch.setattr(thumbnails, "thumbnail", thumbnail)
    take = studio.store.takes("neo", "001")[0]
    clip = keys.clip("neo", "001", take.digest)
    kept = Thumbnails(studio.store.objects, most_bytes=1000)
    for moment in ("begin", "middle", "begin"):
        kept.picture(clip, moment, "small")
    assert len(made) == 2
    kept.picture(clip, "end", "small")  # the middle was seen least lately and leaves
    kept.picture(clip, "begin", "small")
    assert len(made) == 3
    kept.picture(clip, "middle", "small")
    assert len(made) == 4
    assert kept.picture("films/neo/takes/001/none.mp4", "begin", "small") is None


def test_a_damaged_clip_is_told_and_breaks_no_page(movie: bytes, studio: Studio, visit: Visitor) -> None:
    take = studio.store.takes("neo", "001")[0]
    studio.store.objects.write(keys.clip("neo", "001", take.digest), b"x" * take.bytes)
    assert visit("/films/neo").status_code == 200
    assert visit(f"/films/neo/thumb/001/{take.digest}/middle-small.webp").status_code == 500


def test_downloads_are_what_is_stored(movie: bytes, studio: Studio, visit: Visitor) -> None:
    for name in ("report", "storyboard"):
        answer = visit(f"/films/neo/{name}.json")
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == (studio.settings.home / f"films/neo/{name}.json").read_bytes()
