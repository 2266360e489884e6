"""The fake server behaves as a real one: the ten facts that shape the client, and the recorded refusals.

With ``COMFYUI_CONTRACT_URL`` the same tests run against a real server, which then must be one that nobody needs.
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeComfyUIServer
from small_scenes import RECORDINGS, WORKFLOWS
from websockets.sync.client import connect

from film_pipeline.comfyui.binding import Slot, bind, fill
from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.jobs import JobState
from film_pipeline.comfyui.listening import Listener
from film_pipeline.comfyui.preflight import structure_faults
from film_pipeline.comfyui.progress import ProgressMeter
from film_pipeline.comfyui.refusals import read_refusal
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError
from film_pipeline.comfyui.watching import Patience, watch
from film_pipeline.comfyui.workflow import load_workflow
from film_pipeline.errors import RenderContentError
from film_pipeline.ffmpeg.verify import examine

REAL = os.environ.get("COMFYUI_CONTRACT_URL", "")
Reply = tuple[int, Any]


class Server:
    """Plain HTTP, as any client would speak it; nothing of ours in between."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, path: str, body: Any = None, raw: bytes | None = None) -> Reply:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=30) as reply:
                status, text = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def post(self, graph: Any, **more: Any) -> Reply:
        return self.call("/prompt", {"prompt": graph, **more})

    def finish(self, prompt_id: str) -> dict[str, Any]:
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            history = self.call(f"/history/{prompt_id}")[1]
            if history:
                return dict(history[prompt_id])
            time.sleep(0.02)
        raise AssertionError("the job did not finish")


@pytest.fixture(params=["fake", "real"] if REAL else ["fake"])
def server(request: pytest.FixtureRequest, start_server: Callable[..., FakeComfyUIServer]) -> Iterator[Server]:
    server = Server(REAL if request.param == "real" else start_server(render_seconds=0.0).url)
    yield server
    server.call("/queue", {"clear": True})


def clip(color: int = 0, *, frames: int = 5, side: int = 64, prefix: str = "contract/v") -> dict[str, Any]:
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": side, "height": side, "batch_size": frames, "color": color},
        },
        "2": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 24}},
        "3": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["2", 0], "filename_prefix": prefix, "format": "auto", "codec": "auto"},
        },
    }


def fresh() -> str:
    return str(uuid.uuid4())


def color() -> int:
    """A color of its own for each run, so that nothing comes out of the cache."""
    return uuid.uuid4().int % 16_000_000


def test_fact_2_the_same_id_is_queued_as_often_as_it_is_posted(server: Server) -> None:
    prompt_id = fresh()
    for _ in range(3):
        status, reply = server.post(clip(color()), prompt_id=prompt_id)
        assert (status, reply["prompt_id"], reply["node_errors"]) == (200, prompt_id, {})


def test_fact_3_a_500_may_have_queued_the_job(server: Server) -> None:
    if server.url == REAL:
        # Two such items end the worker thread of a real 0.33.0: it answers from then on, but runs nothing any more.
        return
    blocker = fresh()
    server.post(clip(color(), frames=300, side=512), prompt_id=blocker)
    prompt_id = fresh()
    first = server.post(clip(color()), prompt_id=prompt_id, number=900)
    second = server.post(clip(color()), prompt_id=prompt_id, number=900)
    assert [first[0], second[0]] == [200, 500]
    queue = server.call("/queue")[1]
    assert [item[1] for item in queue["queue_pending"]].count(prompt_id) == 2
    server.call("/queue", {"clear": True})
    server.finish(blocker)


