"""Names of services in the cluster, answered by dnsmasq with the addresses of what serves them.

Every name is answered like that of a headless service, by the pods' own addresses, so that no service proxy is needed.
What runs beside the cluster (the S3 server, the database) has a name there, too.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from cluster.processes import Process

DOMAIN = "cluster.local"


class Names:
    """Answers for one namespace on ``address``:53; ``fixed`` are the addresses of what is no pod."""

    def __init__(self, folder: Path, address: str, namespace: str, fixed: Mapping[str, str]) -> None:
        self._hosts = folder / "hosts"
        self._hosts.mkdir(parents=True)
        self._namespace, self._fixed = namespace, dict(fixed)
        told = ("--no-resolv", "--no-hosts", f"--local=/{DOMAIN}/", f"--hostsdir={self._hosts}", "--local-ttl=0")
        where = ("--bind-interfaces", f"--listen-address={address}", "--user=root", "--pid-file=")
        self._process = Process("dnsmasq", ["dnsmasq", "--keep-in-foreground", *told, *where], folder / "logs")
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, core: Callable[[], client.CoreV1Api]) -> None:
        self._write({})
        self._process.start()
        self._thread = threading.Thread(target=self._follow, args=(core(),))
        self._thread.start()

    def __enter__(self) -> "Names":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()
        self._process.stop()

    def _follow(self, core: client.CoreV1Api) -> None:
        """Every second, the addresses of every service; what is known stays while the API server is away."""
        known: dict[str, str] = {}
        while not self._over.wait(1):
            with contextlib.suppress(ApiException, HTTPError, OSError):
                found = _addresses(core, self._namespace)
                if found != known:
                    known = found
                    self._write(known)

    def _write(self, found: Mapping[str, str]) -> None:
        full = f"{self._namespace}.svc.{DOMAIN}"
        lines = [f"{address} {name}.{full} {name}\n" for name, address in {**found, **self._fixed}.items()]
        part = self._hosts.parent / "names.part"
        part.write_text("".join(lines))
        for old in self._hosts.iterdir():
            old.unlink()
        part.rename(self._hosts / "names")


def _addresses(core: client.CoreV1Api, namespace: str) -> dict[str, str]:
    found = {}
    for service in core.list_namespaced_endpoints(namespace).items:
        name = service.metadata.name
        ready = [address for subset in service.subsets or [] for address in subset.addresses or []]
        if ready:
            found[name] = ready[0].ip
        # Pods of a StatefulSet have names of their own under that of their service.
        found |= {f"{address.hostname}.{name}": address.ip for address in ready if address.hostname}
    return found
