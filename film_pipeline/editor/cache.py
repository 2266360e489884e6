"""Keeps what was encoded, by what it was made of. An optimisation only: without it the film is the same.

An entry is a folder with its files and a record of them (see ``records``). Entries appear whole by one rename. A file
that nobody touched since is believed, and any other hashed; what a disk changes without a trace is found in the movie
(see ``proof``), and then every entry is hashed. Beside the record lies, once the entry was decoded in a finished movie,
the proof of that.
"""

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from film_pipeline.editor.disk import writing
from film_pipeline.editor.records import Facts, hashes_of, read_record, write_record
from film_pipeline.editor.tally import Tally

DEFAULT_LIMIT_BYTES = 10 * 1024**3
_SWEEP_AGE_SECONDS = 60.0
_LATER_BYTES = 100  # a file, at most: the note of its proof, and longer numbers in a record that is written again
_KEPT_SHARE = 0.9  # of the limit, once it was passed: so not every cut has to measure the whole cache
_LONGEST_WORK_SECONDS = 86_400.0  # where a file system has no locks, what the dead left looks alive for so long

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """A folder of finished files and what was noted when they were made; ``fresh`` if that was just now."""

    key: str
    folder: Path
    facts: Facts
    hashes: dict[str, str]
    fresh: bool

    def file(self, name: str) -> Path:
        return self.folder / name


@dataclass(frozen=True)
class Order(Generic[T]):
    """Something to be found in the cache or made: ``of`` turns the entry into what is wanted."""

    key: str
    make: Callable[[Path], Facts]
    of: Callable[[Entry], T]

    def found(self, cache: "PartsCache") -> T | None:
        entry = cache.find(self.key)
        return self.of(entry) if entry else None

    def filled(self, cache: "PartsCache") -> T:
        return self.of(cache.get(self.key, self.make))


