"""Keep signed addresses out of log files.

httpx logs each address it asks and httpcore logs each header it is answered, ``Location``
with its signature included. While a request of ours is under way their records are dropped;
other users of the two libraries in the same process keep theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
_ours: ContextVar[bool] = ContextVar("trustaudit_request", default=False)


def _keep(record: logging.LogRecord) -> bool:
    del record
    return not _ours.get()


@contextmanager
def quiet() -> Iterator[None]:
    """No records of the HTTP libraries about what happens inside."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_keep)  # adding it twice changes nothing
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
