"""What the Dockerfile installs, installed: its own lines in a folder instead of an image, and a film made with it.

Not part of ``make test``: it takes minutes and Debian. Where an engine exists, ``make image`` builds the real thing.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dockerfiles import ROOT, apt_packages, runs, steps

UNCHECKED_HASH = 0b01
"""In the flags of a compiled module (PEP 552): valid by content, never looked up again."""

pytestmark = pytest.mark.timeout(1800)  # the first test waits for every package


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """One that any user may enter; pytest closes its own whenever another pytest starts."""
    with tempfile.TemporaryDirectory(prefix="film-image-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def installed(open_folder: Path) -> Path:
    """The folder that is /opt/film in the image."""
    root = open_folder / "image"
    root.mkdir()
    source = root / "src"
    for step in steps("Dockerfile"):
        if step.word == "COPY" and not step.text.startswith("--from") and step.stage == 0:
            *names, target = step.text.split()
            for name in names:
                _copy(ROOT / name, Path(f"{source}{target.removeprefix('/src')}"))
    for command in runs("Dockerfile", stage=0):
        here = command.replace("/opt/film", f"{root}/film").replace("/src", str(source))
        here = here.replace("python -m", "/usr/bin/python3 -m")  # Debian's, which anybody may run
        subprocess.run(here, shell=True, check=True, cwd=root, env={"PATH": os.environ["PATH"], "HOME": str(root)})
    return root / "film"


def _copy(what: Path, where: Path) -> None:
    if what.is_dir():
        shutil.copytree(what, where, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        return
    where.mkdir(parents=True, exist_ok=True)
    shutil.copy2(what, where / what.name)


@pytest.fixture(scope="module")
def debian(open_folder: Path) -> Path:
    """Debian's packages of the image with all they need, unpacked beside the machine's own."""
    archives, root = open_folder / "archives", open_folder / "debian"
    (archives / "partial").mkdir(parents=True)
    root.mkdir()
    fetch = ["apt-get", "install", "-y", "-q", "--download-only", "--no-install-recommends"]
    subprocess.run([*fetch, "-o", f"Dir::Cache::archives={archives}/", *apt_packages("Dockerfile")], check=True)
    for package in archives.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
    return root


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.comfyui"])
def test_debian_has_every_package(name: str) -> None:
    simulate = ["apt-get", "install", "--simulate", "--no-install-recommends", *apt_packages(name)]
    told = subprocess.run(simulate, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_a_film_is_made_by_a_user_who_may_write_to_tmp_alone(installed: Path, debian: Path, open_folder: Path) -> None:
    home = open_folder / "tmp"
    home.mkdir()
    home.chmod(0o777)
    variables = {"HOME": str(home), "TMPDIR": str(home), "FILM_HOME": f"{home}/film", "FILM_SIZE": "320x180"}
    libraries = debian / "usr" / "lib" / "x86_64-linux-gnu"
    variables["PATH"] = f"{installed}/bin:{debian}/usr/bin:/usr/bin:/bin"
    variables["LD_LIBRARY_PATH"] = f"{libraries}:{libraries}/blas:{libraries}/lapack:{libraries}/pulseaudio"
    someone = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"]
    command = [*someone, "film", "make", "--json", "script.txt"]
    (home / "script.txt").write_text("A lighthouse at night.\n\nA ship passes it.\n")
    made = subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert Path(json.loads(made.stdout)["movie"]).stat().st_size > 10_000
    # No other FFmpeg was there to make it.
    assert (debian / "usr" / "bin" / "ffmpeg").exists()
    assert not list(installed.glob("lib/python*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"))


def test_a_cluster_can_load_it(installed: Path, tmp_path: Path) -> None:
    code = (
        "import dagster_k8s, dagster_postgres, psycopg2, c2pa, prometheus_client;"
        "from film_pipeline.definitions import defs; defs()"
    )
    variables = {"PATH": f"{installed}/bin", "FILM_HOME": str(tmp_path), "FILM_EXECUTOR": "k8s", "HOME": str(tmp_path)}
    subprocess.run([f"{installed}/bin/python", "-c", code], env=variables, cwd=tmp_path, check=True)


def test_no_pod_has_to_compile_a_module(installed: Path) -> None:
    for module in ("dagster", "dagster_k8s", "kubernetes", "film_pipeline"):
        (package,) = installed.glob(f"lib/python*/site-packages/{module}")
        (compiled,) = package.glob("__pycache__/__init__.*.pyc")
        assert compiled.read_bytes()[4] == UNCHECKED_HASH


def test_the_packages_stay_small(installed: Path) -> None:
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"packages: {size / 1e6:.0f} MB")
    assert size < 900e6
