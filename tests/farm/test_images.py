"""What the Dockerfiles promise, read off their lines; ``make test-images`` installs them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfiles import ROOT, apt_packages, runs, steps
from manifests import containers, pods

IMAGES = ("Dockerfile", "Dockerfile.comfyui")
LOCKS = ("requirements-cluster.txt", "requirements-comfyui.txt")


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_runs_as_nobody_special_under_an_init(name: str) -> None:
    last = {step.word: step.text for step in steps(name)}
    assert last["USER"] == "1000:1000"
    assert json.loads(last["ENTRYPOINT"])[0] == "tini"
    assert {"tini", "ca-certificates"} <= set(apt_packages(name))


@pytest.mark.parametrize("name", IMAGES)
def test_every_package_is_fixed_by_its_hash(name: str) -> None:
    for run in runs(name):
        if "pip install" in run:
            assert "--no-deps" in run
            assert "--require-hashes" in run or run.endswith(" /src")


@pytest.mark.parametrize("name", IMAGES)
def test_the_base_is_one_that_a_build_can_fix_by_digest(name: str) -> None:
    assert {step.text.split()[0] for step in steps(name) if step.word == "FROM"} == {"${BASE}"}
    assert "@$$digest" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("name", IMAGES)
def test_python_is_compiled_in_the_image_and_alike_in_every_build(name: str) -> None:
    commands = runs(name)
    assert all("--no-compile" in run for run in commands if "pip install" in run)
    (compiled,) = [run for run in commands if "compileall" in run]
    assert "unchecked-hash" in compiled
    assert commands.index(compiled) > max(number for number, run in enumerate(commands) if "pip install" in run)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_every_package_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
    assert len(pinned) > 80
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text


def test_the_image_has_what_we_need_and_the_laptop_has() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9][\w.-]*)==([^ ]+)", (ROOT / name).read_text(), re.MULTILINE))

    cluster = pins("requirements-cluster.txt")
    assert pins("requirements.txt").items() <= cluster.items()
    assert {"dagster-postgres", "psycopg2-binary", "c2pa-python"} <= set(cluster)


def test_comfyui_is_fixed_by_commit_and_brings_no_weights() -> None:
    (source,) = [step.text for step in steps("Dockerfile.comfyui") if step.word == "ADD"]
    assert re.search(r"#[0-9a-f]{40} ", source)
    assert not re.search(r"safetensors|\.ckpt|huggingface|curl|wget", " ".join(runs("Dockerfile.comfyui")))


def test_pods_use_images_that_these_files_make() -> None:
    ours = {"film-pipeline:0.1.0", "film-comfyui:0.33.0"}
    assert all(image in (ROOT / "Makefile").read_text() for image in ours)
    named = {container["image"] for _, pod in pods() for container in containers(pod)}
    assert {image for image in named if image.startswith("film-")} <= ours | {"film-pipeline:test"}


@pytest.mark.parametrize(
    ("bill", "dockerfile"), [("sbom.json", "Dockerfile"), ("sbom-comfyui.json", "Dockerfile.comfyui")]
)
def test_a_bill_of_materials_names_every_package_that_its_image_installs(
    tmp_path: Path, bill: str, dockerfile: str
) -> None:
    recipe = (ROOT / "Makefile").read_text().split("\nsbom:")[1].split("\n\n")[0].replace("\\\n", " ")
    (command,) = (line.strip() for line in recipe.splitlines() if f"build/{bill} " in line)
    words = command.replace("$(BIN)/cyclonedx-py", "").replace(f"build/{bill}", str(tmp_path / bill)).split()
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *words], cwd=ROOT, check=True, capture_output=True)
    told = json.loads((tmp_path / bill).read_text())["components"]
    (installed,) = {name for text in runs(dockerfile) for name in re.findall(r"requirements-\w+\.txt", text)}
    pinned = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / installed).read_text(), re.MULTILINE | re.IGNORECASE)
    assert sorted(part["name"] for part in told) == sorted(pinned)
    assert all(part["purl"].startswith("pkg:pypi/") for part in told)


def test_our_images_are_named_where_they_were_pushed_to(tmp_path: Path) -> None:
    for name in ("Makefile", "helm-values"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)

    def named() -> set[str]:
        text = "\n".join(path.read_text() for path in sorted((tmp_path / "helm-values").iterdir()))
        return {name for name in re.findall(r"(?:image|repository): ([^ ,\n]+)", text) if "film-" in name}

    assert named() == {"film-pipeline", "film-pipeline:0.1.0", "film-comfyui:0.33.0"}
    for registry in ("registry.example.com/mine", "localhost:5000"):
        subprocess.run(["make", "names", f"REGISTRY={registry}"], cwd=tmp_path, check=True, capture_output=True)
        assert named() == {
            f"{registry}/{name}" for name in ("film-pipeline", "film-pipeline:0.1.0", "film-comfyui:0.33.0")
        }
    assert {path.name for path in (tmp_path / "helm-values").iterdir()} == {
        path.name for path in (ROOT / "helm-values").iterdir()
    }
    assert subprocess.run(["make", "names"], cwd=tmp_path, check=False, capture_output=True).returncode == 2
