"""Archived films cost no daily work: no partition, no look, no line in a list; a touched script brings one back."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import make_storyboard
from ticking import Daemon
from typer.testing import CliRunner

from film_pipeline.cli import app
from film_pipeline.defs.director_sensor import forget_films
from film_pipeline.defs.home import open_history
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.screening.listing import Listing
from film_pipeline.screening.programme import film_list
from film_pipeline.storage import keys
from film_pipeline.studio.archiving import archive, finished_before, restore

BOARD = storyboard_to_json(make_storyboard())


def film(daemon: Daemon, *arguments: str) -> dict[str, Any]:
    home = str(daemon.studio.settings.home)
    result = CliRunner().invoke(app, [*arguments, "--home", home, "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


def partitions(daemon: Daemon) -> list[str]:
    return sorted([*daemon.instance.get_dynamic_partitions("films"), *daemon.instance.get_dynamic_partitions("scenes")])


@pytest.fixture
def two_films(daemon: Daemon) -> Daemon:
    daemon.drop("neo.json", BOARD)
    daemon.drop("other.json", BOARD.replace("Test", "Other"))
    daemon.work()
    return daemon


def test_an_archived_film_leaves_partitions_and_lists_and_keeps_its_files(two_films: Daemon) -> None:
    daemon, movie = two_films, Path(two_films.studio.store.where(keys.movie("neo")))
    before = movie.read_bytes(), movie.stat().st_mtime_ns
    assert film(daemon, "archive", "neo")["changed"] == ["neo"]
    assert film(daemon, "archive", "neo")["changed"] == []
    assert daemon.work() == []
    assert partitions(daemon) == ["other", "other/001", "other/002"]
    status = film(daemon, "status")
    assert [row["film"] for row in status["films"]] == ["other"]
    assert status["archived"] == 1
    shown = film(daemon, "status", "--archived")["films"]
    assert [(row["film"], row["movie"]) for row in shown] == [("neo", str(movie))]
    listed = film_list(daemon.studio, Listing(daemon.studio.store)).films
    assert [card.film for card in listed] == ["other"]
    assert (movie.read_bytes(), movie.stat().st_mtime_ns) == before
    forget_films()
    assert daemon.work() == [], "nor does a new process look at it"
    assert partitions(daemon) == ["other", "other/001", "other/002"]


def test_restored_it_is_as_it_was_and_nothing_is_rendered(two_films: Daemon) -> None:
    daemon, rendered = two_films, len(two_films.renderer.rendered)
    film(daemon, "archive", "neo")
    daemon.work()
    assert film(daemon, "archive", "neo", "--restore")["changed"] == ["neo"]
    assert daemon.work() == []
    assert partitions(daemon) == ["neo", "neo/001", "neo/002", "other", "other/001", "other/002"]
    assert len(daemon.renderer.rendered) == rendered


def test_a_touched_script_brings_the_film_back_and_a_new_process_does_not(two_films: Daemon) -> None:
    daemon = two_films
    script = daemon.studio.settings.home / "scripts" / "neo.json"
    film(daemon, "archive", "neo")
    Path(daemon.studio.store.where(keys.received())).unlink()
    daemon.work()
    assert daemon.studio.store.films(archived=True) == ["neo"], "it was received before the film was archived"
    report = script.with_name("neo.report.md")
    assert "## Scenes" in report.read_text(), "a script that is only seen again keeps its report"
    os.utime(script, (script.stat().st_atime, datetime.now(UTC).timestamp() + 1))
    os.utime(script)  # now, as `touch` does
    daemon.drop("neo.json", script.read_text(), age=-3600)  # settled is judged by the clock; an hour ahead waits
    assert daemon.work() == []
    daemon.drop("neo.json", script.read_text().replace("scene 2", "a new ending"))
    assert daemon.work() == ["write_storyboard neo", "render_scene neo/002", "cut_movie neo"]
    assert daemon.studio.store.films(archived=True) == []


def test_only_finished_films_of_that_age_go_with_older_than(two_films: Daemon) -> None:
    studio = two_films.studio
    assert list(finished_before(studio, 1)) == []
    report = studio.store.report("neo")
    assert report
    old = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    studio.store.objects.write(
        keys.report("neo"), report.model_copy(update={"created": old}).model_dump_json().encode()
    )
    assert list(finished_before(studio, 30)) == ["neo"]
    path = Path(studio.store.where(keys.storyboard("neo")))
    path.write_text(path.read_text().replace("scene 1", "edited"))
    assert list(finished_before(studio, 30)) == [], "an edited film is not finished"


def test_the_command_removes_partitions_where_the_home_has_its_history(two_films: Daemon) -> None:
    home = two_films.studio.settings.home
    with open_history(home) as instance:
        instance.add_dynamic_partitions("films", ["neo", "other"])
        instance.add_dynamic_partitions("scenes", ["neo/001", "neo/002", "other/001", "neo2/001"])
    assert film(two_films, "archive", "neo")["partitions_removed"] == 3
    with open_history(home) as instance:
        assert instance.get_dynamic_partitions("films") == ["other"]
        assert sorted(instance.get_dynamic_partitions("scenes")) == ["neo2/001", "other/001"]


def test_work_on_an_archived_film_is_refused_with_the_way_back(two_films: Daemon) -> None:
    archive(two_films.studio.store, "neo")
    home = two_films.studio.settings.home
    cut = (home / keys.cut("neo")).read_bytes()
    (home / keys.clip("neo", "001", json.loads(cut)["scenes"]["001"]["digest"])).unlink()
    for work in (["render", "neo"], ["take", "neo", "1", "1"], ["cut", "neo", "--rough"]):
        result = CliRunner().invoke(app, [*work, "--home", str(home)])
        assert result.exit_code == 1
        assert "film archive neo --restore" in result.output, work
    assert (home / keys.cut("neo")).read_bytes() == cut
    assert restore(two_films.studio.store, "neo")


def test_an_unknown_film_stops_the_command_before_anything_changed(two_films: Daemon) -> None:
    home = str(two_films.studio.settings.home)
    result = CliRunner().invoke(app, ["archive", "neo", "nobody", "--home", home])
    assert result.exit_code == 1
    assert two_films.studio.store.films(archived=True) == []
