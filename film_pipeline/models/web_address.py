"""Addresses of servers that people type: what form they must have, and whether plain http may be spoken there.

Pure; no name is looked up, so that the answer is the same on every machine. Not here: what a service refuses beside
(cloud metadata, its own paths).
"""

import ipaddress
from urllib.parse import urlsplit

_OWN_NETWORK = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".svc",
    ".cluster.local",
    ".intranet",
    ".private",
    ".ts.net",  # a Tailscale network is encrypted below http
)
# Carrier-grade NAT, which private overlay networks use; Python counts it as neither private nor global.
_OVERLAY = ipaddress.ip_network("100.64.0.0/10")


def web_address(text: str) -> str:
    """An http(s) address with a host, without a slash at its end.

    Raises:
        ValueError: it is anything else, which would reach files or other protocols.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https:// and names a host")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a port from 1 to 65535") from None
    return text.rstrip("/")


def is_open_to_all(address: str) -> bool:
    """Whether what is sent there crosses a public network unencrypted: plain http to a host that is not plainly near.

    Near are loopback and private numbers, names without a dot (a Compose or Kubernetes service), and names that only
    exist inside a network.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme != "http":
        return False
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "." in host and not host.endswith(_OWN_NETWORK)
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    return number.is_global and number not in _OVERLAY
