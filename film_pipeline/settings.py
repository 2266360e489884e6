"""Every setting, read once from the environment and ``.env``; the same names in CLI, Dagster and Helm.

Not here: what a setting means for a service. Services take plain values in their constructors.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from film_pipeline.errors import SettingsError
from film_pipeline.models.cron import require_cron
from film_pipeline.models.format import Codec, FilmFormat, FrameRate, parse_size
from film_pipeline.models.pod import CLAIM_NAME, ScenePod
from film_pipeline.models.price import GpuPrice, parse_price
from film_pipeline.models.storyboard import MAX_TAKES
from film_pipeline.models.web_address import is_open_to_all, web_address

Executor = Literal["in_process", "multiprocess", "k8s"]


def _key(value: Any) -> Any:
    """A key must go into an HTTP header as it is; the value itself is never shown."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and (" " in text or not text.isprintable() or not text.isascii()):
        raise ValueError("holds a space, a line break or a character that no key has; copy it again")
    return value


def _whole(path: Path) -> Path:
    """The path from the root on; also what no shell has read, as in ``.env``, may begin with ``~``."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("begins with ~ and the name of a user who is not there") from None


def _price(value: Any) -> Any:
    return parse_price(value) if isinstance(value, str) else value


def _pod(value: Any) -> Any:
    """The scene pod from YAML: the text itself, or the path of a file that ends in .yaml."""
    if not isinstance(value, str):
        return value
    import yaml  # imported where it is needed: only a cluster has pods

    try:
        text = Path(value).read_text() if value.endswith((".yaml", ".yml")) else value
        data = yaml.safe_load(text)
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ValueError(f"must be YAML, or a file that ends in .yaml: {str(error)[:300]}") from None
    if not isinstance(data, dict):
        raise ValueError("must be YAML with fields such as form and image, or a file that ends in .yaml")
    return data


class Settings(BaseSettings):
    """The settings of one film home; see the table in README.md. Empty variables count as unset."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",  # Notepad begins a file with a byte order mark
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(default=Path("film-home"), validation_alias=AliasChoices("FILM_HOME", "DAGSTER_HOME"))
    dagster_home: Path | None = Field(default=None, validation_alias="DAGSTER_HOME")
    storage: str = Field(default="", validation_alias="FILM_STORAGE")
    comfyui_urls: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="COMFYUI_URL")
    openai_api_key: Annotated[SecretStr, BeforeValidator(_key)] = Field(
        default=SecretStr(""), validation_alias="OPENAI_API_KEY"
    )
    openai_base_url: str = Field(default="", validation_alias="OPENAI_BASE_URL")
    openai_model: str = Field(default="gpt-5-mini", validation_alias="OPENAI_MODEL", min_length=1, max_length=200)
    director: Literal["openai", "offline", ""] = Field(default="", validation_alias="FILM_DIRECTOR")
    renderer: Literal["comfyui", "animatic", ""] = Field(default="", validation_alias="FILM_RENDERER")
    composer: Literal["comfyui", "synth", ""] = Field(default="", validation_alias="FILM_COMPOSER")
    takes: int = Field(default=1, ge=1, le=MAX_TAKES, validation_alias="FILM_TAKES")
    judge: Literal["numpy", "vision", "off"] = Field(default="numpy", validation_alias="FILM_JUDGE")
    judge_model: str = Field(default="", max_length=200, validation_alias="FILM_JUDGE_MODEL")
    workflow: str = Field(default="hunyuan_video_t2v", validation_alias="FILM_WORKFLOW")
    reference_workflow: str = Field(default="hunyuan_video_1_5_i2v", validation_alias="FILM_REFERENCE_WORKFLOW")
    music_workflow: str = Field(default="ace_step_1_5_music", validation_alias="FILM_MUSIC_WORKFLOW")
    workflows: str = Field(default="", validation_alias="FILM_WORKFLOWS")
    stall_seconds: float = Field(default=900, ge=1, allow_inf_nan=False, validation_alias="FILM_STALL_SECONDS")
    start_seconds: float = Field(default=60, ge=0, allow_inf_nan=False, validation_alias="FILM_START_SECONDS")
    size: str = Field(default="1280x720", validation_alias="FILM_SIZE")
    fps: FrameRate = Field(default="24", validation_alias="FILM_FPS", validate_default=True)
    codec: Codec = Field(default="h264", validation_alias="FILM_CODEC")
    loudness: float = Field(default=-14.0, ge=-40, le=-5, allow_inf_nan=False, validation_alias="FILM_LOUDNESS")
    executor: Executor = Field(default="in_process", validation_alias="FILM_EXECUTOR")
    pod: Annotated[ScenePod | None, NoDecode, BeforeValidator(_pod)] = Field(default=None, validation_alias="FILM_POD")
    log: Literal["text", "json"] = Field(default="text", validation_alias="FILM_LOG")
    metrics: str = Field(default="", validation_alias="FILM_METRICS")
    workers: int = Field(default=0, ge=0, le=256, validation_alias="FILM_WORKERS")
    cache_gb: float = Field(default=10, ge=0, allow_inf_nan=False, validation_alias="FILM_CACHE_GB")
    cache_claim: str = Field(default="", validation_alias="FILM_CACHE_CLAIM")
    batch_cron: str = Field(default="0 1 * * *", validation_alias="FILM_BATCH_CRON")
    batch_timezone: str = Field(default="UTC", validation_alias="FILM_BATCH_TIMEZONE")
    batch_scenes: int = Field(default=200, ge=1, le=100_000, validation_alias="FILM_BATCH_SCENES")
    batch_gpu_seconds: float = Field(default=0, ge=0, allow_inf_nan=False, validation_alias="FILM_BATCH_GPU_SECONDS")
    c2pa_cert: Path | None = Field(default=None, validation_alias="FILM_C2PA_CERT")
    c2pa_key: Path | None = Field(default=None, validation_alias="FILM_C2PA_KEY")
    gpu_price: Annotated[GpuPrice | None, NoDecode, BeforeValidator(_price)] = Field(
        default=None, validation_alias="FILM_GPU_PRICE"
    )
    screening_url: str = Field(default="", validation_alias="FILM_SCREENING_URL")
    allow_insecure: bool = Field(default=False, validation_alias="FILM_ALLOW_INSECURE")
    max_scenes: int = Field(default=1_000, ge=1, le=10_000, validation_alias="FILM_MAX_SCENES")
    max_seconds: float = Field(default=7_200, gt=0, le=86_400, allow_inf_nan=False, validation_alias="FILM_MAX_SECONDS")
    max_attempts: int = Field(default=3, ge=1, le=10, validation_alias="FILM_MAX_ATTEMPTS")

    @field_validator("comfyui_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: Any) -> Any:
        urls = [url.strip() for url in value.split(",") if url.strip()] if isinstance(value, str) else value
        return tuple(dict.fromkeys(web_address(url) for url in urls))

    @field_validator("openai_base_url", "screening_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        return web_address(value) if value else value

    @field_validator("storage")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        if value and not re.fullmatch(r"file:.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w-][\w.-]*)*/?", value):
            raise ValueError("must be file:FOLDER or s3://BUCKET/PREFIX")
        return f"file:{_whole(Path(value.removeprefix('file:')))}" if value.startswith("file:") else value

    @field_validator("workflows")
    @classmethod
    def _whole_folder(cls, value: str) -> str:
        return str(_whole(Path(value))) if value else value

    @field_validator("metrics")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value and not re.fullmatch(r"[\w.\-\[\]:]+:\d{1,5}", value):
            raise ValueError("must be HOST:PORT, such as 127.0.0.1:9464")
        return value

    @field_validator("cache_claim")
    @classmethod
    def _claim(cls, value: str) -> str:
        if value and (len(value) > 253 or not re.fullmatch(CLAIM_NAME, value)):
            raise ValueError("must be the name of a PersistentVolumeClaim: small letters, digits, - and .")
        return value

    @field_validator("batch_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone such as UTC or Europe/Amsterdam")
        return value

    @field_validator("batch_cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        return require_cron(value)

    @field_validator("home", "c2pa_cert", "c2pa_key")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and _whole(value)

    @field_validator("home", "dagster_home")
    @classmethod
    def _no_pattern(cls, value: Path | None) -> Path | None:
        # Without its dagster.yaml Dagster would also turn its telemetry on.
        if re.search(r"[*?[]", str(value)):
            raise ValueError(f"has * ? or [ in its path {value}, so that Dagster does not find dagster.yaml there")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        asking = {"FILM_DIRECTOR=openai": self.director == "openai", "FILM_JUDGE=vision": self.judge == "vision"}
        for name, asks in asking.items():
            if asks and not self.openai_api_key.get_secret_value() and not self.openai_base_url:
                raise ValueError(f"{name} needs OPENAI_API_KEY (or OPENAI_BASE_URL of a server without keys)")
        for name, chosen in (("FILM_RENDERER", self.renderer), ("FILM_COMPOSER", self.composer)):
            if chosen == "comfyui" and not self.comfyui_urls:
                raise ValueError(f"{name}=comfyui needs COMFYUI_URL")
        self._refuse_open_addresses()
        if self.pod and self.chosen_renderer != "comfyui":
            raise ValueError("FILM_POD needs COMFYUI_URL; http://127.0.0.1:8188 is the ComfyUI inside the pod")
        if self.pod and self.executor != "k8s":
            raise ValueError("FILM_POD needs FILM_EXECUTOR=k8s; nothing else makes pods")
        if self.cache_claim and self.executor != "k8s":
            raise ValueError("FILM_CACHE_CLAIM needs FILM_EXECUTOR=k8s; nothing else makes pods")
        if (self.c2pa_cert is None) != (self.c2pa_key is None):
            missing, given = (
                ("FILM_C2PA_KEY", "FILM_C2PA_CERT") if self.c2pa_cert else ("FILM_C2PA_CERT", "FILM_C2PA_KEY")
            )
            raise ValueError(f"{missing} is missing: {given} alone signs nothing")
        _ = self.format
        return self

    def _refuse_open_addresses(self) -> None:
        named = [("COMFYUI_URL", url) for url in self.comfyui_urls] + [("OPENAI_BASE_URL", self.openai_base_url)]
        for name, url in named:
            if is_open_to_all(url) and not self.allow_insecure:
                raise ValueError(
                    f"{name} is plain http to a public host, where others can read along and change what is sent; "
                    "begin it with https://, or set FILM_ALLOW_INSECURE=true if the way there is yours"
                )

    @property
    def format(self) -> FilmFormat:
        width, height = parse_size(self.size)
        return FilmFormat(width=width, height=height, frame_rate=self.fps)

    @property
    def chosen_director(self) -> Literal["openai", "offline"]:
        wanted = self.openai_api_key.get_secret_value() or self.openai_base_url
        return self.director or ("openai" if wanted else "offline")

    @property
    def chosen_renderer(self) -> Literal["comfyui", "animatic"]:
        return self.renderer or ("comfyui" if self.comfyui_urls else "animatic")

    @property
    def chosen_composer(self) -> Literal["comfyui", "synth"]:
        return self.composer or ("comfyui" if self.comfyui_urls else "synth")

    @property
    def chosen_judge_model(self) -> str:
        """The model that looks at takes: ``FILM_JUDGE_MODEL``, else the director's."""
        return self.judge_model or self.openai_model

    @property
    def chosen_workers(self) -> int:
        """How many scenes are rendered at once: ``FILM_WORKERS``, else one a server or one a core."""
        if self.workers:
            return self.workers
        return len(self.comfyui_urls) if self.chosen_renderer == "comfyui" else (os.cpu_count() or 1)

    @property
    def history_folder(self) -> Path:
        """Where Dagster's configuration lies: ``DAGSTER_HOME`` where it holds one, as in a cluster, else the home."""
        elsewhere = self.dagster_home is not None and (self.dagster_home / "dagster.yaml").exists()
        return self.dagster_home if elsewhere and self.dagster_home else self.home

    @property
    def scenes_a_run(self) -> int:
        """How many scenes of a film automation asks one run for: those that share a pod's loading of the model."""
        return self.pod.scenes if self.pod else 1

    @property
    def screening_link(self) -> str:
        """Where people reach the screening room: ``FILM_SCREENING_URL``, else that of ``film ui``; "" where unknown."""
        return self.screening_url or ("" if self.executor == "k8s" else "http://127.0.0.1:3001")

    @property
    def workflows_folder(self) -> Path:
        """Where workflow files are: ``FILM_WORKFLOWS``, else ``workflows`` here, else the shipped ones."""
        here = Path("workflows").absolute()
        shipped = Path(__file__).parent.parent / "workflows"
        return Path(self.workflows) if self.workflows else here if here.is_dir() else shipped

    @property
    def cache_folder(self) -> Path:
        """Where parts of movies and what was fetched from a bucket are kept; may be deleted at any time."""
        return self.home / "cache"

    @property
    def cache_bytes(self) -> int:
        """How large that folder may be while nothing runs."""
        return int(self.cache_gb * 1e9)

    @property
    def storage_folder(self) -> Path:
        """The local root of scripts and films, where they lie in a folder."""
        return Path(self.storage.removeprefix("file:")) if self.storage else self.home


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` (``FILM_HOME=...``) win over the environment, which wins over ``.env``.

    Raises:
        SettingsError: names the variable, the reason and the remedy; the value is not shown where it may be a secret.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = _reason(first["msg"], first["loc"][1:])
        name = str(first["loc"][0]) if first["loc"] else _named_in(reason)
        place = "in the environment or in .env" if overrides.get(name) is None else "on the command line"
        raise SettingsError(
            "A setting cannot be used", where=name, why=reason, remedy=f"Correct {name} {place}."
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            "The settings cannot be read",
            where=str(Path(".env").absolute()),
            why=str(error),
            remedy="Save it as plain text in UTF-8, or remove it.",
        ) from error


def _reason(message: str, field: Iterable[str | int]) -> str:
    """Why a value cannot be used, beginning with the field of it where it has fields."""
    reason, inside = message.removeprefix("Value error, "), ".".join(str(part) for part in field)
    return f"{inside}: {reason}" if inside else reason


def _named_in(reason: str) -> str:
    """The variable that a rule about several settings speaks of; all others are about the picture's size."""
    found = re.search(r"(FILM|COMFYUI|OPENAI)_[A-Z0-9_]+", reason)
    return found[0] if found else "FILM_SIZE"
