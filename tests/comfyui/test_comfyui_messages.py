"""What a real server said over its socket is understood, and made into words for people."""

import json
import struct

import pytest
from small_scenes import RECORDINGS

from film_pipeline.comfyui.messages import (
    NodeProgress,
    NodesCached,
    NodeStarted,
    Preview,
    QueueChanged,
    RunEnded,
    RunStarted,
    read_message,
)
from film_pipeline.comfyui.progress import ProgressMeter

RECORDED = json.loads((RECORDINGS / "messages-0.33.0.json").read_text())


@pytest.mark.parametrize("run", RECORDED)
def test_every_recorded_message_is_understood(run: str) -> None:
    events = [read_message(json.dumps(message)) for message in RECORDED[run]]
    unread = [message for message, event in zip(RECORDED[run], events, strict=True) if event is None]
    # A progress state in which no node runs says nothing new.
    assert all(message["type"] == "progress_state" for message in unread)


def test_a_recorded_run_is_told_in_order() -> None:
    events = [read_message(json.dumps(message)) for message in RECORDED["success"]]
    kinds = [type(event) for event in events if event is not None]
    assert kinds[0] is QueueChanged
    assert [event.node for event in events if isinstance(event, NodeStarted)] == ["1", "2", "3"]
    assert kinds.index(RunStarted) < kinds.index(NodesCached) < kinds.index(NodeStarted) < kinds.index(RunEnded)


def test_the_end_of_a_run_wakes_the_waiting_thread() -> None:
    messages = RECORDED["interrupted"]
    prompt_id = next(message["data"]["prompt_id"] for message in messages if "prompt_id" in message["data"])
    meter = ProgressMeter({})
    meter.begin(prompt_id)
    meter.wake.clear()
    meter.take(RunEnded(prompt_id))
    assert meter.wake.is_set()


def test_previews_of_both_kinds_are_read() -> None:
    assert read_message(struct.pack(">II", 1, 2) + b"png!") == Preview("", b"png!", "image/png")
    about = json.dumps({"prompt_id": "p", "node_id": "3", "image_type": "image/jpeg"}).encode()
    message = struct.pack(">II", 4, len(about)) + about + b"jpeg"
    assert read_message(message) == Preview("p", b"jpeg", "image/jpeg")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type": "status"}',
        '{"type": "progress", "data": {}}',
        '{"type": "crystools", "data": 1}',
        b"",
        b"\x00",
        b"\x00\x00\x00\x04\xff\xff\xff\xff",
        b"\x00\x00\x00\x03text",
    ],
)
def test_what_cannot_be_read_is_no_hint_and_no_fault(message: str | bytes) -> None:
    assert read_message(message) is None


def test_steps_are_counted_and_the_rest_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("film_pipeline.comfyui.progress.time.monotonic", lambda: now)
    meter = ProgressMeter({"1": {"class_type": "UNETLoader"}, "2": {"class_type": "SamplerCustomAdvanced"}})
    meter.begin("p")
    meter.take(NodeStarted("p", "1"))
    assert meter.words == "loading the model"
    meter.take(NodeProgress("p", "2", 0, 20))
    now = 130.0
    meter.take(NodeProgress("p", "2", 12, 20))
    assert meter.words == "step 12 of 20, about 20 s left"
    assert 0.5 < meter.share < 0.7


def test_events_of_another_job_say_nothing_about_ours() -> None:
    meter = ProgressMeter({"2": {"class_type": "KSampler"}})
    meter.begin("ours")
    meter.take(NodeProgress("theirs", "2", 5, 20))
    assert meter.signs == 0


def test_a_count_that_repeats_is_no_progress() -> None:
    meter = ProgressMeter({"2": {"class_type": "KSampler"}})
    meter.begin("p")
    for _ in range(3):
        meter.take(NodeProgress("p", "2", 5, 20))
    assert meter.signs == 1
