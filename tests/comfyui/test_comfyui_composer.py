"""ComfyUIComposer: music of exactly the length of the cut, whatever the model can make at once."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from fakes import FakeComfyUIServer
from small_scenes import QUICK, RULES, WORKFLOWS, quiet

from film_pipeline.composer.comfyui import ComfyUIComposer
from film_pipeline.errors import RenderContentError
from film_pipeline.models.soundtrack import Score, ScoreSection

StartServer = Callable[..., FakeComfyUIServer]


@pytest.fixture
def server(start_server: StartServer) -> FakeComfyUIServer:
    return start_server(render_seconds=0.3)


@pytest.fixture
def composer(server: FakeComfyUIServer) -> Iterator[ComfyUIComposer]:
    composer = ComfyUIComposer([server.url], WORKFLOWS, "ace_step_1_5_music", handling=QUICK, rules=RULES)
    yield composer
    composer.close()


def score(seconds: float, **changes: object) -> Score:
    section = ScoreSection(scene="001", start=0, duration=seconds, prompt="a lighthouse", mood="calm")
    values = {"composer": "comfyui/1", "title": "T", "seconds": seconds, "sections": (section,), "seed": 5}
    return Score.model_validate({**values, **changes})


def samples(path: Path) -> np.ndarray:
    """All samples, one row a channel, from -1 to 1."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("flac", 48_000, 2)
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        return np.concatenate(
            [piece.to_ndarray() for frame in container.decode(stream) for piece in resampler.resample(frame)], axis=1
        )


@pytest.mark.parametrize("seconds", [0.75, 7.5, 23.04])
def test_the_music_is_as_long_as_the_cut(composer: ComfyUIComposer, tmp_path: Path, seconds: float) -> None:
    into = tmp_path / "music.flac"
    made = composer.compose(score(seconds), into, quiet).made
    sound = samples(into)
    assert sound.shape == (2, round(seconds * 48_000))
    assert np.abs(sound).max() > 0.1
    assert np.abs(sound[:, -480:]).max() < 0.02  # it has faded out
    assert made["generated_seconds"] == max(10.0, seconds)
    assert [path.name for path in tmp_path.iterdir()] == ["music.flac"]


def test_a_long_film_hears_the_piece_again(
    composer: ComfyUIComposer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("film_pipeline.composer.comfyui._MOST_SECONDS", 12.0)
    composition = composer.compose(score(40.0), tmp_path / "music.flac", quiet)
    sound = samples(tmp_path / "music.flac")
    assert sound.shape[1] == 40 * 48_000
    loud = np.abs(sound[:, : 37 * 48_000]).reshape(2, 37, 48_000).max(axis=(0, 2))
    assert loud.min() > 0.1  # no hole between the pieces
    assert "12 s" in composition.notes[0]


def test_the_brief_reaches_the_model(server: FakeComfyUIServer, composer: ComfyUIComposer, tmp_path: Path) -> None:
    brief = score(20.0, tags="dark synthwave", mood="tense", tempo=117.6)
    thread = threading.Thread(target=composer.compose, args=(brief, tmp_path / "m.flac", quiet))
    thread.start()
    server.wait_for("started")
    graph = server.ask("/queue")["queue_running"][0][2]
    thread.join()
    encode = graph["94"]["inputs"]
    assert encode["tags"] == "dark synthwave, tense, instrumental film score"
    assert encode["lyrics"] == "[instrumental]"
    assert encode["bpm"] == 118
    assert (graph["99"]["inputs"]["value"], graph["102"]["inputs"]["value"]) == (20.0, 5)


def test_one_score_is_composed_once(server: FakeComfyUIServer, composer: ComfyUIComposer, tmp_path: Path) -> None:
    first = composer.compose(score(12.0), tmp_path / "1.flac", quiet).made["prompt_id"]
    second = composer.compose(score(12.0, sections=()), tmp_path / "2.flac", quiet).made["prompt_id"]
    third = composer.compose(score(12.0, mood="sad"), tmp_path / "3.flac", quiet).made["prompt_id"]
    assert first == second != third
    assert composer.name.startswith("comfyui/1 ace_step_1_5_music ")
    assert not composer.stand_in
    assert len(server.jobs("accepted")) == 3


def test_a_missing_music_model_is_named(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(missing_models=["ace_step_1.5_turbo_aio.safetensors"])
    composer = ComfyUIComposer([server.url], WORKFLOWS, "ace_step_1_5_music", handling=QUICK, rules=RULES)
    with pytest.raises(RenderContentError, match=r"ace_step_1\.5_turbo_aio"):
        composer.compose(score(12.0), tmp_path / "m.flac", quiet)
    composer.close()
