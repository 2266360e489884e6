"""The failure table of a render farm, row by row: processes are really killed and stopped, connections really cut.

After every fault there is exactly one good clip, and no server did the same work twice without need.
"""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeComfyUIServer, Fault, FaultProxy, free_port
from small_scenes import QUICK, RULES, make_renderer, make_spec, quiet

from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.orders import Handling, prompt_id_of
from film_pipeline.errors import RenderContentError, RenderMachineError
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.renderer import Rendering
from film_pipeline.renderer.comfyui import ComfyUIRenderer

StartServer = Callable[..., FakeComfyUIServer]


@contextmanager
def rendering(renderer: ComfyUIRenderer, into: Path, **changes: Any) -> Iterator[Callable[[], Rendering]]:
    """Render in the background; the yielded function waits for the result."""
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(renderer.render, make_spec(renderer, **changes), into, quiet)
        yield lambda: future.result(timeout=60)


def assert_one_good_clip(into: Path) -> None:
    assert [path.name for path in into.parent.iterdir() if path.is_file()] == [into.name]
    examination = examine(into)
    assert not examination.faults
    assert examination.frames == 9


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder / "clip.mp4"


# --- row 1: a restart loses queue and history ---------------------------------------------------------------------


def test_a_server_killed_while_rendering_is_asked_again_later(start_server: StartServer, clip: Path) -> None:
    server = start_server(render_seconds=0.8)
    with rendering(make_renderer(server.url), clip) as result:
        server.wait_for("started")
        server.kill()
        time.sleep(0.3)
        server.start()
        made = result().made
    assert_one_good_clip(clip)
    assert made["attempts"] == 2
    assert len(server.jobs("accepted")) == 2  # one in each life: the first one is gone for good
    assert len(server.jobs("success")) == 1


def test_the_scene_of_a_killed_server_goes_to_another_one(start_server: StartServer, clip: Path) -> None:
    servers = [start_server(render_seconds=1.0), start_server(render_seconds=1.0)]
    with rendering(make_renderer(*(server.url for server in servers)), clip) as result:
        servers[0].wait_for("started")
        servers[0].kill()
        assert result().made["server"] == servers[1].url
    assert_one_good_clip(clip)
    assert [len(server.jobs("accepted")) for server in servers] == [1, 1]


# --- row 2: the socket breaks, or says nothing --------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault("reset", where="/ws", after=400),
        Fault("cut", where="/ws", after=400),
        Fault("silence", where="/ws", after=400),
        Fault("silence", where="/ws", after=0),
        Fault("status", where="/ws", status=503),
    ],
    ids=["reset", "closed", "half-open", "no handshake", "refused"],
)
def test_a_broken_socket_costs_no_render(start_server: StartServer, clip: Path, fault: Fault) -> None:
    server = start_server(render_seconds=0.5)
    with FaultProxy(server.port) as proxy:
        proxy.faults.append(fault)
        make_renderer_and_render(proxy.url, clip)
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1


def test_a_mute_socket_costs_no_render(start_server: StartServer, clip: Path) -> None:
    server = start_server(mute_socket=True, render_seconds=0.5)
    make_renderer_and_render(server.url, clip)
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1


