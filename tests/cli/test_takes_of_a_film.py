"""``film make`` with three takes a scene: real processes, killed for real, and a person who chooses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FILM = Path(sys.executable).with_name("film")


class Home:
    """A film of one scene in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.takes = folder / "home/films/neo/takes/001"
        self.environment = {
            **os.environ,
            "FILM_SIZE": "192x108",
            "FILM_WORKERS": "1",
            "FILM_HOME": str(folder / "home"),
        }
        (folder / "neo.json").write_text(
            json.dumps({"title": "Neo", "scenes": [{"id": 1, "duration": 1, "takes": 3, "prompt": "a street, rain"}]})
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([FILM, *arguments], cwd=self.folder, env=self.environment, **pipes)

    def __call__(self, *arguments: str) -> dict[str, Any]:
        process = self.start(*arguments, "--json")
        output, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
        answer = json.loads(output)
        assert isinstance(answer, dict)
        return answer

    def clips(self) -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in self.takes.glob("*.mp4")}


def test_a_killed_contest_goes_on_where_it_was_and_a_person_overrules_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    process = home.start("make", "neo.json")
    while len(home.clips()) < 2:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(1)  # its worker notices that its parent is gone
    there = home.clips()

    made = home("make", "neo.json")
    assert len(home.clips()) == 3
    assert {name: changed for name, changed in home.clips().items() if name in there} == there
    assert Path(made["movie"]).exists()

    (film,) = home("status", "neo")["films"]
    assert [take["take"] for take in film["takes"]] == [1, 2, 3]
    ratings = [take["rating"] for take in film["takes"]]
    (winner,) = [take for take in film["takes"] if take["in_the_film"]]
    assert winner["rating"] == max(ratings)
    assert winner["chosen_by"] == "judge"
    assert set(winner["marks"]) == {"motion", "sharpness", "steadiness", "exposure"}
    report = json.loads(Path(made["report"]).read_text())
    assert report["scenes"][0]["why"].startswith(f"Take {winner['take']} won among 3 takes with ")

    storyboard = Path(made["storyboard"])
    storyboard.write_text(storyboard.read_text().replace('"takes": 3', '"takes": 4'))
    assert home("plan", "neo")["scenes"][0]["state"] == "short"
    assert [scene["rendered"] for scene in home("cut", "neo")["scenes"]] == [False]
    assert len(home.clips()) == 3

    other = next(take["take"] for take in film["takes"] if not take["in_the_film"])
    home("take", "neo", "1", str(other))
    made = home("make", "neo.json")
    assert [(scene["take"], scene["rendered"]) for scene in made["scenes"]] == [(other, False)]
    assert len(home.clips()) == 3
    report = json.loads(Path(made["report"]).read_text())
    why = f"Take {other} was chosen by a person among 3 takes; the judge's best is take"
    assert report["scenes"][0]["why"].startswith(why)
