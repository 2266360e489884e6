"""ComfyUIRenderer as people meet it: what is asked of the server, what is seen, what is told; and what never leaks."""

import json
import logging
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeComfyUIServer, free_port
from small_scenes import QUICK, RULES, TO_CLOSE, WORKFLOWS, make_renderer, make_spec, quiet

from film_pipeline.comfyui.checkup import check_server
from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.pool import PoolRules
from film_pipeline.errors import (
    FilmPipelineError,
    RenderContentError,
    RenderMachineError,
    SettingsError,
    WorkflowError,
)
from film_pipeline.ffmpeg.verify import examine
from film_pipeline.models.storyboard import Scene, Storyboard
from film_pipeline.models.take import Recipe
from film_pipeline.renderer.comfyui import ComfyUIRenderer, _SceneJob

StartServer = Callable[..., FakeComfyUIServer]


def asked(server: FakeComfyUIServer) -> dict[str, Any]:
    """The graph of the job that runs."""
    server.wait_for("started")
    return dict(server.ask("/queue")["queue_running"][0][2])


def scene(**changes: Any) -> tuple[Storyboard, Scene]:
    one = Scene(id="001", duration=1.0, prompt="a lighthouse", **changes)
    return Storyboard(title="T", scenes=(one,)), one


def test_the_scenes_words_and_measures_reach_the_server(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.5)
    renderer = make_renderer(server.url)
    storyboard, one = scene(workflow="hunyuan_video_1_5_t2v")
    recipe = renderer.recipe(storyboard, one)
    spec = make_spec(renderer, workflow=recipe.workflow, negative_prompt="rain", frames=10, width=100, height=72)
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(renderer.render(spec, tmp_path / "a.mp4", quiet)))
    thread.start()
    graph = asked(server)
    thread.join()
    assert graph["44"]["inputs"]["text"] == spec.prompt
    assert graph["93"]["inputs"]["text"] == "rain, text, subtitles, captions, watermark, logo, music"
    assert graph["127"]["inputs"]["noise_seed"] == spec.seed
    assert graph["124"]["inputs"] == {"width": 96, "height": 64, "length": 13, "batch_size": 1}
    made = result[0].made
    assert graph["102"]["inputs"]["filename_prefix"] == f"film/{made['prompt_id']}"
    assert (made["frames"], made["width"], made["height"]) == (13, 96, 64)
    assert made["wished"] == "10 frames of 100x72 at 24"
    assert any("96x64 instead of 100x72" in note for note in result[0].notes)
    assert examine(tmp_path / "a.mp4").frames == 13


def test_the_record_of_a_clip_tells_how_it_was_made(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.2)
    renderer = make_renderer(server.url)
    spec = make_spec(renderer)
    made = renderer.render(spec, tmp_path / "a.mp4", quiet).made
    assert made["server"] == server.url
    assert made["comfyui"] == "0.33.0"
    assert str(made["torch"]).startswith("2.")
    assert made["device"] == "cuda:0 Fake GPU : cudaMallocAsync"
    assert made["workflow"] == "hunyuan_video_t2v"
    assert made["workflow_digest"] == spec.workflow
    assert "hunyuan_video_t2v_720p_bf16.safetensors" in str(made["models"])
    assert made["seed"] == 7
    assert made["attempts"] == 1
    assert 0.2 <= float(made["gpu_seconds"] or 0) < 1.0
    json.dumps(made, allow_nan=False)


