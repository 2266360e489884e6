"""Kubernetes' own programs, built once from Debian's source package and kept in a cache. Starts none of them.

Debian ships only kubectl as a program, but its source package is the whole tree. Three things stand between that tree
and a build with Debian's compiler; each is a function below that says why it is there.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import packages

PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "film_pipeline"

_GO = Path("/usr/lib/go-1.19")
_REFLECT2 = "github.com/modern-go/reflect2"
_OPENAPI_TAG = re.compile(rb"^// \+k8s:openapi-gen=", re.MULTILINE)


def kubernetes() -> Path:
    """The folder with the four programs; the first call on a machine builds them, in 4 to 12 minutes on two cores."""
    version = packages.candidate("kubernetes-client")
    binaries = CACHE / f"kubernetes-{version}"
    with _locked(CACHE):
        if not binaries.is_dir():
            _build(version, binaries)
    return binaries


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(version: str, binaries: Path) -> None:
    packages.require(*packages.TOOLCHAIN)
    print(f"Building Kubernetes {version} once, into {binaries} (4 to 12 minutes) ...", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="building-") as folder:
        work = Path(folder)
        tree = packages.fetch_source("kubernetes", version, work)
        go = _Compiler(work, tree)
        _renew_reflect2(tree)
        _generate_openapi(go, tree)
        out = work / "programs"
        for program in PROGRAMS:
            go.build(f"cmd/{program}", out / program)
            print(f"  {program}: {time.monotonic() - started:.0f} s", flush=True)
        out.rename(binaries)


class _Compiler:
    """Go in GOPATH mode, as debian/rules has it: module mode wants to change go.mod."""

    def __init__(self, work: Path, tree: Path) -> None:
        self.root = work / "gopath" / "src" / "k8s.io" / "kubernetes"
        self.root.parent.mkdir(parents=True)
        self.root.symlink_to(tree)
        version = _upstream_version(tree)
        vendored = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        stamps = {"gitVersion": f"v{version}", "gitMajor": version.split(".")[0], "gitMinor": version.split(".")[1]}
        stamped = [
            f"-X k8s.io/kubernetes/vendor/{package}.{name}={value}"
            for package in vendored
            for name, value in stamps.items()
        ]
        self._flags = ["-trimpath", "-ldflags", " ".join(["-s", "-w", *stamped])]
        self._environment = os.environ | {
            "GOROOT": str(_GO),
            "GOPATH": str(work / "gopath"),
            "GOCACHE": str(work / "gocache"),
            "GO111MODULE": "off",
            "CGO_ENABLED": "0",
            "GOFLAGS": "",
            "PATH": f"{_GO}/bin:{os.environ['PATH']}",
        }

    def build(self, package: str, program: Path) -> None:
        self.run("go", "build", *self._flags, "-o", str(program), f"k8s.io/kubernetes/{package}")

    def run(self, *command: str) -> None:
        # Go finds the tree in GOPATH by its linked name, which PWD keeps.
        environment = self._environment | {"PWD": str(self.root)}
        subprocess.run(["nice", "-n", "10", *command], cwd=self.root, env=environment, check=True)


def _upstream_version(tree: Path) -> str:
    """`1.20.2` of `1.20.5+really1.20.2-1.1+deb12u1`."""
    head = (tree / "debian" / "changelog").read_text().split("\n", 1)[0]
    found = re.search(r"\((?:[\d.]+\+really)?(\d+\.\d+\.\d+)", head)
    assert found, head
    return found[1]


def _renew_reflect2(tree: Path) -> None:
    """reflect2 1.0.1 corrupts memory when built with Go 1.18 or newer: the API server dies after some minutes."""
    vendored = tree / "vendor" / _REFLECT2
    shutil.rmtree(vendored)
    packaged = Path("/usr/share/gocode/src") / _REFLECT2
    shutil.copytree(packaged, vendored, ignore=shutil.ignore_patterns("go.mod"))


def _generate_openapi(go: _Compiler, tree: Path) -> None:
    """The API server's OpenAPI definitions are generated code that the source package leaves out."""
    generator = tree / "openapi-gen"
    go.build("vendor/k8s.io/kube-openapi/cmd/openapi-gen", generator)
    go.run(
        str(generator),
        *("-i", ",".join(sorted(_tagged(tree)))),
        *("-p", "k8s.io/kubernetes/pkg/generated/openapi"),
        *("-O", "zz_generated.openapi"),
        *("-h", "hack/boilerplate/boilerplate.generatego.txt"),
        *("-r", os.devnull),
    )


def _tagged(tree: Path) -> set[str]:
    """Packages with types that the API serves."""
    found = set()
    for part in ("pkg", "staging/src", "plugin", "cmd"):
        for file in (tree / part).rglob("*.go"):
            name = str(file.parent.relative_to(tree))
            if "code-generator" in name or "sample-" in name or not _OPENAPI_TAG.search(file.read_bytes()):
                continue
            found.add(f"k8s.io/kubernetes/{name.replace('staging/src', 'vendor')}")
    return found


if __name__ == "__main__":
    print(kubernetes())
