"""etcd, API server, controller manager and scheduler. Knows no node and no pod."""

import contextlib
import http.client
import ssl
from pathlib import Path

from cluster.certificates import Authority
from cluster.processes import Process

SERVICE_IP = "10.96.0.1"
"""Where pods find the API server: it listens there itself, so that no proxy is needed."""
NODE_IP = "10.10.0.1"
SERVER = f"https://{NODE_IP}:443"
_GATES = "--feature-gates=TTLAfterFinished=true"
"""What every newer Kubernetes does unasked: finished Jobs go after their time."""
_ETCD = "http://127.0.0.1:2379"


class ControlPlane:
    """The four programs that keep a cluster's state and act on it."""

    def __init__(self, programs: Path, folder: Path, authority: Authority) -> None:
        logs = folder / "logs"
        self._tls = ssl.create_default_context(cafile=str(authority.certificate))
        self.admin = authority.kubeconfig("admin", "/O=system:masters/CN=admin", SERVER)
        self.etcd = Process("etcd", _etcd(folder), logs)
        self.api_server = Process("kube-apiserver", _api_server(programs, authority), logs)
        self.controllers = Process("kube-controller-manager", _controllers(programs, authority), logs)
        self.scheduler = Process("kube-scheduler", _scheduler(programs, authority), logs)
        self._processes = [self.etcd, self.api_server, self.controllers, self.scheduler]

    def start(self) -> None:
        self.etcd.start()
        self.api_server.start()
        self.api_server.wait_until(self.ready, seconds=120)
        self.controllers.start()
        self.scheduler.start()

    def restart_api_server(self) -> None:
        """As an upgrade or a crash does it; what watched it has to come back by itself."""
        self.api_server.kill()
        self.api_server.start()
        self.api_server.wait_until(self.ready, seconds=120)

    def revive(self) -> None:
        """Start what ended by itself because the API server was away, as a supervisor does."""
        for process in (self.controllers, self.scheduler):
            if not process.alive:
                process.start()

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.stop(seconds=5)

    def ready(self) -> bool:
        connection = http.client.HTTPSConnection(NODE_IP, 443, timeout=2, context=self._tls)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False


def _etcd(folder: Path) -> list[str]:
    peer = "http://127.0.0.1:2380"
    return [
        *("etcd", "--data-dir", str(folder / "etcd"), "--listen-client-urls", _ETCD, "--advertise-client-urls", _ETCD),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
        "--unsafe-no-fsync",  # the state of a test outlives no power cut
    ]


def _api_server(programs: Path, authority: Authority) -> list[str]:
    names = (SERVICE_IP, NODE_IP, "kubernetes", "kubernetes.default", "kubernetes.default.svc")
    certificate, key = authority.issue("apiserver", "/CN=kube-apiserver", names)
    kubelet_certificate, kubelet_key = authority.issue("apiserver-kubelet", "/O=system:masters/CN=apiserver-kubelet")
    account_certificate, account_key = authority.issue("accounts", "/CN=accounts")
    return [
        str(programs / "kube-apiserver"),
        f"--etcd-servers={_ETCD}",
        "--bind-address=0.0.0.0",
        "--secure-port=443",
        f"--advertise-address={NODE_IP}",
        "--service-cluster-ip-range=10.96.0.0/24",
        f"--client-ca-file={authority.certificate}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--kubelet-certificate-authority={authority.certificate}",
        f"--kubelet-client-certificate={kubelet_certificate}",
        f"--kubelet-client-key={kubelet_key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={account_certificate}",
        f"--service-account-signing-key-file={account_key}",
        "--authorization-mode=Node,RBAC",
        _GATES,
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=false",
    ]


def _controllers(programs: Path, authority: Authority) -> list[str]:
    config = authority.kubeconfig("controllers", "/CN=system:kube-controller-manager", SERVER)
    return [
        str(programs / "kube-controller-manager"),
        f"--kubeconfig={config}",
        f"--service-account-private-key-file={authority.folder / 'accounts.key'}",
        f"--root-ca-file={authority.certificate}",
        "--use-service-account-credentials=true",
        _GATES,
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]


def _scheduler(programs: Path, authority: Authority) -> list[str]:
    config = authority.kubeconfig("scheduler", "/CN=system:kube-scheduler", SERVER)
    return [
        str(programs / "kube-scheduler"),
        f"--kubeconfig={config}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]
