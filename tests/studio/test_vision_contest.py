"""A contest judged by a vision model on loopback, which fails for one take of three."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from factories import make_scene, make_storyboard, make_studio
from fakes.chat_server import ChatServer, Reply, fails, says

from film_pipeline.cli.doctor import examine_home
from film_pipeline.judge.vision import VisionJudge
from film_pipeline.settings import Settings
from film_pipeline.studio import Studio
from film_pipeline.studio.shots import Shot, Wish, publish_shot, shoot

KEY = "sk-secret-of-the-test"
BUSY = fails(503, f"busy, {KEY}", **{"x-should-retry": "false"})


@pytest.fixture
def server() -> Iterator[ChatServer]:
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture
def studio(settings: Settings, server: ChatServer) -> Iterator[Studio]:
    judge = VisionJudge(KEY, server.url, "seer", timeout_seconds=10)
    yield replace(make_studio(settings), judge=judge)
    judge.close()


def sees(prompt_match: int) -> Reply:
    return says({"prompt_match": prompt_match, "look": 70, "reason": f"{prompt_match} of 100 is there."})


def contest(studio: Studio, takes: int) -> Shot:
    studio.store.write_storyboard("neo", make_storyboard(make_scene(1, duration=0.5, takes=takes)))
    with shoot(studio, "neo", "001", Wish(), lambda share, words: None) as shot:
        publish_shot(studio, shot)
    return shot


def test_the_model_s_opinion_decides(studio: Studio, server: ChatServer) -> None:
    server.replies = [sees(30), sees(90), sees(50)]
    shot = contest(studio, 3)
    assert shot.take.number == 2
    assert shot.contest is not None
    assert "take 1 has 0." in shot.contest.why
    assert "(prompt 0.30 against 0.90)" in shot.contest.why
    assert shot.contest.why.endswith("90 of 100 is there.")
    assert len(server.requests) == 3


def test_a_model_that_fails_once_costs_no_take_and_is_asked_again_later(studio: Studio, server: ChatServer) -> None:
    server.replies = [sees(30), BUSY, sees(90)]
    shot = contest(studio, 3)
    takes = studio.store.takes("neo", "001")
    assert [take.rating and take.rating.judge for take in takes] == ["vision/1 seer", "numpy/1", "vision/1 seer"]
    best = max(takes, key=lambda take: take.rating.measured if take.rating else 0)
    assert shot.take.number == best.number, "all are compared by what was measured"
    assert shot.contest is not None
    (note,) = shot.contest.notes
    assert note.startswith("take 2: The vision judge could not rate this take")
    assert KEY not in note
    server.replies = [sees(99), sees(10)]
    shot = contest(studio, 4)
    assert len(server.requests) == 5, "take 2 once more, and take 4"
    assert shot.take.number == 2
    assert shot.contest is not None
    assert shot.contest.notes == ()


def test_doctor_asks_for_the_judge_s_model(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILM_JUDGE", "vision")
    monkeypatch.setenv("FILM_JUDGE_MODEL", "seer")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.replies = [fails(401, f"Incorrect API key: {KEY}")]
    (finding,) = [finding for finding in examine_home(tmp_path) if finding.name == "judge"]
    assert not finding.well
    assert "refused the key" in finding.says
    assert KEY not in finding.says + finding.remedy
