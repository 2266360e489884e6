"""Sensors and schedule: scripts become films with nothing typed, edits render what changed, faults stay alone."""

from pathlib import Path

import dagster as dg
import pytest
from factories import make_scene, make_storyboard
from ticking import Daemon

from film_pipeline.defs import director_sensor, inbox_sensor
from film_pipeline.defs.director_sensor import forget_films
from film_pipeline.defs.nightly_batch import release
from film_pipeline.errors import RenderContentError, RenderMachineError
from film_pipeline.models.storyboard import storyboard_to_json
from film_pipeline.settings import Settings
from film_pipeline.storage import keys

BOARD = storyboard_to_json(make_storyboard())


def test_a_script_in_the_inbox_becomes_a_movie_with_nothing_typed(daemon: Daemon) -> None:
    script = daemon.drop("neo.json", BOARD)
    assert daemon.work() == ["write_storyboard neo", "render_scene neo/001", "render_scene neo/002", "cut_movie neo"]
    assert daemon.studio.plan("neo").current
    assert "## Scenes" in script.with_name("neo.report.md").read_text()
    assert daemon.work() == []


def test_one_edited_prompt_is_one_scene_and_a_cut(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.work()
    path = Path(daemon.studio.store.where(keys.storyboard("neo")))
    path.write_text(path.read_text().replace("scene 2", "another"))
    assert daemon.work() == ["render_scene neo/002", "cut_movie neo"]


def test_a_removed_scene_leaves_the_cut_and_the_partitions(daemon: Daemon) -> None:
    daemon.drop("neo.json", storyboard_to_json(make_storyboard(make_scene(1), make_scene(2), make_scene(3))))
    daemon.work()
    Path(daemon.studio.store.where(keys.storyboard("neo"))).write_text(BOARD)
    assert daemon.work() == ["cut_movie neo"]
    assert sorted(daemon.instance.get_dynamic_partitions("scenes")) == ["neo/001", "neo/002"]


def test_a_new_process_and_a_lost_history_cost_no_render(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.work()
    forget_films()
    assert daemon.work() == []
    with dg.DagsterInstance.ephemeral() as empty:
        daemon.instance, daemon.keys = empty, set()
        forget_films()
        assert daemon.work() == []
        assert sorted(empty.get_dynamic_partitions("scenes")) == ["neo/001", "neo/002"]
    assert len(daemon.renderer.rendered) == 2


def test_a_file_that_is_still_growing_waits(daemon: Daemon) -> None:
    script = daemon.drop("neo.json", BOARD[:50], age=0)
    daemon.tick("new_scripts")
    assert daemon.studio.store.films() == []
    daemon.drop("neo.json", BOARD)
    daemon.tick("new_scripts")
    assert daemon.studio.store.films() == ["neo"]
    assert script.exists()


def test_bad_scripts_are_reported_beside_them_and_stop_no_other(daemon: Daemon) -> None:
    bad = {"empty.txt": " ", "broken.json": '{"title": "t"}', "picture.png": "x", "🎬.txt": "A man walks in the rain."}
    for name, text in bad.items():
        daemon.drop(name, text)
    daemon.drop("neo.json", BOARD)
    daemon.work()
    assert daemon.studio.plan("neo").current
    assert len(daemon.studio.store.films()) == 3, "neo, the clapper board, and broken.json with its refusal"
    inbox = daemon.studio.settings.home / "scripts"
    assert "empty" in (inbox / "empty.report.md").read_text()
    assert "unknown ending" in (inbox / "picture.report.md").read_text()
    assert "scenes: is missing" in (inbox / "broken.report.md").read_text(), "in the director's own words"


def test_a_refused_scene_is_not_asked_for_again_until_it_is_edited(daemon: Daemon) -> None:
    daemon.renderer.failing = lambda spec: RenderContentError("no") if spec.prompt == "scene 2" else None
    script = daemon.drop("neo.json", BOARD)
    daemon.drop("other.json", storyboard_to_json(make_storyboard(make_scene(1), title="Other")))
    daemon.work()
    assert daemon.studio.plan("other").current
    report = script.with_name("neo.report.md")
    assert "neo/002: render_scene was refused (RenderContentError)" in report.read_text()
    assert [scene.scene for scene in daemon.studio.plan("neo").to_render] == ["002"]
    assert daemon.work() == []
    path = Path(daemon.studio.store.where(keys.storyboard("neo")))
    path.write_text(path.read_text().replace("scene 2", "allowed"))
    assert daemon.work() == ["render_scene neo/002", "cut_movie neo"]
    assert "waits for you" not in report.read_text()


def test_machine_faults_are_tried_again_up_to_the_cap(daemon: Daemon) -> None:
    daemon.renderer.failing = lambda spec: RenderMachineError("server gone") if spec.prompt == "scene 2" else None
    daemon.drop("neo.json", BOARD)
    ran = daemon.work(ticks=12)
    assert ran.count("render_scene neo/002") == daemon.studio.settings.max_attempts
    assert daemon.work() == []


def test_dagster_itself_tries_again_only_what_a_machine_broke_for_a_person(settings: Settings) -> None:
    """As on a cluster: what the director asks again for would run twice, and what was refused would be paid again."""
    retries = {"run_retries": {"enabled": True, "max_retries": 2}}
    with dg.DagsterInstance.ephemeral(settings=retries) as instance:
        daemon = Daemon(settings, instance)
        daemon.drop("neo.json", storyboard_to_json(make_storyboard(make_scene(1))))
        daemon.tick("new_scripts")
        (board,) = daemon.tick()
        daemon.execute(board)
        (scene,) = daemon.tick()
        by_hand = dg.RunRequest(job_name=scene.job_name, partition_key=scene.partition_key)
        gone, refused = RenderMachineError("server gone"), RenderContentError("no")
        again = []
        for request, fault in ((scene, gone), (by_hand, gone), (by_hand, refused)):
            daemon.renderer.failing = lambda _, fault=fault: fault
            daemon.execute(request)
            again.append(instance.get_runs(limit=1)[0].tags["dagster/will_retry"])
    assert again == ["false", "true", "false"]


def test_runs_under_way_are_not_asked_for_twice(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.tick("new_scripts")
    for request in daemon.tick():
        daemon.execute(request)
    job = daemon.definitions.resolve_job_def("render_scene")
    tags = {"dagster/partition": "neo/001"}
    daemon.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    assert [request.partition_key for request in daemon.tick()] == ["neo/002"]


def test_a_film_on_hold_is_not_rendered(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.tick("new_scripts")
    daemon.studio.store.hold("neo", "storyboard")
    assert daemon.work() == ["write_storyboard neo"]
    daemon.studio.store.hold("neo", "")
    assert "cut_movie neo" in daemon.work()


def test_the_nightly_batch_keeps_its_budget_and_carries_over(tmp_path: Path) -> None:
    settings = Settings(FILM_HOME=tmp_path, FILM_SIZE="160x90", FILM_FPS="12", FILM_BATCH_SCENES=3)
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(settings, instance)
        for number, name in enumerate(("a", "b", "c")):
            daemon.drop(f"nightly/{name}.json", storyboard_to_json(make_storyboard(title=name)), age=100 - number)
        assert daemon.work() == ["write_storyboard a", "write_storyboard b", "write_storyboard c"]
        night = release(daemon.studio, "first")
        assert night.scenes == {"a": {"001": 1, "002": 1}, "b": {"001": 1}}
        assert night.waiting == {"b": "1 of its 2 scenes", "c": "tonight's budget is spent"}
        assert release(daemon.studio, "first").scenes == {}, "a tick that is evaluated again spends nothing more"
        assert sorted(daemon.work()) == [
            "cut_movie a",
            "render_scene a/001",
            "render_scene a/002",
            "render_scene b/001",
        ]
        assert release(daemon.studio, "second").scenes == {"b": {"002": 1}, "c": {"001": 1, "002": 1}}
        assert sorted(daemon.work()) == [
            "cut_movie b",
            "cut_movie c",
            "render_scene b/002",
            "render_scene c/001",
            "render_scene c/002",
        ]
        report = (tmp_path / "scripts" / "nightly-second.report.md").read_text()
        assert "2 of 2 films are finished; 3 takes were let through" in report
        assert "| `c` | 2 | finished: 2.0 s of film" in report


def test_the_same_script_twice_is_one_film_and_500_at_once_are_500(daemon: Daemon) -> None:
    for number in range(500):
        daemon.drop(f"film{number}.txt", f"A woman walks across bridge number {number}.")
    daemon.tick("new_scripts")
    daemon.tick("new_scripts")
    assert len(daemon.studio.store.films()) == 500
    assert len(daemon.tick()) == 32, "no more are in the queue than soon can run"


def test_a_tick_that_runs_out_of_time_goes_on_in_the_next(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(director_sensor, "_LOOK_SECONDS", -1.0)  # one film a tick
    monkeypatch.setattr(inbox_sensor, "_RECEIVE_SECONDS", -1.0)
    board = storyboard_to_json(make_storyboard(make_scene(1, duration=0.5)))
    for name in ("a", "b", "c"):
        daemon.drop(f"{name}.json", board.replace("Test", name))
    for received in (1, 2, 3):
        daemon.tick("new_scripts")
        assert len(daemon.studio.store.films()) == received
    monkeypatch.setattr(inbox_sensor, "_RECEIVE_SECONDS", 20.0)
    ran = [request for _ in range(24) for request in daemon.tick() if daemon.execute(request)]
    assert len(ran) == 9
    assert all(daemon.studio.plan(name).current for name in ("a", "b", "c"))


def test_a_cancelled_scene_is_left_to_people_and_a_killed_one_is_asked_for_again(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.tick("new_scripts")
    for request in daemon.tick():
        daemon.execute(request)
    job = daemon.definitions.resolve_job_def("render_scene")
    first, second = daemon.tick()
    for request, status in ((first, dg.DagsterRunStatus.CANCELED), (second, dg.DagsterRunStatus.FAILURE)):
        tags = {**request.tags, "dagster/partition": str(request.partition_key)}
        daemon.instance.create_run_for_job(job, tags=tags, status=status)
    assert [request.partition_key for request in daemon.tick()] == [second.partition_key]


def test_a_clip_that_is_lost_is_rendered_again(daemon: Daemon) -> None:
    daemon.drop("neo.json", BOARD)
    daemon.work()
    take = daemon.studio.store.takes("neo", "002")[0]
    daemon.studio.store.set_clip_aside("neo", take)
    forget_films()  # as the look at all films, minutes later
    assert daemon.work()[0] == "render_scene neo/002"
    assert daemon.studio.plan("neo").current


def test_the_night_counts_gpu_seconds_by_the_pace_of_films_made_before(tmp_path: Path) -> None:
    settings = Settings(FILM_HOME=tmp_path, FILM_SIZE="160x90", FILM_FPS="12", FILM_BATCH_GPU_SECONDS=5)
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(settings, instance)
        daemon.drop("made.json", BOARD)
        daemon.work()
        for take in (take for scene in ("001", "002") for take in daemon.studio.store.takes("made", scene)):
            paid = take.model_copy(update={"seconds": 3.0})  # a scene of a second takes three
            daemon.studio.store.objects.write(
                keys.take("made", take.scene, take.digest), paid.model_dump_json().encode()
            )
        daemon.drop("nightly/a.json", storyboard_to_json(make_storyboard(title="a")))
        daemon.work()
        night = release(daemon.studio, "first")
        assert night.scenes == {"a": {"001": 1}}, "the second would make it six seconds"
        assert "5 GPU seconds" in (tmp_path / "scripts" / "nightly-first.report.md").read_text()


def test_the_report_of_the_night_tells_what_keeps_a_film(daemon: Daemon) -> None:
    daemon.renderer.failing = lambda spec: RenderContentError("no | <b>good</b>")
    daemon.drop("nightly/a.json", BOARD)
    daemon.work()
    release(daemon.studio, "first")
    daemon.work()
    report = (daemon.studio.settings.home / "scripts" / "nightly-first.report.md").read_text()
    assert "0 of 1 films are finished" in report
    assert "was refused (RenderContentError)" in report


def test_more_takes_are_rendered_once_and_the_movie_is_cut_only_if_another_wins(daemon: Daemon) -> None:
    board = make_storyboard(make_scene(1, duration=0.5), make_scene(2, duration=0.5))
    daemon.drop("neo.json", storyboard_to_json(board))
    daemon.work()
    path = Path(daemon.studio.store.where(keys.storyboard("neo")))
    path.write_text(storyboard_to_json(board.model_copy(update={"takes": 2})))
    ran = daemon.work()
    assert sorted(ran[:2]) == ["render_scene neo/001", "render_scene neo/002"]
    winners = {selection.take for selection in daemon.studio.store.cut("neo").scenes.values()}
    assert ran[2:] == (["cut_movie neo"] if 2 in winners else [])
    assert daemon.studio.plan("neo").current
    assert daemon.work() == []


def test_a_scene_all_of_whose_takes_were_refused_is_left_to_people(daemon: Daemon) -> None:
    daemon.renderer.failing = lambda spec: RenderContentError("Refused")
    daemon.drop("neo.json", storyboard_to_json(make_storyboard(make_scene(1, duration=0.5, takes=2))))
    assert daemon.work() == ["write_storyboard neo", "render_scene neo/001"]
    assert len(daemon.renderer.rendered) == 2
    forget_films()
    assert daemon.work() == []
