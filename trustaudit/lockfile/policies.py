"""By which policy a locked repository is judged again."""

from __future__ import annotations

from functools import cache

from trustaudit.lockfile.model import LockEntry
from trustaudit.policy.model import Policy, builtin_names, load_policy
from trustaudit.policy.schema import DEFAULT_POLICY
from trustaudit.settings import Settings


def policy_of(entry: LockEntry | None, settings: Settings) -> Policy:
    """The policy of the settings; where these say nothing, the built-in one that the entry was locked with."""
    name = settings.policy
    if entry is not None and name == DEFAULT_POLICY and entry.policy in builtin_names():
        name = entry.policy
    return _loaded(name)


@cache
def _loaded(name: str) -> Policy:
    return load_policy(name)
