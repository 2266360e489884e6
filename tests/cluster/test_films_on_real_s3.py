"""Films in a bucket of a real S3 server: the storage contract holds, writers lose nothing, a killed server is borne."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent
AWAY_SECONDS = 20
STORAGE_TESTS = [f"tests/storage/test_{name}.py" for name in ("objects", "s3_store", "s3_faults", "leases")]
BOARD = {
    "title": "Away",
    "transition": "cut",
    "scenes": [{"id": number, "duration": 0.5, "prompt": f"a street in rain, {number}"} for number in range(1, 7)],
}


@pytest.fixture(scope="module")
def server(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One of our own, which may be killed."""
    with S3Server(tmp_path_factory.mktemp("real-s3")) as running:
        yield running


def environment(server: S3Server, **more: str) -> dict[str, str]:
    return {**os.environ, **server.environment, **more}


@pytest.mark.timeout(900)
def test_the_storage_tests_hold(server: S3Server) -> None:
    real = {"TEST_S3_ENDPOINT": server.endpoint, "TEST_S3_KEY": ACCESS_KEY, "TEST_S3_SECRET": SECRET_KEY}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *STORAGE_TESTS]
    done = subprocess.run(command, cwd=ROOT, env=environment(server, **real), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3_000:]


@pytest.mark.timeout(900)
def test_two_writers_for_200_rounds(server: S3Server) -> None:
    server.client().create_bucket(Bucket="writers")
    command = [sys.executable, "benchmarks/s3_writers.py", "s3://writers/films", "--rounds", "200"]
    done = subprocess.run(command, cwd=ROOT, env=environment(server), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["rounds"] == 200


@pytest.mark.timeout(900)
def test_a_film_outlives_a_server_that_is_killed_and_away_for_a_while(server: S3Server, tmp_path: Path) -> None:
    client = server.client()
    client.create_bucket(Bucket="away")
    script = tmp_path / "away.json"
    script.write_text(json.dumps(BOARD))
    quick = {"FILM_STORAGE": "s3://away/studio", "FILM_SIZE": "160x90", "FILM_FPS": "12", "FILM_WORKERS": "1"}
    film = Path(sys.executable).with_name("film")
    command = [film, "make", str(script), "--home", str(tmp_path / "home"), "--json"]
    making = subprocess.Popen(command, env=environment(server, **quick), stdout=subprocess.PIPE, cwd=tmp_path)
    while not takes(client, ".mp4"):
        assert making.poll() is None, "the film was done before the server was killed"
        time.sleep(0.05)
    server.kill()
    time.sleep(AWAY_SECONDS)
    assert making.poll() is None, "it gave up"
    server.start()
    output, _ = making.communicate(timeout=240)
    assert making.returncode == 0
    made = json.loads(output)
    assert [scene["rendered"] for scene in made["scenes"]] == [True] * 6
    assert len(takes(client, ".mp4")) == len(takes(client, ".json")) == 6, "nothing was rendered twice"
    movie = client.head_object(Bucket="away", Key="studio/films/away/final_movie.mp4")
    report = json.loads(client.get_object(Bucket="away", Key="studio/films/away/report.json")["Body"].read())
    assert movie["ContentLength"] == report["bytes"]
    assert movie["Metadata"]["sha256"] == report["sha256"]


def takes(client: object, ending: str) -> list[str]:
    listed = client.list_objects_v2(Bucket="away", Prefix="studio/films/away/takes/").get("Contents", [])  # type: ignore[attr-defined]
    return [found["Key"] for found in listed if found["Key"].endswith(ending)]
