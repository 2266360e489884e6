"""Where a ComfyUI server is: an address that is safe to use and safe to show."""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from film_pipeline.errors import SettingsError

_METADATA_NAMES = {"metadata", "metadata.google.internal", "metadata.goog", "instance-data"}
_METADATA_ADDRESSES = {ipaddress.ip_address("100.100.100.200"), ipaddress.ip_address("fd00:ec2::254")}
_ADVICE = "Set COMFYUI_URL to something like http://127.0.0.1:8188."


@dataclass(frozen=True)
class ServerAddress:
    """``url`` holds no credentials and ends without a slash; ``username`` and ``password`` are shown nowhere."""

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def socket_url(self) -> str:
        """The same place for a WebSocket."""
        return "ws" + self.url.removeprefix("http")


def parse_addresses(text: str) -> list[ServerAddress]:
    """Read ``COMFYUI_URL``: one address, or several with commas between them.

    Raises:
        SettingsError: one of them is not usable, or there is none.
    """
    addresses = [parse_address(part) for part in text.split(",") if part.strip()]
    if not addresses:
        raise SettingsError("No ComfyUI server is named", where="COMFYUI_URL", remedy=_ADVICE)
    return list(dict.fromkeys(addresses))


def parse_address(text: str) -> ServerAddress:
    """Read one address.

    Raises:
        SettingsError: not http or https, malformed, or a place that no render server can be.
    """
    text = text.strip()
    if re.search(r"[\x00-\x20\x7f]", text):
        raise _unusable("it holds spaces or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # The cause is dropped on purpose: its text repeats what was typed, a password included.
        raise _unusable("it is not an address") from None
    if parts.scheme not in ("http", "https"):
        raise _unusable(
            f"it starts with {parts.scheme[:20] + ':' if parts.scheme else 'no scheme'}, not http: or https:"
        )
    if not parts.hostname:
        raise _unusable("it names no host")
    if parts.query or parts.fragment:
        raise _unusable("it holds a query or a fragment, which ComfyUI does not take")
    _refuse_name(parts.hostname)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    return ServerAddress(url, unquote(parts.username or ""), unquote(parts.password or ""))


def refuse_forbidden_host(address: ServerAddress) -> None:
    """Look the host's name up and refuse link-local and cloud metadata addresses; an unknown name passes.

    Raises:
        SettingsError
    """
    try:
        found = socket.getaddrinfo(address.host, None, proto=socket.IPPROTO_TCP)
    except OSError:
        return  # the connection will fail with its own words
    for entry in found:
        _refuse_number(str(entry[4][0]))


def _refuse_name(host: str) -> None:
    if host.rstrip(".") in _METADATA_NAMES:
        raise _unusable("it names a cloud metadata service")
    _refuse_number(host)


def _refuse_number(host: str) -> None:
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    if number.is_link_local or number.is_multicast or number.is_unspecified or number in _METADATA_ADDRESSES:
        raise _unusable(f"{number} is a link-local, multicast or metadata address")


def _unusable(why: str) -> SettingsError:
    return SettingsError(
        "The address of the ComfyUI server is not usable", where="COMFYUI_URL", why=why, remedy=_ADVICE
    )
