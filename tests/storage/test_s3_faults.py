"""A bucket behind a bad line, and servers that refuse: what was sent arrives, or the error says what to do."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fakes.fault_proxy import Fault, FaultProxy
from fakes.s3_server import S3Server

from film_pipeline.errors import (
    StorageAccessError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
    StorageUnreachableError,
)
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.take import Selection
from film_pipeline.storage import ABSENT, FilmStore
from film_pipeline.storage.s3 import S3Objects
from film_pipeline.storage.s3_conditions import require_one_winner
from film_pipeline.storage.s3_connection import connect

CLIP = os.urandom(300_000)


@pytest.fixture
def proxy(s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Everything passes through here."""
    with FaultProxy(s3.port) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.url)
        yield running


@pytest.fixture
def objects(proxy: FaultProxy, bucket: str, tmp_path: Path) -> S3Objects:
    return S3Objects(bucket, "p", tmp_path / "home", lambda attempts: connect(attempts=min(attempts, 3)))


def publish(objects: S3Objects, content: bytes, key: str = "films/a/x.mp4") -> None:
    with objects.workspace() as work:
        file = work / "clip.mp4"
        file.write_bytes(content)
        objects.publish(key, file, sha256_of(file))


def elsewhere(objects: S3Objects, tmp_path: Path) -> S3Objects:
    """The same bucket seen from a machine that has fetched nothing."""
    return S3Objects(objects._bucket, "p", tmp_path / "elsewhere")


def test_a_reply_that_breaks_off_is_asked_for_again(objects: S3Objects, proxy: FaultProxy, tmp_path: Path) -> None:
    publish(objects, CLIP)
    other = elsewhere(objects, tmp_path)
    proxy.faults = [Fault("cut", where="GET", after=100_000, times=2)]
    with other.fetched("films/a/x.mp4") as path:
        assert path.read_bytes() == CLIP
    assert proxy.faults[0].hits == 2
    proxy.faults = [Fault("cut", where="GET", after=100_000, times=2)]
    assert other.read("films/a/x.mp4") == CLIP
    proxy.faults = [Fault("reset", where="GET", after=100_000, times=2)]
    with other.opened("films/a/x.mp4") as opened:
        assert opened
        assert b"".join(opened.pieces(range(10, 290_000))) == CLIP[10:290_000]


@pytest.mark.parametrize("status", [500, 503])
def test_a_busy_server_is_asked_again(objects: S3Objects, proxy: FaultProxy, status: int) -> None:
    proxy.faults = [Fault("status", status=status, times=2)]
    objects.write("films/a/report.md", b"words")
    assert objects.read("films/a/report.md") == b"words"


def test_a_server_that_stays_busy_or_away_is_a_machine_fault(objects: S3Objects, proxy: FaultProxy) -> None:
    proxy.faults = [Fault("status", status=503)]
    with pytest.raises(StorageUnreachableError, match="again and again") as busy:
        objects.read("films/a/cut.json")
    assert busy.value.is_machine_fault
    proxy.faults = [Fault("reset")]
    with pytest.raises(StorageUnreachableError, match="no answer from the server"):
        objects.read("films/a/cut.json")


def test_the_environment_says_how_patient_a_call_is(
    proxy: FaultProxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scene's pod, whose clip would be lost, waits longer than others."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    objects = S3Objects(bucket, "p", tmp_path / "home")
    proxy.faults = [Fault("status", status=503, times=2)]
    objects.write("films/a/report.md", b"words")
    proxy.faults = [Fault("status", status=503, times=3)]
    with pytest.raises(StorageUnreachableError):
        objects.write("films/a/report.md", b"other words")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "many")
    with pytest.raises(StorageAccessError, match="no number of attempts"):
        S3Objects(bucket, "p", tmp_path / "home").read("films/a/report.md")


