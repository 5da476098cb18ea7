"""A re-audit as SARIF 2.1.0: one result per drift, on the line of the lockfile that names the repository.

An entry that could not be looked at is a result too: an alert must not vanish because the Hub was down.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from trustaudit import __version__
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.drift import DriftKind
from trustaudit.lockfile.lines import entry_lines, line_of
from trustaudit.lockfile.model import LockEntry
from trustaudit.lockfile.reaudit import Outcome
from trustaudit.lockfile.words import entry_name, notes, word
from trustaudit.report.as_json import dumps
from trustaudit.report.as_sarif import MAX_RESULTS, SCHEMA_URI, plain, relative_uri
from trustaudit.report.escape import clip, visible

UNSEEN: Final = "unseen"
_TITLES: Final = {
    DriftKind.MISSING: "The repository is no longer there",
    DriftKind.RECREATED: "Another repository has the name",
    DriftKind.DISABLED: "The Hub has disabled the repository",
    DriftKind.REVISION_GONE: "The followed revision is gone",
    DriftKind.HISTORY_REWRITTEN: "The history was rewritten",
    DriftKind.FILES_SWAPPED: "Other files under the locked commit",
    DriftKind.TAG_MOVED: "A tag moved",
    DriftKind.NEW_COMMITS: "New commits since the lock",
    DriftKind.RENAMED: "The repository was renamed",
    DriftKind.PUBLISHER: "The publisher changed",
    DriftKind.SCAN: "The Hub's scanners changed their mind",
    DriftKind.FINDINGS: "New findings",
    DriftKind.VERDICT: "The verdict changed",
    DriftKind.GATED: "Gated since the lock",
    DriftKind.PRIVATE: "Private since the lock",
    UNSEEN: "Could not be looked at",
}
_LEVELS: Final = ("error", "warning", "note")
_GRAVE: Final = frozenset({"GONE", "MOVED"})
_CHARS: Final = 4_000

Json = dict[str, Any]


class _Row(Struct, frozen=True):
    """One result to be."""

    kind: str
    level: str
    message: str
    entry: LockEntry


def as_sarif(outcomes: Sequence[Outcome], lockfile: str, text: str) -> str:
    """``lockfile`` is the path as code scanning knows it, ``text`` what the file holds."""
    lines = entry_lines(text)
    found = (row for outcome in outcomes for row in _rows(outcome))
    rows = sorted(found, key=lambda row: _LEVELS.index(row.level))[:MAX_RESULTS]
    rules = sorted({row.kind for row in rows})
    seen: Counter[str] = Counter()
    uri = relative_uri(lockfile)
    results = [_placed(row, rules, uri, line_of(row.entry, lines), seen) for row in rows]
    driver = {
        "name": "trustaudit",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(kind) for kind in rules],
        "properties": {"ruleset": ruleset_id()},
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"trustaudit/reaudit/{uri}/"},
        "invocations": [_invocation(outcomes)],
        "columnKind": "utf16CodeUnits",
        "results": results,
    }
    return dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]})


def _invocation(outcomes: Sequence[Outcome]) -> Json:
    told = [{"level": "note", "message": {"text": note}} for note in notes(outcomes)]
    successful = not any(outcome.unseen for outcome in outcomes)
    return {"executionSuccessful": successful} | ({"toolExecutionNotifications": told} if told else {})


def _rows(outcome: Outcome) -> Iterator[_Row]:
    entry, name = outcome.entry, entry_name(outcome.entry)
    grave = "error" if word(outcome) in _GRAVE else "warning"
    for drift in outcome.drifts:
        message = "\n".join([f"{name}: {drift.message}", *drift.details])
        yield _Row(drift.kind, grave if drift.matters else "note", message, entry)
    if outcome.unseen:
        yield _Row(UNSEEN, "warning", f"{name} could not be looked at: {outcome.unseen}", entry)


def _placed(row: _Row, rules: list[str], uri: str, line: int, seen: Counter[str]) -> Json:
    mark = hashlib.sha256("\0".join((row.kind, *row.entry.key)).encode()).hexdigest()[:32]
    seen[mark] += 1
    text = "\n".join(map(visible, row.message.split("\n")))
    where = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    return {
        "ruleId": f"drift/{row.kind}",
        "ruleIndex": rules.index(row.kind),
        "level": row.level,
        "message": {"text": plain(clip(text, _CHARS))},
        "locations": [{"physicalLocation": where}],
        # The name is the one that GitHub matches alerts by.
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:{seen[mark]}", "trustaudit/v1": mark},
        "properties": {"repository": row.entry.ref.full_id, "locked": row.entry.commit},
    }


def _rule(kind: str) -> Json:
    title = _TITLES[DriftKind(kind)] if kind != UNSEEN else _TITLES[UNSEEN]
    return {
        "id": f"drift/{kind}",
        "name": "".join(part.capitalize() for part in kind.split("-")),
        "shortDescription": {"text": title},
        "help": {"text": f"{title}. See docs/lockfile.md."},
        "properties": {"tags": ["security", "supply-chain"], "precision": "high"},
    }