def test_fact_4_a_200_may_hide_errors(server: Server) -> None:
    graph = {**clip(color()), "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
    status, reply = server.post(graph)
    assert status == 200
    assert reply["node_errors"]["9"]["errors"][0]["type"] == "required_input_missing"
    assert set(server.finish(reply["prompt_id"])["outputs"]) == {"3"}


def test_fact_5_a_second_socket_of_the_same_name_goes_deaf(server: Server) -> None:
    name = fresh()
    address = "ws" + server.url.removeprefix("http") + f"/ws?clientId={name}"
    with connect(address) as first:
        first.recv(timeout=5)
        with connect(address) as second:
            second.recv(timeout=5)
            first.close()
            time.sleep(0.3)
            prompt_id = server.post(clip(color()), client_id=name)[1]["prompt_id"]
            server.finish(prompt_id)
            with pytest.raises(TimeoutError):
                second.recv(timeout=0.5)


def test_fact_6_the_end_is_announced_and_then_history_written(server: Server) -> None:
    name = fresh()
    with connect("ws" + server.url.removeprefix("http") + f"/ws?clientId={name}") as socket:
        prompt_id = server.post(clip(color()), client_id=name)[1]["prompt_id"]
        kinds = []
        while True:
            message = json.loads(socket.recv(timeout=30))
            kinds.append(message["type"])
            if message["type"] == "executing" and message["data"]["node"] is None:
                break
        assert server.call(f"/history/{prompt_id}")[1]
    order = ["execution_start", "execution_cached", "progress_state", "executing", "executed", "execution_success"]
    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    assert kinds[-2:] == ["status", "executing"]


def test_fact_7_a_cached_run_names_the_old_file(server: Server) -> None:
    graph = clip(color())
    entries = [server.finish(server.post(graph)[1]["prompt_id"]) for _ in range(2)]
    assert entries[0]["outputs"] == entries[1]["outputs"]
    assert dict(entries[1]["status"]["messages"])["execution_cached"]["nodes"] == ["1", "2", "3"]


def test_unknown_pending_and_running_jobs_look_alike_in_history(server: Server) -> None:
    assert server.call(f"/history/{fresh()}") == (200, {})
    assert server.call(f"/api/jobs/{fresh()}") == (404, {"error": "Job not found"})


def test_a_waiting_job_is_cancelled_without_a_trace(server: Server) -> None:
    blocker, waiting = fresh(), fresh()
    server.post(clip(color(), frames=300, side=512), prompt_id=blocker)
    server.post(clip(color()), prompt_id=waiting)
    assert server.call(f"/api/jobs/{waiting}")[1]["status"] == "pending"
    assert server.call(f"/api/jobs/{waiting}/cancel", {}) == (200, {"cancelled": True})
    assert server.call(f"/api/jobs/{waiting}")[0] == 404
    assert server.call(f"/api/jobs/{fresh()}/cancel", {}) == (200, {"cancelled": False})
    server.finish(blocker)
    assert server.call(f"/api/jobs/{blocker}/cancel", {}) == (200, {"cancelled": False})


def test_a_running_job_is_interrupted_by_its_id_and_told_so(server: Server) -> None:
    prompt_id = fresh()
    server.post(clip(color(), frames=700, side=512), prompt_id=prompt_id)
    while server.call(f"/api/jobs/{prompt_id}")[1].get("status") != "in_progress":
        time.sleep(0.01)
    server.call("/interrupt", {"prompt_id": fresh()})  # another id: nothing happens
    server.call("/interrupt", {"prompt_id": prompt_id})
    entry = server.finish(prompt_id)
    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["messages"][-1][0] == "execution_interrupted"
    assert server.call(f"/api/jobs/{prompt_id}")[1]["status"] == "cancelled"


def test_a_finished_job_tells_its_file_and_it_can_be_had_in_parts(server: Server) -> None:
    prompt_id = server.post(clip(color(), prefix="contract/sub/v"))[1]["prompt_id"]
    entry = server.finish(prompt_id)
    (file,) = entry["outputs"]["3"]["images"]
    assert (file["subfolder"], file["type"]) == ("contract/sub", "output")
    assert entry["outputs"]["3"]["animated"] == [True]
    url = f"{server.url}/view?filename={file['filename']}&subfolder={file['subfolder']}&type=output"
    with urllib.request.urlopen(url) as reply:
        whole, etag = reply.read(), reply.headers["ETag"]
        assert int(reply.headers["Content-Length"]) == len(whole)
    request = urllib.request.Request(url, headers={"Range": "bytes=100-", "If-Range": etag})
    with urllib.request.urlopen(request) as reply:
        assert (reply.status, reply.read()) == (206, whole[100:])
        assert reply.headers["Content-Range"].startswith("bytes 100-")
    assert server.call("/history", {"delete": [prompt_id]})[0] == 200
    assert server.call(f"/history/{prompt_id}") == (200, {})


def test_files_outside_are_not_to_be_had(server: Server) -> None:
    assert server.call("/view?filename=..%2F..%2Fetc%2Fpasswd")[0] == 400
    assert server.call("/view?filename=/etc/passwd")[0] == 400
    assert server.call("/view?filename=passwd&subfolder=..%2F..%2F..%2Fetc")[0] == 403
    assert server.call("/view?filename=none.mp4&type=output")[0] == 404
    entry = server.finish(server.post(clip(color(), prefix="../outside"))[1]["prompt_id"])
    assert "Saving image outside the output folder" in str(entry["status"]["messages"])


REFUSALS = json.loads((RECORDINGS / "refusals-0.33.0.json").read_text())


@pytest.mark.parametrize(
    ("name", "graph"),
    [
        ("unknown_class", {"2": {"class_type": "NoSuchNode", "inputs": {}}}),
        ("too_big", {**clip(), "1": {**clip()["1"], "inputs": {**clip()["1"]["inputs"], "width": 99999}}}),
        (
            "missing_input",
            {
                "1": {"class_type": "EmptyImage", "inputs": {"width": 64}},
                "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
            },
        ),
        ("type_mismatch", {**clip(), "3": {**clip()["3"], "inputs": {**clip()["3"]["inputs"], "video": ["1", 0]}}}),
        ("dangling_link", {**clip(), "2": {**clip()["2"], "inputs": {"images": ["99", 0], "fps": 24}}}),
        ("bad_slot", {**clip(), "2": {**clip()["2"], "inputs": {"images": ["1", 7], "fps": 24}}}),
        ("no_output", {"1": clip()["1"]}),
        ("empty", {}),
        ("ui_format", {"nodes": [], "links": [], "version": 0.4}),
        ("list", []),
        ("bad_number_text", {**clip(), "1": {**clip()["1"], "inputs": {**clip()["1"]["inputs"], "width": "abc"}}}),
    ],
)
def test_wrong_graphs_are_refused_as_recorded(server: Server, name: str, graph: Any) -> None:
    status, body = server.post(graph)
    assert status == REFUSALS[name]["status"]
    if status == 400:
        recorded = REFUSALS[name]["body"]
        assert body["error"] == recorded["error"]
        assert _kinds(body) == _kinds(recorded)


def _kinds(body: Any) -> dict[str, set[tuple[str, str, str]]]:
    return {
        node: {(error["type"], error["message"], error["details"]) for error in entry["errors"]}
        for node, entry in body["node_errors"].items()
    }


def test_ids_that_are_no_uuids_are_refused_as_recorded(server: Server) -> None:
    for name, prompt_id in (("bad_id", "x"), ("upper_id", fresh().upper())):
        status, body = server.post(clip(), prompt_id=prompt_id)
        assert (status, body) == (400, REFUSALS[name]["body"])
    assert server.call("/prompt", {}) == (400, REFUSALS["no_prompt"]["body"])
    assert server.call("/prompt", raw=b"{nope")[0] == 500


def test_uploads_of_one_name_do_not_replace_each_other(server: Server) -> None:
    name = f"{fresh()}.png"
    given = [_upload(server, name, data)["name"] for data in (b"one", b"one", b"two")]
    assert given[0] == given[1] == name
    assert given[2] == name.replace(".png", " (1).png")


def _upload(server: Server, name: str, data: bytes) -> dict[str, Any]:
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode()
    body = head + data + f"\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/upload/image", body, headers)) as reply:
        return dict(json.load(reply))


