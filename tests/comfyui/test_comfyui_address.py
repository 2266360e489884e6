"""Addresses of servers: what is taken, what is refused, and that no password is ever shown."""

import pytest

from film_pipeline.comfyui.address import parse_address, parse_addresses, refuse_forbidden_host
from film_pipeline.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8188", "http://127.0.0.1:8188"),
        (" http://127.0.0.1:8188/ ", "http://127.0.0.1:8188"),
        ("https://gpu.example.org/comfy/", "https://gpu.example.org/comfy"),
        ("http://[::1]:8188", "http://[::1]:8188"),
        ("http://comfyui.film.svc.cluster.local:8188", "http://comfyui.film.svc.cluster.local:8188"),
    ],
)
def test_good_addresses(text: str, url: str) -> None:
    assert parse_address(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "gopher://host:70/",
        "ftp://host",
        "127.0.0.1:8188",
        "http://",
        "http:///prompt",
        "http://host:99999",
        "http://host/?token=1",
        "http://host/#x",
        "http://ho st",
        "http://host\n.evil",
        "http://169.254.169.254",
        "http://[fe80::1]:8188",
        "http://[::ffff:169.254.169.254]/",
        "http://100.100.100.200",
        "http://metadata.google.internal",
        "http://224.0.0.1",
        "http://0.0.0.0:8188",
        "",
        " , ",
    ],
)
def test_refused_addresses_are_told_with_a_remedy(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_addresses(text)
    assert caught.value.where == "COMFYUI_URL"
    assert "http://127.0.0.1:8188" in caught.value.remedy


def test_a_name_that_leads_to_a_metadata_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("169.254.169.254", 0))]
    monkeypatch.setattr("film_pipeline.comfyui.address.socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(SettingsError, match="link-local"):
        refuse_forbidden_host(parse_address("http://innocent.example.org"))


def test_a_number_in_disguise_is_seen_through() -> None:
    with pytest.raises(SettingsError, match="link-local"):
        refuse_forbidden_host(parse_address("http://2852039166/"))  # 169.254.169.254 as one number


def test_several_servers_and_no_server_twice() -> None:
    addresses = parse_addresses("http://a:8188, http://b:8188,http://a:8188/,")
    assert [str(address) for address in addresses] == ["http://a:8188", "http://b:8188"]


def test_credentials_are_kept_apart_and_never_shown() -> None:
    address = parse_address("https://maria:s3cr%40t@gpu.example.org")
    assert (address.username, address.password) == ("maria", "s3cr@t")
    shown = f"{address} {address!r} {address.url} {address.socket_url} {address.host}"
    assert "s3cr" not in shown
    assert "maria" not in shown


@pytest.mark.parametrize("text", ["http://u:s3cret@host:bad", "ftp://u:s3cret@host", "http://u:s3cret@169.254.169.254"])
def test_a_refused_address_does_not_repeat_the_password(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_address(text)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
