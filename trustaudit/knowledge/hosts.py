"""What an address is for: the Hub, a package index, a file hoster, a place that takes stolen data."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache, lru_cache
from importlib import resources
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

_LOCAL = frozenset({"localhost", "host.docker.internal"})
_PLACEHOLDERS = ("example.com", "example.org", "example.net", "your-domain.com")
# Set aside for documents (RFC 5737, RFC 3849). Programs have no more use for them than for any other number.
_DOCUMENTATION = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


@lru_cache(maxsize=4096)
def host_classes(address: str) -> frozenset[str]:
    """The classes of an address or a bare host: those of the table, ``ip`` for a public number, ``local``.

    ``placeholder`` for what stands for the reader's own. Empty for a host that nothing is known
    of, and for what is no address.
    """
    host, path = _split(address)
    if not host:
        return frozenset()
    if host in _LOCAL or host.endswith((".local", ".internal", ".localhost")):
        return frozenset({"local"})
    if any(host == name or host.endswith(f".{name}") for name in _PLACEHOLDERS):
        return frozenset({"placeholder"})
    number = _number(host)
    if number:
        return frozenset({number})
    reversed_name = ".".join(reversed(host.split("."))) + "."
    found = {name for name, entries in _table().items() if any(_fits(e, reversed_name, path) for e in entries)}
    return frozenset(found | {"index"}) if _is_main_index(reversed_name) else frozenset(found)


def _is_main_index(reversed_name: str) -> bool:
    """Whether the host lies below the main package index, by the digest of its last two labels."""
    domain = ".".join(reversed_name.split(".")[:2]) + "."
    return hashlib.sha256(domain.encode()).hexdigest() in _data()["index_digests"]


def _split(address: str) -> tuple[str, str]:
    text = address if "://" in address else f"//{address}"
    try:
        parts = urlsplit(text)
        return (parts.hostname or "").lower().rstrip("."), parts.path
    except ValueError:
        return "", ""


def _number(host: str) -> str:
    """``ip`` or ``local`` when the host is a number; numbers for documents are as public as any."""
    try:
        number = ip_address(host)
    except ValueError:
        return ""
    shown = any(number in network for network in _DOCUMENTATION)
    return "ip" if number.is_global or shown else "local"


def _fits(entry: tuple[str, str], reversed_name: str, path: str) -> bool:
    host, front = entry
    if not reversed_name.startswith(host):
        return False
    if "*" not in front:
        return path.startswith(front)
    wanted, found = front.split("/"), path.split("/")
    return len(found) >= len(wanted) and all(part in ("*", other) for part, other in zip(wanted, found, strict=False))


@cache
def _data() -> dict[str, list[str]]:
    text = resources.files("trustaudit.knowledge").joinpath("data/hosts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _table() -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        name: tuple((entry.partition(" ")[0] + ".", entry.partition(" ")[2]) for entry in entries)
        for name, entries in _data().items()
        if name != "index_digests"
    }
