"""Plain http is for the own network; what leaves it is encrypted, or allowed by name."""

import pytest

from film_pipeline.errors import SettingsError
from film_pipeline.models.web_address import is_open_to_all
from film_pipeline.settings import load_settings

NEAR = (
    "http://127.0.0.1:8188",
    "http://[::1]:8188",
    "http://10.1.2.3",
    "http://192.168.1.7:8188",
    "http://[fd00::7]:8188",
    "http://100.101.102.103:8188",
    "http://comfyui:8188",
    "http://gpu.local:8188",
    "http://comfyui.film.svc:8188",
    "http://comfyui.film.svc.cluster.local:8188",
    "http://localhost.:8188",
    "https://gpu.example.org",
    "https://203.0.114.9",
)
OPEN = (
    "http://gpu.example.org:8188",
    "http://8.8.8.8",
    "http://[2606:4700::1111]:8188",
    "http://[::ffff:8.8.8.8]/",
    "http://maria:s3cret@GPU.EXAMPLE.ORG.",
    "http://local.example.org",
)


@pytest.mark.parametrize("address", NEAR)
def test_near_or_encrypted(address: str) -> None:
    assert not is_open_to_all(address)
    assert load_settings(COMFYUI_URL=address, OPENAI_BASE_URL=address).comfyui_urls == (address,)


@pytest.mark.parametrize("address", OPEN)
@pytest.mark.parametrize("name", ["COMFYUI_URL", "OPENAI_BASE_URL"])
def test_open_to_all_is_refused_without_repeating_it(address: str, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**{name: address})
    assert caught.value.where == name
    assert "FILM_ALLOW_INSECURE=true" in caught.value.why
    assert "s3cret" not in str(caught.value)
    assert load_settings(**{name: address, "FILM_ALLOW_INSECURE": True}).allow_insecure
