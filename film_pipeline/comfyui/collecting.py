"""From a job's end to a checked file: what a finished job gives is fetched and judged, what a failed one says decides
whether the order is tried again, where, or not at all.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from film_pipeline.comfyui.client import SystemInfo
from film_pipeline.comfyui.downloading import Download
from film_pipeline.comfyui.jobs import JobReport, JobState, NodeFault
from film_pipeline.comfyui.orders import Delivery
from film_pipeline.comfyui.pool import Server
from film_pipeline.comfyui.server_fault import ServerFaultError
from film_pipeline.comfyui.tries import Tries, TryAgainError
from film_pipeline.errors import MediaError, RenderContentError, UnfitMediaError

_log = logging.getLogger(__name__)
_MOST_VARIATIONS = 1


def collect(tries: Tries, server: Server, prompt_id: str, variation: int, report: JobReport) -> Delivery:
    """The checked file of a job that went well.

    Raises:
        TryAgainError: it did not, and another try may help. RenderContentError: no other try would.
    """
    if report.state is not JobState.LOST:
        tries.used_up.add(prompt_id)
    if report.state is JobState.DONE:
        download = _fetch(tries, server, report)
        _check(tries, server, variation)
        delivery = _delivery(tries, server, prompt_id, variation, report, download)
        tries.pool.worked(server)
        with _ignoring_silence(server):
            tries.pool.relieve(server)
        _forget(server, prompt_id)
        return delivery
    _forget(server, prompt_id)
    if report.state is JobState.FAILED:
        _failed(tries, server, report)
    word = "was cancelled there" if report.state is JobState.CANCELLED else "was forgotten (the server restarted)"
    tries.note(server, f"the render {word}")
    raise TryAgainError


def _failed(tries: Tries, server: Server, report: JobReport) -> None:
    fault = report.fault or NodeFault("?", "?", "unknown error", "the server gives no reason")
    if fault.is_out_of_memory:
        _out_of_memory(tries, server, fault)
    alike = [name for name, old in tries.faults if (old.node, old.exception) == (fault.node, fault.exception)]
    tries.faults.append((server.name, fault))
    others = [other for other in tries.pool.servers if other.name not in {*alike, server.name}]
    if alike or not others:
        raise RenderContentError(
            "ComfyUI could not render the scene",
            where=server.name,
            why=str(fault) + (f", as on {alike[0]}" if alike else ""),
            remedy="Check the workflow on that server.",
        )
    tries.blame(server, str(fault))
    raise TryAgainError


def _out_of_memory(tries: Tries, server: Server, fault: NodeFault) -> None:
    """Once more after the memory was freed; then another server, if there is one that was not tried."""
    tries.note(server, f"out of memory at node {fault.node} ({fault.class_type})")
    if server.name not in tries.freed:
        tries.freed.add(server.name)
        with _ignoring_silence(server):
            server.client.free()
        raise TryAgainError
    tries.avoid.add(server.name)
    if all(other.name in tries.avoid for other in tries.pool.servers):
        info = _info(server)
        memory = f"{info.vram_total / 2**30:.0f} GiB" if info.vram_total else "unknown memory"
        raise RenderContentError(
            "The scene does not fit into the memory of the GPU",
            where=server.name,
            why=f"{tries.order.size} on {info.device} with {memory}, also after freeing it: {fault.message}",
            remedy="Make it smaller or shorter (FILM_SIZE, the scene's duration), or use fp8 weights.",
        )
    raise TryAgainError


def _fetch(tries: Tries, server: Server, report: JobReport) -> Download:
    file = tries.order.choose(report.outputs)
    if file is None:
        raise RenderContentError(
            "The workflow gave no file of the kind that is wanted",
            where=server.name,
            why=", ".join(output.filename for output in report.outputs[:5]) or "it saved nothing",
            remedy="Give the node that saves it the title OUTPUT.",
        )
    try:
        return server.client.fetch(file, tries.into)
    except FileNotFoundError as error:
        tries.note(server, "the finished file is gone")
        raise TryAgainError from error
    except ServerFaultError as fault:
        tries.blame(server, fault.reason)
        raise TryAgainError from fault


def _check(tries: Tries, server: Server, variation: int) -> None:
    """The quality gate: a bad picture gets one more try with another seed, a damaged file one more try."""
    try:
        tries.order.check(tries.into)
    except MediaError as error:
        tries.into.unlink(missing_ok=True)
        tries.note(server, f"{error.what}: {error.why}")
        if not isinstance(error, UnfitMediaError):
            tries.avoid.add(server.name)
            raise TryAgainError from error
        if variation >= _MOST_VARIATIONS:
            raise RenderContentError(
                "The rendered clip is not good, with another seed neither",
                where=server.name,
                why=error.why,
                remedy=error.remedy,
            ) from error
        tries.variation = variation + 1
        tries.not_counted()
        raise TryAgainError from error


def _delivery(
    tries: Tries, server: Server, prompt_id: str, variation: int, report: JobReport, download: Download
) -> Delivery:
    info = _info(server)
    return Delivery(
        server=server.name,
        version=info.version,
        device=info.device,
        torch=info.torch,
        prompt_id=prompt_id,
        variation=variation,
        attempts=max(1, len(tries.posted)),
        gpu_seconds=report.run_seconds,
        download=download,
        troubles=tuple(tries.troubles),
    )


def _forget(server: Server, prompt_id: str) -> None:
    with _ignoring_silence(server):
        server.client.forget(prompt_id)


def _info(server: Server) -> SystemInfo:
    """What the server is, for the record: not worth a clip when it has just gone away."""
    try:
        return server.client.system()
    except ServerFaultError:
        return SystemInfo("unknown", "unknown device", 0, 0, "")


@contextmanager
def _ignoring_silence(server: Server) -> Iterator[None]:
    """For courtesies to a server whose failure changes nothing for the clip."""
    try:
        yield
    except ServerFaultError as fault:
        _log.info("ComfyUI server %s: %s", server.name, fault.reason)
