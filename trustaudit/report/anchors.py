"""Where the user wrote a reference down: what SARIF and annotations point at.

A finding is about a file on the Hub, which is not in the user's repository. The line that a
person can change is the one that names the model, so formats for code review point there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from trustaudit.report.model import TrustReport
from trustaudit.report.words import full_id


class Anchor(Struct, frozen=True):
    """A line (from 1) of a file of the user's; ``path`` is relative to their repository, with ``/``."""

    path: str
    line: int = 1


Anchors = Mapping[str, Sequence[Anchor]]
"""Lines by what was asked for (``repo.requested``) or by id: ``org/model``, ``datasets/org/data``."""

NO_ANCHORS: Final[Anchors] = {}


def anchors_of(report: TrustReport, anchors: Anchors) -> Sequence[Anchor]:
    """The lines that name this repository; empty when nobody said."""
    return anchors.get(report.repo.requested) or anchors.get(full_id(report)) or ()
