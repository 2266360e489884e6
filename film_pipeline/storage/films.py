"""Films in a store: their script, storyboard, soundtrack, movie and report, and with them their takes and cut."""

import hashlib
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from film_pipeline.errors import (
    ScriptError,
    StorageCorruptError,
    StorageError,
    StoryboardError,
    UnknownFilmError,
)
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.report import FilmRecord, FilmReport, SoundtrackRecord
from film_pipeline.models.storyboard import Storyboard, parse_storyboard, storyboard_to_json
from film_pipeline.storage import keys
from film_pipeline.storage.fetched import DEFAULT_LIMIT_BYTES
from film_pipeline.storage.local import LocalObjects
from film_pipeline.storage.objects import Objects, ObjectStat
from film_pipeline.storage.takes import TakeStore

if TYPE_CHECKING:
    from film_pipeline.storage.s3_connection import Connect


class FilmStore(TakeStore):
    """All films under one root. Readers never see a half-written file."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self._references: dict[str, Path] = {}

    def films(self, *, archived: bool | None = None) -> list[str]:
        """The keys of all films, sorted; of those in the archive (True), of those at work (False)."""
        found = [name for name in self.objects.folders(f"{keys.FILMS}/") if keys.FILM_KEY.fullmatch(name)]
        return found if archived is None else [film for film in found if self.lies_archived(film) == archived]

    def inbox(self) -> list[tuple[str, ObjectStat]]:
        """All scripts in the inbox, by key."""
        found = self.objects.stats(f"{keys.INBOX}/")
        return [(key, stat) for key, stat in found if not key.endswith(".report.md") and key != keys.received()]

    def write_inbox_report(self, script: str, text: str) -> None:
        """Leave ``<name>.report.md`` beside a script in the inbox."""
        self.objects.write(keys.inbox_report(script), text.encode())

    def workspace(self) -> AbstractContextManager[Path]:
        """A folder for unfinished files from which publishing is cheap; removed at the end."""
        return self.objects.workspace()

    # Script and storyboard

    def record(self, film: str) -> FilmRecord | None:
        return self._model(keys.record(keys.checked_film(film)), FilmRecord)

    def write_record(self, film: str, record: FilmRecord) -> None:
        self._write(keys.record(film), record)

    def archived(self, film: str) -> str:
        """When the film was taken out of daily work (ISO 8601), or nothing.

        Raises:
            UnknownFilmError: there is no such film.
        """
        record = self.record(film)
        if record is None:
            raise self._unknown(film)
        return record.archived

    def lies_archived(self, film: str) -> bool:
        """Whether a film is in the archive, for lists: a record that cannot be read says nothing of it.

        Whoever needs the record will meet its error.
        """
        with suppress(StorageCorruptError):
            record = self.record(film)
            return record is not None and bool(record.archived)
        return False

    def amend(self, film: str, **changes: object) -> None:
        """Change fields of a film's record, whoever else changes others of it at the same time."""
        key = keys.record(keys.checked_film(film))
        if not self._change(key, FilmRecord, lambda record: record.model_copy(update=changes)):
            raise self._unknown(film)

    def hold(self, film: str, hold: Literal["", "storyboard", "nightly"]) -> None:
        """Keep automation from rendering a film, or let it go on."""
        self.amend(film, hold=hold)

    def received(self, film: str) -> float:
        """When the film's script was written, in seconds since 1970; 0 where there is none."""
        stat = self.objects.stat(keys.script(film))
        return stat.modified if stat else 0.0

    def script(self, film: str) -> str:
        """The text of the film's script.

        Raises:
            UnknownFilmError: there is no such film.
        """
        content = self.objects.read(keys.script(keys.checked_film(film)))
        if content is None:
            raise self._unknown(film)
        return content.decode("utf-8", "replace")

    def write_script(self, film: str, text: str) -> None:
        self.objects.write(keys.script(keys.checked_film(film)), text.encode())

    def storyboard(self, film: str) -> Storyboard:
        """The storyboard as it stands, edited or not.

        Raises:
            UnknownFilmError: no storyboard yet. StoryboardError: edited into something that breaks a rule.
        """
        return self._parsed_storyboard(film, self._storyboard_bytes(film))

    def storyboard_sha256(self, film: str) -> str | None:
        """SHA-256 of ``storyboard.json`` as it stands, or None where there is none."""
        content = self.objects.read(keys.storyboard(keys.checked_film(film)))
        return None if content is None else hashlib.sha256(content).hexdigest()

    def write_storyboard(self, film: str, storyboard: Storyboard) -> str:
        """Replace the storyboard; returns the SHA-256 of the new file."""
        content = storyboard_to_json(storyboard).encode()
        self.objects.write(keys.storyboard(keys.checked_film(film)), content)
        return hashlib.sha256(content).hexdigest()

    def keep_edited_storyboard(self, film: str) -> str:
        """Copy ``storyboard.json`` beside itself before the director replaces it; returns the copy's key."""
        content = self._storyboard_bytes(film)
        number = 1
        while (present := self.objects.read(keys.edited_storyboard(film, number))) not in (None, content):
            number += 1
        key = keys.edited_storyboard(film, number)
        if present is None:
            self.objects.write(key, content)
        return key

    def reference_sha256(self, film: str, name: str) -> str:
        """SHA-256 of a reference image; :meth:`reference_file` finds the image by it from now on.

        Raises:
            StoryboardError: there is no such image.
        """
        key = keys.reference(keys.checked_film(film), name)
        if self.objects.stat(key) is None:
            raise StoryboardError(
                "The reference image is not there",
                where=self.where(key),
                remedy="Put it there, or remove the reference.",
            )
        with self.objects.fetched(key) as path:
            digest = sha256_of(path)
            self._references[digest] = path
        return digest

    def reference_file(self, digest: str) -> Path:
        """The image that :meth:`reference_sha256` found.

        Raises:
            StorageError: it was not asked for in this process.
        """
        if digest not in self._references:
            raise StorageError("A reference image is not known", where=digest[:12], remedy="Run again.")
        return self._references[digest]

    # Soundtrack and movie

    def soundtrack_record(self, film: str) -> SoundtrackRecord | None:
        """How the soundtrack was made, or None where there is none or its file is not the one recorded."""
        record = self._model(keys.soundtrack_record(keys.checked_film(film)), SoundtrackRecord)
        stat = self.objects.stat(keys.soundtrack(film)) if record else None
        return record if record and stat and stat.bytes == record.bytes else None

    def publish_soundtrack(self, film: str, record: SoundtrackRecord, file: Path) -> None:
        self.objects.publish(keys.soundtrack(film), file, record.sha256)
        self._write(keys.soundtrack_record(film), record)

    def soundtrack(self, film: str) -> AbstractContextManager[Path]:
        return self.objects.fetched(keys.soundtrack(keys.checked_film(film)))

    def report(self, film: str) -> FilmReport | None:
        """The report of the movie that is there, or None where the file is missing or is another one."""
        report = self._model(keys.report(keys.checked_film(film)), FilmReport)
        stat = self.objects.stat(keys.movie(film)) if report else None
        return report if report and stat and stat.bytes == report.bytes else None

    def publish_movie(self, film: str, report: FilmReport, text: str, file: Path, marking: str) -> None:
        """The movie first, its report after: a kill between the two means one more cut, never a wrong claim.

        A rough cut stands beside the movie and never replaces it. ``marking`` is the text of the movie's sidecar.
        """
        record = self.record(film)
        if report.rough:
            self.objects.publish(keys.rough_movie(film), file, report.sha256)
            self.objects.write(keys.rough_report_text(film), text.encode())
            return
        self.objects.publish(keys.movie(film), file, report.sha256)
        self.objects.write(keys.marking(film), marking.encode())
        self.objects.write(keys.report_text(film), text.encode())
        self._write(keys.report(film), report)
        if record and record.source.startswith(f"{keys.INBOX}/"):
            self.write_inbox_report(record.source, text)

    # Inside

    def _storyboard_bytes(self, film: str) -> bytes:
        content = self.objects.read(keys.storyboard(keys.checked_film(film)))
        if content is None:
            record = self.record(film)
            raise self._without_storyboard(film, record) if record else self._unknown(film)
        return content

    def _parsed_storyboard(self, film: str, content: bytes) -> Storyboard:
        where = self.where(keys.storyboard(film))
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ScriptError(
                "The storyboard is not UTF-8", where=where, why=f"at byte {error.start}", remedy="Save it as UTF-8."
            ) from error
        return parse_storyboard(text, where=where)

    def _without_storyboard(self, film: str, record: FilmRecord) -> UnknownFilmError:
        return UnknownFilmError(
            "This film has no storyboard yet",
            where=f"{film}, from {record.source}",
            remedy="Run `film make` on its script.",
        )

    def _unknown(self, film: str) -> UnknownFilmError:
        known = self.films()
        some = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
        return UnknownFilmError(
            "There is no such film yet",
            where=film,
            why=f"films here: {some or 'none'}",
            remedy="Make it with `film make SCRIPT`.",
        )


def open_store(
    root: str, home: Path, connect: "Connect | None" = None, cache_bytes: int = DEFAULT_LIMIT_BYTES
) -> FilmStore:
    """The store at ``root``: ``file:FOLDER``, ``s3://BUCKET/PREFIX``, or empty for ``home``; connects to nothing yet.

    ``connect`` makes the client of a bucket where the environment alone does not tell how. What is fetched from a
    bucket lies in ``home``, up to ``cache_bytes`` of it.
    """
    if root.startswith("s3://"):
        from film_pipeline.storage.s3 import S3Objects

        bucket, _, prefix = root.removeprefix("s3://").partition("/")
        return FilmStore(S3Objects(bucket, prefix, home, connect, cache_bytes))
    return FilmStore(LocalObjects(Path(root.removeprefix("file:")).absolute() if root else home))
