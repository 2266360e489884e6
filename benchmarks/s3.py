"""Transfers to and from a bucket: this project's, against plain boto3 and against rclone and s5cmd where they are.

    python benchmarks/s3.py [s3://bucket/prefix] [--megabytes 256] [--small 64]

Without an address: FILM_STORAGE. Keys and endpoint as everywhere (``AWS_ENDPOINT_URL_S3``, ...). Each tool sends and
fetches one large file and many of 1 MB, in turns and each time under a new key; what counts is the median of three.
Ours hashes each file before it is sent and after it was fetched and holds it against what is stored, the others trust
the line; ``ratio`` is our
seconds by theirs, below 1 means that ours is quicker. ``memory`` is what this process grew by.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import boto3

from film_pipeline.models.digests import sha256_of
from film_pipeline.storage.s3 import S3Objects

TURNS = 3
Transfer = Callable[[Path, str], None]


class Tool:
    """One way to move files; ``send`` and ``fetch`` take a local path and a key."""

    def __init__(self, name: str, send: Transfer, fetch: Transfer) -> None:
        self.name, self.send, self.fetch = name, send, fetch
        self.seconds: dict[str, list[float]] = {}

    def timed(self, what: str, work: Callable[[], None]) -> None:
        started = time.monotonic()
        work()
        self.seconds.setdefault(what, []).append(time.monotonic() - started)

    def median(self, what: str) -> float:
        return statistics.median(self.seconds[what])


def ours(bucket: str, prefix: str, home: Path) -> Tool:
    objects = S3Objects(bucket, prefix, home)
    known: dict[Path, str] = {}  # a clip's digest is known from its rendering

    def send(file: Path, key: str) -> None:
        copy = file.with_suffix(".sent")  # publishing takes the file
        os.link(file, copy)
        objects.publish(key, copy, known.get(file) or known.setdefault(file, sha256_of(file)))
        shutil.rmtree(home / "cache")

    def fetch(into: Path, key: str) -> None:
        with objects.fetched(key) as path:
            path.replace(into)

    return Tool("film_pipeline", send, fetch)


def plain(bucket: str, prefix: str) -> Tool:
    client = boto3.client("s3")
    return Tool(
        "boto3",
        lambda file, key: client.upload_file(str(file), bucket, f"{prefix}/{key}"),
        lambda into, key: client.download_file(bucket, f"{prefix}/{key}", str(into)),
    )


def rclone(bucket: str, prefix: str, program: str) -> Tool:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3", "")
    environment = {
        **os.environ,
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_B_TYPE": "s3",
        "RCLONE_CONFIG_B_PROVIDER": "Other" if endpoint else "AWS",
        "RCLONE_CONFIG_B_ENV_AUTH": "true",
        "RCLONE_CONFIG_B_ENDPOINT": endpoint,
        "RCLONE_CONFIG_B_FORCE_PATH_STYLE": "true",
    }

    def copy(source: str, target: str) -> None:
        command = [program, "copyto", "--s3-no-check-bucket", source, target]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    return Tool(
        "rclone",
        lambda file, key: copy(str(file), f"b:{bucket}/{prefix}/{key}"),
        lambda into, key: copy(f"b:{bucket}/{prefix}/{key}", str(into)),
    )


def s5cmd(bucket: str, prefix: str, program: str) -> Tool:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3")
    start = [program, *(["--endpoint-url", endpoint] if endpoint else []), "cp"]

    def copy(source: str, target: str) -> None:
        subprocess.run([*start, source, target], check=True, capture_output=True)

    return Tool(
        "s5cmd",
        lambda file, key: copy(str(file), f"s3://{bucket}/{prefix}/{key}"),
        lambda into, key: copy(f"s3://{bucket}/{prefix}/{key}", str(into)),
    )


def measure(tools: list[Tool], folder: Path, megabytes: int, small: int) -> None:
    large = _file(folder / "large.mp4", megabytes)
    many = [_file(folder / f"small-{number}.mp4", 1) for number in range(small)]
    for _ in range(TURNS):
        for tool in tools:
            keys = {file: f"films/bench/{uuid.uuid4().hex}.mp4" for file in (large, *many)}
            tool.timed("send large", lambda tool=tool, keys=keys: tool.send(large, keys[large]))
            tool.timed("fetch large", lambda tool=tool, keys=keys: tool.fetch(folder / "got.mp4", keys[large]))
            assert sha256_of(folder / "got.mp4") == sha256_of(large), tool.name
            # A program that starts anew for each file would be measured by its start.
            if tool.name in ("film_pipeline", "boto3"):
                tool.timed("send small", lambda tool=tool, keys=keys: [tool.send(one, keys[one]) for one in many])
                tool.timed(
                    "fetch small",
                    lambda tool=tool, keys=keys: [tool.fetch(folder / "got.mp4", keys[one]) for one in many],
                )


def _file(path: Path, megabytes: int) -> Path:
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(10**6))
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("storage", nargs="?", default=os.environ.get("FILM_STORAGE", ""), help="s3://bucket/prefix")
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--small", type=int, default=32)
    asked = parser.parse_args()
    if not asked.storage.startswith("s3://"):
        print("Not measured: name a bucket, s3://bucket/prefix, or set FILM_STORAGE; keys as everywhere for S3.")
        return 0
    bucket, _, prefix = asked.storage.removeprefix("s3://").partition("/")
    prefix = f"{prefix.strip('/')}/bench-{uuid.uuid4().hex[:8]}".strip("/")
    with tempfile.TemporaryDirectory() as folder:
        tools = [ours(bucket, prefix, Path(folder) / "home"), plain(bucket, prefix)]
        if program := shutil.which("rclone"):
            tools.append(rclone(bucket, prefix, program))
        if program := shutil.which("s5cmd"):
            tools.append(s5cmd(bucket, prefix, program))
        S3Objects(bucket, prefix, Path(folder)).require_usable()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            measure(tools, Path(folder), asked.megabytes, asked.small)
        finally:
            _clear(bucket, prefix)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    mine = tools[0]
    result = {
        "storage": asked.storage,
        "megabytes": asked.megabytes,
        "seconds": {tool.name: {what: round(tool.median(what), 3) for what in tool.seconds} for tool in tools},
        "ratio": {
            f"to {tool.name}": {what: round(mine.median(what) / tool.median(what), 2) for what in tool.seconds}
            for tool in tools[1:]
        },
        "memory grew by megabytes": round(grown / 1024),
    }
    print(json.dumps(result, indent=2))
    return 0


def _clear(bucket: str, prefix: str) -> None:
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for found in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=found["Key"])


if __name__ == "__main__":
    sys.exit(main())
