"""Faults and actions: where they strike, how often, and after how many requests."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from .faults import Fault
from .message import Request

Where = str | Callable[[Request], bool] | None


@dataclass
class Rule:
    """A fault or an action, where it strikes, how often (None: always) and how many requests it lets pass first."""

    where: Where
    fault: Fault | None = None
    action: Callable[[], object] | None = None
    times: int | None = None
    after: int = 0
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        """Whether it applies to this request, which is counted."""
        if not _selects(self.where, request):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


def _selects(where: Where, request: Request) -> bool:
    if where is None or callable(where):
        return where is None or where(request)
    if "/" in where or "*" in where:
        return fnmatch.fnmatchcase(request.path, where)
    return where in (request.route, request.port)
