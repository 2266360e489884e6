"""The process that answers Prometheus at ``FILM_METRICS``; what is counted is in ``defs.metrics``."""

import threading
from pathlib import Path
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

from film_pipeline.errors import SettingsError
from film_pipeline.settings import Settings


def serve_metrics(settings: Settings, history: Path) -> None:
    """Answer at ``FILM_METRICS`` until told to stop; reads films, and the runs of the Dagster home ``history``.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    import dagster as dg

    from film_pipeline.defs.home import open_history
    from film_pipeline.defs.metrics import FilmMetrics
    from film_pipeline.studio import open_studio

    # A home of ours is made where it is not there yet; a cluster's own is read as it is.
    ours = history == settings.home
    with open_history(history) if ours else dg.DagsterInstance.from_config(str(history)) as instance:
        registry = CollectorRegistry()
        registry.register(FilmMetrics(open_studio(settings), instance))
        _, thread = _listening(settings.metrics, registry)
        thread.join()


def _listening(address: str, registry: CollectorRegistry) -> tuple[WSGIServer, threading.Thread]:
    host, _, port = address.rpartition(":")
    try:
        return start_http_server(int(port), addr=host.strip("[]"), registry=registry)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            "Metrics cannot be served here",
            where=f"FILM_METRICS={address}",
            why=getattr(error, "strerror", None) or str(error),
            remedy="Choose another port, or unset FILM_METRICS.",
        ) from error
