"""Fixtures of the cluster tests: an S3 server and a cluster, each started once, on addresses of their own."""

from collections.abc import Iterator

import pytest

from cluster.s3_server import S3Server


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    """Here the network is the cluster's own, and leads nowhere else; tests reach pods by their addresses."""


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server
