"""``film workflows check``: each workflow file explained, and held against the servers where they can be reached."""

from pathlib import Path
from typing import Any

from film_pipeline.comfyui.address import parse_address
from film_pipeline.comfyui.checkup import WorkflowReport, check_workflow_file
from film_pipeline.comfyui.client import ComfyUIClient
from film_pipeline.comfyui.server_fault import ServerFaultError
from film_pipeline.errors import WorkflowError
from film_pipeline.settings import Settings


def workflows_shown(settings: Settings, names: list[str]) -> dict[str, Any]:
    """Reports on the named files, or on all in the workflows folder.

    Raises:
        WorkflowError: there is no such file or folder.
    """
    object_info, said = _object_info(settings)
    reports = [(path, check_workflow_file(path, object_info)) for path in _files(settings.workflows_folder, names)]
    rows = [
        {
            "name": report.name,
            "file": str(path),
            "well": report.ok,
            "lines": list(report.lines),
            "faults": list(report.faults),
            "warnings": list(report.warnings),
            "remedy": report.remedy,
        }
        for path, report in reports
    ]
    text = "\n".join([said, *(_text(report) for _, report in reports)])
    return {"folder": str(settings.workflows_folder), "workflows": rows, "text": text}


def _object_info(settings: Settings) -> tuple[dict[str, Any] | None, str]:
    """What the first reachable server has, to name missing nodes and model files."""
    for url in settings.comfyui_urls:
        address = parse_address(url)
        try:
            with ComfyUIClient(address, timeout_seconds=10) as client:
                return client.object_info(), f"held against the nodes and models of {address}"
        except ServerFaultError:
            continue  # `film doctor` tells what is wrong with a server; files can be read without one
    return None, "no server reached: files are checked by themselves only"


def _files(folder: Path, names: list[str]) -> list[Path]:
    if not names:
        found = sorted(folder.glob("*.json"))
        if not found:
            raise WorkflowError(
                "There are no workflow files", where=str(folder), remedy="Put one there, or set FILM_WORKFLOWS."
            )
        return found
    return [Path(name) if name.endswith(".json") else folder / f"{name}.json" for name in names]


def _text(report: WorkflowReport) -> str:
    lines = [f"{'ok  ' if report.ok else 'FAIL'} {report.name}"]
    lines += [f"       {line}" for line in report.lines]
    lines += [f"  note {warning}" for warning in report.warnings]
    lines += [f"  FAIL {fault}" for fault in report.faults]
    if report.remedy:
        lines.append(f"    -> {report.remedy}")
    return "\n".join(lines)
