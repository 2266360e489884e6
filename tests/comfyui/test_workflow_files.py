"""Workflow files: the shipped ones fit a real server; wrong ones are refused in words that help."""

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_scenes import RECORDINGS, WORKFLOWS

from film_pipeline.comfyui.binding import Slot, bind, fill
from film_pipeline.comfyui.checkup import check_workflow_file, explain, needed_slots
from film_pipeline.comfyui.limits import LIMITS_OF_CLASS, Limits, Measures, differences, legal_measures
from film_pipeline.comfyui.preflight import structure_faults
from film_pipeline.comfyui.workflow import load_workflow
from film_pipeline.errors import WorkflowError

OBJECT_INFO = json.loads((RECORDINGS / "object_info-0.33.0.json").read_text())
SHIPPED = sorted(path.stem for path in WORKFLOWS.glob("*.json"))
PICTURE_SLOTS = {Slot.PROMPT, Slot.SEED, Slot.WIDTH, Slot.HEIGHT, Slot.LENGTH, Slot.FPS, Slot.OUTPUT}


def shipped(name: str) -> Any:
    workflow = load_workflow(WORKFLOWS / f"{name}.json")
    return bind(workflow, required=needed_slots(workflow))


def test_the_promised_workflows_are_shipped() -> None:
    assert {
        "hunyuan_video_t2v",
        "hunyuan_video_1_5_t2v",
        "hunyuan_video_1_5_i2v",
        "wan_2_2_t2v",
        "ace_step_1_5_music",
    } <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_graphs_fit_a_recorded_server(name: str) -> None:
    binding = shipped(name)
    assert structure_faults(binding.workflow.graph, OBJECT_INFO) == []
    slots = (
        {Slot.TAGS, Slot.LYRICS, Slot.SECONDS, Slot.TEMPO, Slot.SEED, Slot.OUTPUT} if "music" in name else PICTURE_SLOTS
    )
    assert slots <= set(binding.targets)
    assert all(target.found == "title" for targets in binding.targets.values() for target in targets)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_graphs_have_no_unknown_inputs_and_are_in_the_readme(name: str) -> None:
    workflow = load_workflow(WORKFLOWS / f"{name}.json")
    readme = (WORKFLOWS / "README.md").read_text()
    assert f"`{name}`" in readme
    assert all(model in readme for model in workflow.models)
    for node in workflow.graph.values():
        declared = OBJECT_INFO[node["class_type"]]["input"]
        known = set(declared.get("required", {})) | set(declared.get("optional", {}))
        # Until July 2026 SaveVideo had an input of its own for the codec; both forms run on both.
        assert set(node["inputs"]) - known <= ({"codec"} if node["class_type"] == "SaveVideo" else set())


def test_values_go_where_they_belong_and_keep_their_types() -> None:
    binding = shipped("hunyuan_video_1_5_t2v")
    prompt = 'a "quoted" {prompt} with $SEED and \\u0007 ["44", 0]'
    values = {Slot.PROMPT: prompt, Slot.SEED: 2**63 - 1, Slot.LENGTH: 97, Slot.FPS: Fraction(24000, 1001)}
    graph = fill(binding, {**values, Slot.OUTPUT: "film/x", Slot.WIDTH: 640, Slot.HEIGHT: 352})
    assert graph["44"]["inputs"]["text"] == prompt
    assert graph["127"]["inputs"]["noise_seed"] == 2**63 - 1
    assert graph["124"]["inputs"] == {"width": 640, "height": 352, "length": 97, "batch_size": 1}
    assert graph["101"]["inputs"]["fps"] == pytest.approx(23.976, abs=1e-3)
    assert binding.workflow.graph["44"]["inputs"]["text"] != prompt  # the file's own graph is untouched
    assert structure_faults(graph, OBJECT_INFO) == []


# --- finding inputs -----------------------------------------------------------------------------------------------

UNTITLED: dict[str, Any] = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "m.safetensors", "weight_dtype": "default"}},
    "2": {"class_type": "CLIPLoader", "inputs": {"clip_name": "c.safetensors", "type": "wan"}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["2", 0], "text": "good"}},
    "4": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["2", 0], "text": "bad"}},
    "5": {"class_type": "EmptyHunyuanLatentVideo", "inputs": {"width": 64, "height": 64, "length": 5, "batch_size": 1}},
    "6": {
        "class_type": "KSampler",
        "inputs": {"model": ["1", 0], "positive": ["3", 0], "negative": ["4", 0], "latent_image": ["5", 0], "seed": 3},
    },
    "7": {"class_type": "CreateVideo", "inputs": {"images": ["6", 0], "fps": 24}},
    "8": {"class_type": "SaveVideo", "inputs": {"video": ["7", 0], "filename_prefix": "v", "format": "auto"}},
}


