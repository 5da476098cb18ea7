"""What a report shows beyond facts, findings and policy: things only the curated tables can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trustaudit.knowledge import Knowledge
from trustaudit.report.publisher import Scored
from trustaudit.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Extras:
    """Each part is optional."""

    publisher: Scored | None = None
    did_you_mean: Sequence[str] = ()
    notes: Sequence[str] = ()


def extras_of(snapshot: Snapshot, knowledge: Knowledge) -> Extras:
    """The extras of a snapshot."""
    del snapshot, knowledge
    return Extras()
