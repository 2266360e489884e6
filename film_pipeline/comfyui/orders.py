"""One piece of media that is wanted, how patiently it is waited for, and how it was delivered. Data only.

Not here: making it (:mod:`fulfilling`), and what the media must be like; ``Order.check`` knows.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from film_pipeline.comfyui.client import ComfyUIClient, Graph
from film_pipeline.comfyui.downloading import Download
from film_pipeline.comfyui.jobs import OutputFile
from film_pipeline.comfyui.watching import Patience

_NAMESPACE = uuid.UUID("6f1f7a52-6f0e-5c55-9a0b-5f8f2f0f6b1e")


@dataclass(frozen=True)
class Order:
    """What to make.

    ``fill(client, prompt_id, variation)`` gives the graph, uploading what it refers to; another ``variation`` means
    another seed. ``choose`` picks the wanted file among a job's outputs. ``check`` raises a MediaError for a file
    that is not good. ``preflight(client)`` tells what the server lacks, or nothing. ``size`` is for messages.
    """

    digest: str
    need: str
    fill: Callable[[ComfyUIClient, str, int], Graph]
    choose: Callable[[tuple[OutputFile, ...]], OutputFile | None]
    check: Callable[[Path], None]
    preflight: Callable[[ComfyUIClient], list[str]]
    size: str = ""


@dataclass(frozen=True)
class Delivery:
    """How an order was met; ``gpu_seconds`` of the good run, ``attempts`` of all, ``troubles`` on the way in words."""

    server: str
    version: str
    device: str
    torch: str
    prompt_id: str
    variation: int
    attempts: int
    gpu_seconds: float
    download: Download
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Handling:
    """How patiently and how often; ``attempts`` counts machine faults for one order."""

    patience: Patience = field(default_factory=Patience)
    attempts: int = 4


def prompt_id_of(digest: str, attempt: int, variation: int = 0) -> str:
    """Our id of one try: the same digest and numbers give the same id, in every process."""
    return str(uuid.uuid5(_NAMESPACE, f"{digest}:{variation}:{attempt}"))
