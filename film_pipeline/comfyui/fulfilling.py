"""One piece of media, made on a pool: never twice, never lost, tried again where that can help.

Machine faults are tried elsewhere, content faults are told at once. Read on in the order of a try: ``finding`` looks
for what is already there, ``rendering`` posts and waits, ``collecting`` fetches and judges; they share ``tries``.
"""

from pathlib import Path

from film_pipeline.comfyui.collecting import collect
from film_pipeline.comfyui.finding import find_begun
from film_pipeline.comfyui.orders import Delivery, Handling, Order
from film_pipeline.comfyui.pool import Pool
from film_pipeline.comfyui.progress import Previews
from film_pipeline.comfyui.records import making_alone
from film_pipeline.comfyui.rendering import follow, preflight, render
from film_pipeline.comfyui.tries import Tries, TryAgainError
from film_pipeline.comfyui.watching import Progress


def fulfil(
    order: Order,
    pool: Pool,
    into: Path,
    progress: Progress,
    *,
    handling: Handling | None = None,
    previews: Previews | None = None,
) -> Delivery:
    """Make the order on some server of the pool and write the checked file to ``into``.

    Raises:
        RenderContentError: it is refused, or no server makes it well. RenderMachineError: servers failed too often.
    """
    tries = Tries(order, pool, into, handling or Handling())
    with making_alone(order.digest, pool.folder, lambda words: progress(0.0, words)):
        while True:
            try:
                return _try(tries, progress, previews)
            except TryAgainError:
                tries.count()


def _try(tries: Tries, progress: Progress, previews: Previews | None) -> Delivery:
    begun = find_begun(tries)
    if begun is not None:
        server, prompt_id, variation = begun
        return collect(tries, server, prompt_id, variation, follow(tries, server, prompt_id, progress))
    prompt_id, need = tries.next_id(), tries.order.need
    with tries.pool.lease(avoid=tries.avoid, need=need, waiting=lambda words: progress(0.0, words)) as server:
        preflight(tries, server)
        report = render(tries, server, prompt_id, progress, previews)
    return collect(tries, server, prompt_id, tries.variation, report)
