import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from film_pipeline.editor import cache as cache_module
from film_pipeline.editor.cache import PartsCache
from film_pipeline.editor.tally import Tally


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "size.json"


def counted(note: Path) -> int | None:
    with Tally(note).opened() as found:
        return found.bytes


def measure(note: Path, count: int) -> None:
    with Tally(note).opened() as found:
        found.measured(count)


def test_nothing_is_known_until_it_is_measured(note) -> None:
    Tally(note).add(50)
    assert counted(note) is None
    measure(note, 100)
    Tally(note).add(50)
    assert counted(note) == 150


def test_many_add_at_once(note) -> None:
    measure(note, 0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Tally(note).add, range(400)))
    assert counted(note) == sum(range(400))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"bytes": 7}', "\x00" * 300),
        *(
            f'{{"bytes": {what}, "measured_at": {time.time()}}}'
            for what in ('"x"', "1e999", "-1", "1.5", "true", "null")
        ),
        *(f'{{"bytes": 7, "measured_at": {what}}}' for what in ("NaN", "Infinity", "1" * 150, '"now"')),
    ],
)
def test_a_damaged_note_is_none(note, text) -> None:
    note.write_text(text)
    assert counted(note) is None
    measure(note, 5)
    assert counted(note) == 5


@pytest.mark.parametrize("when", [time.time() - 86_401, time.time() + 3_600])
def test_a_note_is_believed_for_a_day(note, when) -> None:
    note.write_text(json.dumps({"bytes": 7, "measured_at": when}))
    assert counted(note) is None


def test_where_nothing_can_be_noted_nothing_is_known(note) -> None:
    note.mkdir()
    measure(note, 5)
    assert counted(note) is None


def makes(size: int):
    def make(folder: Path) -> dict:
        (folder / "part.mp4").write_bytes(bytes(size))
        return {}

    return make


def held(root: Path) -> int:
    return sum(path.stat().st_size for path in (root / "parts").rglob("*") if path.is_file())


def test_a_cache_is_measured_only_when_it_may_be_beyond_its_limit(tmp_path, monkeypatch) -> None:
    measured = []
    walk = cache_module._measured
    monkeypatch.setattr(cache_module, "_measured", lambda folder: measured.append(folder) or walk(folder))
    caches = [PartsCache(tmp_path, limit_bytes=10_000) for _ in range(2)]

    known = None
    for number in range(12):
        with caches[number % 2].in_use():
            entry = caches[number % 2].get(f"{number:064d}", makes(1_000))
            size = sum(path.stat().st_size for path in entry.folder.iterdir()) + cache_module._LATER_BYTES
            (entry.folder / "part.mp4.proof").write_text("f" * 8 + " 1099511627776 " + "f" * 8)  # once in a movie
        assert bool(measured) == (known is None or known + size > 10_000)
        measured.clear()
        known = counted(tmp_path / "size.json")
        assert held(tmp_path) <= known <= 10_000
        time.sleep(0.01)  # else the last is as old as the first
    assert not caches[0].get(f"{11:064d}", makes(1)).fresh
