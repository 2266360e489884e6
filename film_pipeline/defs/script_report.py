"""The report beside a script of the inbox where its film waits for people: what was refused, in its own words.

Not here: that a script was received or refused at the door (``inbox_sensor.py``), and the report of a finished movie,
which takes the place of this one (``FilmStore.publish_movie``).
"""

from collections.abc import Iterable

from film_pipeline.storage import keys
from film_pipeline.studio import Studio

_MOST = 20


def write_script_report(studio: Studio, film: str, troubles: Iterable[str]) -> None:
    """Say beside the script of ``film``, where it lies in the inbox, what keeps it from being finished."""
    record = studio.store.record(film)
    if record is None or not record.source.startswith(f"{keys.INBOX}/"):
        return
    told = list(troubles)
    more = [f"- and {len(told) - _MOST} more"] if len(told) > _MOST else []
    lines = [f"# {record.script_name}", "", f"The film `{film}` is not finished and waits for you.", ""]
    lines += [f"- {' '.join(words.split())}" for words in told[:_MOST]] + more
    text = "\n".join(lines) + "\n"
    if studio.store.objects.read(keys.inbox_report(record.source)) != text.encode():
        studio.store.write_inbox_report(record.source, text)
