"""The name of a finding that survives new commits: what exceptions and other tools hold on to."""

from __future__ import annotations

import hashlib
import json

from trustaudit.finding import Finding

_HEX_DIGITS = 32


def fingerprint(finding: Finding, repo: str) -> str:
    """32 hex digits over rule, repository (full id), path or field, and the finding's key.

    Neither offset nor commit goes in: the same call in the next upload is the same finding.
    """
    place = finding.location
    parts = [finding.rule, repo, place.path or "", place.field or "", finding.key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_HEX_DIGITS]
