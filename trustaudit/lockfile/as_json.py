"""A re-audit as JSON: one object, keys stable, ASCII only."""

from __future__ import annotations

from collections.abc import Sequence

from trustaudit.lockfile.drift import Drift
from trustaudit.lockfile.model import LockEntry
from trustaudit.lockfile.reaudit import Outcome
from trustaudit.lockfile.words import notes, word
from trustaudit.report.as_json import dumps


def as_json(outcomes: Sequence[Outcome], lockfile: str) -> str:
    """``state`` is gone, moved, changed, note, unseen or ok; ``now`` is there after a whole audit.

    ``scan_asked`` is false where only commit, access and the hashes of weights were compared.
    """
    listed = [_outcome(outcome) for outcome in outcomes]
    states = [str(item["state"]) for item in listed]
    document = {
        "schema_version": "1",
        "lockfile": lockfile,
        "results": listed,
        "summary": {state: states.count(state) for state in ("ok", "note", "changed", "moved", "gone", "unseen")},
        "notes": list(notes(outcomes)),
        "api_requests": sum(outcome.api_requests for outcome in outcomes),
    }
    return dumps(document)


def _outcome(outcome: Outcome) -> dict[str, object]:
    entry = outcome.entry
    return {
        "repo": {"type": str(entry.type), "id": entry.id, "revision": entry.revision},
        "state": word(outcome).lower(),
        "matters": outcome.matters,
        "locked": {"commit": entry.commit, "verdict": str(entry.verdict), "score": entry.score},
        "now": _now(outcome),
        "drifts": [_drift(drift) for drift in outcome.drifts],
        "unseen": outcome.unseen,
        "scan_asked": not outcome.glanced,
        "api_requests": outcome.api_requests,
    }


def _now(outcome: Outcome) -> dict[str, object] | None:
    if outcome.audited is None:
        return None
    report = outcome.audited.report
    return {"commit": report.repo.commit, "verdict": str(report.verdict), "score": report.score}


def _drift(drift: Drift) -> dict[str, object]:
    return drift.model_dump(mode="json")


def entries_json(entries: Sequence[LockEntry]) -> str:
    """The entries themselves, as ``lock list`` gives them."""
    return dumps([entry.model_dump(mode="json") for entry in entries])
