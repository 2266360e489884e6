"""Fixtures: one store of objects of each kind, a folder and a bucket, for tests that hold for both."""

from pathlib import Path

import pytest

from film_pipeline.storage import LocalObjects, Objects
from film_pipeline.storage.s3 import S3Objects


@pytest.fixture
def remote(bucket: str, tmp_path: Path) -> S3Objects:
    return S3Objects(bucket, "some/prefix", tmp_path / "home")


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """The store under test: each test that asks for it runs over a folder and over a bucket."""
    return LocalObjects(tmp_path / "root") if request.param == "folder" else request.getfixturevalue("remote")
