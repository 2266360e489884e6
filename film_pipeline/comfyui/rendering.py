"""One try on one server: asked if it has what is needed, posted, followed to its end, and never left running.

Not here: what is made of the end (:mod:`collecting`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from film_pipeline.comfyui.jobs import JobReport
from film_pipeline.comfyui.listening import Listener
from film_pipeline.comfyui.pool import Server
from film_pipeline.comfyui.progress import Previews, ProgressMeter
from film_pipeline.comfyui.server_fault import FaultKind, ServerFaultError
from film_pipeline.comfyui.tries import Tries, TryAgainError
from film_pipeline.comfyui.watching import Progress, watch

_STOP_SECONDS = 5.0
_STOP_SILENT_SECONDS = 2.0


def preflight(tries: Tries, server: Server) -> None:
    """Ask the server, once for each need, whether it has the nodes and models.

    Raises:
        TryAgainError: it has not, or does not answer.
    """
    need = tries.order.need
    if need in server.fitted:
        return
    try:
        lacks = tries.order.preflight(server.client)
    except ServerFaultError as fault:
        tries.blame(server, fault.reason)
        raise TryAgainError from fault
    if lacks:
        tries.lacks(server, "; ".join(lacks))
    server.fitted.add(need)


def render(tries: Tries, server: Server, prompt_id: str, progress: Progress, previews: Previews | None) -> JobReport:
    """Post the order under ``prompt_id`` and wait until it has ended, well or not.

    Raises:
        TryAgainError: the server failed. RenderContentError: it refuses the graph.
    """
    order, patience = tries.order, tries.handling.patience
    with _blaming(tries, server, prompt_id):
        graph = order.fill(server.client, prompt_id, tries.variation)
        meter = ProgressMeter(graph, previews)
        meter.begin(prompt_id)
        with Listener(server.client.address, meter.take) as listener:
            mark = {"digest": order.digest, "attempt": tries.attempt, "variation": tries.variation}
            tries.posted.append((prompt_id, tries.variation))
            server.client.submit(graph, prompt_id, client_id=listener.client_id, mark=mark)
            return watch(server.client, prompt_id, meter, progress, patience, can_hear=lambda: listener.is_alive)


def follow(tries: Tries, server: Server, prompt_id: str, progress: Progress) -> JobReport:
    """Wait for a job that we did not post now; its socket was another process's.

    Raises:
        TryAgainError: the server failed.
    """
    progress(0.0, f"taking up the render that {server.name} has of this scene")
    meter, patience = ProgressMeter({}, None), tries.handling.patience
    with _blaming(tries, server, prompt_id):
        return watch(server.client, prompt_id, meter, progress, patience, can_hear=lambda: False)


@contextmanager
def _blaming(tries: Tries, server: Server, prompt_id: str) -> Iterator[None]:
    """Server faults end this try and count against the server; whatever ends the wait, the job is not left running.

    The job is stopped and confirmed gone before anybody else may render it; where that cannot be confirmed it is
    written down, and stopped before the server gets other work.
    """
    try:
        yield
    except ServerFaultError as fault:
        within = tries.handling.patience.cancel
        _stop(server, prompt_id, min(_STOP_SILENT_SECONDS, within) if fault.kind is FaultKind.NO_ANSWER else within)
        if fault.kind is FaultKind.UNFIT:
            server.fitted.discard(tries.order.need)
            tries.lacks(server, fault.reason)
        tries.blame(server, fault.reason)
        raise TryAgainError from fault
    except BaseException:
        # The user stops, a callback failed, or the graph is refused: nobody will wait for this job.
        _stop(server, prompt_id, _STOP_SECONDS)
        raise


def _stop(server: Server, prompt_id: str, within_seconds: float) -> None:
    if not server.client.make_sure_gone(prompt_id, within_seconds=within_seconds):
        server.records.leave_behind(prompt_id)
