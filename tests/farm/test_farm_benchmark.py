"""The farm's simulation keeps its books: every scene is made once, whatever is taken away."""

import importlib.util
import sys
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[2] / "benchmarks" / "farm.py"
_SPEC = importlib.util.spec_from_file_location("farm_benchmark", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
benchmark = importlib.util.module_from_spec(_SPEC)
sys.modules["farm_benchmark"] = benchmark
_SPEC.loader.exec_module(benchmark)
Farm, simulate = benchmark.Farm, benchmark.simulate


@pytest.mark.parametrize("share", [1, 4])
@pytest.mark.parametrize("lost", [0.0, 5.0])
def test_every_scene_is_made_exactly_once(share: int, lost: float) -> None:
    outcome = simulate(Farm(gpus=4, share=share, lost_per_hour=lost), films=5, scenes=20)
    assert outcome.rendered == pytest.approx(100 * 120 / 3600)
    assert outcome.held > outcome.rendered
    assert (outcome.again > 0) == (lost > 0)


def test_sharing_a_pod_saves_its_start_and_the_load() -> None:
    alone, shared = (simulate(Farm(gpus=1, share=share), films=1, scenes=16) for share in (1, 4))
    assert (alone.pods, shared.pods) == (16, 4)
    assert alone.held - shared.held == pytest.approx(12 * (12 + 30) / 3600)


def test_no_gpu_idles_while_scenes_wait() -> None:
    outcome = simulate(Farm(gpus=8, share=8), films=1, scenes=16)
    assert outcome.hours == pytest.approx((12 + 30 + 2 * 123) / 3600)
