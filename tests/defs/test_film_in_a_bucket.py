"""A film whose scripts, clips and movie lie in a bucket, through Dagster: nothing but configuration differs."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import dagster as dg
import pytest
from factories import make_scene, make_storyboard
from test_automation import Daemon

from film_pipeline.definitions import build_definitions
from film_pipeline.defs.bucket import BucketResource
from film_pipeline.defs.inbox_sensor import _SETTLED_SECONDS
from film_pipeline.defs.io_managers import FilmIOManager
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.models.storyboard import Storyboard, storyboard_to_json
from film_pipeline.settings import Settings
from film_pipeline.storage import keys, s3
from film_pipeline.storage.s3_transfer import Place, download

BOARD = make_storyboard()


@pytest.fixture
def settings(bucket: str, tmp_path: Path) -> Settings:
    return Settings(
        FILM_HOME=tmp_path / "home",
        FILM_STORAGE=f"s3://{bucket}/studio",
        FILM_SIZE="160x90",
        FILM_FPS="12",
        FILM_WORKERS=1,
    )


@pytest.fixture
def daemon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setattr("film_pipeline.defs.inbox_sensor._SETTLED_SECONDS", -5)
    assert _SETTLED_SECONDS > 0
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(settings, instance)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of media that were downloaded, without the prefix."""
    seen: list[str] = []

    def noted(place: Place, into: Path) -> None:
        seen.append(place.key.removeprefix("studio/"))
        download(place, into)

    monkeypatch.setattr(s3, "download", noted)
    return seen


def put(bucket: str, key: str, storyboard: Storyboard) -> None:
    """What a person does with any S3 client."""
    body = storyboard_to_json(storyboard).encode()
    boto3.client("s3").put_object(Bucket=bucket, Key=f"studio/{key}", Body=body)


def test_a_script_in_the_bucket_becomes_a_movie_in_the_bucket(
    daemon: Daemon, bucket: str, fetched: list[str], tmp_path: Path
) -> None:
    put(bucket, "scripts/neo.json", BOARD)
    assert daemon.work() == ["write_storyboard neo", "render_scene neo/001", "render_scene neo/002", "cut_movie neo"]
    assert daemon.studio.plan("neo").current
    assert fetched == [], "what this machine made is not fetched again"
    movie = tmp_path / "movie.mp4"
    boto3.client("s3").download_file(bucket, f"studio/{keys.movie('neo')}", str(movie))
    assert probe(movie).duration_seconds == pytest.approx(2.0, abs=0.05)
    assert b"## Scenes" in (daemon.studio.store.objects.read("scripts/neo.report.md") or b"")
    assert not list((tmp_path / "home").glob("films")), "no film lies here"


def test_an_edit_by_any_client_renders_what_changed(daemon: Daemon, bucket: str, fetched: list[str]) -> None:
    put(bucket, "scripts/neo.json", BOARD)
    daemon.work()
    put(bucket, keys.storyboard("neo"), make_storyboard(make_scene(1), make_scene(2, prompt="another")))
    assert daemon.work() == ["render_scene neo/002", "cut_movie neo"]


def test_a_machine_fetches_what_its_step_needs_and_nothing_else(
    daemon: Daemon, settings: Settings, bucket: str, fetched: list[str], tmp_path: Path
) -> None:
    """Each step on a machine of its own, as in a cluster: an empty home."""
    put(bucket, "scripts/neo.json", BOARD)
    daemon.tick("new_scripts")
    needed = {}
    while requests := daemon.tick():
        for request in requests:
            before = len(fetched)
            home = tmp_path / f"pod-{len(needed)}"
            assert Daemon(settings.model_copy(update={"home": home}), daemon.instance).execute(request)
            names = sorted(key.rsplit("/", 2)[1] for key in fetched[before:])  # fetched side by side
            needed[f"{request.job_name} {request.partition_key}"] = names
    assert needed == {
        "write_storyboard neo": [],
        "render_scene neo/001": [],
        "render_scene neo/002": [],
        "cut_movie neo": ["001", "002"],
    }
    assert daemon.studio.plan("neo").current


def test_the_io_manager_gives_back_media_as_local_files(daemon: Daemon, bucket: str) -> None:
    put(bucket, "scripts/neo.json", BOARD)
    daemon.work()
    manager = FilmIOManager(daemon.studio)
    assert manager._path(keys.movie("neo")).stat().st_size > 1_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning:dagster")  # Dagster warns of itself where resources are nested
def test_the_deployment_stores_through_the_s3_resource(
    settings: Settings, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILM_STORAGE", settings.storage)
    definitions = build_definitions(settings)
    assert isinstance(definitions.resources["s3"], BucketResource)
    put(bucket, "films/neo/script.txt", BOARD)
    record = '{"source": "x", "script_name": "neo.json", "script_kind": "storyboard", "script_sha256": ""}'
    boto3.client("s3").put_object(Bucket=bucket, Key="studio/films/neo/film.json", Body=record.encode())
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("films", ["neo"])
        job = definitions.resolve_job_def("write_storyboard")
        assert job.execute_in_process(partition_key="neo", instance=instance).success
        assert sorted(instance.get_dynamic_partitions("scenes")) == ["neo/001", "neo/002"]
    content = boto3.client("s3").get_object(Bucket=bucket, Key="studio/films/neo/storyboard.json")["Body"].read()
    assert b"scene 1" in content
