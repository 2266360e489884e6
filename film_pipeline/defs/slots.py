"""The size of the concurrency pool ``gpu``: how many scenes the daemon renders at once, as the settings say.

Set where a home is made and by the ``director`` sensor whenever the setting changed; what people set in the UI under
Deployment > Concurrency holds until then.
"""

import dagster as dg

from film_pipeline.defs.queueing import POOL
from film_pipeline.settings import Settings

_LAST_SET = "film/gpu_slots"


def set_slots(instance: dg.DagsterInstance, settings: Settings) -> int | None:
    """Give the pool as many slots as there are servers or workers; returns their number where that is new."""
    wanted, store = settings.chosen_workers, instance.daemon_cursor_storage
    if store.get_cursor_values({_LAST_SET}).get(_LAST_SET) == str(wanted):
        return None
    instance.event_log_storage.set_concurrency_slots(POOL, wanted)
    store.set_cursor_values({_LAST_SET: str(wanted)})
    return wanted
