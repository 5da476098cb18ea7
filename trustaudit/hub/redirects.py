"""Where an address leads: the Hub's own origin, its path prefix, and everything else.

The token may go to exactly one origin (scheme, host and port), so this is decided in one
place. Addresses from answers are hostile: spaces, backslashes and non-ASCII characters are
percent-encoded first, because two URL parsers that disagree on a host would leak the token.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import quote, urlencode, urljoin, urlsplit

from trustaudit.errors import BadAnswerError, RedirectRefusedError
from trustaudit.hub.exchange import Answer
from trustaudit.refs import HUB_HOSTS

MAX_HOPS = 3
MAX_ADDRESS = 8192

_SHOWN_HOST = 100
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NEXT = re.compile(r'<([^<>]{1,8192})>\s*;[^,<]{0,200}?\brel\s*=\s*"?next\b', re.IGNORECASE)
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")

Origin = tuple[str, str, int]
Query = tuple[tuple[str, str], ...]


def origin_of(url: str) -> Origin | None:
    """Scheme, host and port, or None for what is no plain http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname.lower(), port or _DEFAULT_PORTS[parts.scheme]


def is_local(host: str) -> bool:
    """Whether a host is this machine or a private network, in any spelling the resolver takes."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(_LOCAL_SUFFIXES):
        return True
    address = _address(name)
    return address is not None and not address.is_global


def is_private_network(host: str) -> bool:
    """Whether a local host is a machine of its own in a private network, not this one nor a link-local one."""
    name = host.strip("[]").rstrip(".").lower()
    address = _address(name)
    if address is None:
        return name.endswith((".local", ".home.arpa", ".internal")) and not name.startswith("metadata.")
    return address.is_private and not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return _old_spelling(name)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _old_spelling(name: str) -> ipaddress.IPv4Address | None:
    """127.1, 0x7f000001 and 2130706433 are addresses to the resolver, though not to ipaddress."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeError, ValueError):
        return None


class Endpoint:
    """The Hub's address. Everything of it lies below ``prefix`` (empty on the public Hub)."""

    def __init__(self, url: str) -> None:
        origin = origin_of(url)
        if origin is None:
            raise RedirectRefusedError(f"{url!r} is not the address of a Hub")
        self.base = url.rstrip("/")
        self.origin = origin
        self.prefix = urlsplit(self.base).path.rstrip("/")

    def url(self, path: str, query: Query = ()) -> str:
        """Absolute address of a path below the endpoint. ``path`` is already quoted."""
        return f"{self.base}{path}?{urlencode(query)}" if query else f"{self.base}{path}"

    def owns(self, url: str) -> bool:
        """Whether the token may go there."""
        return origin_of(url) == self.origin

    def path_of(self, url: str) -> str:
        """Path below the endpoint, without query: what is shown and recorded."""
        path = urlsplit(url).path
        return path.removeprefix(self.prefix) if self._is_below(path) else path

    def follow(self, base: str, location: str) -> str:
        """Absolute address a ``Location`` or ``Link`` header means. Raises RedirectRefusedError.

        A mirror with a path prefix may pass the Hub's absolute paths through unchanged: on its
        own origin the prefix is put back.
        """
        if not location or len(location) > MAX_ADDRESS:
            raise BadAnswerError("a redirect without a usable address")
        target = _joined(base, quote(location.strip(), safe=_SAFE))
        self._check(target)
        parts = urlsplit(target)
        if not self.owns(target) or self._is_below(parts.path):
            return target
        return parts._replace(path=f"{self.prefix}{parts.path}").geturl()

    def follow_own(self, base: str, location: str) -> str:
        """As ``follow``, for metadata: another origin is refused."""
        target = self.follow(base, location)
        if not self.owns(target):
            host = (urlsplit(target).hostname or "")[:_SHOWN_HOST]
            raise RedirectRefusedError(f"the Hub redirects metadata to another origin ({host})")
        return target

    def next_page(self, base: str, answer: Answer) -> str | None:
        """Address of the next page, None when there is none. Raises RedirectRefusedError."""
        match = _NEXT.search(answer.header("link"))
        return self.follow_own(base, match.group(1)) if match else None

    def _is_below(self, path: str) -> bool:
        return not self.prefix or path == self.prefix or path.startswith(f"{self.prefix}/")

    def _check(self, target: str) -> None:
        origin = origin_of(target)
        if origin is None:
            raise RedirectRefusedError("the Hub redirects to what is no plain http(s) address")
        scheme, host, _ = origin
        if self.origin[0] == "https" and scheme != "https":
            raise RedirectRefusedError(f"the Hub redirects to an unencrypted address ({host[:_SHOWN_HOST]})")
        if self._is_intrusion(host):
            raise RedirectRefusedError(
                f"the Hub redirects into a private network ({host[:_SHOWN_HOST]})",
                cause="a public Hub has no business there; the answer was made to reach your own machines",
                advice="do not use this repository before you know why",
            )

    def _is_intrusion(self, host: str) -> bool:
        """Whether this host is none of a Hub's business.

        The Hub itself stores nothing in private networks; a Hub of one's own may. This machine
        and link-local addresses (cloud credentials live there) are nobody's file store, except
        for a Hub on this machine.
        """
        if is_local(self.origin[1]) or not is_local(host):
            return False
        return self.origin[1] in HUB_HOSTS or not is_private_network(host)


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise RedirectRefusedError("the Hub redirects to an address that cannot be read") from error