def write(folder: Path, graph: Any, toml: str = "") -> Path:
    path = folder / "mine.json"
    path.write_text(graph if isinstance(graph, str) else json.dumps(graph))
    if toml:
        path.with_suffix(".toml").write_text(toml)
    return path


def test_an_untitled_graph_is_understood_by_its_classes(tmp_path: Path) -> None:
    workflow = load_workflow(write(tmp_path, UNTITLED))
    targets = bind(workflow, required=needed_slots(workflow)).targets
    where = {slot: (found[0].node, found[0].input, found[0].found) for slot, found in targets.items()}
    assert where == {
        Slot.PROMPT: ("3", "text", "class"),
        Slot.NEGATIVE: ("4", "text", "class"),
        Slot.SEED: ("6", "seed", "class"),
        Slot.WIDTH: ("5", "width", "class"),
        Slot.HEIGHT: ("5", "height", "class"),
        Slot.LENGTH: ("5", "length", "class"),
        Slot.FPS: ("7", "fps", "class"),
        Slot.OUTPUT: ("8", "filename_prefix", "class"),
    }


def test_a_title_wins_over_a_class_and_knows_no_case(tmp_path: Path) -> None:
    graph = copy.deepcopy(UNTITLED)
    graph["4"]["_meta"] = {"title": " Prompt "}
    workflow = load_workflow(write(tmp_path, graph))
    assert bind(workflow, required=[Slot.PROMPT]).targets[Slot.PROMPT][0].node == "4"


def test_the_toml_wins_over_everything(tmp_path: Path) -> None:
    toml = '[inputs]\nprompt = ["3.text", "4.text"]\n[limits]\nfps = "24000/1001"\nmultiple = 32\n'
    workflow = load_workflow(write(tmp_path, UNTITLED, toml))
    binding = bind(workflow, required=[Slot.PROMPT])
    graph = fill(binding, {Slot.PROMPT: "both"})
    assert [graph[node]["inputs"]["text"] for node in "34"] == ["both", "both"]
    assert binding.limits == Limits(4, 32, Fraction(24000, 1001))


def test_a_value_behind_a_link_is_set_where_it_is_held(tmp_path: Path) -> None:
    graph = copy.deepcopy(UNTITLED)
    graph["9"] = {"class_type": "PrimitiveInt", "inputs": {"value": 5}}
    graph["5"]["inputs"]["length"] = ["9", 0]
    workflow = load_workflow(write(tmp_path, graph))
    assert bind(workflow, required=[]).targets[Slot.LENGTH][0].node == "9"


def test_titles_and_toml_decide_the_digest(tmp_path: Path) -> None:
    first = load_workflow(write(tmp_path, UNTITLED)).digest
    assert load_workflow(write(tmp_path, json.dumps(UNTITLED, indent=4))).digest == first
    assert load_workflow(write(tmp_path, UNTITLED, "[limits]\nfps = 16\n")).digest != first


# --- wrong files --------------------------------------------------------------------------------------------------


def changed(**changes: Any) -> dict[str, Any]:
    graph = copy.deepcopy(UNTITLED)
    for node, inputs in changes.items():
        graph[node.strip("n")]["inputs"].update(inputs)
    return graph


def titled(**titles: str) -> dict[str, Any]:
    graph = copy.deepcopy(UNTITLED)
    for node, title in titles.items():
        graph[node.strip("n")]["_meta"] = {"title": title}
    return graph