def test_a_server_that_is_away_for_minutes_is_asked_to_the_last_attempt(
    proxy: FaultProxy, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore alone would give up after 35 calls that it had to repeat."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "50")
    paused: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", paused.append)
    proxy.faults = [Fault("reset", times=49)]
    objects = S3Objects(bucket, "p", tmp_path / "home")
    objects.write("films/a/report.md", b"words")
    assert objects.read("films/a/report.md") == b"words"
    assert len(paused) == 49
    assert sum(paused) > 120


def test_a_lost_answer_to_a_conditional_write_is_no_conflict(objects: S3Objects, proxy: FaultProxy) -> None:
    """The server did it and the answer was lost: asked again it says 412, and what is there is ours."""
    objects.write("films/a/other.json", b"{}", expected=ABSENT)
    for number, expected in ((1, ABSENT), (2, b"1"), (3, b"2")):
        proxy.faults = [Fault("swallow", where="PUT /", times=1)]
        objects.write("films/a/cut.json", str(number).encode(), expected=expected)
        assert proxy.faults[0].hits == 1
    assert objects.read("films/a/cut.json") == b"3"


def test_a_selection_survives_a_bad_line(objects: S3Objects, proxy: FaultProxy) -> None:
    store = FilmStore(objects)
    for number, kind in enumerate(["swallow", "reset", "cut", "swallow", "status"]):
        proxy.faults = [Fault(kind, where="cut.json", status=503, times=1)]
        store.select("neo", f"{number:03d}", Selection(take=1, digest="d", bytes=1, basis="b"))
    assert len(store.cut("neo").scenes) == 5


def test_a_lost_answer_to_the_end_of_an_upload_is_no_failure(
    objects: S3Objects, proxy: FaultProxy, tmp_path: Path
) -> None:
    content = os.urandom(17 * 1024**2)
    proxy.faults = [Fault("swallow", where="uploadId=", times=3)]
    publish(objects, content)
    assert proxy.faults[0].hits == 3
    with elsewhere(objects, tmp_path).fetched("films/a/x.mp4") as path:
        assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_bytes_that_change_on_the_way_up_are_sent_again(objects: S3Objects, proxy: FaultProxy, tmp_path: Path) -> None:
    proxy.faults = [Fault("spoil_request", where="PUT", times=1)]
    publish(objects, CLIP)
    assert proxy.faults[0].hits == 1
    with elsewhere(objects, tmp_path).fetched("films/a/x.mp4") as path:
        assert path.read_bytes() == CLIP
    proxy.faults = [Fault("spoil_request", where="PUT")]
    with pytest.raises(StorageCorruptError, match="arrived damaged"):
        publish(objects, CLIP, "films/a/y.mp4")


def test_bytes_that_change_on_the_way_down_are_fetched_again(
    objects: S3Objects, proxy: FaultProxy, tmp_path: Path
) -> None:
    publish(objects, CLIP)
    objects.write("films/a/cut.json", b"words" * 100)
    other = elsewhere(objects, tmp_path)
    proxy.faults = [Fault("spoil", where="GET", times=1)]
    with other.fetched("films/a/x.mp4") as path:
        assert path.read_bytes() == CLIP
    proxy.faults = [Fault("spoil", where="GET", times=1)]
    assert other.read("films/a/cut.json") == b"words" * 100
    proxy.faults = [Fault("spoil", where="GET")]
    with pytest.raises(StorageCorruptError, match="SHA-256"):
        other.read("films/a/cut.json")
    third = S3Objects(objects._bucket, "p", tmp_path / "third")
    with pytest.raises(StorageCorruptError, match="another SHA-256"), third.fetched("films/a/x.mp4"):
        pass
    assert not list((tmp_path / "third").rglob("*.mp4")), "nothing damaged is kept"


def test_what_is_there_is_not_sent_again(objects: S3Objects, proxy: FaultProxy) -> None:
    publish(objects, CLIP)
    counting = Fault("delay", where="PUT")
    proxy.faults = [counting]
    publish(objects, CLIP)
    assert counting.hits == 0
    publish(objects, CLIP[::-1])
    assert counting.hits > 0


# Servers that refuse


class _Refusing(BaseHTTPRequestHandler):
    """Answers everything with one refusal."""

    code, status = "", 400

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = f"<Error><Code>{self.code}</Code><Message>key AKIA-CANARY</Message></Error>".encode()
        self.send_response(self.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *words: Any) -> None:
        pass


@contextmanager
def refusing(code: str, status: int) -> Iterator[str]:
    handler = type("Refusing", (_Refusing,), {"code": code, "status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        ("InvalidAccessKeyId", 403, StorageAccessError, "does not know this access key.*AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", 403, StorageAccessError, "secret key does not belong.*AWS_SECRET_ACCESS_KEY"),
        ("NoSuchBucket", 404, StorageAccessError, "no such bucket.*FILM_STORAGE"),
        ("AuthorizationHeaderMalformed", 400, StorageAccessError, "another region.*AWS_DEFAULT_REGION"),
        ("RequestTimeTooSkewed", 403, StorageAccessError, "clock.*NTP"),
        ("AccessDenied", 403, StorageAccessError, "refused access.*s3:GetObject"),
        ("ExpiredToken", 400, StorageAccessError, "token.*new credentials"),
        ("QuotaExceeded", 403, StorageFullError, "quota is used up.*Free space"),
        ("XMinioStorageFull", 507, StorageFullError, "no room left.*Free space"),
        ("SlowDown", 503, StorageUnreachableError, "overloaded.*server's own log"),
        ("Odd", 418, StorageError, "answered with Odd"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    code: str, status: int, kind: type[StorageError], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = S3Server("", secret="canary-secret")
    with refusing(code, status) as url:
        for name, value in server.environment(url.replace("//", "//user:canary-password@")).items():
            monkeypatch.setenv(name, value)
        objects = S3Objects("films", "p", tmp_path, lambda attempts: connect(attempts=1))
        with pytest.raises(kind, match=words) as raised:
            objects.write("films/neo/cut.json", b"x")
    text = f"{raised.value!r} {raised.value}"
    assert "s3://films/p/films/neo/cut.json at http://127.0.0.1" in text
    assert "canary" not in text.lower()


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_without_words_sends_to_the_doctor(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A HEAD has no body: a token that ran out and another region are both a bare 400."""
    with refusing("ExpiredToken", status) as url:
        for name, value in S3Server("").environment(url).items():
            monkeypatch.setenv(name, value)
        objects = S3Objects("films", "p", tmp_path, lambda attempts: connect(attempts=1))
        with pytest.raises(StorageAccessError, match=r"HEAD has no words.*film doctor"):
            objects.stat("films/neo/cut.json")


def test_an_endpoint_that_is_none_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3Server("").environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageUnreachableError, match="AWS_ENDPOINT_URL_S3"):
        S3Objects("films", "", tmp_path).require_usable()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "127.0.0.1:9")
    with pytest.raises(StorageAccessError, match="http://"):
        S3Objects("films", "", tmp_path).require_usable()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageAccessError, match="AWS_SECRET_ACCESS_KEY"):
        S3Objects("films", "", tmp_path).require_usable()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StorageAccessError, match="AWS_PROFILE"):
        S3Objects("films", "", tmp_path).require_usable()


@pytest.mark.parametrize("ignored", ["If-None-Match", "If-Match"])
def test_a_server_that_ignores_conditions_is_refused(bucket: str, tmp_path: Path, ignored: str) -> None:
    """As `rclone serve s3` does: a header that is not understood changes nothing."""

    def deaf(attempts: int) -> Any:
        client = connect(attempts=attempts)
        client.meta.events.register(
            "before-sign.s3.PutObject", lambda request, **_: request.headers.__delitem__(ignored)
        )
        return client

    objects = S3Objects(bucket, "", tmp_path, deaf)
    with pytest.raises(StorageAccessError, match="does not honour conditional writes"):
        objects.write("films/neo/cut.json", b"{}", expected=ABSENT)
    assert objects.stat("films/neo/cut.json") is None
    assert list(S3Objects(bucket, "", tmp_path).keys("")) == []


class Forgetful:
    """A client of a server that compares first and writes afterwards, under one condition; or that refuses always."""

    def __init__(self, bucket: str, header: str, *, writes: bool = True) -> None:
        self.bucket, self.header, self.writes = bucket, header, writes

    def __call__(self, attempts: int) -> Any:
        client = connect(attempts=attempts)
        client.meta.events.register("before-sign.s3.PutObject", lambda request, **_: self.compare(client, request))
        return client

    def compare(self, client: Any, request: Any) -> None:
        if self.header not in request.headers:
            return
        if not self.writes:
            request.headers.replace_header(self.header, '"00000000000000000000000000000000"')
            return
        key = request.url.rpartition("/")[2]
        try:
            found = client.head_object(Bucket=self.bucket, Key=key)["ETag"].strip('"')
        except ClientError:
            found = "*"
        if request.headers[self.header].strip('"') == found:
            del request.headers[self.header]
            time.sleep(0.05)  # until it writes


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_server_that_compares_first_and_writes_afterwards_is_refused(
    bucket: str, tmp_path: Path, header: str
) -> None:
    """As SeaweedFS 4.16 does: every condition of a single writer holds, and two at one instant both win."""
    objects = S3Objects(bucket, "", tmp_path, Forgetful(bucket, header))
    objects.require_conditions()
    with pytest.raises(StorageAccessError, match="two writers at one instant were both told"):
        objects.require_one_winner()
    assert list(S3Objects(bucket, "", tmp_path).keys("")) == []


def test_races_that_nobody_wins_prove_nothing(bucket: str, tmp_path: Path) -> None:
    objects = S3Objects(bucket, "", tmp_path)
    objects.require_conditions()
    objects.require_one_winner()
    sour = Forgetful(bucket, "If-Match", writes=False)(5)
    with pytest.raises(StorageAccessError, match=r"20 times of 20 it refused both .*If-Match"):
        require_one_winner(sour, bucket, "", "here", lambda etag: etag)
