"""The README tells what the code does: every setting, field, command and link it names exists."""

import re
from pathlib import Path

import pytest

from film_pipeline.cli import app
from film_pipeline.errors import FilmPipelineError
from film_pipeline.models.storyboard import Scene, Storyboard, TransitionKind, parse_storyboard
from film_pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]


def variables() -> set[str]:
    aliases = [field.validation_alias for field in Settings.model_fields.values()]
    return {alias if isinstance(alias, str) else str(alias.choices[0]) for alias in aliases if alias}  # type: ignore[union-attr]


def test_every_setting_is_in_the_table_and_no_other() -> None:
    table = README.split("## Settings")[1].split("## ")[0]
    told = {
        name for row in re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert told == variables()


@pytest.mark.parametrize("model", [Scene, Storyboard])
def test_every_field_of_the_storyboard_is_described(model: type[Scene] | type[Storyboard]) -> None:
    part = README.split("## Bring your own storyboard")[1].split("## Settings")[0]
    told = set(re.findall(r"`(\w+)`", part))
    assert set(model.model_fields) <= told


def test_every_transition_is_named() -> None:
    assert all(f"`{kind}`" in README for kind in TransitionKind.__args__)  # type: ignore[attr-defined]


def test_every_command_is_named_and_every_named_command_exists() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {group.name for group in app.registered_groups if group.name}
    told = set(re.findall(r"(?:^|[ `/])film (\w+)", README, re.MULTILINE))
    assert commands <= told
    in_code = set(re.findall(r"`film (\w+)", README))
    assert in_code <= commands


def test_the_example_storyboard_is_a_film() -> None:
    example = README.split("```json\n")[1].split("```")[0]
    assert parse_storyboard(example).seconds == 7


def test_the_result_comes_before_line_40() -> None:
    first = next(number for number, line in enumerate(README.splitlines(), 1) if "final_movie.mp4" in line)
    assert first < 40


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text())
    broken = [link for link in links if not (document.parent / link).exists()]
    assert broken == []


def test_every_error_descends_from_the_one_and_stands_in_the_drawing() -> None:
    def below(kind: type[FilmPipelineError]) -> set[type[FilmPipelineError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    ours = {kind.__name__ for kind in below(FilmPipelineError) if kind.__module__ == "film_pipeline.errors"}
    drawing = (ROOT / "film_pipeline" / "errors.py").read_text().split('"""')[1]
    assert {name for name in ours if name not in drawing} == set()


def test_no_pinned_requirement_names_a_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pinned = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
        assert len(pinned) > 80
        assert text.count("--hash=sha256:") >= len(pinned)
