"""The door: hosts, methods, headers, and paths that try to leave the store."""

import socket
import threading
from collections.abc import Callable

import httpx
import pytest
import uvicorn
from cinema import Visitor

from film_pipeline.errors import SettingsError
from film_pipeline.models.storyboard import Storyboard
from film_pipeline.screening.app import create_app, serve
from film_pipeline.screening.guarding import host_name
from film_pipeline.studio import Studio


def test_every_answer_carries_the_policy(add_film: Callable[..., Storyboard], visit: Visitor) -> None:
    add_film("neo")
    paths = ["/", "/films/neo", "/films/neo/movie", "/films/gone", "/api/films", "/healthz", "/nowhere"]
    answers = [visit(path) for path in paths]
    answers += [visit("/", host="evil.example"), visit("/", "POST"), visit("/films/neo/movie", range="bytes=0-1")]
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert (policy["script-src"], policy["style-src"], policy["frame-ancestors"]) == ("'self'", "'self'", "'none'")
        assert "unsafe" not in str(policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_mistake_of_ours_is_no_traceback(
    add_film: Callable[..., Storyboard], visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("film_pipeline.screening.app.film_list", lambda *_: 1 / 0)
    answer = visit("/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:3001", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:3001", 200),
        ("[::1]:3001", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("192.168.1.7:3001", 421),
        ("", 421),
    ],
)
def test_only_known_hosts_are_answered(visit: Visitor, host: str, status: int) -> None:
    assert visit("/healthz", host=host).status_code == status


def test_further_hosts_by_setting(studio: Studio) -> None:
    named = Visitor(studio, hosts=["localhost", "Cinema.example"])
    assert named("/healthz", host="cinema.example").status_code == 200
    everywhere = Visitor(studio, numeric_hosts=True)
    assert everywhere("/healthz", host="192.168.1.7:3001").status_code == 200
    assert everywhere("/healthz", host="evil.example").status_code == 421
    assert host_name("[fe80::1]:80") == "fe80::1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(visit: Visitor, method: str) -> None:
    answer = visit("/", method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        b"/films/../../etc/passwd",
        b"/films/..%2f..%2fetc%2fpasswd/movie",
        b"/films/%2e%2e/report.json",
        b"/films/neo%00/movie",
        b"/films/NEO/movie",
        b"/films/neo/takes/..%2f..%2f/" + b"0" * 64 + b".mp4",
        b"/films/neo/takes/%2e%2e/final_movie.mp4",
        b"/films/neo/takes/001/..%2f..%2fstoryboard.mp4",
        b"/films/neo/takes/001/" + b"0" * 63 + b"G.mp4",
        b"/films/neo/thumb/001/../middle-small.webp",
        b"/static/..%2fapp.py",
        b"/static/%2fetc%2fpasswd",
        b"//etc/passwd",
        b"/films/neo/script.txt",
        b"/films/" + b"a" * 5000,
    ],
)
def test_paths_that_try_to_leave_are_refused(add_film: Callable[..., Storyboard], visit: Visitor, path: bytes) -> None:
    add_film("neo", until="storyboard")
    answer = visit.raw(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text


def test_static_files_are_kept_for_good_under_their_digest(visit: Visitor) -> None:
    page = visit("/").text
    for ending in ("css", "js"):
        name = page.split("/static/screening.")[1 if ending == "css" else 2].split('"')[0]
        answer = visit(f"/static/screening.{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert visit("/static/screening.css").status_code == 404


def test_addresses_that_cannot_be_served_are_told(studio: Studio) -> None:
    with pytest.raises(SettingsError, match="no web address"):
        create_app(studio, dagster_url="javascript:alert(1)")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError, match="--screening-port"):
        serve(studio, "127.0.0.1", taken.getsockname()[1], None)


def test_a_real_server_streams_and_survives_a_viewer_who_leaves(
    add_film: Callable[..., Storyboard], studio: Studio
) -> None:
    add_film("neo", until="storyboard")
    studio.store.objects.write("films/neo/rough_cut.mp4", b"0" * 20_000_000)
    app = create_app(studio, dagster_url=None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/films/neo/rough"
            with httpx.stream("GET", address) as leaving:
                next(leaving.iter_bytes(1000))
            part = httpx.get(address, headers={"range": "bytes=19999990-"})
            assert (part.status_code, part.content) == (206, b"0" * 10)
        finally:
            server.should_exit = True
            thread.join()
