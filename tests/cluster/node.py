"""The one node: containerd and kubelet, its images, its pod network and its fake GPUs."""

import json
import subprocess
import sys
from pathlib import Path

from cluster.certificates import Authority
from cluster.control_plane import NODE_IP, SERVER
from cluster.images import image_folders, write_image
from cluster.names import DOMAIN
from cluster.processes import Process, run, wait_until
from cluster.sandbox import CGROUP

NAME = "node0"
PAUSE = "film.test/pause:1"
PODS = "10.244.0.0/24"

_CONTAINERD = """\
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    base_runtime_spec = "{folder}/spec.json"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "/usr/sbin/runc"
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
"""


class Node:
    """containerd and kubelet; both can be stopped and started while pods run."""

    def __init__(self, programs: Path, folder: Path, authority: Authority) -> None:
        self.folder = folder
        self._socket = folder / "containerd.sock"
        logs = folder / "logs"
        self.containerd = Process("containerd", ["containerd", "--config", str(folder / "containerd.toml")], logs)
        self.kubelet = Process("kubelet", self._kubelet(programs, authority), logs)

    def start(self, *images: str) -> None:
        """Start both, with ``images`` present under these names."""
        self._configure()
        self.containerd.start()
        self.containerd.wait_until(self._serves, seconds=30)
        for entrypoint, names in ((["/busybox", "sleep", "1000000000"], (PAUSE,)), ([], images)):
            archive = self.folder / "image.tar"
            write_image(archive, entrypoint, *names)
            self._ctr("images", "import", str(archive))
        self.kubelet.start()

    def stop(self) -> None:
        self.kubelet.stop(seconds=5)
        self.containerd.stop(seconds=5)

    def processes(self, pod: str) -> dict[int, str]:
        """Process ids and command lines of what runs in the pod of this uid."""
        return {pid: command for group in _cgroups(pod) for pid, command in _processes(group).items()}

    def memory(self, pod: str) -> int:
        """Bytes of memory that the pod's processes hold, caches of files left out."""
        stats = [line.split() for group in _cgroups(pod) for line in (group / "memory.stat").read_text().splitlines()]
        return sum(int(bytes_held) for name, bytes_held in stats if name == "total_rss")

    def run_out_of_memory(self, pod: str, word: str) -> None:
        """Let the kernel end the processes whose command has this word, for want of memory in their container."""
        (group,) = [group for group in _cgroups(pod) if any(word in command for command in _processes(group).values())]
        ours = [pid for pid, command in _processes(group).items() if word in command]
        for pid in ours:
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")  # before the one that asks for too much
        limit = int((group / "memory.limit_in_bytes").read_text())
        ask = f"import sys; sys.stdin.read(); held = b'x' * {limit}; sys.stdin.read()"
        with subprocess.Popen([sys.executable, "-c", ask], stdin=subprocess.PIPE) as greedy:
            (group / "cgroup.procs").write_text(str(greedy.pid))
            assert greedy.stdin is not None
            greedy.stdin.close()
            wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in ours), 60, "the kernel to act")
            greedy.kill()

    def _configure(self) -> None:
        settings = {"folder": self.folder, "socket": self._socket, "pause": PAUSE}
        (self.folder / "containerd.toml").write_text(_CONTAINERD.format(**settings))
        (self.folder / "spec.json").write_text(json.dumps(_container_spec(image_folders(self.folder / "source"))))
        network = self.folder / "cni" / "10-bridge.conflist"
        network.parent.mkdir()
        network.write_text(json.dumps(_pod_network()))

    def _kubelet(self, programs: Path, authority: Authority) -> list[str]:
        config = self.folder / "kubelet.json"
        config.write_text(json.dumps(_kubelet_config(authority)))
        login = authority.kubeconfig("kubelet", f"/O=system:nodes/CN=system:node:{NAME}", SERVER)
        return [
            str(programs / "kubelet"),
            f"--config={config}",
            f"--kubeconfig={login}",
            f"--root-dir={self.folder / 'kubelet'}",
            f"--cert-dir={self.folder / 'kubelet-certificates'}",
            f"--volume-plugin-dir={self.folder / 'volume-plugins'}",
            f"--hostname-override={NAME}",
            f"--node-ip={NODE_IP}",
            "--container-runtime=remote",
            f"--container-runtime-endpoint=unix://{self._socket}",
        ]

    def _serves(self) -> bool:
        try:
            self._ctr("version")
        except RuntimeError:
            return False
        return True

    def _ctr(self, *command: str) -> str:
        return run("ctr", "--address", str(self._socket), "--namespace", "k8s.io", *command)


def _cgroups(pod: str) -> list[Path]:
    """The containers' memory cgroups of the pod of this uid."""
    above = Path("/sys/fs/cgroup/memory", CGROUP, "kubepods")
    # By name in the classes of service, and not by a walk: others' groups vanish under a walk.
    (found,) = (group for name in ("", "burstable", "besteffort") if (group := above / name / f"pod{pod}").is_dir())
    return [group for group in found.iterdir() if group.is_dir()]


def _processes(group: Path) -> dict[int, str]:
    found = {}
    for pid in (group / "cgroup.procs").read_text().split():
        file = Path("/proc", pid, "cmdline")
        found[int(pid)] = file.read_bytes().replace(b"\0", b" ").decode() if file.exists() else ""
    return found


def _container_spec(folders: dict[str, Path]) -> dict[str, object]:
    """What every container starts from: containerd's default, and the folders that stand for the image's content."""
    spec = json.loads(run("ctr", "oci", "spec"))
    spec["mounts"] += [
        {"destination": inside, "type": "bind", "source": str(folder), "options": ["rbind", "ro"]}
        for inside, folder in folders.items()
    ]
    return spec


def _pod_network() -> dict[str, object]:
    routed = {"type": "host-local", "ranges": [[{"subnet": PODS}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": routed,
    }
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]}


def _kubelet_config(authority: Authority) -> dict[str, object]:
    certificate, key = authority.issue("kubelet-server", f"/CN={NAME}", (NODE_IP, NAME))
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "enforceNodeAllocatable": ["pods"],
        "failSwapOn": False,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "makeIPTablesUtilChains": False,
        "resolvConf": "",
        "clusterDNS": [NODE_IP],
        "clusterDomain": DOMAIN,
        "maxPods": 110,
    }
