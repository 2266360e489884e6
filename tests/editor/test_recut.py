"""A cut costs what changed; whatever happens to the cache or the process, the next cut gives the same film."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from barcode import code_of, decoded_cells

from film_pipeline.editor.movie import prepare
from film_pipeline.ffmpeg.program import file_argument, run_ffmpeg
from film_pipeline.models.digests import sha256_of
from film_pipeline.models.timeline import Timeline

KINDS = ["cut", "dissolve", "wipe_left", "dissolve", "cut", "fade"]


@pytest.fixture
def timeline(workshop) -> Timeline:
    return workshop.timeline([workshop.clip(scene, 20 + scene) for scene in range(6)], KINDS)


def test_the_first_cut_encodes_everything_and_the_second_nothing(workshop, timeline) -> None:
    first = workshop.cut(timeline)
    assert (first.encoded_parts, first.reused_parts) == (6 + 4 + 1, 0)
    again = workshop.cut(timeline)
    assert (again.encoded_parts, again.reused_parts) == (0, 11)
    assert again.sha256 == first.sha256


def test_one_changed_scene_costs_itself_and_its_transitions(workshop, timeline) -> None:
    workshop.cut(timeline)
    changed = list(timeline.clips)
    changed[2] = workshop.clip(40, 22).model_copy(update={"scene": "002"})
    facts = workshop.cut(timeline.model_copy(update={"clips": tuple(changed)}))

    assert facts.encoded_parts == 3
    codes = {code_of(cells)[0] for _, cells in decoded_cells(workshop.movie)}
    assert {0, 1, 3, 4, 5, 40} <= codes


def test_two_scenes_in_the_other_order_cost_transitions_only(workshop) -> None:
    clips = [workshop.clip(scene) for scene in range(4)]
    kinds = ["cut", "dissolve", "dissolve", "dissolve"]
    workshop.cut(workshop.timeline(clips, kinds))
    swapped = [clips[0], clips[2], clips[1], clips[3]]
    assert workshop.cut(workshop.timeline(swapped, kinds)).encoded_parts == 3


def test_an_empty_cache_gives_the_same_film(workshop, timeline) -> None:
    first = workshop.cut(timeline)
    elsewhere = workshop.cut(timeline, cache=workshop.folder / "another", workers=1)
    assert elsewhere.sha256 == first.sha256


def test_a_damaged_cache_heals(workshop, timeline) -> None:
    first = workshop.cut(timeline)
    files = sorted((workshop.cache / "parts").rglob("*.mp4")) + sorted((workshop.cache / "parts").rglob("*.json"))
    for number, path in enumerate(files):
        if number % 3 == 0:
            path.write_bytes(path.read_bytes()[:-10])
        elif number % 3 == 1:
            path.write_bytes(b"\0" * path.stat().st_size)
    healed = workshop.cut(timeline)
    assert healed.sha256 == first.sha256
    assert healed.encoded_parts > 0
    assert workshop.cut(timeline).encoded_parts == 0


@pytest.mark.parametrize("moment", ["conforming scenes", "mixing the sound", "joining", "checking the movie"])
def test_parts_that_are_cleared_away_during_a_cut_are_made_again(workshop, timeline, moment) -> None:
    changed = list(timeline.clips)
    changed[2] = workshop.clip(40, 22).model_copy(update={"scene": "002"})
    timeline_after = timeline.model_copy(update={"clips": tuple(changed)})
    wanted = workshop.cut(timeline_after, cache=workshop.folder / "another").sha256
    workshop.cut(timeline)
    cleared = []

    def clear(share: float, words: str) -> None:
        if words.startswith(moment) and not cleared:
            cleared.append(words)
            shutil.rmtree(workshop.cache / "parts")
            (workshop.cache / "parts").mkdir()

    assert workshop.cut(timeline_after, progress=clear).sha256 == wanted
    assert cleared


def test_progress_rises_to_one_and_has_words(workshop, timeline) -> None:
    told: list[tuple[float, str]] = []
    workshop.cut(timeline, progress=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "done")
    assert "conforming scenes: 6 of 6" in [words for _, words in told]


def _cut_elsewhere(timeline: Timeline, workshop, extra: str = "", music: str = "None") -> subprocess.Popen:
    code = (
        f"import resource; from pathlib import Path\n{extra}\n"
        "from film_pipeline.editor.movie import cut_movie\n"
        "from film_pipeline.errors import StorageFullError\n"
        "from film_pipeline.models.timeline import Timeline\n"
        "print('ready', flush=True)\n"
        f"timeline = Timeline.model_validate_json({timeline.model_dump_json()!r})\n"
        "try:\n"
        f"    cut_movie(timeline, soundtrack={music}, into=Path({str(workshop.folder / 'killed.mp4')!r}),"
        f" cache=Path({str(workshop.cache)!r}), workers=2)\n"
        "except StorageFullError as error:\n"
        "    print(error)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_a_cut_killed_at_any_time_leaves_nothing_broken(workshop, timeline) -> None:
    for milliseconds in (20, 120, 250, 400, 550):
        process = _cut_elsewhere(timeline, workshop)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(milliseconds / 1000)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        for record in (workshop.cache / "parts").rglob("entry.json"):
            for file in record.parent.glob("*.mp4"):
                assert sha256_of(file) in record.read_text()
    facts = workshop.cut(timeline)
    assert facts.frames == timeline.frames
    assert workshop.cut(timeline, cache=workshop.folder / "another").sha256 == facts.sha256


@pytest.mark.parametrize(("limit", "what"), [(900, "conforming scene"), (200_000, "the film's sound")])
def test_a_full_disk_is_told_as_such(workshop, timeline, limit, what) -> None:
    music = workshop.folder / "music.flac"
    run_ffmpeg(["-f", "lavfi", "-i", "sine=d=1", file_argument(music)], doing="writing")
    setting = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    process = _cut_elsewhere(timeline, workshop, setting, f"Path({str(music)!r})")
    said, complaints = process.communicate()
    assert f"No room on the disk while {'writing ' if 'film' in what else ''}{what}" in said, complaints
    assert workshop.cut(timeline).frames == timeline.frames


def test_a_disk_full_while_joining_is_told_as_such(workshop, timeline) -> None:
    workshop.cut(timeline)
    limit = workshop.movie.stat().st_size // 2
    process = _cut_elsewhere(timeline, workshop, f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))")
    said, complaints = process.communicate()
    assert "No room on the disk while writing the movie" in said, complaints


def test_a_film_of_prepared_clips_is_the_same_film(workshop, timeline) -> None:
    prepared = workshop.folder / "prepared"
    for number in range(len(timeline.clips)):
        prepare(timeline, number, cache=prepared)
    facts = workshop.cut(timeline, cache=prepared)
    assert (facts.encoded_parts, facts.reused_parts) == (4 + 1, 6)
    assert workshop.cut(timeline).sha256 == facts.sha256
