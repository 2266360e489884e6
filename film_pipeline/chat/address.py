"""Whether the key and the address of a language model can be used at all, checked before anything is sent."""

import ipaddress
from urllib.parse import urlsplit

from film_pipeline.errors import SettingsError


def checked_key(key: str) -> str:
    """A key that can go into a header; it is never shown.

    Raises:
        SettingsError: naming OPENAI_API_KEY.
    """
    if not key.isascii() or any(sign.isspace() or not sign.isprintable() for sign in key):
        raise SettingsError(
            "The key holds a space, a line break or a character that no key has",
            where="OPENAI_API_KEY",
            remedy="Copy the key again, without anything around it.",
        )
    return key


def checked_address(address: str) -> str:
    """An http(s) address with a host that is not the cloud's own metadata service.

    Raises:
        SettingsError: naming OPENAI_BASE_URL.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    fault = ""
    if parts.scheme not in ("http", "https") or not host:
        fault = "it must begin with http:// or https:// and name a host"
    elif _is_link_local(host):
        fault = "link-local addresses belong to the machine's own services"
    if fault:
        raise SettingsError(
            "The address of the language model cannot be used",
            where="OPENAI_BASE_URL",
            why=fault,
            remedy="Give the address of an OpenAI-compatible server, such as http://localhost:11434/v1.",
        )
    return address.rstrip("/")


def _is_link_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return host.lower().rstrip(".") == "metadata.google.internal"
