"""From a server's events to what people see: the done share, ``step 12 of 20``, seconds left, preview pictures."""

import threading
import time
from collections.abc import Callable
from typing import Any

from film_pipeline.comfyui.messages import (
    Event,
    NodeFinished,
    NodeProgress,
    NodesCached,
    NodeStarted,
    Preview,
    QueueChanged,
    RunEnded,
    RunStarted,
)

Previews = Callable[[bytes, str], None]
"""Called with a small picture and its MIME type while a scene is sampled."""

_SAMPLERS = ("KSampler", "SamplerCustom", "WanVideoSampler", "HyVideoSampler")
_WEIGHTS = (("Sampler", 40.0), ("Decode", 6.0), ("Save", 3.0), ("TextEncode", 3.0), ("Loader", 3.0))


class ProgressMeter:
    """Counts one job. Events come from the socket's thread, questions from the waiting one."""

    def __init__(self, graph: dict[str, Any], previews: Previews | None = None) -> None:
        self._classes = {node: str(entry.get("class_type")) for node, entry in graph.items()}
        self._previews = previews
        self._lock = threading.Lock()
        self.wake = threading.Event()
        self._prompt_id = ""
        self.last_sign = time.monotonic()
        self.signs = 0
        self._done: dict[str, float] = {}
        self._node = ""
        self._value = self._most = 0.0
        self._pace_start: tuple[str, float, float] | None = None

    def begin(self, prompt_id: str) -> None:
        """From now on only events of this job count."""
        self._prompt_id = prompt_id
        self.last_sign = time.monotonic()

    def take(self, event: Event) -> None:
        """Learn from one event; another job's events say nothing about this one."""
        if isinstance(event, QueueChanged):
            self.wake.set()
            return
        if event.prompt_id not in ("", self._prompt_id):
            return
        with self._lock:
            if self._advance(event):
                self.last_sign = time.monotonic()
                self.signs += 1
        if isinstance(event, Preview) and self._previews is not None:
            self._previews(event.image, event.mime)
        if isinstance(event, RunStarted | RunEnded):
            self.wake.set()

    def _advance(self, event: Event) -> bool:
        """Whether this is progress; a node that repeats the same count is not."""
        if isinstance(event, NodesCached):
            self._done |= dict.fromkeys(event.nodes, 1.0)
        elif isinstance(event, NodeStarted):
            if event.node != self._node:
                self._turn_to(event.node)
        elif isinstance(event, NodeFinished):
            self._done[event.node] = 1.0
        elif isinstance(event, NodeProgress):
            return self._count(event)
        return True

    def _turn_to(self, node: str) -> None:
        """One node runs at a time: another one begins, so the one before is done."""
        if self._node:
            self._done[self._node] = 1.0
        self._node, self._value, self._most = node, 0.0, 0.0

    def _count(self, event: NodeProgress) -> bool:
        if (event.node, event.value, event.most) == (self._node, self._value, self._most):
            return False
        if event.node != self._node:
            self._turn_to(event.node)
        self._value, self._most = event.value, event.most
        if self._pace_start is None or self._pace_start[0] != event.node:
            self._pace_start = (event.node, event.value, time.monotonic())
        self._done[event.node] = min(1.0, event.value / event.most) if event.most > 0 else 0.0
        return True

    @property
    def share(self) -> float:
        """The done share of the whole graph, from 0 to 1, by the weight of its nodes."""
        with self._lock:
            total = sum(self._weight(kind) for kind in self._classes.values())
            done = sum(self._weight(kind) * self._done.get(node, 0.0) for node, kind in self._classes.items())
            return done / total if total else 0.0

    @property
    def words(self) -> str:
        """What is being done, for people."""
        with self._lock:
            kind = self._classes.get(self._node, "")
            if any(word in kind for word in _SAMPLERS) and self._most > 1:
                return f"step {self._value:g} of {self._most:g}{self._left()}"
            return _WORDS_OF.get(kind) or next((words for part, words in _WORDS if part in kind), "working")

    def _left(self) -> str:
        if self._pace_start is None or self._value <= self._pace_start[1]:
            return ""
        _, first, since = self._pace_start
        pace = (time.monotonic() - since) / (self._value - first)
        return f", about {max(1, round(pace * (self._most - self._value)))} s left"

    @staticmethod
    def _weight(kind: str) -> float:
        return next((weight for part, weight in _WEIGHTS if part in kind and kind != "KSamplerSelect"), 0.5)


_WORDS_OF = {"CreateVideo": "putting the frames together", "LoadImage": "reading the reference image"}
_WORDS = (
    ("Loader", "loading the model"),
    ("Encode", "reading the prompt"),
    ("Decode", "decoding the picture"),
    ("Save", "writing the file"),
)
