"""``film doctor``: is everything here and reachable that a film needs; every fault with its remedy."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from film_pipeline.cli.unknown_settings import unknown_settings
from film_pipeline.errors import FilmPipelineError
from film_pipeline.models.format import Codec
from film_pipeline.settings import Settings, load_settings

_LOW_DISK_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One examined thing; ``remedy`` is empty where nothing is to be done."""

    name: str
    well: bool
    says: str
    remedy: str = ""


def examine_home(home: Path | None) -> list[Finding]:
    """All findings for the settings as they are; a broken setting is the only finding where there is one."""
    try:
        settings = load_settings(FILM_HOME=home)
    except FilmPipelineError as error:
        return [Finding("settings", False, f"{error.where}: {error.why}", error.remedy)]
    return [
        Finding("settings", True, f"{settings.size} at {settings.fps} fps, {settings.loudness:g} LUFS"),
        *(Finding("settings", False, said, "README.md has a table of them.") for said in unknown_settings()),
        _ffmpeg(settings.codec),
        _folder("home", settings.home),
        *_storage(settings),
        _disk(settings.home),
        _director(settings),
        *_renderer(settings),
        *_judge(settings),
        *_signing(settings),
    ]


def _ffmpeg(codec: Codec) -> Finding:
    from film_pipeline.ffmpeg.encoding import CODEC_NAMES, Encoding, require_encoder, shown_options
    from film_pipeline.ffmpeg.program import ffmpeg_program, ffmpeg_version, run_ffmpeg

    try:
        program = ffmpeg_program()
        require_encoder(codec)
        options = [
            part for name, value in shown_options(Encoding(codec=codec), 24).items() for part in (f"-{name}", value)
        ]
        run_ffmpeg(["-f", "lavfi", "-i", "color=s=64x64:d=0.1", *options, "-f", "null", "-"], doing="encoding a test")
        return Finding("ffmpeg", True, f"{ffmpeg_version(program)} at {program}, with {CODEC_NAMES[codec]}")
    except FilmPipelineError as error:
        return Finding("ffmpeg", False, f"{error.what}: {error.why}", error.remedy or "Install FFmpeg with libx264.")


def _folder(name: str, folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return Finding(name, True, f"{folder} can be written")
    except OSError as error:
        return Finding(name, False, f"{folder}: {error.strerror}", "Choose another folder with --home or FILM_HOME.")


def _storage(settings: Settings) -> list[Finding]:
    if not settings.storage.startswith("s3://"):
        return [_folder("storage", settings.storage_folder)]
    from film_pipeline.cli.doctor_bucket import examine_bucket

    return examine_bucket(settings)


def _disk(folder: Path) -> Finding:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    says = f"{free / 1e9:.1f} GB free"
    return Finding("disk", free > _LOW_DISK_BYTES, says, "" if free > _LOW_DISK_BYTES else "Free some space.")


def _director(settings: Settings) -> Finding:
    if settings.chosen_director == "offline":
        return Finding(
            "director", True, "offline (rules, no language model)", "For a language model set OPENAI_API_KEY."
        )
    from film_pipeline.director.openai import check_endpoint

    says, remedy = check_endpoint(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url or None,
        model=settings.openai_model,
    )
    return Finding("director", not remedy, says, remedy)


def _judge(settings: Settings) -> list[Finding]:
    """Whether the model can be asked that looks at takes, where there is one."""
    if settings.judge != "vision":
        return []
    from film_pipeline.director.openai import check_endpoint

    says, remedy = check_endpoint(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url or None,
        model=settings.chosen_judge_model,
    )
    return [Finding("judge", not remedy, says, remedy.replace("OPENAI_MODEL", "FILM_JUDGE_MODEL"))]


def _renderer(settings: Settings) -> list[Finding]:
    if settings.chosen_renderer == "animatic":
        cores = os.cpu_count() or 1
        at_once = "one scene" if settings.chosen_workers == 1 else f"{settings.chosen_workers} scenes"
        says = f"animatic (drawn previsualisation), {at_once} at once on {cores} cores"
        return [Finding("renderer", True, says, "For real pictures set COMFYUI_URL.")]
    from film_pipeline.comfyui.checkup import check_server, check_workflow_file

    names = [settings.workflow, *([settings.music_workflow] if settings.chosen_composer == "comfyui" else [])]
    files = [settings.workflows_folder / f"{name}.json" for name in names]
    findings = []
    for file in files:
        report = check_workflow_file(file)
        findings.append(
            Finding("workflow", report.ok, f"{file.name}: {'; '.join(report.faults) or 'usable'}", report.remedy)
        )
    if settings.pod:
        says = f"{settings.pod.image} in the pod of each scene ({settings.pod.form}); it answers there alone"
        if settings.pod.form == "pool":
            says = f"{len(settings.comfyui_urls)} at most, started for scenes that wait and reached by their pods alone"
        return [*findings, Finding("comfyui", True, says)]
    usable = [file for file, finding in zip(files, findings, strict=True) if finding.well]
    for url in settings.comfyui_urls:
        findings += [Finding("comfyui", one.ok, one.line, one.remedy) for one in check_server(url, usable)]
    return findings


def _signing(settings: Settings) -> list[Finding]:
    """Whether movies can be signed, where the settings name a signer."""
    from film_pipeline.editor.marking_c2pa import load_credentials

    if not (settings.c2pa_cert and settings.c2pa_key):
        return []
    try:
        credentials = load_credentials(settings.c2pa_cert, settings.c2pa_key)
    except FilmPipelineError as error:
        return [Finding("signing", False, f"{error.what} ({error.where}): {error.why}", error.remedy)]
    return [Finding("signing", True, f"movies are signed with {settings.c2pa_cert} ({credentials.algorithm})")]
