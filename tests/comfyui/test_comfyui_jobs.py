"""States, files and faults of jobs, read from what a real server answered, and refusals in plain words."""

import json
from typing import Any

import pytest
from small_scenes import RECORDINGS

from film_pipeline.comfyui.jobs import (
    JobState,
    NodeFault,
    OutputFile,
    collect_outputs,
    read_queue,
    report_from_history,
    report_from_job,
)
from film_pipeline.comfyui.refusals import read_refusal
from film_pipeline.comfyui.server_fault import plain
from film_pipeline.comfyui.versions import parse_version, version_warnings

HISTORY = {
    name: next(iter(entry.values()))
    for name, entry in json.loads((RECORDINGS / "history-0.33.0.json").read_text()).items()
}
JOBS = json.loads((RECORDINGS / "jobs-0.33.0.json").read_text())
REFUSALS = json.loads((RECORDINGS / "refusals-0.33.0.json").read_text())


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("success", JobState.DONE),
        ("cached", JobState.DONE),
        ("execution_error", JobState.FAILED),
        ("interrupted", JobState.CANCELLED),
    ],
)
def test_history_and_jobs_tell_the_same(name: str, state: JobState) -> None:
    from_history = report_from_history(HISTORY[name])
    from_job = report_from_job(JOBS["cancelled" if name == "interrupted" else name][1])
    assert from_history.state is from_job.state is state
    assert from_history.outputs == from_job.outputs
    assert from_history.fault == from_job.fault


def test_waiting_and_running_jobs() -> None:
    assert report_from_job(JOBS["pending"][1]).state is JobState.PENDING
    assert report_from_job(JOBS["running"][1]).state is JobState.RUNNING


def test_a_fault_shows_the_node_and_no_folder_of_the_server() -> None:
    fault = report_from_history(HISTORY["execution_error"]).fault
    assert fault is not None
    assert (fault.node, fault.class_type, fault.exception) == ("3", "SaveVideo", "Exception")
    assert "Saving image outside the output folder" in str(fault)


def test_the_time_of_a_run_is_its_own_not_the_queues() -> None:
    report = report_from_history(HISTORY["interrupted"])
    assert report.run_seconds == pytest.approx(18.484, abs=0.01)


def test_kept_files_are_collected_and_temporary_ones_left() -> None:
    files = collect_outputs(HISTORY["saveimage_previews"]["outputs"])
    assert {(file.node, file.filename) for file in files} == {
        ("3", "i_00001_.png"),
        ("3", "i_00002_.png"),
        ("5", "au_00001.flac"),
    }


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        (
            {"5": {"images": [{"filename": "v.mp4", "type": "output"}], "animated": [True]}},
            ["v.mp4"],
        ),
        (
            {"9": {"gifs": [{"filename": "c-audio.mp4", "type": "output", "fullpath": "/srv/x", "workflow": "c.png"}]}},
            ["c-audio.mp4"],
        ),
        ({"9": {"gifs": [{"filename": "p.mp4", "type": "temp"}]}}, []),
        ({"9": {"videos": [{"filename": "w.webm", "type": "output"}]}}, ["w.webm"]),
        ({"9": {"text": ["long text"]}, "8": {"audio": [{"filename": "a.flac", "type": "output"}]}}, ["a.flac"]),
        ({"9": None, "8": {"images": None}}, []),
        ({}, []),
        (None, []),
    ],
)
def test_files_are_found_under_whatever_key_a_node_uses(outputs: Any, found: list[str]) -> None:
    assert [file.filename for file in collect_outputs(outputs)] == found


def test_a_file_is_known_by_node_and_folder() -> None:
    (file,) = report_from_history(HISTORY["success"]).outputs
    assert file == OutputFile("3", "v_00001_.mp4", "rec")


def test_the_recorded_queue_is_other_clients_work() -> None:
    queue = read_queue(json.loads((RECORDINGS / "queue-0.33.0.json").read_text()))
    (pending,) = queue.pending
    assert queue.place_of(pending.prompt_id) == 1
    assert queue.is_behind_others(pending.prompt_id)
    assert queue.place_of("unknown") == -1