def test_equal_seeds_give_equal_clips(start_server: StartServer, tmp_path: Path) -> None:
    first, second = start_server(), start_server()
    hashes = []
    for server, seed in ((first, 7), (second, 7), (first, 8)):
        renderer = make_renderer(server.url)
        made = renderer.render(make_spec(renderer, seed=seed), tmp_path / f"{len(hashes)}.mp4", quiet).made
        hashes.append(made["sha256"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_recipe_is_the_workflows_content(tmp_path: Path) -> None:
    renderer = make_renderer("http://127.0.0.1:1")
    storyboard, one = scene()
    recipe = renderer.recipe(storyboard, one)
    assert isinstance(recipe, Recipe)
    assert recipe.renderer == "comfyui/1"
    assert not recipe.stand_in
    assert len(recipe.workflow) == 64
    assert recipe.models == tuple(sorted(recipe.models))
    other = renderer.recipe(*scene(workflow="wan_2_2_t2v"))
    assert other.workflow != recipe.workflow
    with pytest.raises(WorkflowError, match="no such file") as caught:
        renderer.recipe(*scene(workflow="none"))
    assert "wan_2_2_t2v" in caught.value.remedy


def test_an_edited_workflow_is_noticed_while_we_run(tmp_path: Path) -> None:
    for path in WORKFLOWS.glob("hunyuan_video_t2v.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    renderer = ComfyUIRenderer(["http://127.0.0.1:1"], tmp_path, "hunyuan_video_t2v")
    digests = [renderer.recipe(*scene()).workflow for _ in range(2)]
    file = tmp_path / "hunyuan_video_t2v.json"
    file.write_text(file.read_text().replace('"steps": 20', '"steps": 30 '))
    digests.append(renderer.recipe(*scene()).workflow)
    (tmp_path / "hunyuan_video_t2v.toml").unlink()
    digests.append(renderer.recipe(*scene()).workflow)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_workflow_edited_after_the_plan_is_told(start_server: StartServer, tmp_path: Path) -> None:
    renderer = make_renderer(start_server().url)
    with pytest.raises(WorkflowError, match="not there any more"):
        renderer.render(make_spec(renderer, workflow="0" * 64), tmp_path / "a.mp4", quiet)


def test_a_reference_image_is_uploaded_and_named_as_the_server_says(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.5)
    image = tmp_path / "face.PNG"
    image.write_bytes(b"\x89PNG one")
    digest = "ab" * 32
    # Another picture of that name is there already.
    with ComfyUIClient(server.url) as client:
        (tmp_path / "other").write_bytes(b"another")
        client.upload(tmp_path / "other", name=f"film-{digest[:32]}.png")
    renderer = make_renderer(server.url, references=lambda _: image)
    recipe = renderer.recipe(*scene(workflow="hunyuan_video_1_5_i2v"))
    spec = make_spec(renderer, workflow=recipe.workflow, references=(digest,))
    thread = threading.Thread(target=renderer.render, args=(spec, tmp_path / "a.mp4", quiet))
    thread.start()
    name = asked(server)["80"]["inputs"]["image"]
    thread.join()
    assert name == f"film-{digest[:32]} (1).png"
    assert (server.directory / "input" / name).read_bytes() == b"\x89PNG one"
    with pytest.raises(RenderContentError, match="needs a reference image"):
        renderer.render(make_spec(renderer, workflow=recipe.workflow), tmp_path / "b.mp4", quiet)


# --- what people see ----------------------------------------------------------------------------------------------


def test_steps_time_left_and_previews_are_seen(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=1.0, previews=True)
    pictures: list[tuple[bytes, str]] = []
    said: list[tuple[float, str]] = []
    renderer = make_renderer(server.url)
    renderer.render(
        make_spec(renderer),
        tmp_path / "a.mp4",
        lambda share, words: said.append((share, words)),
        previews=lambda image, mime: pictures.append((image, mime)),
    )
    assert any(words.startswith("step ") and words.endswith("s left") for _, words in said)
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    assert pictures[0][1] == "image/jpeg"
    assert pictures[0][0].startswith(b"\xff\xd8")


def test_waiting_behind_another_client_is_said_with_the_place(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.0)
    foreign = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 2, "color": 0}},
        "2": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 24}},
        "3": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["2", 0], "filename_prefix": "x", "format": "auto", "codec": "auto"},
        },
    }
    server.change(encode_seconds=0.5)
    for number in range(2):
        foreign["1"]["inputs"]["color"] = number  # type: ignore[index]
        server.ask("/prompt", {"prompt": foreign})
    said: list[str] = []
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer), tmp_path / "a.mp4", lambda _, words: said.append(words))
    assert "waiting: server busy with another client's job, 2 before this one" in said
    log = server.ask("/fake")["log"]
    assert not [line for line in log if line.startswith(("interrupt", "cancel"))]


