"""OpenVEX statements (v0.2.0) about repositories: what somebody who looked says of a finding.

They are read from files by ``vex_files.py``; a policy knows the statements alone.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

from trustaudit.facts import Frozen
from trustaudit.finding import Finding
from trustaudit.policy.fingerprint import fingerprint
from trustaudit.snapshot import Snapshot

JUSTIFICATIONS: Final = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
_FINGERPRINT: Final = re.compile("[0-9a-f]{32}")


class Status(StrEnum):
    """What a statement says of a product."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"

    @property
    def accepts(self) -> bool:
        """Whether a finding leaves the verdict by it."""
        return self in (Status.NOT_AFFECTED, Status.FIXED)


class Statement(Frozen):
    """One statement about one repository. ``repo`` is a full id in lower case, ``commit`` and ``path`` narrow it.

    ``names`` holds rule ids and fingerprints; with a fingerprint among them, only that finding is meant.
    """

    repo: str
    commit: str | None
    path: str | None
    names: tuple[str, ...]
    status: Status
    reason: str
    moment: datetime

    def __str__(self) -> str:
        return f"VEX statement {self.status} for {self.names[0]} in {self.repo}"

    def about(self, snapshot: Snapshot) -> bool:
        """Whether it is about this repository at this commit."""
        return self.repo == snapshot.ref.full_id.lower() and self.commit in (None, snapshot.commit)

    def covers(self, finding: Finding, repo: str) -> bool:
        """Whether it means this finding."""
        if self.path is not None and self.path != finding.location.path:
            return False
        prints = [name for name in self.names if _FINGERPRINT.fullmatch(name)]
        return fingerprint(finding, repo) in prints if prints else finding.rule in self.names
