"""The history as JSON Lines: one audit a line, to move it, keep it elsewhere, or read it with other tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import ValidationError

from trustaudit.errors import FileInputError
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Snapshot
from trustaudit.store.history import Audit, History

VERSION: Final = "1"
_TEXTS: Final = ("policy", "policy_digest", "ruleset")


def exported(history: History) -> Iterator[str]:
    """Every audit, oldest first, a line each."""
    for audit in history.each():
        yield _line(audit)


def imported(history: History, lines: Iterable[str]) -> int:
    """Store the audits of these lines; how many. One that is there already changes nothing.

    Raises FileInputError naming the first line that does not hold; the lines before it are stored.
    """
    count = 0
    for number, line in enumerate(lines, start=1):
        if line.strip():
            history.save(_audit(line, number))
            count += 1
    return count


def _line(audit: Audit) -> str:
    document = {
        "audit_version": VERSION,
        "policy": audit.policy,
        "policy_digest": audit.policy_digest,
        "ruleset": audit.ruleset,
        "snapshot": audit.snapshot.model_dump(mode="json"),
        "report": audit.report.model_dump(mode="json"),
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _audit(line: str, number: int) -> Audit:
    values = _object(line, number)
    try:
        snapshot = Snapshot.model_validate_json(json.dumps(values["snapshot"]))
        report = TrustReport.model_validate_json(json.dumps(values["report"]))
        policy, digest, ruleset = (_text(values[name], name) for name in _TEXTS)
    except KeyError as error:
        raise FileInputError(f"line {number}: {error.args[0]} is missing") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top level"
        raise FileInputError(f"line {number}: {place}: {first['msg']}") from error
    except ValueError as error:
        raise FileInputError(f"line {number}: {error}") from error
    return Audit(snapshot, report, policy, digest, ruleset)


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FileInputError(f"line {number} is not JSON: {error}") from error
    if not isinstance(values, dict) or values.get("audit_version") != VERSION:
        raise FileInputError(
            f"line {number} is no audit of version {VERSION}",
            advice="trustaudit history --export FILE writes such a file",
        )
    return values


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} should be text")  # noqa: TRY004 - a value of the file, not an argument of ours
    return value
