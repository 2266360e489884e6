"""The ``film`` command as people and scripts call it: real processes, real movies, real kills."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from film_pipeline.ffmpeg.loudness import measure_loudness
from film_pipeline.ffmpeg.probe import probe
from film_pipeline.ffmpeg.verify import examine

FILM = Path(sys.executable).with_name("film")
SEED = {
    "title": "Neo-Amsterdam",
    "scenes": [
        {"id": 1, "duration": 4, "prompt": "Cyberpunk detective walking, rain, neon lights, canals of Amsterdam"},
        {"id": 2, "duration": 3, "prompt": "Close up of cybernetic eye looking at a holographic map"},
    ],
}


class Command:
    """Runs ``film`` in a folder of its own with small pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.environment = {**os.environ, "FILM_SIZE": "192x108", "FILM_WORKERS": "2", "COLUMNS": "200"}

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FILM, *arguments, "--home", str(self.home)],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=200,
        )

    def json(self, *arguments: str, **environment: str) -> dict[str, Any]:
        result = self(*arguments, "--json", **environment)
        assert result.returncode == 0, result.stderr
        answer = json.loads(result.stdout)
        assert isinstance(answer, dict)
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [FILM, *arguments, "--home", str(self.home)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def write(self, name: str, data: object) -> str:
        text = data if isinstance(data, str) else json.dumps(data)
        (self.folder / name).write_text(text)
        return name


@pytest.fixture
def film(tmp_path: Path) -> Command:
    return Command(tmp_path)


def rendered(answer: dict[str, Any]) -> dict[str, bool]:
    return {scene["id"]: scene["rendered"] for scene in answer["scenes"]}


def test_the_seed_becomes_a_film_and_only_edits_are_rendered(film: Command) -> None:
    film.write("neo.json", SEED)
    made = film.json("make", "neo.json")
    assert made["film"] == "neo"
    assert rendered(made) == {"001": True, "002": True}
    movie = Path(made["movie"])
    seen, info, sound = examine(movie), probe(movie), measure_loudness(movie)
    assert abs(seen.frames - (7 - 0.5) * 24) <= 1
    assert (info.video_codec, info.pixel_format, info.frame_rate) == ("h264", "yuv420p", 24)
    assert (info.audio_codec, info.channels) == ("aac", 2)
    assert abs(sound.integrated_lufs - -14) <= 1
    assert sound.true_peak_db <= -1

    assert set(rendered(film.json("make", "neo.json")).values()) == {False}

    edited = json.loads(json.dumps(SEED))
    edited["scenes"][1]["prompt"] = "Close up of a hand on a wet window"
    film.write("neo.json", edited)
    again = film.json("make", "neo.json")
    assert rendered(again) == {"001": False, "002": True}
    assert next(scene["digest"] for scene in again["scenes"]) == made["scenes"][0]["digest"]
    assert json.loads(Path(again["report"]).read_text())["scenes"][1]["prompt"].endswith("wet window")

    storyboard = Path(again["storyboard"])
    storyboard.write_text(storyboard.read_text().replace("wet window", "dry window"))
    assert rendered(film.json("make", "neo.json")) == {"001": False, "002": True}


def test_takes_are_made_selected_and_cut(film: Command) -> None:
    film.write("neo.json", {**SEED, "scenes": [{**scene, "duration": 1} for scene in SEED["scenes"]]})
    film.json("make", "neo.json")
    again = film.json("render", "neo", "1", "001", "--new-take", "--seed", "5")
    assert [scene["take"] for scene in again["scenes"]] == [2, 1]
    assert not film.json("plan", "neo")["current"]
    film.json("cut", "neo")
    assert film.json("plan", "neo")["current"]
    assert film.json("take", "neo", "001", "1")["take"] == 1
    film.json("cut", "neo")
    status = film.json("status")
    assert status["home"] == str(film.home)
    assert [(row["film"], row["scenes"], row["missing"], row["stale"]) for row in status["films"]] == [("neo", 2, 0, 0)]
    assert Path(status["films"][0]["movie"]).exists()


def test_the_storyboard_alone_spends_nothing(film: Command) -> None:
    film.write("night.txt", "A detective walks through the rain.\n\nShe finds a letter on the bridge.")
    made = film.json("make", "night.txt", "--storyboard-only")
    assert made["movie"] is None
    assert Path(made["storyboard"]).exists()
    assert set(rendered(made).values()) == {False}
    assert film.json("plan", "night")["cut"]
    refused = film("cut", "night")
    assert refused.returncode == 1
    assert "001" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["make", "gone.txt"], 1, "gone.txt"),
        (["make", "empty.txt"], 1, "empty"),
        (["make", "bad.json"], 1, "scenes[0].duration: is missing"),
        (["make", "bad.json", "--film", "../x"], 1, "no film key"),
        (["plan", "nothing"], 1, "film make SCRIPT"),
        (["status", "nothing"], 1, "no such film"),
        (["make"], 2, "SCRIPT"),
        (["render", "x", "--seed", "-1"], 2, "seed"),
        (["dance"], 2, "dance"),
    ],
)
def test_a_mistake_gets_advice_and_no_traceback(film: Command, arguments: list[str], code: int, says: str) -> None:
    film.write("empty.txt", " ")
    film.write("bad.json", {"title": "t", "scenes": [{"id": 1, "prompt": "x"}]})
    result = film(*arguments)
    assert result.returncode == code
    assert says.lower() in result.stderr.lower()
    assert "Traceback" not in result.stdout + result.stderr


