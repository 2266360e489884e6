"""Stand-ins for what tests must not reach, speaking the real protocols on loopback."""

from .comfyui import FakeComfyUIServer, free_port
from .fault_proxy import Fault, FaultProxy

__all__ = ["FakeComfyUIServer", "Fault", "FaultProxy", "free_port"]
