"""The seams: what a worker asks of the queue, what a command asks of an engine, and the order that is sent along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Protocol

from trustaudit.batch.worklist import Item
from trustaudit.errors import StoreError, UsageError
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.model import Policy
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings
from trustaudit.snapshot import Snapshot

TRIES: Final = 3
"""How often an item may take its worker down, or fail, before it gets an error for a result."""

_SENT: Final = (
    *("endpoint", "use_cache", "refresh", "offline", "request_timeout", "audit_timeout", "quota_seconds"),
    *("concurrency", "retries"),
    *("audit_bytes", "file_bytes", "history_limit", "tree_pages", "history", "user_agent_origin", "lease_seconds"),
)
"""Settings that shape a result. The token and the folders are each machine's own: they do not travel."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An item that is ours until the lease runs out. ``attempts`` counts this one."""

    item: Item
    position: int
    attempts: int
    token: str
    trouble: str = ""
    """What went wrong the last time."""

    @property
    def is_spent(self) -> bool:
        """Whether all that is left to do is to say that it cannot be done."""
        return self.attempts > TRIES


@dataclass(frozen=True, slots=True)
class Grant:
    """What the queue gave: ``finished`` when nothing is left to do for anybody, ``stopped`` when we shall end."""

    leases: tuple[Lease, ...] = ()
    finished: bool = False
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished audit. Without ``snapshot`` nothing could be looked at; ``trouble`` says why there is none."""

    report: TrustReport
    policy: Policy
    snapshot: Snapshot | None = None
    trouble: str = ""


class Queue(Protocol):
    """The work of one run, shared with whoever else is at it."""

    async def lease(self, wanted: int, *, alone: bool) -> Grant:
        """Up to so many items nobody has tried yet; where there are none and we do nothing else (``alone``), one
        that was tried in vain.
        """
        ...

    async def complete(self, lease: Lease, outcome: Outcome) -> bool:
        """Keep a result. False when the lease ran out and somebody else has the item: theirs counts."""
        ...

    async def give_back(self, lease: Lease, *, trouble: str) -> None:
        """Undone. Without ``trouble`` the attempt does not count."""
        ...

    def is_stopped(self) -> bool:
        """Whether we shall end now."""
        ...


class Engine(Protocol):
    """Supplies processes that carry out an order, and nothing else."""

    def supply(self) -> None:
        """Called again and again while there is work: see that somebody does it. Raises what ended a worker."""
        ...

    def close(self) -> None:
        """Let the processes go. They have been asked to end."""
        ...


Work = Callable[[str], None]
"""What a process runs: a function of a module, with an order as text. It returns when the run is finished."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is told. ``db`` may hold a password: it goes to workers and nowhere else."""

    run: str
    crew: str
    jobs: int
    authenticated: bool
    db: str = field(repr=False)
    ruleset: str = field(default_factory=ruleset_id)
    settings: dict[str, Any] = field(default_factory=dict)
    reuse_days: int = 0

    def text(self) -> str:
        """As it travels."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Order:
        """As it arrived. Raises UsageError for one of another version."""
        values = json.loads(text)
        if set(values) != {entry.name for entry in fields(cls)}:
            raise UsageError("this worker runs another version of trustaudit than whoever called it")
        return cls(**values)

    def settled(self, own: Settings) -> Settings:
        """The settings of a worker: its own token and folders, everything else as ordered.

        Raises StoreError where its results would not be those of the other workers.
        """
        if self.ruleset != ruleset_id():
            raise StoreError(
                f"a worker has the rules {ruleset_id()}, the run was started with {self.ruleset}",
                advice="install the same trustaudit on every machine",
            )
        if self.authenticated and own.token is None:
            raise StoreError("a worker has no token, the run was started with one", advice="set HF_TOKEN there too")
        ours = own if self.authenticated else replace(own, token=None)
        return replace(ours, **self.settings, db=self.db, record=None, replay=None)


def sent(settings: Settings) -> dict[str, Any]:
    """The settings that travel with an order."""
    return {name: getattr(settings, name) for name in _SENT}
