"""User or organization: which endpoint to ask first, since the wrong one costs a request.

Nothing here is a fact of a report. It orders two questions, and a wrong guess costs one request.
Who was asked about before is remembered between runs for good: an organization does not become a
user, and where a name was given to somebody else the second question finds out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

OwnerKind = Literal["user", "organization"]

KINDS: tuple[OwnerKind, OwnerKind] = ("organization", "user")
"""Organizations first where nothing is known: they publish what is popular."""

MAX_NAMES = 100_000
"""Names remembered in one run."""

_PRIOR = 3
"""How many owners must contradict what commits suggest before that is believed of this Hub."""


class OwnerKinds(Struct):
    """What the answers of a run say about names, casefolded."""

    _told: dict[str, OwnerKind] = field(default_factory=dict)
    _committers: set[str] = field(default_factory=set)
    _namespaces: set[str] = field(default_factory=set)
    _seen: dict[bool, Counter[OwnerKind]] = field(
        default_factory=lambda: {True: Counter({"user": _PRIOR}), False: Counter({"organization": _PRIOR})}
    )

    def told(self, kind: OwnerKind, names: Iterable[str]) -> None:
        """An answer says what these are: the organizations of a user, the members of an organization."""
        for name in names:
            if len(self._told) < MAX_NAMES:
                self._told.setdefault(name.casefold(), kind)

    def committed(self, namespace: str, authors: Iterable[str]) -> None:
        """A repository of ``namespace`` has commits by these. Only people's accounts commit on the public Hub."""
        if len(self._namespaces) < MAX_NAMES:
            self._namespaces.add(namespace.casefold())
        for author in authors:
            if len(self._committers) < MAX_NAMES:
                self._committers.add(author.casefold())

    def order(self, name: str, likely: OwnerKind | None = None) -> tuple[OwnerKind, OwnerKind]:
        """Both kinds, the likelier first: what answers say, then ``likely``, then what the commits suggest."""
        first = self._told.get(name.casefold()) or likely or self._suggested(name.casefold())
        return ("user", "organization") if first == "user" else KINDS

    def found(self, name: str, kind: OwnerKind) -> None:
        """The owner turned out to be that: Hubs exist on which organizations commit under their own name."""
        name = name.casefold()
        if name in self._namespaces and name not in self._told:
            self._seen[name in self._committers][kind] += 1
        self.told(kind, (name,))

    def _suggested(self, name: str) -> OwnerKind | None:
        """None until the history of a repository of that owner was seen."""
        if name not in self._namespaces:
            return None
        (kind, _), *_ = self._seen[name in self._committers].most_common(1)
        return kind
