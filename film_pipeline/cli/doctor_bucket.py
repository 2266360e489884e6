"""``film doctor`` on films in a bucket: reachable, writable, honest about conditions; asked with little patience."""

import uuid
from collections.abc import Callable

from film_pipeline.cli.doctor import Finding
from film_pipeline.errors import FilmPipelineError, StorageCorruptError
from film_pipeline.settings import Settings
from film_pipeline.storage.s3 import S3Objects
from film_pipeline.storage.s3_conditions import RACES
from film_pipeline.storage.s3_connection import QUICK_ATTEMPTS, connect


def examine_bucket(settings: Settings) -> list[Finding]:
    """What holds, up to the first thing that does not."""
    bucket, _, prefix = settings.storage.removeprefix("s3://").partition("/")
    objects = S3Objects(bucket, prefix, settings.home, lambda _: connect(attempts=QUICK_ATTEMPTS))
    checks: list[Callable[[S3Objects], str]] = [_listed, _written_and_read, _conditions, _races, _unfinished]
    findings: list[Finding] = []
    for check in checks:
        try:
            findings.append(Finding("storage", True, check(objects)))
        except FilmPipelineError as error:
            findings.append(Finding("storage", False, f"{error.what} ({error.where}): {error.why}", error.remedy))
            break
    return findings


def _listed(objects: S3Objects) -> str:
    objects.require_usable()
    return f"{objects.describe()} can be listed"


def _written_and_read(objects: S3Objects) -> str:
    key = f".doctor-{uuid.uuid4().hex}"
    objects.write(key, key.encode())
    try:
        if objects.read(key) != key.encode():
            raise StorageCorruptError(
                "The bucket does not give back what was written", where=objects.describe(), remedy="Use another server."
            )
    finally:
        objects.delete(key)
    return "objects can be written, read and deleted"


def _conditions(objects: S3Objects) -> str:
    objects.require_conditions()
    return "conditional writes are honoured (If-Match, If-None-Match)"


def _races(objects: S3Objects) -> str:
    objects.require_one_winner()
    return f"of two writers at one instant never both won ({RACES} times)"


def _unfinished(objects: S3Objects) -> str:
    ended = objects.end_stale_uploads()
    return f"{ended} uploads that were begun a day ago and never finished were ended"