NO_OUTPUT = {node: entry for node, entry in UNTITLED.items() if node != "8"}
EXPORT = "File > Export (API)"
WRONG: list[tuple[str, Any, str, str, str]] = [
    ("not json", "{nope", "", "not JSON", EXPORT),
    ("empty file", "", "", "not JSON", EXPORT),
    ("empty object", {}, "", "holds no nodes", EXPORT),
    ("a list", [], "", "holds no nodes", EXPORT),
    (
        "ui save",
        {"nodes": [{"id": 1, "type": "KSampler"}], "links": [], "version": 0.4},
        "",
        "the UI's own save",
        EXPORT,
    ),
    ("no class", {"1": {"inputs": {}}}, "", "node '1' has no class_type", EXPORT),
    ("no inputs", {"1": {"class_type": "KSampler"}}, "", "node '1' has no inputs", EXPORT),
    ("not a number", json.dumps(changed(n7={"fps": float("nan")})), "", "NaN", "Correct that value"),
    ("dangling", changed(n7={"images": ["99", 0]}), "", "linked to node '99', which is not there", EXPORT),
    ("number as id", changed(n7={"images": [6, 0]}), "", "must be text", 'Write "6"'),
    ("cycle", changed(n2={"clip_name": ["3", 0]}), "", "in a circle", "Cut one of the links"),
    (
        "absolute",
        changed(n1={"unet_name": "/srv/models/m.safetensors"}),
        "",
        "outside ComfyUI's own folders",
        "plain file",
    ),
    ("windows", changed(n1={"unet_name": "C:\\models\\m.safetensors"}), "", "outside ComfyUI's own", "plain file name"),
    ("parents", changed(n8={"filename_prefix": "../../etc/x"}), "", "outside ComfyUI's own folders", "plain file name"),
    ("home", changed(n1={"unet_name": "~/m.safetensors"}), "", "outside ComfyUI's own folders", "plain file name"),
    (
        "two titles",
        titled(n3="PROMPT", n4="prompt"),
        "",
        "nodes 3 and 4 share the title PROMPT",
        "Keep the title on one of them",
    ),
    ("wrong title", titled(n1="SEED"), "", "node 1 has the title SEED but takes only", "noise_seed, seed, value"),
    ("no output", NO_OUTPUT, "", "not clear where OUTPUT goes", "title OUTPUT"),
    ("linked prompt", changed(n3={"text": ["6", 0]}), "", "in a circle", "Cut one"),
    ("bad toml", UNTITLED, "[inputs\n", "not TOML", "workflows/README.md"),
    ("unknown table", UNTITLED, "[input]\nprompt = '3.text'\n", "it holds input", "Known are [inputs]"),
    ("unknown slot", UNTITLED, "[inputs]\npromt = '3.text'\n", "unknown inputs: promt", "Known are prompt"),
    (
        "wrong target",
        UNTITLED,
        "[inputs]\nprompt = '3.txt'\n",
        "points prompt to '3.txt', which is not there",
        "12.text",
    ),
    ("wrong limit", UNTITLED, "[limits]\nfps = 'fast'\n", "[limits] holds something unknown", "Known are"),
]


