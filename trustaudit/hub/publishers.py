"""Who owns a namespace: asked once per run, by whichever audit needs it first.

Users and organizations share one namespace and have an endpoint each; the wrong one answers
404. Answers are shared in memory, also with those who ask while the first is still waiting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, field

from trustaudit.errors import HubError, NotImplementedByHubError, NotRecordedError, OfflineError, OwnerNotFoundError
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Asker
from trustaudit.hub.once import Once
from trustaudit.hub.owner_kinds import OwnerKind, OwnerKinds
from trustaudit.snapshot import Publisher, Redirect

__all__ = ["Found", "OwnerKind", "Publishers", "is_name"]


class Found(Struct, frozen=True):
    """An owner, the hops to it, and when the Hub said so."""

    publisher: Publisher
    hops: tuple[Redirect, ...]
    told: datetime


_NAME = re.compile(r"[\w.-]{1,96}", re.ASCII)


class Publishers(Struct):
    """The owners of one run, by lower-case name: the Hub does not tell cases apart."""

    kinds: OwnerKinds = field(default_factory=OwnerKinds)
    _found: Once[Found] = field(default_factory=Once)

    async def find(self, name: str, likely: OwnerKind | None, asker: Asker) -> Publisher:
        """The owner. Raises OwnerNotFoundError when there is neither user nor organization."""
        if not is_name(name):
            raise OwnerNotFoundError(f"there is no user or organization {name[:100]!a}")
        found, shared = await self._found.get(name.lower(), lambda: self._ask(name, likely, asker), asker)
        if shared:
            asker.account.meter.from_cache(found.told)
        asker.note(found.hops)
        return found.publisher

    def is_known(self, name: str) -> bool:
        """Whether somebody has asked for this owner."""
        return name.lower() in self._found

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        await self._found.aclose()

    async def _ask(self, name: str, likely: OwnerKind | None, asker: Asker) -> Found:
        key = _kind_key(name, asker)
        remembered = _kind_of(asker.shared.cache.get_blob(key))
        found = await _first(name, self.kinds.order(name, remembered or likely), asker)
        kind = found.publisher.kind
        self.kinds.found(name, kind)
        self.kinds.told("organization", found.publisher.organizations)
        if remembered != kind:
            asker.shared.cache.put_blob(key, kind.encode())
        return found


def is_name(name: str) -> bool:
    """Whether this can be a user or organization; it becomes part of an address."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and name != "."


def _kind_key(name: str, asker: Asker) -> str:
    return f"owner-kind:{asker.shared.settings.endpoint}:{name.casefold()}"


def _kind_of(stored: bytes | None) -> OwnerKind | None:
    return "user" if stored == b"user" else "organization" if stored == b"organization" else None


async def _first(name: str, kinds: Sequence[OwnerKind], asker: Asker) -> Found:
    """The first kind the name turns out to be.

    What was not recorded, or is not in the cache, may be there for the other kind: the order in
    which they were asked then was another.
    """
    failed: HubError | None = None
    for kind in kinds:
        try:
            return await _overview(name, kind, asker)
        except OwnerNotFoundError:
            continue
        except (NotImplementedByHubError, NotRecordedError, OfflineError) as error:
            failed = failed or error
    raise failed or OwnerNotFoundError(f"there is no user or organization {name!r}")


async def _overview(name: str, kind: OwnerKind, asker: Asker) -> Found:
    told = await asker.json(questions.owner(name, kind), lambda value: wire.parse(wire.OWNER, value))
    owner = told.value
    found: OwnerKind = "organization" if owner.type in ("org", "organization") else kind
    return Found(convert.publisher(owner, found), told.reply.hops, told.reply.stored or asker.shared.now())
