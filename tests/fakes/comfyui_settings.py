"""How a fake ComfyUI server behaves: what it is, how fast it renders, and what goes wrong with it.

Every field can be given at the start and changed while the server runs (``POST /fake``).
"""

import dataclasses
import json
from typing import Any


@dataclasses.dataclass
class FakeSettings:
    version: str = "0.33.0"
    # How long a sampler takes in all, how long the encode is visible as a partial file, how late history is written.
    render_seconds: float = 0.1
    encode_seconds: float = 0.0
    history_delay: float = 0.02
    previews: bool = False
    # moving | still | black | grey | colour | noise | half_black; only the first ``picture_times`` renders, -1 = all
    picture: str = "moving"
    picture_times: int = -1
    frames_off: int = 0
    # error | oom | cpu_oom, at a class of node; only the first ``fail_times`` runs, -1 = all
    fails_at: str = ""
    fails_with: str = "error"
    fail_times: int = -1
    # a node that never ends; one that is ``deaf`` does not even see an interrupt
    hangs_at: str = ""
    hang_times: int = -1
    deaf: bool = False
    # the share of the machine's memory that is free
    ram_free: float = 0.9
    # what the HTTP side does: a status for everything, replies of POST /prompt that never leave, a mute socket
    answers: int = 0
    swallow_posts: int = 0
    mute_socket: bool = False
    # the worker is dead: everything is answered, nothing runs any more
    begins_nothing: bool = False
    forgets_files: bool = False
    # seconds before the port opens, seconds until the process ends by itself
    slow_start: float = 0.0
    dies_after: float = 0.0
    missing_models: list[str] = dataclasses.field(default_factory=list)
    missing_nodes: list[str] = dataclasses.field(default_factory=list)

    def change(self, values: dict[str, Any]) -> None:
        known = {field.name for field in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no such setting: {name}")
            setattr(self, name, value)

    def take(self, counter: str) -> bool:
        """Use one of a counted misbehaviour up; False when there is none left."""
        left = getattr(self, counter)
        if left > 0:
            setattr(self, counter, left - 1)
        return bool(left)

    def version_tuple(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    @classmethod
    def from_pairs(cls, pairs: list[str]) -> "FakeSettings":
        """``name=value`` pairs of the command line, values in JSON or as plain words."""
        settings = cls()
        for pair in pairs:
            name, _, text = pair.partition("=")
            try:
                value = json.loads(text)
            except ValueError:
                value = text
            settings.change({name: value})
        return settings
