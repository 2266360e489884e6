"""Films in a store: their script, storyboard, takes, cut, soundtrack, movie and report."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from film_pipeline.errors import (
    ScriptError,
    StorageConflictError,
    StorageCorruptError,
    StorageError,
    StoryboardError,
    UnknownFilmError,
)
from film_pipeline.models.report import FilmRecord, FilmReport, SoundtrackRecord
from film_pipeline.models.storyboard import Storyboard, parse_storyboard, storyboard_to_json
from film_pipeline.models.take import Cut, Refusal, Selection, Take
from film_pipeline.storage import keys
from film_pipeline.storage.fetched import DEFAULT_LIMIT_BYTES
from film_pipeline.storage.leases import leased
from film_pipeline.storage.local import LocalObjects, sha256_of
from film_pipeline.storage.objects import ABSENT, Objects, ObjectStat

if TYPE_CHECKING:
    from film_pipeline.storage.s3_connection import Connect

Model = TypeVar("Model", bound=BaseModel)

_TRIES = 20


class FilmStore:
    """All films under one root. Readers never see a half-written file; ``cut.json`` is the only pointer."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._references: dict[str, Path] = {}

    def films(self, *, archived: bool | None = None) -> list[str]:
        """The keys of all films, sorted; of those in the archive (True), of those at work (False)."""
        found = [name for name in self.objects.folders(f"{keys.FILMS}/") if keys.FILM_KEY.fullmatch(name)]
        return found if archived is None else [film for film in found if self._lies_archived(film) == archived]

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

    def _lies_archived(self, film: str) -> bool:
        """A record that cannot be read says nothing of an archive; whoever needs it will meet its error."""
        with suppress(StorageCorruptError):
            record = self.record(film)
            return record is not None and bool(record.archived)
        return False

    def amend(self, film: str, **changes: object) -> None:
        """Change fields of a film's record, whoever else changes others of it at the same time."""
        key = keys.record(keys.checked_film(film))
        for _ in range(_TRIES):
            before = self.objects.read(key)
            if before is None:
                raise self._unknown(film)
            after = _json(self._parsed(key, before, FilmRecord).model_copy(update=changes))
            if after == before:
                return
            with suppress(StorageConflictError):
                self.objects.write(key, after, expected=before)
                return
        raise StorageConflictError("The film's record could not be changed", where=key, remedy="Run again.")

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

    # Takes and the cut

    def clips(self, film: str) -> dict[str, int]:
        """The digest of every clip that is there, with its size in bytes."""
        found = {}
        for key, stat in self.objects.stats(keys.takes(film)):
            stem, _, ending = key.rsplit("/", 1)[-1].partition(".")
            if ending == "mp4":
                found[stem] = stat.bytes
        return found

    def takes(self, film: str, scene: str) -> list[Take]:
        """The finished takes of a scene by number. A record without its clip, or a clip of another size, is no take."""
        found, present = [], dict(self.objects.stats(keys.takes(film, scene)))
        for key in present:
            if key.endswith(".json") and not key.endswith(keys.REFUSED):
                take = self._model(key, Take)
                clip = present.get(keys.clip(film, scene, take.digest)) if take else None
                if take and clip and clip.bytes == take.bytes:
                    found.append(take)
        return sorted(found, key=lambda take: (take.number, take.created))

    def all_takes(self, film: str) -> Mapping[str, list[Take]]:
        """Takes by scene, read only for the scenes that are asked for."""
        return _ByScene(self, film, self.takes)

    def refusals(self, film: str, scene: str) -> list[Refusal]:
        """The takes of a scene that the quality gate refused, by number."""
        keys_there = [key for key in self.objects.keys(keys.takes(film, scene)) if key.endswith(keys.REFUSED)]
        found = [refusal for key in keys_there if (refusal := self._model(key, Refusal))]
        return sorted(found, key=lambda refusal: (refusal.number, refusal.created))

    def all_refusals(self, film: str) -> Mapping[str, list[Refusal]]:
        """Refused takes by scene, read only for the scenes that are asked for."""
        return _ByScene(self, film, self.refusals)

    def write_refusal(self, film: str, refusal: Refusal) -> None:
        self._write(keys.refusal(film, refusal.scene, refusal.digest), refusal)

    def forget_refusals(self, film: str, scene: str, basis: str) -> None:
        """Let a scene all of whose takes were refused begin anew."""
        for refusal in self.refusals(film, scene):
            if refusal.basis == basis:
                self.objects.delete(keys.refusal(film, scene, refusal.digest))

    def write_rating(self, film: str, take: Take) -> None:
        """Renew the record of a stored take, which got its rating; its clip stays as it is."""
        self._write(keys.take(film, take.scene, take.digest), take)

    def publish_take(self, film: str, take: Take, clip: Path) -> None:
        """Store a clip under its digest. The record goes first: a clip that is there always has one."""
        self._write(keys.take(film, take.scene, take.digest), take)
        self.objects.publish(keys.clip(film, take.scene, take.digest), clip, take.sha256)

    @contextmanager
    def clip(self, film: str, take: Take) -> Iterator[Path]:
        """A local file with the clip of a take, to be read only."""
        with self.objects.fetched(keys.clip(film, take.scene, take.digest)) as path:
            yield path

    def rendering(
        self, film: str, scene: str, request: str, waiting: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Be the only one who renders takes of a scene, on whatever machine; calls ``waiting`` while another is."""
        return leased(self.objects, keys.lease(film, scene), request, waiting)

    def set_clip_aside(self, film: str, take: Take) -> None:
        """Remove a damaged clip, so that every plan sees it as missing."""
        self.objects.delete(keys.clip(film, take.scene, take.digest))

    def cut(self, film: str) -> Cut:
        """Which takes are selected; an empty cut where there is none yet."""
        return self._model(keys.cut(keys.checked_film(film)), Cut) or Cut()

    def select(self, film: str, scene: str, selection: Selection) -> None:
        """Put a take into the cut; a person's choice for the same wish is replaced only by a person's later one."""

        def change(cut: Cut) -> Cut:
            present = cut.scenes.get(scene)
            kept = present and present.holds_against(selection) and self._is_there(film, scene, present)
            return cut if kept else cut.selecting(scene, selection)

        self._update_cut(film, change)

    def _is_there(self, film: str, scene: str, present: Selection) -> bool:
        stat = self.objects.stat(keys.clip(film, scene, present.digest))
        return stat is not None and stat.bytes == present.bytes

    def deselect(self, film: str, scenes: set[str]) -> None:
        """Take scenes that left the storyboard out of the cut; their takes stay."""
        self._update_cut(film, lambda cut: cut.without(scenes))

    def _update_cut(self, film: str, change: Callable[[Cut], Cut]) -> None:
        key = keys.cut(keys.checked_film(film))
        for _ in range(_TRIES):
            before = self.objects.read(key)
            cut = self._parsed(key, before, Cut) if before is not None else Cut()
            after = change(cut)
            if after == cut and before is not None:
                return
            try:
                self.objects.write(key, _json(after), expected=ABSENT if before is None else before)
            except StorageConflictError:
                continue  # read again what the other writer wrote, and change that
            return
        raise StorageConflictError(
            "The cut could not be changed", where=key, why=f"{_TRIES} other writers were quicker"
        )

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

    def where(self, key: str) -> str:
        """The address of an object for people: a path or ``s3://`` address."""
        return f"{self.objects.describe().removeprefix('file:')}/{key}"

    # Reading and writing records

    def _storyboard_bytes(self, film: str) -> bytes:
        content = self.objects.read(keys.storyboard(keys.checked_film(film)))
        if content is None:
            raise self._unknown(film)
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

    def _unknown(self, film: str) -> UnknownFilmError:
        known = self.films()
        some = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
        return UnknownFilmError(
            "There is no such film yet",
            where=film,
            why=f"films here: {some or 'none'}",
            remedy="Make it with `film make SCRIPT`.",
        )

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


class _ByScene(Mapping[str, list[Model]]):
    """What ``read`` finds for each scene of a film, read when it is asked for."""

    def __init__(self, store: FilmStore, film: str, read: Callable[[str, str], list[Model]]) -> None:
        self._store, self._film, self._read = store, film, read

    def __getitem__(self, scene: str) -> list[Model]:
        return self._read(self._film, scene)

    def __iter__(self) -> Iterator[str]:
        return iter(self._store.objects.folders(keys.takes(self._film)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _json(model: BaseModel) -> bytes:
    return (json.dumps(model.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n").encode()


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
