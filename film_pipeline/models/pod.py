"""ScenePod: what the platform engineer says about the pods that render scenes in a cluster.

Data only, in the words of Kubernetes where Kubernetes has a word. Not here: the pod's manifest (``defs.pods``).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

PodForm = Literal["sidecar", "companion", "pool"]

_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
CLAIM_NAME = rf"{_LABEL}(\.{_LABEL})*"
"""How a PersistentVolumeClaim may be called, but for the length of at most 253."""


class Resources(BaseModel):
    """What ComfyUI's container asks for and may use; a GPU stands under ``limits`` (``nvidia.com/gpu: 1``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limits: dict[str, str | int] = {"nvidia.com/gpu": 1, "memory": "48Gi"}
    requests: dict[str, str | int] = {"cpu": "2", "memory": "24Gi"}


class ScenePod(BaseModel):
    """The pod of one scene step; ``FILM_POD`` as YAML.

    ``form``: ``sidecar`` runs ComfyUI beside the step (Kubernetes >= 1.29), ``companion`` does the same on older
    clusters, ``pool`` renders on servers outside, named by ``COMFYUI_URL``. ``models`` is the claim with the weights,
    mounted read-only at ``/models``. ``scenes`` at most are rendered by one pod. Times are in seconds: ``wait`` for a
    GPU, ``start`` of ComfyUI and ``render`` of one scene at most, ``grace`` to finish an upload when told to stop,
    ``keep`` finished Jobs. ``pod`` and ``container`` are any further fields of the pod and of ComfyUI's container.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    form: PodForm = "sidecar"
    image: str = ""
    command: tuple[str, ...] = Field(default=("tini", "--", "python", "main.py"), min_length=1)
    arguments: tuple[str, ...] = ()
    models: str = Field(default="comfyui-models", max_length=252, pattern=rf"^({CLAIM_NAME})?$")
    resources: Resources = Resources()
    node_selector: dict[str, str] = {}
    tolerations: tuple[dict[str, Any], ...] = ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},)
    priority_class: str = ""
    service_account: str = "film-scene"
    scenes: int = Field(default=1, ge=1, le=100)
    wait_seconds: int = Field(default=7_200, ge=60)
    start_seconds: int = Field(default=600, ge=10)
    render_seconds: int = Field(default=21_600, ge=60)
    grace_seconds: int = Field(default=120, ge=10)
    keep_seconds: int = Field(default=86_400, ge=3_600)
    pod: dict[str, Any] = {}
    container: dict[str, Any] = {}

    @model_validator(mode="after")
    def _has_what_its_form_needs(self) -> "ScenePod":
        if self.form != "pool" and not self.image:
            raise ValueError(f"form {self.form} needs image, the name of ComfyUI's image")
        return self