def test_waiting_jobs_are_read_in_the_order_of_their_run() -> None:
    items = [[9, "c", {}, {}, []], [3, "a", {}, {}, []], [5, "b", {}, {"film_pipeline": {"digest": "d"}}, []]]
    queue = read_queue({"queue_running": [], "queue_pending": items})
    assert [item.prompt_id for item in queue.pending] == ["a", "b", "c"]
    assert [item.is_foreign for item in queue.pending] == [True, False, True]


@pytest.mark.parametrize(
    ("exception", "message", "memory"),
    [
        ("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory.", True),
        ("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 39813120000 bytes", True),
        ("RuntimeError", "CUDA out of memory. Tried to allocate 2 GiB", True),
        ("ValueError", "memory format is not supported", False),
    ],
)
def test_out_of_memory_is_told_from_other_faults(exception: str, message: str, memory: bool) -> None:
    assert NodeFault("1", "VAEDecode", exception, message).is_out_of_memory is memory


@pytest.mark.parametrize(
    ("name", "words", "lack"),
    [
        ("unknown_class", "the server has no node 'NoSuchNode'", True),
        ("too_big", "node 1 (EmptyImage): Value 99999 bigger than max of 16384", False),
        ("missing_input", "node 1 (EmptyImage) lacks its input 'color'", False),
        ("type_mismatch", "node 3 (SaveVideo): Return type mismatch", False),
        ("dangling_link", "node 2 (CreateVideo): Exception when validating inner node ('99')", False),
        ("no_output", "Prompt has no outputs", False),
        ("half_good", "node 9 (SaveImage) lacks its input 'images'", False),
        ("bad_id", "prompt_id must be a valid UUID", False),
        ("bad_number_text", "Failed to convert an input value to a INT value", False),
    ],
)
def test_recorded_refusals_in_plain_words(name: str, words: str, lack: bool) -> None:
    graph = {"1": {"class_type": "EmptyImage"}, "2": {"class_type": "CreateVideo"}, "3": {"class_type": "SaveVideo"}}
    graph["9"] = {"class_type": "SaveImage"}
    refusal = read_refusal(REFUSALS[name]["body"], graph)
    assert words in str(refusal)
    assert refusal.is_servers_lack is lack
    assert "Traceback" not in str(refusal)
    assert "execution.py" not in str(refusal)


def test_a_missing_model_file_is_the_servers_lack() -> None:
    fault = {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": "unet_name: 'x.safetensors' not in []",
        "extra_info": {"input_name": "unet_name", "received_value": "x.safetensors"},
    }
    body = {"error": {"type": "prompt_outputs_failed_validation"}, "node_errors": {"1": {"errors": [fault]}}}
    refusal = read_refusal(body, {"1": {"class_type": "UNETLoader"}})
    assert refusal.is_servers_lack
    assert str(refusal) == "node 1 (UNETLoader) needs the model file x.safetensors, which the server does not have"


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": "text"}, {"error": {}, "node_errors": None}])
def test_a_refusal_of_no_known_form_is_still_told(body: Any) -> None:
    assert str(read_refusal(body, {})) == "no reason given"


def test_words_from_a_server_are_made_plain() -> None:
    words = plain("no '/srv/models/x.safetensors'\n\x1b[31m at https://user:pw@host/x C:\\Users\\me\\y.pt")
    assert words == "no '…/x.safetensors' [31m at (address) …\\y.pt"
    assert len(plain("x" * 1000)) == 300


@pytest.mark.parametrize(
    ("version", "warnings"),
    [("0.33.0", 0), ("0.28.0", 0), ("0.27.1", 1), ("0.26.0", 1), ("0.25.9", 2), ("0.3.64", 2), ("nightly", 2)],
)
def test_old_versions_are_warned_about(version: str, warnings: int) -> None:
    said = version_warnings(version)
    assert len(said) == warnings
    assert all(version in line for line in said)
    assert parse_version("v0.33.0") == (0, 33, 0)
