"""The Hub over HTTP: the only package that opens sockets.

``Hub`` is shared by all audits of a run, ``HubSession`` is one audit's accounting and
deadline. Both raise nothing but ``HubError``. The names below load their modules when first
used, so importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trustaudit.hub.cache import AnswerCache, CacheInfo
    from trustaudit.hub.client import Hub
    from trustaudit.hub.meter import Meter
    from trustaudit.hub.ranges import RemoteFile
    from trustaudit.hub.session import HubSession, InfoAnswer

__all__ = ["AnswerCache", "CacheInfo", "Hub", "HubSession", "InfoAnswer", "Meter", "RemoteFile"]

_HOMES = {
    "AnswerCache": "cache",
    "CacheInfo": "cache",
    "Hub": "client",
    "HubSession": "session",
    "InfoAnswer": "session",
    "Meter": "meter",
    "RemoteFile": "ranges",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
