"""Dagster's code server, brought back where it died alone: without it no sensor ticks, and nothing says so.

``dagster dev`` keeps running then and every queued run fails; a reload of the code location starts the server anew.
Not here: a location whose code cannot be loaded, which no reload mends and Dagster's pages show.
"""

import threading
import time
from typing import Any

import httpx

_LOOK_SECONDS = 10.0
_RELOAD_SECONDS = 180.0
_UNREACHABLE = "DagsterUserCodeUnreachableError"

_STATE = """{ workspaceOrError { ... on Workspace {
  locationEntries { name locationOrLoadError { ... on PythonError { message } } } } } }"""
_RELOAD = "mutation ($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }"


def keep_code_loaded(dagster_url: str) -> None:
    """Watch the code locations behind ``dagster_url`` as long as this process lives; ends never."""
    while True:
        time.sleep(_LOOK_SECONDS)
        bring_back(dagster_url)


def bring_back(dagster_url: str) -> list[str]:
    """Reload the code locations whose server is gone; returns their names. Pages that are not up yet are no fault."""
    reloaded = []
    with httpx.Client(base_url=dagster_url, timeout=_RELOAD_SECONDS, trust_env=False) as client:
        try:
            for name in _gone(_asked(client, _STATE)):
                _asked(client, _RELOAD, name=name)
                reloaded.append(name)
        except (httpx.HTTPError, ValueError):
            return reloaded
    return reloaded


def watch_in_background(dagster_url: str) -> None:
    threading.Thread(target=keep_code_loaded, args=(dagster_url,), daemon=True).start()


def _asked(client: httpx.Client, query: str, **variables: str) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}


def _gone(state: dict[str, Any]) -> list[str]:
    entries = (state.get("workspaceOrError") or {}).get("locationEntries") or []
    return [
        str(entry["name"])
        for entry in entries
        if _UNREACHABLE in str((entry.get("locationOrLoadError") or {}).get("message", ""))
    ]
