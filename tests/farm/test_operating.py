"""docs/operate.md leads where it says: its files, fields, metrics, secrets and images are those of the code."""

import re
import shlex
from typing import Any

import yaml
from dockerfiles import ROOT
from manifests import FOLDER, objects, values

from film_pipeline.models.pod import ScenePod

OPERATE = (ROOT / "docs" / "operate.md").read_text()
COMMANDS = OPERATE.split("```sh\n")[1].split("```")[0]


def commands() -> list[list[str]]:
    joined = COMMANDS.replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in joined.splitlines() if line and not line.startswith("#")]


def secrets_in(part: Any) -> set[tuple[str, str]]:
    """Every (secret, key) that a manifest asks for and cannot do without."""
    if isinstance(part, list):
        return {found for item in part for found in secrets_in(item)}
    if not isinstance(part, dict):
        return set()
    ref = part.get("secretKeyRef")
    here = {(ref["name"], ref["key"])} if ref else set()
    return here | {found for item in part.values() for found in secrets_in(item)}


def test_the_first_film_takes_fewer_than_fifteen_commands() -> None:
    assert 10 < len(commands()) < 15
    told = [int(number) for number in re.findall(r"^# (\d+)\.", COMMANDS, re.MULTILINE)]
    assert told[-1] == len(commands())


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"helm-values/([\w.-]+\.yaml)", OPERATE)) | set(re.findall(r"`([\w-]+\.yaml)`", OPERATE))
    assert all((FOLDER / name).exists() for name in named)
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{path.name}`" in readme for path in FOLDER.glob("*.yaml"))


def test_every_secret_that_pods_need_is_made() -> None:
    made = set()
    for words in commands():
        if "secret" in words:
            name = words[words.index("generic") + 1]
            keys = [re.sub(r"--from-literal=([\w-]+)=.*", r"\1", word) for word in words if "--from-literal" in word]
            made |= {(name, key) for key in keys}
    applied = [thing for thing in objects() if thing["metadata"].get("name") not in ("login", "film-login")]
    assert secrets_in(applied) | secrets_in(values("dagster")) <= made


def test_every_field_of_the_scene_pod_is_told_with_its_default() -> None:
    table = OPERATE.split("## The pod of a scene")[1].split("###")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert told == {str(field.alias) for field in ScenePod.model_fields.values()}
    for name, field in ScenePod.model_fields.items():
        if isinstance(field.default, int):
            row = next(line for line in table.splitlines() if f"`{ScenePod.model_fields[name].alias}`" in line)
            assert f"| {field.default} |" in row


def test_every_metric_that_is_told_or_watched_is_one_of_ours() -> None:
    code = (ROOT / "film_pipeline" / "defs" / "metrics.py").read_text()
    ours = set(re.findall(r'"(film_\w+)"', code)) | {"film_faults_total"}
    alerts = (FOLDER / "alerts.yaml").read_text()
    rules = [
        rule
        for thing in yaml.safe_load_all(alerts)
        for group in thing["spec"].get("groups", [])
        for rule in group["rules"]
    ]
    watched = {name for rule in rules for name in re.findall(r"\bfilm_\w+", rule["expr"])}
    assert watched <= ours
    told = set(re.findall(r"`(film_(?!pipeline)\w+)", OPERATE))
    assert told <= ours
    assert all(f"`{rule['alert']}`" in OPERATE for rule in rules)


def test_the_address_that_answers_is_the_one_that_the_chart_makes() -> None:
    (code,) = values("dagster")["dagster-user-deployments"]["deployments"]
    assert f"deploy/dagster-dagster-user-deployments-{code['name']}" in OPERATE
    assert "helm upgrade --install dagster dagster/dagster" in OPERATE