def test_every_connection_has_a_client_id_of_its_own(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    for number in range(3):
        renderer.render(make_spec(renderer, seed=number), tmp_path / f"{number}.mp4", quiet)
    names = [line for line in server.ask("/fake")["log"] if line.startswith("socket ")]
    assert len(names) == len(set(names)) == 3


def make_renderer_and_render(url: str, into: Path, **changes: Any) -> Rendering:
    renderer = make_renderer(url)
    return renderer.render(make_spec(renderer, **changes), into, quiet)


# --- row 3: the reply to a submission is lost ---------------------------------------------------------------------


def test_a_swallowed_reply_queues_nothing_twice(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    with FaultProxy(server.port) as proxy:
        proxy.faults.append(Fault("swallow", where="POST /prompt", times=1))
        made = make_renderer_and_render(proxy.url, clip).made
        assert proxy.faults[0].hits == 1
    assert_one_good_clip(clip)
    assert made["attempts"] == 1
    assert len(server.jobs("accepted")) == 1


def test_a_reply_that_never_comes_is_looked_up(start_server: StartServer) -> None:
    server = start_server(swallow_posts=1)
    renderer = make_renderer(server.url)
    spec = make_spec(renderer)
    prompt_id = prompt_id_of(spec.digest, 1)
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 2, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }
    with ComfyUIClient(server.url) as client:
        client.submit(graph, prompt_id, client_id="a", mark={}, timeout_seconds=0.5)
        client.submit(graph, prompt_id, client_id="b", mark={})
    assert len(server.jobs("accepted")) == 1


def test_a_post_that_arrives_after_it_was_given_up_renders_nothing_twice(start_server: StartServer, clip: Path) -> None:
    server = start_server(render_seconds=1.5)
    with FaultProxy(server.port) as proxy:
        proxy.faults.append(Fault("delay", where="POST /prompt", seconds=1.5, times=1))
        renderer = make_renderer(proxy.url, rules=type(RULES)(**{**vars(RULES), "submit": 0.4}))
        renderer.render(make_spec(renderer), clip, quiet)
        server.wait_for("accepted", 2)
        server.wait_for("success", 2)
    assert_one_good_clip(clip)
    assert len({line["id"] for line in server.jobs("accepted")}) == 1
    assert len(list(server.directory.rglob("*.mp4"))) == 1  # the late one came out of the cache


def test_a_gateway_error_before_the_server_is_tried_again(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    with FaultProxy(server.port) as proxy:
        proxy.faults.append(Fault("status", where="POST /prompt", status=502, times=1))
        make_renderer_and_render(proxy.url, clip)
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1


# --- rows 4 and 5: memory -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["oom", "cpu_oom"])
def test_out_of_memory_is_tried_once_more_after_freeing(start_server: StartServer, clip: Path, kind: str) -> None:
    server = start_server(fails_at="VAEDecodeTiled", fails_with=kind, fail_times=1)
    make_renderer_and_render(server.url, clip)
    assert_one_good_clip(clip)
    assert len(server.jobs("free")) == 1
    assert len(server.jobs("started")) == 2


def test_what_never_fits_is_told_with_the_numbers(start_server: StartServer, clip: Path) -> None:
    server = start_server(fails_at="VAEDecodeTiled", fails_with="oom")
    with pytest.raises(RenderContentError, match=r"9 frames of 64x64.*Fake GPU.*24 GiB") as caught:
        make_renderer_and_render(server.url, clip)
    assert "FILM_SIZE" in caught.value.remedy
    assert len(server.jobs("started")) == 2
    assert not clip.exists()


def test_memory_is_given_back_between_clips(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    rules = type(RULES)(**{**vars(RULES), "recycle": 2})
    renderer = make_renderer(server.url, rules=rules)
    for number in range(4):
        renderer.render(make_spec(renderer, seed=number), tmp_path / f"{number}.mp4", quiet)
    assert len(server.jobs("free")) == 2


def test_a_server_short_of_memory_is_emptied_between_clips_before_the_kernel_kills_it(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer, seed=1), tmp_path / "1.mp4", quiet)
    assert server.jobs("free") == []
    server.change(ram_free=0.02)
    renderer.render(make_spec(renderer, seed=2), tmp_path / "2.mp4", quiet)
    server.change(ram_free=0.5)
    renderer.render(make_spec(renderer, seed=3), tmp_path / "3.mp4", quiet)
    assert len(server.jobs("free")) == 1
    assert len(server.jobs("success")) == 3


def test_a_server_replaced_between_two_clips_is_no_fault(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer, seed=1), tmp_path / "1.mp4", quiet)
    server.kill()
    server.start()
    made = renderer.render(make_spec(renderer, seed=2), tmp_path / "2.mp4", quiet).made
    assert made["attempts"] == 1
    assert len(server.jobs("accepted")) == 2


# --- row 6: a render hangs ----------------------------------------------------------------------------------------


def test_a_stopped_server_loses_its_scene_and_publishes_nothing_later(start_server: StartServer, clip: Path) -> None:
    stopped, other = start_server(render_seconds=0.6), start_server()
    renderer = make_renderer(stopped.url, other.url)
    with rendering(renderer, clip) as result:
        stopped.wait_for("started")
        stopped.stop()
        assert result().made["server"] == other.url
    first = clip.read_bytes()
    stopped.resume()
    stopped.wait_for("success")
    # The next job goes to the server that came back, once it is rid of what was left there.
    other.stop()
    renderer.render(make_spec(renderer, seed=99), clip.with_name("next.mp4"), quiet)
    other.resume()
    assert clip.read_bytes() == first
    clip.with_name("next.mp4").unlink()
    assert_one_good_clip(clip)
    assert len(other.jobs("accepted")) == 1
    assert len(stopped.jobs("accepted")) == 2


def test_what_was_left_behind_is_stopped_before_new_work(start_server: StartServer, clip: Path) -> None:
    stopped, other = start_server(render_seconds=30.0), start_server()
    renderer = make_renderer(stopped.url, other.url)
    with rendering(renderer, clip) as result:
        stopped.wait_for("started")
        stopped.stop()
        result()
    stopped.resume()
    stopped.change(render_seconds=0.1)
    other.kill()
    renderer.render(make_spec(renderer, seed=5), clip.with_name("next.mp4"), quiet)
    assert len(stopped.jobs("interrupted")) == 1
    assert len(stopped.jobs("success")) == 1


def test_a_stalled_job_is_cancelled_by_id_and_given_elsewhere(start_server: StartServer, clip: Path) -> None:
    hanging, other = start_server(hangs_at="SamplerCustomAdvanced"), start_server()
    renderer = make_renderer(hanging.url, other.url)
    spec = make_spec(renderer)
    rendering_of = renderer.render(spec, clip, quiet)
    assert rendering_of.made["server"] == other.url
    assert_one_good_clip(clip)
    assert len(hanging.jobs("interrupted")) == 1
    log = [line for line in hanging.ask("/fake")["log"] if not line.startswith("socket")]
    assert set(log) == {f"cancel {prompt_id_of(spec.digest, 1)}"}


def test_a_server_whose_worker_has_died_is_left_for_another(start_server: StartServer, clip: Path) -> None:
    dead, other = start_server(begins_nothing=True), start_server()
    renderer = make_renderer(dead.url, other.url)
    assert renderer.render(make_spec(renderer), clip, quiet).made["server"] == other.url
    assert_one_good_clip(clip)
    assert dead.ask("/queue") == {"queue_running": [], "queue_pending": []}


def test_a_slow_render_that_moves_is_not_stalled(start_server: StartServer, clip: Path) -> None:
    server = start_server(render_seconds=1.8)  # longer than the stall time, but a step every 0.1 s
    make_renderer_and_render(server.url, clip)
    assert len(server.jobs("accepted")) == 1


def test_an_old_server_is_interrupted_by_id_only(start_server: StartServer, clip: Path) -> None:
    hanging = start_server(version="0.3.64", hangs_at="SamplerCustomAdvanced", hang_times=1)
    renderer = make_renderer(hanging.url)
    spec = make_spec(renderer)
    renderer.render(spec, clip, quiet)
    log = [line for line in hanging.ask("/fake")["log"] if not line.startswith("socket")]
    assert set(log) == {f"interrupt {prompt_id_of(spec.digest, 1)}"}
    assert len(hanging.jobs("accepted")) == 2


# --- row 7: a picture that is none --------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ["black", "grey", "colour", "still", "half_black"])
def test_a_bad_picture_gets_one_more_try_with_another_seed(start_server: StartServer, clip: Path, picture: str) -> None:
    server = start_server(picture=picture, picture_times=1)
    result = make_renderer_and_render(server.url, clip)
    assert_one_good_clip(clip)
    assert result.made["seed"] != 7
    assert any("another seed" in note for note in result.notes)
    assert len(server.jobs("accepted")) == 2


def test_a_picture_that_stays_black_is_refused_with_a_hint(start_server: StartServer, clip: Path) -> None:
    server = start_server(picture="black")
    with pytest.raises(RenderContentError, match="black") as caught:
        make_renderer_and_render(server.url, clip)
    assert "bf16" in caught.value.remedy
    assert "allow_black" in caught.value.remedy
    assert not clip.exists()
    assert len(server.jobs("accepted")) == 2


def test_a_dark_clip_that_moves_is_good(start_server: StartServer, clip: Path) -> None:
    server = start_server(picture="dark")
    make_renderer_and_render(server.url, clip)
    assert len(server.jobs("accepted")) == 1


def test_a_scene_may_be_black_or_still(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(picture="still")
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer), tmp_path / "still.mp4", quiet, allow_still=True)
    assert len(server.jobs("accepted")) == 1