# --- before anything is queued ------------------------------------------------------------------------------------


def test_a_missing_model_is_named_and_nothing_queued(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(missing_models=["hunyuan_video_vae_bf16.safetensors"])
    renderer = make_renderer(server.url)
    with pytest.raises(RenderContentError, match="needs the model file hunyuan_video_vae_bf16"):
        renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    assert server.jobs("accepted") == []


def test_a_server_without_the_nodes_is_passed_over(start_server: StartServer, tmp_path: Path) -> None:
    poor, rich = start_server(missing_nodes=["EmptyHunyuanLatentVideo"]), start_server()
    renderer = make_renderer(poor.url, rich.url)
    for number in range(2):
        made = renderer.render(make_spec(renderer, seed=number), tmp_path / f"{number}.mp4", quiet).made
        assert made["server"] == rich.url
    assert poor.jobs("accepted") == []


# --- doctor -------------------------------------------------------------------------------------------------------


class _WebPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/prompt")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>login</html>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web_page() -> Any:
    server = HTTPServer(("127.0.0.1", 0), _WebPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


FILES = [WORKFLOWS / "hunyuan_video_t2v.json"]


def test_doctor_is_content_with_a_good_server(start_server: StartServer) -> None:
    findings = check_server(start_server().url, FILES)
    assert all(finding.ok for finding in findings)
    assert "ComfyUI 0.33.0 on cuda:0 Fake GPU" in findings[0].line
    assert "can run hunyuan_video_t2v" in findings[1].line


def test_doctor_on_a_dead_url() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    (finding,) = check_server(url)
    assert not finding.ok
    assert finding.line == f"{url}: The ComfyUI server cannot be reached (connection refused: nothing listens there)"
    assert "COMFYUI_URL" in finding.remedy


def test_doctor_on_something_else(web_page: str) -> None:
    (finding,) = check_server(web_page)
    assert finding.line == f"{web_page}: Something else than ComfyUI answered (the reply is text/html, not JSON)"
    assert "points to a ComfyUI server" in finding.remedy


def test_redirects_are_not_followed(web_page: str) -> None:
    (finding,) = check_server(f"{web_page}/away")
    assert "sends elsewhere (HTTP status 302)" in finding.line


def test_doctor_on_a_server_without_the_model(start_server: StartServer) -> None:
    findings = check_server(start_server(missing_models=["clip_l.safetensors"]).url, FILES)
    assert "cannot run hunyuan_video_t2v" in findings[-1].line
    assert "needs the model file clip_l.safetensors" in findings[-1].line
    assert "Install the named files" in findings[-1].remedy


@pytest.mark.parametrize(("version", "warnings"), [("0.27.0", 1), ("0.3.64", 2)])
def test_doctor_on_an_old_server(start_server: StartServer, version: str, warnings: int) -> None:
    findings = [finding for finding in check_server(start_server(version=version).url) if not finding.ok]
    assert len(findings) == warnings
    assert "CVE-2026-56670" in findings[-1].line
    assert "0.28" in findings[-1].remedy


def test_doctor_on_a_ui_format_workflow(start_server: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    path.write_text(json.dumps({"nodes": [], "links": [], "version": 0.4}))
    finding = check_server(start_server().url, [path])[-1]
    assert "cannot run saved: it is the UI's own save" in finding.line
    assert "File > Export (API)" in finding.remedy


@pytest.mark.parametrize("version", ["0.3.64", "0.25.0", "0.26.0", "0.33.0"])
def test_every_version_is_spoken_to(start_server: StartServer, tmp_path: Path, version: str) -> None:
    server = start_server(version=version)
    renderer = make_renderer(server.url)
    renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    assert len(server.jobs("accepted")) == 1
    assert server.ask("/history") == {}


# --- canary -------------------------------------------------------------------------------------------------------

CANARY = "kanarienvogel-4711"


def test_a_password_in_the_address_is_seen_nowhere(
    start_server: StartServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = start_server()
    url = f"http://maria:{CANARY}@127.0.0.1:{server.port}"
    locks = tmp_path / "locks"
    renderer = make_renderer(url, folder=locks)
    said: list[str] = []
    result = renderer.render(make_spec(renderer), tmp_path / "a.mp4", lambda _, words: said.append(words))
    errors = [str(finding) for finding in check_server(url)]
    server.change(answers=401)
    errors += [str(finding) for finding in check_server(url)]
    server.change(answers=500)
    short = PoolRules(**{**vars(RULES), "start": 0.5})
    for broken in (url, f"http://maria:{CANARY}@127.0.0.1:{free_port()}"):
        with pytest.raises(RenderMachineError) as caught:
            make_renderer(broken, rules=short).render(make_spec(renderer, seed=3), tmp_path / "b.mp4", quiet)
        errors += [str(caught.value), repr(caught.value)]
    shown = [*said, *errors, str(result), repr(renderer.pool.standing()), caplog.text, *capfd.readouterr()]
    assert CANARY not in "\n".join(shown)
    left = [path for folder in (locks, tmp_path, server.directory) for path in folder.rglob("*") if path.is_file()]
    assert left
    assert not [path for path in left if CANARY.encode() in path.read_bytes() or CANARY in path.name]


def test_hostile_prompts_stay_text_and_inside(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(render_seconds=0.5)
    renderer = make_renderer(server.url)
    prompt = '../../etc/passwd\x1b[2J\x07 {"class_type": "x"} ["44", 0] %date% \u202e <script> $(reboot)\n\x00'
    spec = make_spec(renderer, prompt=prompt)
    before = set(tmp_path.parent.iterdir())
    thread = threading.Thread(target=renderer.render, args=(spec, tmp_path / "a.mp4", quiet))
    thread.start()
    graph = asked(server)
    thread.join()
    assert graph["44"]["inputs"]["text"] == prompt
    assert set(graph) == set(json.loads((WORKFLOWS / "hunyuan_video_t2v.json").read_text()))
    assert set(tmp_path.parent.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_what_a_hostile_server_says_is_cleaned(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(fails_at="VAEDecodeTiled")
    renderer = make_renderer(server.url)
    with pytest.raises(RenderContentError) as caught:
        renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    assert "/srv/secret-path" not in str(caught.value)
    assert "…/x.safetensors" in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc", "http://169.254.169.254", "gopher://x", "http://[fe80::1]"])
def test_forbidden_servers_are_refused_before_any_connection(tmp_path: Path, url: str) -> None:
    renderer = make_renderer(url)
    with pytest.raises(SettingsError):
        renderer.render(make_spec(renderer), tmp_path / "a.mp4", quiet)
    assert all(isinstance(finding.remedy, str) and not finding.ok for finding in check_server(url))


def test_making_a_renderer_connects_to_nothing() -> None:
    before = time.monotonic()
    renderer = ComfyUIRenderer(["http://192.0.2.1:8188"], WORKFLOWS, "hunyuan_video_t2v", handling=QUICK, rules=RULES)
    TO_CLOSE.append(renderer)
    renderer.recipe(*scene())
    assert time.monotonic() - before < 1.0
    assert issubclass(WorkflowError, FilmPipelineError)


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ([("80", "film.mp4"), ("99", "other.mp4")], "film.mp4"),
        ([("80", "film.png"), ("80", "film.mp4"), ("80", "film-audio.mp4")], "film-audio.mp4"),
        ([("12", "part.mp4")], "part.mp4"),
        ([("80", "film.png"), ("80", "film.flac")], None),
        ([], None),
    ],
)
def test_the_wanted_file_is_the_output_nodes(files: list[tuple[str, str]], chosen: str | None) -> None:
    renderer = make_renderer("http://127.0.0.1:1")
    spec = make_spec(renderer)
    job = _SceneJob(spec, renderer._binding(spec), None, False, False)
    file = job.order().choose(tuple(OutputFile(node, name) for node, name in files))
    assert (file.filename if file else None) == chosen