def test_a_bad_setting_is_named(film: Command) -> None:
    film.write("neo.json", SEED)
    result = film("make", "neo.json", FILM_SIZE="huge")
    assert (result.returncode, "FILM_SIZE" in result.stderr) == (1, True)
    refused = film("make", "neo.json", "--json", FILM_FPS="0")
    assert json.loads(refused.stdout)["error"]["where"] == "FILM_FPS"


def test_a_missing_ffmpeg_is_named(film: Command) -> None:
    film.write("neo.json", {**SEED, "scenes": SEED["scenes"][:1]})
    result = film("make", "neo.json", FFMPEG_BINARY="/nowhere/ffmpeg")
    assert result.returncode == 1
    assert "FFMPEG_BINARY" in result.stderr
    assert "Traceback" not in result.stderr


def on_a_terminal(film: Command, *arguments: str, **environment: str) -> str:
    """What the command writes to a terminal, with all that moves the cursor."""
    ours, theirs = pty.openpty()
    arguments = (*arguments, "--home", str(film.home))
    running = subprocess.Popen(
        [FILM, *arguments], cwd=film.folder, env={**film.environment, **environment}, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    with suppress(OSError):  # the terminal's other end is closed
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    running.wait()
    return written.decode()


def test_a_terminal_shows_the_result_below_what_the_bars_wipe(film: Command) -> None:
    film.write("neo.json", {**SEED, "scenes": [{**SEED["scenes"][0], "duration": 0.2}], "size": "64x64"})
    shown = on_a_terminal(film, "make", "neo.json", TERM="xterm-256color")
    assert "\x1b[2K" in shown
    assert str(film.home / "films/neo/final_movie.mp4") in shown.rpartition("\x1b[2K")[2]


@pytest.mark.parametrize(("no_color", "red"), [("", True), ("1", False)])
def test_errors_are_red_unless_colour_is_not_wanted(film: Command, no_color: str, red: bool) -> None:
    shown = on_a_terminal(film, "plan", "neo", TERM="xterm-256color", NO_COLOR=no_color)
    assert ("\x1b[" in shown) == red


def test_doctor_tells_each_thing_with_its_remedy(film: Command) -> None:
    well = film.json("doctor")
    assert well["well"]
    assert {finding["name"] for finding in well["findings"]} >= {"ffmpeg", "home", "disk", "director", "renderer"}
    assert "with AV1" in film("doctor", FILM_CODEC="av1").stdout
    ill = film("doctor", FFMPEG_BINARY="/nowhere/ffmpeg")
    assert ill.returncode == 1
    assert "FAIL ffmpeg" in ill.stdout


def test_ctrl_c_keeps_what_is_finished(film: Command) -> None:
    scenes = [{"id": number, "duration": 2, "prompt": f"street {number}, rain"} for number in range(1, 9)]
    film.write("long.json", {"title": "Long", "scenes": scenes})
    process = film.start("make", "long.json")
    takes = film.home / "films/long/takes"
    while len(list(takes.glob("*/*.mp4"))) < 2:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "kept" in output
    assert "Traceback" not in output
    finished = {path.name: path.stat().st_mtime_ns for path in takes.glob("*/*.mp4")}
    answer = film.json("make", "long.json")
    assert list(rendered(answer).values()).count(True) == 8 - len(finished)
    for path in takes.glob("*/*.mp4"):
        assert finished.get(path.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns


@pytest.mark.parametrize("seconds", [0.5, 3.0, 4.5, 6.0, 8.0])
def test_sigkill_at_any_moment_costs_no_finished_scene(film: Command, seconds: float) -> None:
    scenes = [{"id": number, "duration": 1, "prompt": f"street {number}, rain"} for number in range(1, 5)]
    film.write("long.json", {"title": "Long", "scenes": scenes})
    process = film.start("make", "long.json")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    takes = film.home / "films/long/takes"
    finished = {path: path.stat().st_mtime_ns for path in takes.glob("*/*.mp4")}
    for path in finished:
        assert examine(path).frames == 24
    movie = film.home / "films/long/final_movie.mp4"
    if movie.exists():
        assert examine(movie).frames > 0
    answer = film.json("make", "long.json")
    assert Path(answer["movie"]).exists()
    for path, modified in finished.items():
        assert path.stat().st_mtime_ns == modified, "a finished scene was rendered again"
    assert len(list(takes.glob("*/*.mp4"))) == 4


def test_two_commands_do_not_work_on_one_film(film: Command) -> None:
    scenes = [{"id": number, "duration": 3, "prompt": f"street {number}, rain"} for number in range(1, 5)]
    film.write("long.json", {"title": "Long", "scenes": scenes})
    first = film.start("make", "long.json")
    while not (film.home / "locks/long.lock").exists():
        time.sleep(0.05)
    time.sleep(0.2)
    second = film("make", "long.json")
    assert second.returncode == 1
    assert str(first.pid) in second.stderr
    os.killpg(first.pid, signal.SIGINT)
    first.communicate()


def test_hostile_names_do_no_harm(film: Command) -> None:
    board = {"title": "x", "scenes": [{"id": 1, "duration": 0.5, "prompt": "%{pts} ':=[a];[b] \\ \" $(touch pwned)"}]}
    for number, name in enumerate(
        ["-rf.json", "a'b\"c.json", "%03d.json", "line\nbreak.json", "http:x.json", "🎬.json"]
    ):
        film.write(name, {**board, "title": f"../../{name}"})
        made = film.json("make", "./" + name, "--film", f"film{number}")
        assert examine(Path(made["movie"])).frames == 12
    assert not list(film.folder.rglob("pwned"))
