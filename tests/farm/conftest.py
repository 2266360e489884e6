"""Fixtures of the farm: a scene pod of each form."""

import pytest

from film_pipeline.models.pod import ScenePod


@pytest.fixture(params=["sidecar", "companion", "pool"])
def pod(request: pytest.FixtureRequest) -> ScenePod:
    return ScenePod(form=request.param, image="comfyui:test", node_selector={"film/gpu": "true"})
