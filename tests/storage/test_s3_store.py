"""What only a bucket has: prefixes, objects of other people's clients, uploads that never ended, copies by digest."""

from pathlib import Path

import boto3
import pytest
from fakes.s3_server import S3Server

from film_pipeline.cli.doctor_bucket import examine_bucket
from film_pipeline.errors import SettingsError, StorageError
from film_pipeline.models.digests import sha256_of
from film_pipeline.settings import Settings, load_settings
from film_pipeline.storage.s3 import S3Objects
from film_pipeline.storage.s3_connection import connect


def test_a_prefix_keeps_to_itself(bucket: str, tmp_path: Path) -> None:
    one, other = (S3Objects(bucket, prefix, tmp_path / "home") for prefix in ("studio", "studio-2"))
    one.write("films/a/cut.json", b"1")
    other.write("films/b/cut.json", b"2")
    assert (one.folders("films/"), other.folders("films/")) == (["a"], ["b"])
    assert list(S3Objects(bucket, "", tmp_path / "home").keys("studio/")) == ["studio/films/a/cut.json"]


def test_folder_marks_and_hidden_names_are_no_objects(remote: S3Objects, bucket: str) -> None:
    client = boto3.client("s3")
    for key in ("scripts/", "scripts/.hidden.txt", "scripts/.trash/neo.txt", "scripts/neo.txt"):
        client.put_object(Bucket=bucket, Key=f"some/prefix/{key}", Body=b"words")
    assert list(remote.keys("scripts/")) == ["scripts/neo.txt"]


def test_objects_of_other_clients_are_read_and_fetched(remote: S3Objects, bucket: str) -> None:
    client = boto3.client("s3")
    for content in (b"one", b"two"):
        client.put_object(Bucket=bucket, Key="some/prefix/films/a/references/face.png", Body=content)
        assert remote.read("films/a/references/face.png") == content
        with remote.fetched("films/a/references/face.png") as path:
            assert path.read_bytes() == content
            assert path.suffix == ".png"


def test_our_objects_say_what_they_are_to_any_client(remote: S3Objects, bucket: str) -> None:
    with remote.workspace() as work:
        file = work / "x.mp4"
        file.write_bytes(b"clip")
        sha256 = sha256_of(file)
        remote.publish("films/a/x.mp4", file, sha256)
    told = boto3.client("s3").head_object(Bucket=bucket, Key="some/prefix/films/a/x.mp4")
    assert (told["Metadata"], told["ContentType"]) == ({"sha256": sha256}, "video/mp4")


def test_what_is_not_there_cannot_be_fetched(remote: S3Objects) -> None:
    with pytest.raises(StorageError, match=r"not in the storage.*none\.mp4"), remote.fetched("films/a/none.mp4"):
        pass


def test_uploads_that_never_ended_are_ended_after_a_day(remote: S3Objects, bucket: str) -> None:
    client = boto3.client("s3")
    for key in ("some/prefix/films/a/final_movie.mp4", "another/films/b/final_movie.mp4"):
        client.create_multipart_upload(Bucket=bucket, Key=key)
    assert remote.end_stale_uploads(older_than_seconds=1e10) == 0, "they may be under way"
    assert remote.end_stale_uploads(older_than_seconds=0) == 1
    left = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [upload["Key"] for upload in left] == ["another/films/b/final_movie.mp4"]


def test_the_doctor_examines_a_bucket(bucket: str, tmp_path: Path) -> None:
    settings = Settings(FILM_HOME=tmp_path, FILM_STORAGE=f"s3://{bucket}/studio")
    findings = examine_bucket(settings)
    assert [finding.well for finding in findings] == [True] * 5
    assert "conditional writes are honoured" in findings[2].says
    assert "never both won" in findings[3].says
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "nothing is left behind"
    missing = examine_bucket(settings.model_copy(update={"storage": "s3://none-of-ours/studio"}))
    assert [finding.well for finding in missing] == [False]
    assert "no such bucket" in missing[0].says
    assert "FILM_STORAGE" in missing[0].remedy


@pytest.mark.parametrize("storage", ["s3://", "s3://B/x", "s3://films/../x", "s3://a", "/folder", "s3"])
def test_a_storage_that_is_none_is_refused(storage: str) -> None:
    with pytest.raises(SettingsError, match="FILM_STORAGE"):
        load_settings(FILM_STORAGE=storage)


def test_keys_in_dotenv_count_where_the_environment_says_nothing(
    s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in s3.environment():
        monkeypatch.delenv(name)
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in s3.environment().items()))
    S3Objects(bucket, "", tmp_path).require_usable()
    assert connect().meta.endpoint_url == s3.url
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    assert connect().meta.endpoint_url == "http://127.0.0.1:9"