def test_unknown_nodes_are_an_empty_answer(server: Server) -> None:
    assert server.call("/object_info/NoSuchNode") == (200, {})
    assert set(server.call("/object_info/EmptyImage")[1]) == {"EmptyImage"}
    assert server.call("/queue", {"delete": [fresh()]})[0] == 200
    assert server.call("/interrupt", {"prompt_id": fresh()})[0] == 200


def test_our_client_speaks_to_both(server: Server, tmp_path: Path) -> None:
    prompt_id, meter = fresh(), ProgressMeter(clip())
    with ComfyUIClient(server.url) as client:
        assert client.system().version
        assert client.look(prompt_id).state is JobState.LOST
        meter.begin(prompt_id)
        with Listener(client.address, meter.take) as listener:
            graph = clip(color(), frames=24, prefix=f"film/{prompt_id}")
            for _ in range(2):  # the second one finds the first
                client.submit(graph, prompt_id, client_id=listener.client_id, mark={"digest": "d"})
            report = watch(client, prompt_id, meter, lambda *_: None, Patience(), lambda: listener.is_alive)
        assert report.state is JobState.DONE
        assert meter.signs > 3
        (file,) = report.outputs
        assert file.filename.startswith(prompt_id)
        client.fetch(file, tmp_path / "clip.mp4")
        examination = examine(tmp_path / "clip.mp4")
        assert (examination.frames, examination.info.width) == (24, 64)
        client.forget(prompt_id)
        assert client.look(prompt_id).state is JobState.LOST
        (tmp_path / "a.png").write_bytes(b"one")
        assert client.upload(tmp_path / "a.png", name=f"{prompt_id}.png") == f"{prompt_id}.png"
        client.free()


