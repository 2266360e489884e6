"""The pool: who gets work, who is set aside, and what processes on one machine know of each other."""

import errno
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeComfyUIServer
from small_scenes import RULES, make_renderer, make_spec, quiet

from film_pipeline.comfyui.address import parse_address
from film_pipeline.comfyui.pool import Pool
from film_pipeline.comfyui.records import ServerRecords, making_alone
from film_pipeline.errors import RenderContentError, RenderMachineError, SettingsError, StoppedError

StartServer = Callable[..., FakeComfyUIServer]
ADDRESS = parse_address("http://maria:s3cret@127.0.0.1:8188")


@pytest.fixture
def make_pool() -> Iterator[Callable[..., Pool]]:
    pools: list[Pool] = []

    def make(*urls: str, **options: Any) -> Pool:
        pools.append(Pool(urls, **{"rules": RULES, **options}))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def test_a_pool_needs_a_server() -> None:
    with pytest.raises(SettingsError, match="No ComfyUI server"):
        Pool([])


def test_each_lease_is_another_server_and_a_free_one(start_server: StartServer, make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(*(start_server().url for _ in range(3)))
    with pool.lease() as first, pool.lease() as second, pool.lease(avoid={first.name}) as third:
        assert len({first.name, second.name, third.name}) == 3
    with pool.lease(avoid={first.name, second.name}) as again:
        assert again is third


def test_avoided_servers_are_taken_when_there_is_no_other(
    start_server: StartServer, make_pool: Callable[..., Pool]
) -> None:
    pool = make_pool(start_server().url)
    with pool.lease(avoid={pool.servers[0].name}) as server:
        assert server is pool.servers[0]


def test_a_server_without_queue_goes_before_one_with(start_server: StartServer, make_pool: Callable[..., Pool]) -> None:
    busy, free = start_server(begins_nothing=True), start_server()
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    busy.ask("/prompt", {"prompt": graph})
    with make_pool(busy.url, free.url).lease() as server:
        assert server.name == free.url
    busy.ask("/queue", {"clear": True})


def test_set_aside_is_known_to_other_processes_and_grows(tmp_path: Path, make_pool: Callable[..., Pool]) -> None:
    one, other = (make_pool("http://127.0.0.1:1", folder=tmp_path) for _ in range(2))
    for _ in range(3):
        one.failed(one.servers[0], "HTTP status 500")
    assert other.standing() == {"http://127.0.0.1:1": "HTTP status 500"}
    first = one.servers[0].records.aside()
    one.failed(one.servers[0], "again")
    second = one.servers[0].records.aside()
    assert first is not None
    assert second is not None
    assert (second.reason, second.seconds) == ("again", first.seconds * 2)
    one.worked(one.servers[0])
    assert other.standing() == {"http://127.0.0.1:1": ""}


def test_a_lack_of_all_servers_is_told_and_looked_at_again_later(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool("http://127.0.0.1:1", "http://127.0.0.1:2")
    for server in pool.servers:
        pool.mark_lacking(server, "digest", f"{server.name} lacks the vae")
    with pytest.raises(RenderContentError, match="lacks the vae"), pool.lease(need="digest"):
        pass
    assert pool.lacking("digest") == {}


def test_locks_exclude_and_end_with_their_holder(tmp_path: Path) -> None:
    first, second = ServerRecords(ADDRESS, tmp_path), ServerRecords(ADDRESS, tmp_path)
    assert first.try_lock()
    assert not second.try_lock()
    first.unlock()
    assert second.try_lock()
    second.unlock()


def test_jobs_left_behind_are_remembered_by_all(tmp_path: Path) -> None:
    first, second = ServerRecords(ADDRESS, tmp_path), ServerRecords(ADDRESS, tmp_path)
    first.leave_behind("one")
    second.leave_behind("two")
    assert first.left_behind() == ["one", "two"]
    second.settle("one")
    assert first.left_behind() == ["two"]


def test_records_hold_no_address_and_no_password(tmp_path: Path) -> None:
    records = ServerRecords(ADDRESS, tmp_path)
    records.set_aside("HTTP status 500", 3.0)
    records.leave_behind("one")
    text = " ".join(path.name + path.read_text() for path in tmp_path.iterdir())
    assert "s3cret" not in text
    assert "127.0.0.1" not in text


def test_a_damaged_record_is_as_none(tmp_path: Path) -> None:
    records = ServerRecords(ADDRESS, tmp_path)
    records.set_aside("reason", 3.0)
    for path in tmp_path.iterdir():
        path.write_text("{half")
    assert records.aside() is None


def test_a_file_system_without_locks_is_lived_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    records = ServerRecords(ADDRESS, tmp_path)
    assert records.try_lock()
    records.unlock()
    with making_alone("ab" * 32, tmp_path, lambda _: None):
        pass


def test_a_failure_while_making_lets_the_next_one_in(tmp_path: Path) -> None:
    with pytest.raises(RenderMachineError), making_alone("ab" * 32, tmp_path, lambda _: None):
        raise RenderMachineError("x")
    with making_alone("ab" * 32, tmp_path, lambda _: None):
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stop", [StoppedError("stopped"), KeyboardInterrupt(), ValueError("a broken callback")])
def test_whatever_ends_the_wait_leaves_nothing_running(
    start_server: StartServer, tmp_path: Path, stop: BaseException
) -> None:
    server = start_server(render_seconds=4.0)

    def progress(_share: float, words: str) -> None:
        if words.startswith("step"):
            raise stop

    renderer = make_renderer(server.url, folder=tmp_path / "locks")
    with pytest.raises(type(stop)):
        renderer.render(make_spec(renderer), tmp_path / "a.mp4", progress)
    server.wait_for("interrupted", seconds=3)
    server.change(render_seconds=0.1)
    renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)  # the server is free, and so is the scene
    assert len(server.jobs("accepted")) == 2
