"""A try of an order that some server runs, holds or has finished: by an earlier process, or abandoned.

An order is known to every server by ids made from its digest and the number of the try, so a process that starts again
finds what an earlier one has begun.
"""

from film_pipeline.comfyui.jobs import JobState
from film_pipeline.comfyui.orders import prompt_id_of
from film_pipeline.comfyui.pool import Server
from film_pipeline.comfyui.server_fault import ServerFaultError
from film_pipeline.comfyui.tries import Tries

# A process that died may have left a finished try, mostly the first.
_FORMER_ATTEMPTS = (1, 2)


def find_begun(tries: Tries) -> tuple[Server, str, int] | None:
    """The server, id and variation of a try that is already there."""
    for server in tries.pool.servers:
        if server.trouble:
            continue
        try:
            found = _live_on(server, tries) or _done_on(server, tries)
        except ServerFaultError as fault:
            server.trouble = fault.reason  # the pool probes it before it gets work
            continue
        if found is not None:
            return server, *found
    return None


def _live_on(server: Server, tries: Tries) -> tuple[str, int] | None:
    queue = server.client.queue()
    for item in (*queue.running, *queue.pending):
        if item.mark.get("digest") == tries.order.digest and item.prompt_id not in tries.used_up:
            return item.prompt_id, int(item.mark.get("variation") or 0)
    return None


def _done_on(server: Server, tries: Tries) -> tuple[str, int] | None:
    candidates = [(prompt_id_of(tries.order.digest, attempt), 0) for attempt in _FORMER_ATTEMPTS]
    candidates += tries.posted
    for prompt_id, variation in dict.fromkeys(candidates):
        if prompt_id not in tries.used_up and server.client.look(prompt_id).state is JobState.DONE:
            return prompt_id, variation
    return None
