"""A real S3 server: Ceph's object gateway from Debian, with one monitor and one disk. Knows nothing of films.

Usable alone (`python -m cluster.s3_server`), or in tests: ``with S3Server(folder) as s3: s3.client()``.
It is up in about 15 s, survives `kill()` with every acknowledged object, and ends with the process that started it.
"""

import argparse
import contextlib
import http.client
import signal
import socket
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3

from cluster import packages
from cluster.processes import Process, run

ACCESS_KEY, SECRET_KEY = "film", "film-secret-of-a-test"

_CONFIG = """\
[global]
fsid = {fsid}
mon host = [v2:{address}:{mon_port}]
ms bind msgr1 = false
public addr = {address}
cluster addr = {address}
keyring = {folder}/keyring
run dir = {folder}/run
admin socket = {folder}/run/$name.sock
log file = {folder}/logs/$name.ceph.log
crash dir = {folder}/crash
# One copy on one disk: what is tested is our side of S3, and what a killed server leaves behind.
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd memory target = 939524096
mon data avail crit = 1
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
keyring = {folder}/osd/keyring
bluestore block size = 21474836480
[client.rgw]
rgw data = {folder}/rgw
rgw frontends = beast endpoint={address}:{port}
rgw thread pool size = 64
"""


class S3Server:
    """Ceph on one address; ``port`` 0 takes a free one. ``folder`` holds its data and logs, of which up to 20 GiB."""

    def __init__(self, folder: Path, address: str = "127.0.0.1", port: int = 0) -> None:
        self.folder = folder
        self.address = address
        self.port = port or _free_port(address)
        self.endpoint = f"http://{address}:{self.port}"
        self._conf = ["--conf", str(folder / "ceph.conf")]
        logs = folder / "logs"
        self._monitor = Process("ceph-mon", ["ceph-mon", "--foreground", "--id", "a", *self._conf], logs)
        self._disk = Process("ceph-osd", ["ceph-osd", "--foreground", "--id", "0", *self._conf], logs)
        self._gateway = Process("radosgw", ["radosgw", "--foreground", "--name", "client.rgw", *self._conf], logs)
        self._processes = [self._monitor, self._disk, self._gateway]

    def __enter__(self) -> "S3Server":
        packages.require(*packages.S3_SERVER)
        self._create()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which boto3, and so film_pipeline, finds this server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.stop(seconds=10)

    def kill(self) -> None:
        """SIGKILL to all of it, as when its machine goes."""
        for process in self._processes:
            process.kill()

    def start(self) -> None:
        """Start again after ``stop`` or ``kill``; returns when it serves."""
        for process in self._processes:
            process.start()
        self._gateway.wait_until(self._serves, seconds=120)

    def _create(self) -> None:
        for name in ("run", "logs", "crash", "mon", "osd", "rgw"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        fsid = str(uuid.uuid4())
        settings = {"fsid": fsid, "folder": self.folder, "address": self.address, "port": self.port}
        (self.folder / "ceph.conf").write_text(_CONFIG.format(mon_port=_free_port(self.address), **settings))
        self._create_monitor(fsid)
        self._create_disk()
        self._gateway.start()
        self._gateway.wait_until(self._serves, seconds=120)
        self._create_user()

    def _create_monitor(self, fsid: str) -> None:
        keyring = str(self.folder / "keyring")
        allow = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
        run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        for name in ("client.admin", "client.rgw"):
            run("ceph-authtool", keyring, "--gen-key", "-n", name, *allow)
        address = (self.folder / "ceph.conf").read_text().split("mon host = ")[1].split("\n")[0]
        mons = str(self.folder / "monmap")
        run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, mons)
        run("ceph-mon", "--mkfs", "--id", "a", *self._conf, "--monmap", mons, "--keyring", keyring)
        self._monitor.start()

    def _create_disk(self) -> None:
        identity, keyring = str(uuid.uuid4()), self.folder / "osd" / "keyring"
        run("ceph-authtool", "--create-keyring", str(keyring), "--gen-key", "-n", "osd.0")
        key = run("ceph-authtool", str(keyring), "-n", "osd.0", "--print-key").strip()
        self._ceph("osd", "new", identity, "-i", "-", stdin=f'{{"cephx_secret": "{key}"}}')
        made = ("--mkfs", "--id", "0", "--osd-uuid", identity, "--osd-objectstore", "bluestore")
        run("ceph-osd", *made, *self._conf, "--keyring", str(keyring))
        self._ceph("osd", "crush", "add", "osd.0", "1.0", "host=h0", "root=default")
        self._disk.start()
        self._disk.wait_until(lambda: " 1 up" in self._ceph("osd", "stat"), seconds=60)

    def _create_user(self) -> None:
        keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
        run("radosgw-admin", *self._conf, "user", "create", "--uid", "film", "--display-name", "film", *keys)

    def _ceph(self, *command: str, stdin: str | None = None) -> str:
        return run("ceph", *self._conf, "--connect-timeout", "30", *command, stdin=stdin)

    def _serves(self) -> bool:
        connection = http.client.HTTPConnection(self.address, self.port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            return connection.getresponse().status == 200
        return False


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="A real S3 server with an empty bucket, until Ctrl-C.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket", default="films")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="film-s3-") as folder, S3Server(Path(folder), port=arguments.port) as s3:
        s3.client().create_bucket(Bucket=arguments.bucket)
        for name, value in s3.environment.items():
            print(f"export {name}={value}")
        print(f"export FILM_STORAGE=s3://{arguments.bucket}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
