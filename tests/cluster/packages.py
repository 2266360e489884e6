"""Debian packages by name, and where Debian's source packages come from. Installs; builds and starts nothing."""

import os
import subprocess
from pathlib import Path

S3_SERVER = ("radosgw", "ceph-mon", "ceph-osd")
CLUSTER = (
    "etcd-server",
    "containerd",
    "runc",
    "containernetworking-plugins",
    "busybox-static",
    "openssl",
    "iproute2",
    "dnsmasq-base",
)
DATABASE = ("postgresql-15",)
TOOLCHAIN = ("golang-1.19-go", "golang-github-modern-go-reflect2-dev", "dpkg-dev")


def require(*names: str) -> None:
    """Installs what is missing, without letting any of it start a service."""
    missing = [name for name in names if not installed(name)]
    if not missing:
        return
    print(f"Installing {' '.join(missing)} ...", flush=True)
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *missing)
    finally:
        if ours:
            policy.unlink()


def installed(name: str) -> bool:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def candidate(name: str) -> str:
    """The version that Debian would install, without the counter of rebuilds."""
    policy = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, check=True).stdout
    lines = [line.split()[1] for line in policy.splitlines() if "Candidate:" in line]
    if not lines or lines[0] == "(none)":
        raise RuntimeError(f"Debian package {name} is not known here; these tests need Debian 12")
    return lines[0].split("+b")[0]


def fetch_source(name: str, version: str, into: Path) -> Path:
    """Unpacks a source package, read with an apt configuration of its own: the machine's is left as it is."""
    apt = into / "apt"
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "sources.list").write_text("".join(f"deb-src {line}\n" for line in _repositories()))
    options = [f"-oDir::Etc::SourceList={apt}/sources.list", "-oDir::Etc::SourceParts=/dev/null"]
    options += [f"-oDir::State::Lists={apt}/lists", "-oAPT::Get::Download-Only=true", "-oAPT::Sandbox::User=root"]
    _apt(*options, "update")
    _apt(*options, "source", f"{name}={version}", cwd=into)
    (description,) = into.glob(f"{name}_*.dsc")
    tree = into / name
    extract = ["dpkg-source", "--no-check", "-x", description.name, tree.name]
    subprocess.run(extract, cwd=into, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return tree


def _repositories() -> list[str]:
    """Debian repositories this machine already uses, as `URI suite component`."""
    form = "$(ORIGIN)|$(REPO_URI) $(RELEASE) $(COMPONENT)"
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [line.removeprefix("Debian|") for line in targets if line.startswith("Debian|")]


def _apt(*arguments: str, cwd: Path | None = None) -> None:
    quiet = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(quiet, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(quiet)} ended with {done.returncode}:\n{done.stdout[-2000:]}")
