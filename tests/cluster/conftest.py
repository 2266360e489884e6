"""Fixtures of the cluster tests: an S3 server and a cluster, each started once, on addresses of their own."""

from collections.abc import Iterator

import pytest

from cluster.cluster import Cluster, raise_network
from cluster.control_plane import NODE_IP
from cluster.database import Database
from cluster.farm import IMAGES, NAMESPACE, Farm
from cluster.names import Names
from cluster.s3_server import S3Server
from cluster.sandbox import STATE

IMAGE = "film.test/film-pipeline:test"


@pytest.fixture(autouse=True)
def only_loopback() -> None:
    """Here the network is the cluster's own, and leads nowhere else; tests reach pods by their addresses."""


@pytest.fixture(scope="session")
def network() -> None:
    raise_network()


@pytest.fixture(scope="session")
def s3(network: None) -> Iterator[S3Server]:
    with S3Server(STATE / "s3", NODE_IP, 9000) as server:
        yield server


@pytest.fixture(scope="session")
def cluster(network: None) -> Iterator[Cluster]:
    with Cluster(STATE / "cluster", IMAGE, *IMAGES) as started:
        yield started


@pytest.fixture(scope="session")
def farm(cluster: Cluster, s3: S3Server) -> Iterator[Farm]:
    fixed = {"s3": NODE_IP, "postgresql": NODE_IP}
    with (
        Database(STATE / "database", NODE_IP),
        Names(STATE / "names", NODE_IP, NAMESPACE, fixed) as names,
    ):
        names.start(lambda: cluster.core)
        cluster.give_gpus(2)
        started = Farm(cluster, s3)
        started.deploy()
        yield started