def test_our_client_stops_jobs_on_both(server: Server) -> None:
    running, waiting = fresh(), fresh()
    with ComfyUIClient(server.url) as client:
        client.submit(clip(color(), frames=700, side=512), running, client_id="c", mark={"digest": "a"})
        client.submit(clip(color()), waiting, client_id="c", mark={"digest": "b"})
        queue = client.queue()
        assert queue.place_of(waiting) == 1
        assert not queue.is_behind_others(waiting)
        for prompt_id in (waiting, running):
            assert client.make_sure_gone(prompt_id)
        assert client.look(waiting).state is JobState.LOST
        assert client.look(running).state is JobState.CANCELLED
        with pytest.raises(ValueError, match="without an id"):
            client.cancel("")


def test_missing_nodes_are_refused_in_words_by_both(server: Server) -> None:
    with ComfyUIClient(server.url) as client:
        with pytest.raises(ServerFaultError, match="no node 'NoSuchNode'") as caught:
            client.submit({"1": {"class_type": "NoSuchNode", "inputs": {}}}, fresh(), client_id="c", mark={})
        assert caught.value.kind is FaultKind.UNFIT
        half = {**clip(color()), "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
        with pytest.raises(RenderContentError, match="lacks its input 'images'"):
            client.submit(half, prompt_id := fresh(), client_id="c", mark={})
        assert not client.look(prompt_id).state.is_live


@pytest.mark.parametrize("name", [path.stem for path in sorted(WORKFLOWS.glob("*.json"))])
@pytest.mark.parametrize("model", ["there", "missing"])
def test_preflight_and_server_agree_on_the_shipped_graphs(
    server: Server, tmp_path: Path, name: str, model: str
) -> None:
    workflow = load_workflow(WORKFLOWS / f"{name}.json")
    (tmp_path / "a.png").write_bytes(_ONE_PIXEL)
    prompt_id = fresh()
    with ComfyUIClient(server.url) as client:
        image = client.upload(tmp_path / "a.png", name=f"{prompt_id}.png")
        binding = bind(workflow, required=[Slot.OUTPUT])
        graph = fill(binding, {Slot.OUTPUT: f"film/{prompt_id}", Slot.REFERENCE: image, Slot.SEED: color()})
        if model == "missing":
            graph = json.loads(json.dumps(graph).replace(workflow.models[0], "nobody-has-this.safetensors"))
        faults = structure_faults(graph, client.object_info())
        status, reply = server.post(graph, prompt_id=prompt_id)
        client.make_sure_gone(prompt_id)
    assert (status, reply["node_errors"] == {}) == ((400, False) if faults else (200, True))
    if faults:
        assert set(read_refusal(reply, graph).lines) == set(faults)


# A picture of one pixel.
_ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003"
    "010100c9fe92ef0000000049454e44ae426082"
)
