"""PostgreSQL for Dagster's history: Debian's server, under Debian's own user for it."""

import shutil
from pathlib import Path
from types import TracebackType

from cluster.processes import Process, run

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER, PASSWORD, NAME = "film", "history-of-a-test", "film"
_AS_POSTGRES = ("setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups")


class Database:
    """One server with one empty database, on ``address``:5432."""

    def __init__(self, folder: Path, address: str) -> None:
        self._data = folder / "data"
        self._address = address
        self._folder = folder
        settings = {
            "listen_addresses": address,
            "unix_socket_directories": folder,
            "max_connections": 500,
            "fsync": "off",  # it outlives no power cut, and need not
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*_AS_POSTGRES, str(PROGRAMS / "postgres"), "-D", str(self._data), *options]
        self._process = Process("postgresql", command, folder / "logs")

    def __enter__(self) -> "Database":
        self._folder.mkdir(parents=True)
        shutil.chown(self._folder, "postgres", "postgres")
        run(*_AS_POSTGRES, str(PROGRAMS / "initdb"), "-D", str(self._data), "--auth-local=trust", "--auth-host=trust")
        self._login_by_password()
        self._process.start()
        ready = ("pg_isready", "-h", str(self._folder), "-q")
        self._process.wait_until(lambda: self._answers(*ready), seconds=30)
        self._sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'", f"CREATE DATABASE {NAME} OWNER {USER}")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()

    def _login_by_password(self) -> None:
        allowed = "local all postgres trust\nhost all all 0.0.0.0/0 scram-sha-256\n"
        (self._data / "pg_hba.conf").write_text(allowed)

    def _sql(self, *statements: str) -> None:
        for statement in statements:
            run(*_AS_POSTGRES, "psql", "-h", str(self._folder), "-q", "-c", statement)

    def _answers(self, *command: str) -> bool:
        try:
            run(*command)
        except RuntimeError:
            return False
        return True