# --- row 9: a clip is cut on its way, or read while it is written -------------------------------------------------


def test_a_download_cut_at_every_tenth_arrives_whole(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    post_first_try(server, renderer, make_spec(renderer))
    original = next(server.directory.rglob("*.mp4"))
    file = OutputFile("80", original.name, "film")
    with FaultProxy(server.port) as proxy, ComfyUIClient(proxy.url) as client:
        for tenth in range(10):
            after = 300 + original.stat().st_size * tenth // 10
            proxy.faults = [Fault(kind, where="GET /view", after=after, times=1) for kind in ("cut", "reset")]
            fetched = client.fetch(file, clip)
            assert fetched.sha256 == hashlib.sha256(original.read_bytes()).hexdigest()
            assert clip.read_bytes() == original.read_bytes()
            assert proxy.faults[0].hits == 1
    assert_one_good_clip(clip)


def test_a_download_that_never_ends_well_leaves_no_file(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    with FaultProxy(server.port) as proxy:
        proxy.faults.append(Fault("cut", where="GET /view", after=0))
        renderer = make_renderer(proxy.url, handling=Handling(QUICK.patience, attempts=1))
        with pytest.raises(RenderMachineError, match="connection broke"):
            renderer.render(make_spec(renderer), clip, quiet)
    assert list(clip.parent.iterdir()) == []


def test_a_file_that_is_still_written_is_not_taken(start_server: StartServer, clip: Path) -> None:
    server = start_server(encode_seconds=0.6, history_delay=0.3)
    make_renderer_and_render(server.url, clip)
    assert_one_good_clip(clip)


@pytest.mark.parametrize("frames", [-1, 4])
def test_another_number_of_frames_is_refused(start_server: StartServer, clip: Path, frames: int) -> None:
    server = start_server(frames_off=frames)
    with pytest.raises(RenderContentError, match=f"{9 + frames} frames"):
        make_renderer_and_render(server.url, clip)
    assert not clip.exists()


# --- row 11: success out of the cache, and the file is gone -------------------------------------------------------


def test_a_finished_job_whose_file_is_gone_is_rendered_again(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    spec = make_spec(renderer)
    # As an earlier process left it: done, but not collected.
    post_first_try(server, renderer, spec)
    next(server.directory.rglob("*.mp4")).unlink()
    result = renderer.render(spec, clip, quiet)
    assert_one_good_clip(clip)
    assert result.made["prompt_id"] == prompt_id_of(spec.digest, 2)
    assert len(server.jobs("accepted")) == 2


def test_a_finished_job_that_was_not_collected_is_collected(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    spec = make_spec(renderer)
    post_first_try(server, renderer, spec)
    renderer.render(spec, clip, quiet)
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1
    assert server.ask("/history") == {}


def post_first_try(server: FakeComfyUIServer, renderer: ComfyUIRenderer, spec: Any) -> None:
    from film_pipeline.renderer.comfyui import _SceneJob

    order = _SceneJob(spec, renderer._binding(spec), None, False, False).order()
    prompt_id = prompt_id_of(spec.digest, 1)
    with ComfyUIClient(server.url) as client:
        mark = {"digest": spec.digest, "attempt": 1, "variation": 0}
        client.submit(order.fill(client, prompt_id, 0), prompt_id, client_id="gone", mark=mark)
        server.wait_for("success")
        time.sleep(0.2)


# --- row 12: a server that keeps failing --------------------------------------------------------------------------


def test_a_server_that_fails_three_times_is_set_aside_with_its_reason(
    start_server: StartServer, tmp_path: Path
) -> None:
    bad, good = start_server(fails_at="VAEDecodeTiled"), start_server()
    renderer = make_renderer(bad.url, good.url, rules=type(RULES)(**{**vars(RULES), "aside": 60.0}))
    for number in range(5):
        renderer.render(make_spec(renderer, seed=number), tmp_path / f"{number}.mp4", quiet)
    assert len(bad.jobs("started")) <= 3
    assert len(good.jobs("success")) == 5
    if len(bad.jobs("started")) == 3:
        assert "TypeError" in renderer.pool.standing()[bad.url]


def test_a_server_set_aside_is_probed_and_taken_back(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url, rules=type(RULES)(**{**vars(RULES), "aside": 0.5}))
    pool = renderer.pool
    for _ in range(3):
        pool.failed(pool.servers[0], "HTTP status 500")
    assert pool.standing() == {server.url: "HTTP status 500"}
    renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    assert pool.standing() == {server.url: ""}


def test_the_same_fault_on_two_servers_is_the_workflows(start_server: StartServer, clip: Path) -> None:
    servers = [start_server(fails_at="VAEDecodeTiled") for _ in range(3)]
    with pytest.raises(RenderContentError, match="TypeError") as caught:
        make_renderer_for(servers, clip)
    assert sum(len(server.jobs("started")) for server in servers) == 2
    assert "/srv/secret-path" not in str(caught.value)


def make_renderer_for(servers: list[FakeComfyUIServer], into: Path) -> Rendering:
    renderer = make_renderer(*(server.url for server in servers))
    return renderer.render(make_spec(renderer), into, quiet)


# --- row 13: a server that is slow to start, or dies at it --------------------------------------------------------


def test_a_server_that_starts_late_is_waited_for(start_server: StartServer, clip: Path) -> None:
    server = start_server(wait=False, slow_start=1.0)
    said: list[str] = []
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer), clip, lambda _, words: said.append(words))
    assert_one_good_clip(clip)
    assert any("connection refused" in words for words in said)


def test_a_server_that_dies_at_its_start_is_not_waited_for(start_server: StartServer, clip: Path) -> None:
    server = start_server(wait=False, slow_start=60.0, dies_after=1.0)
    renderer = make_renderer(server.url)
    assert server.process is not None
    renderer.pool._is_alive = lambda _: server.process is not None and server.process.poll() is None
    before = time.monotonic()
    with pytest.raises(RenderMachineError, match="process has ended"):
        renderer.render(make_spec(renderer), clip, quiet)
    assert time.monotonic() - before < 6


def test_without_any_server_the_wait_ends_with_each_reason(clip: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    renderer = make_renderer(url, rules=type(RULES)(**{**vars(RULES), "start": 1.0}))
    with pytest.raises(RenderMachineError, match="connection refused"):
        renderer.render(make_spec(renderer), clip, quiet)


# --- rows 22 and 23: several of us, and one of us killed ----------------------------------------------------------

_WORKER = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from small_scenes import make_renderer, make_spec, quiet
renderer = make_renderer({url!r}, folder=Path({folder!r}))
print("ready", flush=True)
sys.stdin.readline()
renderer.render(make_spec(renderer), Path(sys.argv[1]), quiet)
"""


def start_worker(url: str, folder: Path, into: Path) -> "subprocess.Popen[str]":
    here = Path(__file__).parent
    code = _WORKER.format(paths=[str(here), str(here.parent)], url=url, folder=str(folder))
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(into)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def go(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()


def test_two_processes_with_the_same_scene_queue_it_once(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.5)
    clips = [tmp_path / "1.mp4", tmp_path / "2.mp4"]
    workers = [start_worker(server.url, tmp_path / "locks", into) for into in clips]
    for worker in workers:
        go(worker)
    said = [worker.communicate(timeout=60)[1] for worker in workers]
    assert len(server.jobs("accepted")) == 1
    assert sorted(worker.returncode for worker in workers) == [0, 1]
    # The late one is told to look again: it will find the clip in storage.
    assert "Another process has just made this very clip" in "".join(said)
    assert sum(path.exists() for path in clips) == 1


@pytest.mark.parametrize("moment", ["accepted", "started", "success", "fetching"])
def test_a_killed_worker_leaves_a_render_that_the_next_one_takes_up(
    start_server: StartServer, clip: Path, tmp_path: Path, moment: str
) -> None:
    server = start_server(render_seconds=0.5)
    with FaultProxy(server.port) as proxy:
        if moment == "fetching":
            proxy.faults.append(Fault("silence", where="GET /view", after=500, seconds=30.0))
        worker = start_worker(proxy.url, tmp_path / "locks", clip)
        go(worker)
        server.wait_for("success" if moment == "fetching" else moment)
        if moment == "fetching":
            wait_until(lambda: proxy.faults[0].hits > 0 and bool(list(clip.parent.iterdir())))
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        assert not clip.exists()
        proxy.faults.clear()
        renderer = make_renderer(proxy.url, folder=tmp_path / "locks")
        renderer.render(make_spec(renderer), clip, quiet)
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_stopping_by_hand_takes_the_render_off_the_server(start_server: StartServer, clip: Path) -> None:
    server = start_server(render_seconds=4.0)

    def stop(_share: float, words: str) -> None:
        if words.startswith("step 2"):
            raise KeyboardInterrupt

    renderer = make_renderer(server.url)
    with pytest.raises(KeyboardInterrupt):
        renderer.render(make_spec(renderer), clip, stop)
    server.wait_for("interrupted", seconds=2)
    assert server.ask("/prompt") == {"exec_info": {"queue_remaining": 0}}


def test_processes_share_one_server_one_job_at_a_time(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.4)
    most = 0
    done = threading.Event()

    def watch_queue() -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, server.ask("/prompt")["exec_info"]["queue_remaining"])
            time.sleep(0.02)

    # Two renderers with a shared folder behave as two processes do: their locks exclude each other.
    renderers = [make_renderer(server.url, folder=tmp_path / "locks") for _ in range(2)]
    watcher = threading.Thread(target=watch_queue)
    watcher.start()
    with ThreadPoolExecutor(2) as threads:
        jobs = [
            threads.submit(one.render, make_spec(one, seed=seed), tmp_path / f"{seed}.mp4", quiet)
            for seed, one in enumerate(renderers)
        ]
        for job in jobs:
            job.result(timeout=30)
    done.set()
    watcher.join()
    assert most == 1


# --- a film -------------------------------------------------------------------------------------------------------


def test_twenty_scenes_survive_a_dying_server_and_one_that_answers_500(
    start_server: StartServer, tmp_path: Path
) -> None:
    dying, broken, good = start_server(render_seconds=0.3), start_server(), start_server(render_seconds=0.1)
    broken.change(answers=500)
    renderer = make_renderer(dying.url, broken.url, good.url)
    folder = tmp_path / "film"
    folder.mkdir()

    def render(number: int) -> Rendering:
        name = f"{number:03d}"
        return renderer.render(make_spec(renderer, scene=name, seed=number), folder / f"{name}.mp4", quiet)

    with ThreadPoolExecutor(3) as threads:
        jobs = [threads.submit(render, number) for number in range(1, 21)]
        dying.wait_for("started", 3)
        dying.kill()
        for job in jobs:
            job.result(timeout=60)
    clips = sorted(path.name for path in folder.iterdir())
    assert clips == [f"{number:03d}.mp4" for number in range(1, 21)]
    assert all(not examine(path).faults for path in folder.iterdir())
    accepted = [line for server in (dying, broken, good) for line in server.jobs("accepted")]
    assert len(accepted) <= 21  # at most one render wasted by the one death
    assert broken.jobs("accepted") == []
    assert "500" in renderer.pool.standing()[broken.url]


def test_a_server_that_goes_away_after_the_download_costs_nothing(start_server: StartServer, clip: Path) -> None:
    server = start_server()
    with FaultProxy(server.port) as proxy:
        renderer = make_renderer(proxy.url)
        client = renderer.pool.servers[0].client
        fetch = client.fetch

        def fetch_and_lose(*arguments: Any) -> Any:
            fetched = fetch(*arguments)
            client.forget_version()
            proxy.faults.append(Fault("status", status=500))
            return fetched

        client.fetch = fetch_and_lose  # type: ignore[method-assign]
        assert renderer.render(make_spec(renderer), clip, quiet).made["comfyui"] == "unknown"
    assert_one_good_clip(clip)
    assert len(server.jobs("accepted")) == 1


def test_no_thread_and_no_connection_is_left(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    renderer.pool.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "comfyui-socket"]
    assert os.getpid() != server.ask("/fake")["pid"]
    assert QUICK.attempts == 4
