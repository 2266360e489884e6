"""Settings: each fault names the variable that is at fault, and what it may be."""

from pathlib import Path

import pytest

from film_pipeline.errors import SettingsError
from film_pipeline.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value", "where", "says"),
    [
        ("FILM_SIZE", "10x10", "FILM_SIZE", "from 64 to 8192 pixels, not 10x10"),
        ("FILM_BATCH_CRON", "99 99 99 99 99", "FILM_BATCH_CRON", "five fields"),
        ("FILM_METRICS", "9464", "FILM_METRICS", "HOST:PORT"),
        ("FILM_CACHE_CLAIM", "Film Cache", "FILM_CACHE_CLAIM", "the name of a PersistentVolumeClaim"),
        ("FILM_CACHE_CLAIM", "film-cache-", "FILM_CACHE_CLAIM", "the name of a PersistentVolumeClaim"),
        ("FILM_CACHE_CLAIM", "film-cache", "FILM_CACHE_CLAIM", "needs FILM_EXECUTOR=k8s"),
        ("FILM_C2PA_CERT", "/cert.pem", "FILM_C2PA_KEY", "FILM_C2PA_CERT alone signs nothing"),
        ("FILM_HOME", "/films [old]", "FILM_HOME", "does not find dagster.yaml"),
        ("FILM_HOME", "~nobody-of-that-name/films", "FILM_HOME", "a user who is not there"),
    ],
)
def test_a_fault_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, where: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert (caught.value.where, caught.value.remedy) == (where, f"Correct {where} in the environment or in .env.")
    assert says in caught.value.why


def test_a_value_from_the_command_line_is_corrected_there() -> None:
    with pytest.raises(SettingsError, match=r"Correct FILM_HOME on the command line\.$"):
        load_settings(FILM_HOME="/films?")


def test_a_dotenv_from_notepad_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes("\ufeffFILM_TAKES=3\r\nFILM_FPS=25\r\n".encode())
    settings = load_settings()
    assert (settings.takes, settings.fps) == (3, 25)


def test_a_dotenv_that_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_bytes("FILM_TAKES=3".encode("utf-16"))
    with pytest.raises(SettingsError, match="UTF-8") as caught:
        load_settings()
    assert caught.value.where == str(tmp_path / ".env")


def test_a_tilde_is_the_home_folder_also_where_no_shell_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/mara")
    Path(".env").write_text("FILM_HOME=~/films\nFILM_STORAGE=file:~/store\nFILM_WORKFLOWS=~/graphs\n")
    settings = load_settings()
    assert (settings.home, settings.storage) == (Path("/home/mara/films"), "file:/home/mara/store")
    assert (settings.storage_folder, settings.workflows_folder) == (Path("/home/mara/store"), Path("/home/mara/graphs"))