class PartsCache:
    """Finds entries by key or makes them; several threads and processes may share one folder."""

    def __init__(self, root: Path, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._entries = root / "parts"
        self._scratch = root / "scratch"
        self._tally = Tally(root / "size.json")
        self._limit_bytes = limit_bytes
        self._trusting = True
        self._making: defaultdict[str, Lock] = defaultdict(Lock)
        self._handed_out: list[Entry] = []
        with writing("the cache of parts", root):
            for folder in (self._entries, self._scratch):
                if folder.is_file():
                    folder.unlink()
                folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str, make: Callable[[Path], Facts]) -> Entry:
        """The entry of ``key``; if it is missing or damaged, ``make`` fills an empty folder and returns its facts.

        Raises:
            StorageFullError, StorageError, and whatever ``make`` raises.
        """
        with self._making[key]:  # a clip that stands twice in a film is not made twice at a time
            return self.find(key) or self._make(key, make)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Work with entries, which all stay until the block ends; then the cache is brought within its limit."""
        self.sweep()
        try:
            with self.scratch():
                yield
        finally:
            self.evict()

    def distrust(self) -> None:
        """From now on hash every file that is asked for, whether it was touched or not."""
        self._trusting = False
        self._handed_out.clear()

    def has_lost_entries(self) -> bool:
        """Whether a file of an entry that was handed out is not there any more: somebody else cleared it away."""
        return any(not entry.file(name).exists() for entry in self._handed_out for name in entry.hashes)

    def _make(self, key: str, make: Callable[[Path], Facts]) -> Entry:
        with self.scratch() as folder:
            facts = make(folder)
            with writing("the cache of parts", self._entries):
                hashes = write_record(folder, key, facts)
                self._tally.add(_size(folder) + _LATER_BYTES * len(hashes))
                self._publish(folder, key)
        return self._handed(Entry(key, self._folder(key), facts, hashes, fresh=True))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is gone afterwards, also after a crash (then it is swept later)."""
        folder = self._scratch / uuid.uuid4().hex
        with writing("temporary files", self._scratch):
            folder.mkdir()
        lock = os.open(folder, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # a file system without locks; then nobody sweeps either
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def sweep(self) -> None:
        """Remove what killed processes left behind: scratch folders that nobody holds a lock on."""
        for folder in _listed(self._scratch):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _SWEEP_AGE_SECONDS:
                    _remove_unless_locked(folder)

    def evict(self) -> int:
        """Bring a cache that is beyond its limit well within, the longest unused entries first; returns how many went.

        None goes that was used since the oldest running work began: someone may be joining it. Work that begins
        meanwhile counts too; what it asks for in the very moment it goes is made again.
        """
        with self._tally.opened() as counted:
            if counted.bytes is not None and counted.bytes <= self._limit_bytes:
                return 0
            entries = sorted(_measured(self._entries), key=lambda entry: entry[0])
            total = sum(size for _, size, _ in entries)
            counted.measured(total)
        gone = 0
        goal = self._limit_bytes if total <= self._limit_bytes else self._limit_bytes * _KEPT_SHARE
        for used, size, folder in entries:
            if total <= goal or used >= self._work_began():
                break
            if self._clear_away(Path(folder), size, used):
                total -= size
                gone += 1
        return gone

    def _clear_away(self, folder: Path, size: int, used: float) -> bool:
        """Delete an entry that was last used then; meanwhile nobody measures, so it is taken off the tally once."""
        with self._tally.opened() as counted:
            if _last_use(folder) != used:
                return False
            shutil.rmtree(folder, ignore_errors=True)
            if counted.bytes is not None:
                counted.bytes -= size
            return True

    def _work_began(self) -> float:
        """When the oldest of all running work began, or now."""
        now = time.time()
        begins = [now]
        for folder in _scanned(self._scratch):
            with contextlib.suppress(OSError):
                begins.append(folder.stat().st_mtime)
        return min(begin for begin in begins if now - begin < _LONGEST_WORK_SECONDS)

    def find(self, key: str) -> Entry | None:
        """The entry of ``key`` if it is there and whole."""
        folder = self._folder(key)
        record = read_record(folder, key, trusting=self._trusting)
        if record is None:
            return None
        with contextlib.suppress(OSError):
            os.utime(folder)
        return self._handed(Entry(key, folder, record["facts"], hashes_of(record), fresh=False))

    def _handed(self, entry: Entry) -> Entry:
        self._handed_out.append(entry)
        return entry

    def _publish(self, folder: Path, key: str) -> None:
        final = self._folder(key)
        if not final.parent.is_dir():
            _remove(final.parent)
        final.parent.mkdir(exist_ok=True)
        for _ in range(3):
            try:
                folder.rename(final)
            except OSError:
                # Somebody was quicker, or what stands there is damaged.
                if read_record(final, key, trusting=False) is not None:
                    return
                _remove(final)
            else:
                return
        folder.rename(final)

    def _folder(self, key: str) -> Path:
        return self._entries / key[:2] / key


def fill(
    orders: Sequence[Order[T]],
    cache: PartsCache,
    workers: int,
    progress: Callable[[int], None] = lambda done: None,
) -> list[T]:
    """What is in the cache is taken from there at once; the rest is made, up to ``workers`` at a time.

    ``progress`` is called with how many are there. After an error, what has not begun is dropped.

    Raises:
        StorageFullError, StorageError, and whatever the orders raise.
    """
    found = [order.found(cache) for order in orders]
    missing = [number for number, one in enumerate(found) if one is None]
    if missing:
        pool = ThreadPoolExecutor(workers, thread_name_prefix="parts")
        try:
            making = {pool.submit(orders[number].filled, cache): number for number in missing}
            for done, future in enumerate(as_completed(making), start=len(orders) - len(missing) + 1):
                found[making[future]] = future.result()
                progress(done)
        finally:
            pool.shutdown(cancel_futures=True)
    return [one for one in found if one is not None]


def _remove(what: Path) -> None:
    """Whatever it is; an error shows where its name is used again."""
    if what.is_dir():
        shutil.rmtree(what, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            what.unlink()


def _listed(folder: Path) -> list[Path]:
    return [Path(child.path) for child in _scanned(folder) if child.is_dir()]


def _scanned(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as children:
            return list(children)
    except OSError:
        return []


def _measured(entries: Path) -> Iterator[tuple[float, int, str]]:
    """Last use, bytes and folder of every entry; those that vanish meanwhile are left out."""
    for shelf in _scanned(entries):
        for entry in _scanned(shelf.path):
            with contextlib.suppress(OSError):
                yield entry.stat().st_mtime, _size(entry.path), entry.path


def _last_use(folder: Path) -> float | None:
    try:
        return folder.stat().st_mtime
    except OSError:
        return None


def _size(folder: Path | str) -> int:
    return sum(file.stat().st_size for file in _scanned(folder))


def _remove_unless_locked(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
