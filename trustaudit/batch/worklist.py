"""What is to be done: references parsed, policies loaded, duplicates dropped. Nothing is asked of the Hub here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from msgspec import Struct

from trustaudit.batch.intake import Job
from trustaudit.errors import PolicyError, RefError
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings, parse_ref


class Item(Struct, frozen=True):
    """One audit to do. Without ``ref``, ``problem`` says why there is none."""

    requested: str
    policy: Policy
    key: str
    ref: RepoRef | None = None
    problem: RefError | None = None
    place: str = ""
    own_policy: bool = False


class Worklist(Struct, frozen=True):
    """The audits in the order of the list, each once; ``repeated`` counts what was left out."""

    items: tuple[Item, ...]
    repeated: int = 0

    @property
    def digest(self) -> str:
        """What tells this list from others: 16 hex digits."""
        return hashlib.sha256("\n".join(item.key for item in self.items).encode()).hexdigest()[:16]

    @property
    def owners(self) -> int:
        """How many different owners there are: each is asked for once."""
        return len({item.ref.namespace.casefold() for item in self.items if item.ref and item.ref.namespace})


class _Loaded(Struct, frozen=True):
    """A policy with its digest, which is dear where a long baseline is part of it."""

    policy: Policy
    digest: str

    @classmethod
    def of(cls, policy: Policy) -> _Loaded:
        return cls(policy, policy.digest[:16])


def worklist(
    jobs: Iterable[Job], settings: Settings, *, adjust: Callable[[Policy], Policy] = lambda policy: policy
) -> Worklist:
    """Settle the jobs. Raises PolicyError for a policy that does not hold: no item falls back to another one.

    ``adjust`` changes each policy once, when it is loaded.
    """
    policies: dict[str, _Loaded] = {}
    items: dict[str, Item] = {}
    count = 0
    for count, job in enumerate(jobs, start=1):  # noqa: B007 - the number is needed after the loop
        item = _item(job, _policy(job, settings, policies, adjust), settings)
        items.setdefault(item.key, item)
    return Worklist(tuple(items.values()), repeated=count - len(items))


def _policy(job: Job, settings: Settings, loaded: dict[str, _Loaded], adjust: Callable[[Policy], Policy]) -> _Loaded:
    name = job.policy or settings.policy
    if name not in loaded:
        try:
            loaded[name] = _Loaded.of(adjust(load_policy(name)))
        except PolicyError as error:
            where = f"{job.place}: " if job.policy else ""
            raise PolicyError(f"{where}{error.what}", cause=error.cause, advice=error.advice) from error
    return loaded[name]


def _item(job: Job, by: _Loaded, settings: Settings) -> Item:
    try:
        ref = parse_ref(job.requested, settings)
    except RefError as error:
        return Item(job.requested, by.policy, f"bad {job.requested!a}", problem=error, place=job.place)
    identity = f"{ref.type} {ref.id.casefold()} {ref.revision or ''} {by.digest}"
    return Item(job.requested, by.policy, identity, ref=ref, place=job.place, own_policy=bool(job.policy))
