"""What keeps Dagster from a home's history, in words. No film depends on it, so there is always a way out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml
from sqlalchemy.exc import SQLAlchemyError

from film_pipeline.errors import StorageError, StorageFullError
from film_pipeline.storage.disk_faults import disk_fault

_LITTLE_BYTES = 8 * 1024**2  # SQLite calls a full disk an I/O error, too


@contextmanager
def explaining_history(home: Path) -> Iterator[None]:
    """Turn what Dagster, SQLite and the disk complain of into ours.

    Raises:
        StorageFullError, StorageError
    """
    try:
        yield
    except (dg.DagsterInvalidConfigError, yaml.YAMLError) as error:
        raise StorageError(
            "Dagster's configuration cannot be used",
            where=str(home / "dagster.yaml"),
            why=_words(error),
            remedy="Correct that file, or delete it: a new one will be written.",
        ) from error
    except (dg.DagsterError, SQLAlchemyError) as error:
        raise _history_fault(home, error) from error
    except OSError as error:
        raise disk_fault(error, "keeping the history of runs", str(home)) from error


def _history_fault(home: Path, error: Exception) -> StorageError:
    where = str(home / "history")
    if shutil.disk_usage(home).free < _LITTLE_BYTES:
        return StorageFullError(
            "No room on the disk for the history of runs", where=where, remedy="Free some space and run again."
        )
    return StorageError(
        "Dagster could not use the history of runs",
        where=where,
        why=_words(error),
        remedy="Move the folders history and schedules away and run again; films and clips are kept.",
    )


def _words(error: Exception) -> str:
    return " ".join(str(error).partition("(Background on")[0].split())[:300]
