"""Images without an engine: an almost empty one, into which the node puts this machine's programs and our package.

Not the image that the Dockerfile builds, but the same inside as far as a pod can tell: Python with everything pinned,
FFmpeg and film_pipeline. Every container of the node gets `image_folders`, read-only, as if the image held them.
"""

import compileall
import hashlib
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path

SOURCE, ENVIRONMENT = "/film", "/venv"
"""Where containers find the repository and the environment of its Python, wherever they are on this machine: there, as
below /tmp, a pod may have a volume."""
REPOSITORY = Path(__file__).parents[2]
_MACHINE = ("/usr", "/etc/alternatives", "/etc/fonts", "/etc/ssl", sys.base_prefix)
_OURS = ("film_pipeline", "workflows", "tests")
_PATH = f"{ENVIRONMENT}/bin:/usr/local/bin:/usr/bin:/bin"
_USERS = "root:x:0:0::/tmp:/bin/sh\nfilm:x:1000:1000::/tmp:/bin/sh\n"


def image_folders(copy: Path) -> dict[str, Path]:
    """Where containers find which folder of the node. Ours they get as a ``copy``: no edit reaches a running test."""
    source, environment, libraries = copy / "source", copy / "environment", Path(sys.prefix, "lib")
    for name in _OURS:
        shutil.copytree(REPOSITORY / name, source / name)
    _copy_environment(environment)
    for folder in (source, libraries):
        compileall.compile_dir(folder, quiet=2)  # once here, as the Dockerfile does, not in every pod
    found = {name: Path(name) for name in _MACHINE if Path(name).is_dir()}
    return {**found, SOURCE: source, ENVIRONMENT: environment, f"{ENVIRONMENT}/lib": libraries}


def _copy_environment(into: Path) -> None:
    """All but the libraries, of which there are many; programs name their Python by its whole path."""
    (into / "lib").mkdir(parents=True)
    shutil.copyfile(Path(sys.prefix, "pyvenv.cfg"), into / "pyvenv.cfg")
    shutil.copytree(Path(sys.prefix, "bin"), into / "bin", symlinks=True)
    here, there = (f"#!{place}/bin/".encode() for place in (sys.prefix, ENVIRONMENT))
    for program in (into / "bin").iterdir():
        if program.is_file() and not program.is_symlink() and program.read_bytes().startswith(here):
            program.write_bytes(program.read_bytes().replace(here, there, 1))


def write_image(into: Path, entrypoint: list[str], *names: str) -> None:
    """An OCI archive with one image under ``names``."""
    layer = _layer()
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Env": [f"PATH={_PATH}", f"PYTHONPATH={SOURCE}", "HOME=/tmp"], "Entrypoint": entrypoint},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _described("application/vnd.oci.image.config.v1+json", config),
            "layers": [_described("application/vnd.oci.image.layer.v1.tar", layer)],
        }
    )
    described = _described("application/vnd.oci.image.manifest.v1+json", manifest)
    named = [{**described, "annotations": {"io.containerd.image.name": name}} for name in names]
    with tarfile.open(into, "w") as archive:
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(archive, "index.json", _json({"schemaVersion": 2, "manifests": named}))
        for blob in (layer, config, manifest):
            _add(archive, f"blobs/sha256/{_digest(blob).removeprefix('sha256:')}", blob)


def _layer() -> bytes:
    """A root file system of folders and links; programs come from the node's /usr."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for folder in ("usr", "etc", "tmp", "proc", "sys", "dev", "run", "var"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(entry)
        for link in ("bin", "sbin", "lib", "lib64"):
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{link}"
            layer.addfile(entry)
        _add(layer, "etc/passwd", _USERS.encode())
        # The first process of a pod comes before image_folders are there.
        _add(layer, "busybox", Path("/bin/busybox").read_bytes(), mode=0o755)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _described(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
