"""Small records in a store, as JSON: read into models, written whole, changed only as they were read."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from film_pipeline.errors import StorageConflictError, StorageCorruptError
from film_pipeline.storage.objects import ABSENT, Objects

Model = TypeVar("Model", bound=BaseModel)

_TRIES = 20


class Records:
    """The records among ``objects``."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def where(self, key: str) -> str:
        """The address of an object for people: a path or ``s3://`` address."""
        return f"{self.objects.describe().removeprefix('file:')}/{key}"

    def _model(self, key: str, kind: type[Model]) -> Model | None:
        content = self.objects.read(key)
        return None if content is None else self._parsed(key, content, kind)

    def _parsed(self, key: str, content: bytes, kind: type[Model]) -> Model:
        try:
            return kind.model_validate(json.loads(content))
        except (ValueError, RecursionError, ValidationError) as error:
            raise StorageCorruptError(
                "A record cannot be read",
                where=self.where(key),
                why=str(error).splitlines()[0][:200],
                remedy="Delete this file and run again; clips are kept.",
            ) from error

    def _write(self, key: str, model: BaseModel) -> None:
        self.objects.write(key, _json(model))

    def _change(
        self, key: str, kind: type[Model], change: Callable[[Model], Model], absent: Model | None = None
    ) -> bool:
        """Change a record, whoever else changes it at the same time; ``absent`` stands for one that is not there.

        False where there is no record and nothing stands for it.

        Raises:
            StorageConflictError: others were quicker each time.
        """
        for _ in range(_TRIES):  # after a conflict, what the other writer wrote is read and changed
            before = self.objects.read(key)
            record = absent if before is None else self._parsed(key, before, kind)
            if record is None:
                return False
            after = change(record)
            if after == record and before is not None:
                return True
            with suppress(StorageConflictError):
                self.objects.write(key, _json(after), expected=ABSENT if before is None else before)
                return True
        raise StorageConflictError(
            "A record could not be changed",
            where=self.where(key),
            why=f"{_TRIES} other writers were quicker",
            remedy="Run again.",
        )


def _json(model: BaseModel) -> bytes:
    return (json.dumps(model.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n").encode()
