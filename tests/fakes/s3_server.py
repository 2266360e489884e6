"""An S3 server for tests: moto over real HTTP on loopback, or the one that ``TEST_S3_ENDPOINT`` names.

Moto is a mock: it keeps everything in memory and checks no key. What only a real server shows is tested on one, with
``TEST_S3_ENDPOINT``, ``TEST_S3_KEY`` and ``TEST_S3_SECRET``.
"""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class S3Server:
    """Where a server listens and whom it knows."""

    url: str
    key: str = "film"
    secret: str = "film-secret-canary"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def environment(self, url: str = "") -> dict[str, str]:
        """The variables by which boto3 finds the server, or a proxy before it at ``url``."""
        return {
            "AWS_ENDPOINT_URL_S3": url or self.url,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def new_bucket(self) -> str:
        import boto3

        name = f"film-test-{uuid.uuid4().hex[:12]}"
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        return name


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """The real server that the environment names, else moto's in a thread of this process."""
    if url := os.environ.get("TEST_S3_ENDPOINT"):
        yield S3Server(url, os.environ["TEST_S3_KEY"], os.environ["TEST_S3_SECRET"])
        return
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request hides what failed
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()