@pytest.mark.parametrize(("graph", "toml", "why", "remedy"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_files_are_told_with_a_remedy(tmp_path: Path, graph: Any, toml: str, why: str, remedy: str) -> None:
    report = check_workflow_file(write(tmp_path, graph, toml))
    assert not report.ok
    assert why in report.faults[0]
    assert remedy in report.remedy


def test_a_missing_file_tells_what_there_is(tmp_path: Path) -> None:
    write(tmp_path, UNTITLED)
    with pytest.raises(WorkflowError, match="no such file") as caught:
        load_workflow(tmp_path / "other.json")
    assert "mine" in caught.value.remedy


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="larger than 4 MiB"):
        load_workflow(write(tmp_path, " " * (5 << 20)))


def test_two_possible_prompts_are_asked_about(tmp_path: Path) -> None:
    graph = {node: copy.deepcopy(UNTITLED[node]) for node in ("2", "3", "4", "5", "7", "8")}
    graph["7"]["inputs"]["images"] = ["5", 0]
    report = check_workflow_file(write(tmp_path, graph))
    assert report.faults == ("it is not clear where PROMPT goes",)
    assert "title PROMPT" in report.remedy


def test_what_a_server_lacks_is_named_before_anything_is_queued(tmp_path: Path) -> None:
    info = copy.deepcopy(OBJECT_INFO)
    path = write(
        tmp_path, changed(n6={"steps": 20, "cfg": 1, "sampler_name": "euler", "scheduler": "simple", "denoise": 1})
    )
    faults = check_workflow_file(path, info).faults
    assert "node 1 (UNETLoader) needs the model file m.safetensors, which the server does not have" in faults
    del info["CreateVideo"]
    assert check_workflow_file(path, info).faults == (
        "the server has no node 'CreateVideo' (a custom node may be missing)",
    )


@pytest.mark.parametrize(
    ("node", "inputs", "words"),
    [
        ("5", {"width": "wide"}, "'width' must be a number"),
        ("5", {"width": 99999}, "'width' must be from 16 to 16384, not 99999"),
        ("7", {"images": ["3", 0]}, "'images' takes IMAGE, not CONDITIONING"),
        ("7", {"images": ["3", 4]}, "linked to output 4 of node 3, which has 1"),
        ("6", {"sampler_name": "magic"}, "'sampler_name' cannot be 'magic' on this server"),
    ],
)
def test_wrong_values_and_links_are_named(node: str, inputs: dict[str, Any], words: str) -> None:
    graph = changed(**{f"n{node}": inputs})
    assert any(words in fault for fault in structure_faults(graph, OBJECT_INFO))


def test_a_workflow_is_explained_in_plain_words() -> None:
    lines = explain(shipped("wan_2_2_t2v"))
    assert "LENGTH goes into node 74 (EmptyHunyuanLatentVideo), length (by title; now '81')" in lines
    assert "the model makes 16 frames a second" in lines
    assert "needs the model file wan_2.1_vae.safetensors" in lines


def test_risky_and_useless_nodes_are_warned_about(tmp_path: Path) -> None:
    graph = copy.deepcopy(UNTITLED)
    graph["20"] = {"class_type": "LoadImageFromURL", "inputs": {"image_url": "http://169.254.169.254/"}}
    warnings = " ".join(check_workflow_file(write(tmp_path, graph)).warnings)
    assert "node 20 (LoadImageFromURL) may run code or fetch from the network" in warnings
    assert "holds an address in 'image_url'" in warnings
    assert "nodes 20 do not lead to OUTPUT" in warnings


# --- row 8: lengths and sizes that a model can make ---------------------------------------------------------------

RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30), Fraction(60), Fraction(24000, 1001), Fraction(12)])
LIMITS = st.sampled_from([*LIMITS_OF_CLASS.values(), Limits(4, 16, Fraction(16)), Limits(8, 32, Fraction(25))])


@given(
    frames=st.integers(1, 20_000), width=st.integers(64, 8192), height=st.integers(64, 8192), rate=RATES, limits=LIMITS
)
def test_whatever_is_wished_becomes_legal(frames: int, width: int, height: int, rate: Fraction, limits: Limits) -> None:
    wished = Measures(frames, width, height, rate)
    real = legal_measures(wished, limits)
    assert (real.frames - 1) % limits.step == 0
    assert real.width % limits.multiple == real.height % limits.multiple == 0
    assert abs(real.width - width) <= limits.multiple / 2
    assert abs(real.height - height) <= limits.multiple / 2
    # Never shorter than wished, as the editor can trim but not invent; less than one step longer.
    lasting = Fraction(real.frames) / real.frame_rate - Fraction(frames) / rate
    assert 0 <= lasting < Fraction(limits.step) / real.frame_rate
    assert legal_measures(real, limits) == real
    assert (differences(wished, real, limits) == []) == (wished == real)


@pytest.mark.parametrize(
    ("wished", "limits", "real"),
    [
        (Measures(96, 1280, 720, Fraction(24)), Limits(4, 16), Measures(97, 1280, 720, Fraction(24))),
        (Measures(96, 1280, 720, Fraction(24)), Limits(4, 32), Measures(97, 1280, 704, Fraction(24))),
        (Measures(96, 832, 480, Fraction(24)), Limits(4, 16, Fraction(16)), Measures(65, 832, 480, Fraction(16))),
        (Measures(100, 768, 512, Fraction(25)), Limits(8, 32), Measures(105, 768, 512, Fraction(25))),
        (Measures(1, 64, 64, Fraction(24)), Limits(4, 16), Measures(1, 64, 64, Fraction(24))),
    ],
)
def test_legal_measures_of_known_models(wished: Measures, limits: Limits, real: Measures) -> None:
    assert legal_measures(wished, limits) == real


def test_wish_and_reality_are_both_told() -> None:
    wished, limits = Measures(240, 1280, 720, Fraction(24)), Limits(4, 32, Fraction(16), 81)
    said = " ".join(differences(wished, legal_measures(wished, limits), limits))
    assert "1280x704 instead of 1280x720" in said
    assert "16 frames a second; the film has 24" in said
    assert "up to 81 frames" in said
