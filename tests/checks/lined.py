"""Snapshots with ancestors, for the checks on lineage."""

from __future__ import annotations

from typing import Any

from tests.builders import make_info, make_snapshot
from trustaudit.facts import Known
from trustaudit.finding import Confidence, Severity
from trustaudit.snapshot import Ancestor, AncestorFinding, Card, RepoInfo, Snapshot


def ancestor(repo_id: str, depth: int = 1, parent: str = "org/model", **more: Any) -> Ancestor:  # noqa: ANN401 - any field
    """A known ancestor that passed."""
    found = Known[RepoInfo](value=make_info(id=repo_id))
    base = {
        "id": repo_id,
        "relation": "finetune",
        "declared_in": "card",
        "depth": depth,
        "parent": parent,
        "found": found,
    }
    return Ancestor(**{**base, "verdict": "pass", **more})


def licensed(repo_id: str, *licenses: str, **more: Any) -> Ancestor:  # noqa: ANN401 - any field
    info = make_info(id=repo_id, card=Card(licenses=licenses))
    return ancestor(repo_id, found=Known[RepoInfo](value=info), **more)


def worse(severity: Severity, rule: str = "pickle-dangerous-call") -> AncestorFinding:
    return AncestorFinding(rule=rule, severity=severity, confidence=Confidence.HIGH, message=f"{rule} there")


def descended(*ancestors: Ancestor, **more: Any) -> Snapshot:  # noqa: ANN401 - any field
    return make_snapshot(lineage=ancestors, **more)
