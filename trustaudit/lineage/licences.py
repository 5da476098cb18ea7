"""Which licences contradict each other along a line: a child that claims more freedom than its parent gave."""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.finding import Severity
from trustaudit.knowledge.licenses import license_by_name
from trustaudit.snapshot import RepoInfo

_FREE = frozenset({"permissive", "public-domain"})
_CLOSED = frozenset({"non-commercial", "community"})
_CONDITIONAL = frozenset({"use-restricted", "copyleft"})


def stated_licenses(info: RepoInfo) -> tuple[str, ...]:
    """The licences a card names; where it says ``other``, the name it gives to that."""
    card = info.card
    named = card.licenses if card and card.licenses else tuple(_tagged(info.tags))
    if card and card.license_name and named in ((), ("other",)):
        return (card.license_name,)
    return named


def contradiction(child: Iterable[str], parent: Iterable[str]) -> Severity | None:
    """How bad it is that ``child`` is claimed for something made from ``parent``; None when it is fine or unknown.

    Several licences on one side are a choice: the child must have only free ones, the parent
    not one of them.
    """
    mine, theirs = _families(child), _families(parent)
    if not mine or not mine <= _FREE or not theirs:
        return None
    if theirs <= _CLOSED:
        return Severity.MEDIUM
    return Severity.LOW if theirs <= _CLOSED | _CONDITIONAL else None


def _families(names: Iterable[str]) -> frozenset[str]:
    """Empty when one of them is not known: then nothing can be said."""
    known = [license_by_name(name) for name in names]
    return frozenset(item.family for item in known if item) if known and all(known) else frozenset()


def _tagged(tags: Iterable[str]) -> Iterable[str]:
    return (tag.removeprefix("license:") for tag in tags if tag.startswith("license:"))
