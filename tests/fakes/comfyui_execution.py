"""The queue, the single worker and the nodes of the fake server.

As on the real one: one job at a time, queue and history in memory only, results cached between runs, interrupts seen
at ticks only, outputs written in place, and the end of a run announced before history knows of it.
"""

import heapq
import itertools
import json
import os
import random
import shutil
import string
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import comfyui_media
from .comfyui_settings import FakeSettings

Graph = dict[str, Any]
Say = Callable[[str, dict[str, Any], str | None], None]
_OOM = (
    "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
    "This error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have "
    "accidentally set the batch_size to a large number."
)
_CPU_OOM = (
    "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "39813120000 bytes. Error code 12 (Cannot allocate memory)\n"
)


class RunInterruptedError(Exception):
    """The run was interrupted at a tick."""


class NodeFaultError(Exception):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def now_ms() -> int:
    return int(time.time() * 1000)


class Engine:
    """Queue, history and worker; ``say`` sends an event to one client's socket or (None) to all."""

    def __init__(self, settings: FakeSettings, directory: Path, say: Say, say_binary: Callable[..., None]) -> None:
        self.settings = settings
        self.directory = directory
        self.output = directory / "output"
        self.temp = directory / "temp"
        for folder in (self.output, self.temp, directory / "input"):
            folder.mkdir(parents=True, exist_ok=True)
        self._say = say
        self._say_binary = say_binary
        self._mutex = threading.RLock()
        self._wake = threading.Condition(self._mutex)
        self._numbers = itertools.count()
        self.pending: list[list[Any]] = []
        self.running: list[list[Any]] = []
        self.history: dict[str, dict[str, Any]] = {}
        self.interrupted = False
        self._cache: dict[str, tuple[Any, dict[str, Any] | None]] = {}
        self._signatures: dict[str, str] = {}
        self._prompt: list[Any] = []
        self._node = ""

    # --- the queue ---------------------------------------------------------------------------------------------
    def put(self, prompt_id: str, graph: Graph, extra: dict[str, Any], outputs: list[str], number: float | None) -> int:
        with self._mutex:
            item = [next(self._numbers) if number is None else number, prompt_id, graph, extra, outputs]
            heapq.heappush(self.pending, item)  # raises on equal number and id, like the real one, item kept
            self.note("accepted", prompt_id, extra)
            self._wake.notify()
        self.say_status()
        return item[0]

    def delete(self, prompt_id: str) -> bool:
        with self._mutex:
            for index, item in enumerate(self.pending):
                if item[1] == prompt_id:
                    del self.pending[index]
                    heapq.heapify(self.pending)
                    break
            else:
                return False
        self.say_status()
        return True

    def clear(self) -> None:
        with self._mutex:
            self.pending.clear()
        self.say_status()

    def interrupt(self, prompt_id: str | None) -> bool:
        """Interrupt one run by id, or whatever runs where the id is empty."""
        with self._mutex:
            hit = not prompt_id or any(item[1] == prompt_id for item in self.running)
            self.interrupted = self.interrupted or hit
        return hit

    def free(self, memory: bool) -> None:
        self.note("free", "", {})
        if memory:
            self._cache.clear()

    def forget(self) -> None:
        """Everything: history, cache, files and notes."""
        with self._mutex:
            self.history.clear()
            self._cache.clear()
            self.interrupted = False
        for folder in (self.output, self.temp, self.directory / "input"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        (self.directory / "jobs.jsonl").unlink(missing_ok=True)

    def remaining(self) -> int:
        with self._mutex:
            return len(self.pending) + len(self.running)

    def snapshot(self) -> tuple[list[list[Any]], list[list[Any]], dict[str, dict[str, Any]]]:
        with self._mutex:
            return list(self.running), list(self.pending), dict(self.history)

    def say_status(self) -> None:
        self._say("status", {"status": {"exec_info": {"queue_remaining": self.remaining()}}}, None)

    def note(self, event: str, prompt_id: str, extra: dict[str, Any]) -> None:
        """One line in ``jobs.jsonl``, which outlives the process: what tests count."""
        line = {"event": event, "id": prompt_id, "pid": os.getpid(), "time": time.time()}
        line["mark"] = extra.get("film_pipeline")
        with (self.directory / "jobs.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    # --- the worker --------------------------------------------------------------------------------------------
    def work(self) -> None:
        while True:
            with self._wake:
                while not self.pending or self.settings.begins_nothing:
                    self._wake.wait(0.1)
                item = heapq.heappop(self.pending)
                self.running.append(item)
                self.interrupted = False
            self.say_status()
            self._run(item)

    def _run(self, item: list[Any]) -> None:
        _, prompt_id, graph, extra, outputs = item
        client = extra.get("client_id")
        self._prompt = item
        self.note("started", prompt_id, extra)
        messages: list[list[Any]] = []

        def add(kind: str, data: dict[str, Any]) -> None:
            messages.append([kind, {"prompt_id": prompt_id, **data, "timestamp": now_ms()}])
            self._say(kind, messages[-1][1], client)

        add("execution_start", {})
        shown: dict[str, Any] = {}
        ended = self._execute(graph, outputs, client, add, shown)
        self.note(ended, prompt_id, extra)
        time.sleep(self.settings.history_delay)
        good = ended == "success"
        status = {"status_str": "success" if good else "error", "completed": good, "messages": messages}
        meta = {key: {"node_id": key, "display_node": key, "parent_node": None, "real_node_id": key} for key in shown}
        with self._mutex:
            self.running.remove(item)
            self.history[prompt_id] = {"prompt": item, "outputs": shown, "status": status, "meta": meta}
        self.say_status()
        if client:
            self._say("executing", {"node": None, "prompt_id": prompt_id}, client)

    def _execute(
        self, graph: Graph, outputs: list[str], client: str | None, add: Callable[..., None], shown: dict[str, Any]
    ) -> str:
        order = _order(graph, outputs)
        self._signatures = {}
        cached = [node_id for node_id in order if self._signature(graph, node_id) in self._cache]
        add("execution_cached", {"nodes": cached})
        done: list[str] = []
        values: dict[str, Any] = {}
        kept = {self._signature(graph, node_id) for node_id in order}
        try:
            for node_id in order:
                values[node_id] = self._one(graph, node_id, values, client, shown)
                done.append(node_id)
        except RunInterruptedError:
            kind = graph[self._node]["class_type"]
            add("execution_interrupted", {"node_id": self._node, "node_type": kind, "executed": done})
            return "interrupted"
        except NodeFaultError as fault:
            add("execution_error", self._fault(graph, fault, done))
            return "error"
        self._cache = {key: value for key, value in self._cache.items() if key in kept}
        add("execution_success", {})
        return "success"

    def _fault(self, graph: Graph, fault: NodeFaultError, done: list[str]) -> dict[str, Any]:
        return {
            "node_id": self._node,
            "node_type": graph[self._node]["class_type"],
            "executed": done,
            "exception_message": str(fault),
            "exception_type": fault.kind,
            "traceback": ['  File "/srv/secret-path/comfyui/execution.py", line 545, in execute\n'],
            "current_inputs": {},
            "current_outputs": [],
        }

    def _one(
        self, graph: Graph, node_id: str, values: dict[str, Any], client: str | None, shown: dict[str, Any]
    ) -> Any:
        prompt_id = self._prompt[1]
        key = self._signature(graph, node_id)
        self._node = node_id
        if key in self._cache:
            value, ui = self._cache[key]
        else:
            self._progress_state(node_id, 0, 1, "running", client)
            self._say("executing", {"node": node_id, "display_node": node_id, "prompt_id": prompt_id}, client)
            self.tick()
            kind = graph[node_id]["class_type"]
            self._misbehave(kind)
            inputs = {
                name: values[value[0]] if isinstance(value, list) else value
                for name, value in graph[node_id]["inputs"].items()
            }
            value, ui = self._nodes(kind, inputs, client)
            self._cache[key] = (value, ui)
            self._progress_state(node_id, 1, 1, "finished", client)
        if ui is not None:
            shown[node_id] = ui
            data = {"node": node_id, "display_node": node_id, "output": ui, "prompt_id": prompt_id}
            self._say("executed", data, client)
        return value

    def _signature(self, graph: Graph, node_id: str) -> str:
        if node_id not in self._signatures:
            node = graph[node_id]
            inputs = {
                name: [self._signature(graph, value[0]), value[1]] if isinstance(value, list) else value
                for name, value in sorted(node["inputs"].items())
            }
            self._signatures[node_id] = json.dumps([node["class_type"], inputs])
        return self._signatures[node_id]

    def _progress_state(self, node_id: str, value: float, top: float, state: str, client: str | None) -> None:
        prompt_id = self._prompt[1]
        entry = {
            "value": float(value),
            "max": float(top),
            "state": state,
            "node_id": node_id,
            "prompt_id": prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }
        self._say("progress_state", {"prompt_id": prompt_id, "nodes": {node_id: entry}}, client)

    def tick(self) -> None:
        if self.interrupted and not self.settings.deaf:
            self.interrupted = False
            raise RunInterruptedError

    # --- the nodes ---------------------------------------------------------------------------------------------
    def _misbehave(self, kind: str) -> None:
        settings = self.settings
        if kind == settings.hangs_at and settings.take("hang_times"):
            while settings.hangs_at:
                time.sleep(0.02)
                self.tick()
        if kind == settings.fails_at and settings.take("fail_times"):
            if settings.fails_with == "oom":
                raise NodeFaultError("torch.OutOfMemoryError", _OOM)
            if settings.fails_with == "cpu_oom":
                raise NodeFaultError("RuntimeError", _CPU_OOM)
            raise NodeFaultError("TypeError", "cannot multiply 'NoneType' in /srv/secret-path/models/x.safetensors")

    def _nodes(self, kind: str, inputs: dict[str, Any], client: str | None) -> tuple[Any, dict[str, Any] | None]:
        if kind.startswith(("SaveVideo", "SaveImage", "PreviewImage", "SaveAudio")):
            return self._save(kind, inputs)
        if kind.startswith("Primitive"):
            return inputs["value"], None
        if ("KSampler" in kind and kind != "KSamplerSelect") or kind == "SamplerCustomAdvanced":
            self._sample(inputs, client)
        return _describe(kind, inputs), None

    def _sample(self, inputs: dict[str, Any], client: str | None) -> None:
        steps = inputs.get("steps") or (inputs.get("sigmas") or {}).get("steps") or 20
        steps = min(int(steps), 20)
        for step in range(1, steps + 1):
            time.sleep(self.settings.render_seconds / steps)
            self.tick()
            data = {"value": step, "max": steps, "prompt_id": self._prompt[1], "node": self._node}
            self._say("progress", data, client)
            self._progress_state(self._node, step, steps, "running", client)
            if self.settings.previews:
                about = {"node_id": self._node, "prompt_id": self._prompt[1]}
                self._say_binary(comfyui_media.preview(step / steps), about, client)

    def _save(self, kind: str, inputs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        media = inputs.get("video") or inputs.get("images") or inputs.get("audio")
        prefix = str(inputs.get("filename_prefix", "ComfyUI"))
        root = self.output
        if kind == "PreviewImage":
            root, prefix = self.temp, "ComfyUI_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))
        folder = (root / prefix).parent
        if not folder.resolve().is_relative_to(root.resolve()):
            raise NodeFaultError("Exception", "**** ERROR: Saving image outside the output folder is not allowed.\n")
        folder.mkdir(parents=True, exist_ok=True)
        name = (root / prefix).name
        ending = ".flac" if kind.startswith("SaveAudio") else ".mp4" if kind == "SaveVideo" else ".png"
        number = 1 + max((_number(path) for path in folder.glob(f"{name}_*")), default=0)
        stem = f"{name}_{number:05d}" + ("" if ending == ".flac" else "_")
        path = folder / (stem + ending)
        self._write(path, media, ending)
        subfolder = "" if folder == root else str(folder.relative_to(root))
        entry = {"filename": path.name, "subfolder": subfolder, "type": "temp" if root is self.temp else "output"}
        if self.settings.forgets_files:
            path.unlink()
        if ending == ".flac":
            return media, {"audio": [entry]}
        return media, {"images": [entry], "animated": [True]} if ending == ".mp4" else {"images": [entry]}

    def _write(self, path: Path, media: dict[str, Any], ending: str) -> None:
        settings = self.settings
        if ending == ".flac":
            comfyui_media.write_audio(path, seconds=media.get("seconds", 1.0), seed=media.get("seed", 0))
            return
        if ending == ".png":
            path.write_bytes(b"\x89PNG\r\n\x1a\n")
            return
        picture = settings.picture
        if picture != "moving" and not settings.take("picture_times"):
            picture = "moving"
        comfyui_media.write_clip(
            path,
            width=media["width"],
            height=media["height"],
            frames=max(1, media["frames"] + settings.frames_off),
            fps=media.get("fps", 24),
            picture=picture,
            seed=media.get("seed", 0) % 2**32,
            over_seconds=settings.encode_seconds,
            tick=self.tick,
        )


def _number(path: Path) -> int:
    parts = path.stem.strip("_").rsplit("_", 1)
    return int(parts[-1]) if parts[-1].isdigit() else 0


def _order(graph: Graph, outputs: list[str]) -> list[str]:
    order: list[str] = []

    def visit(node_id: str) -> None:
        if node_id in order:
            return
        for value in graph[node_id]["inputs"].values():
            if isinstance(value, list):
                visit(value[0])
        order.append(node_id)

    for node_id in outputs:
        visit(node_id)
    return order


def _describe(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """What a node hands on: the measures of everything it was given, rounded as the real nodes do."""
    known: dict[str, Any] = {}
    for value in inputs.values():
        if isinstance(value, dict):
            known.update(value)
    for name in ("width", "height", "seed", "fps", "seconds", "steps"):
        if name in inputs and not isinstance(inputs[name], dict):
            known[name] = inputs[name]
    if "noise_seed" in inputs:
        known["seed"] = inputs["noise_seed"]
    if "length" in inputs:
        step, side = (8, 32) if "LTX" in kind else (4, 32 if "Wan22" in kind else 16)
        known["frames"] = (int(inputs["length"]) - 1) // step * step + 1
        known["width"], known["height"] = (int(known[name]) // side * side for name in ("width", "height"))
    elif kind == "EmptyImage":
        known["frames"], known["seed"] = inputs["batch_size"], inputs.get("color", 0)
    return known
