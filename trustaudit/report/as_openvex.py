"""OpenVEX v0.2.0: findings as statements that a person, or another tool, can go on from.

What an exception accepts is ``not_affected`` with its reason, a finding of high confidence is ``affected``,
any other one ``under_investigation``: the check itself is not sure. The format wants at least one statement, so an
audit that found nothing says of the one question that it did settle, whether all could be seen.
``trustaudit check --vex`` reads such a file back. The same document gives the same text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from trustaudit.finding import Confidence
from trustaudit.policy.vex import JUSTIFICATIONS, Status
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import clip, escaped
from trustaudit.report.model import Document, ReportedFinding, Suppressed, TrustReport, Verdict
from trustaudit.report.rule_texts import INCOMPLETE_RULE, rule_text
from trustaudit.report.words import grouped, place, purl

CONTEXT: Final = "https://openvex.dev/ns/v0.2.0"
_NOTE_CHARS: Final = 2_000
_ACTION: Final = "look at it before this commit is loaded"
_EPOCH: Final = "1970-01-01T00:00:00Z"

Json = dict[str, Any]


def as_openvex(document: Document) -> str:
    """One VEX document for all reports; its id and time come from what is in it."""
    clean = escaped(document)
    said = [statement for report in clean.reports for statement in _statements(report)]
    unique = list({json.dumps(statement): statement for statement in said}.values())
    body = {
        "author": "trustaudit",
        "timestamp": _moment(clean),
        "version": 1,
        "tooling": f"trustaudit {clean.tool.version}, rule set {clean.tool.ruleset}, policy {clean.policy.name}",
        "statements": unique,
    }
    name = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([body, clean.policy.digest]))
    return dumps({"@context": CONTEXT, "@id": f"urn:uuid:{name}", **body})


def _moment(document: Document) -> str:
    moments = [datetime.fromisoformat(report.collected_at) for report in document.reports if report.collected_at]
    return max(moments).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moments else _EPOCH


def _statements(report: TrustReport) -> Iterator[Json]:
    product = purl(report) or f"pkg:generic/{quote(report.repo.id, safe='')}"
    if report.verdict is Verdict.INCOMPLETE:
        unseen = clip("; ".join(grouped(report.coverage.not_seen)), _NOTE_CHARS)
        yield {**_about(INCOMPLETE_RULE, product), "status": Status.UNDER_INVESTIGATION, "status_notes": unseen}
    elif not (report.findings or report.suppressed):
        seen = "everything that the policy requires was seen, and no rule found anything"
        yield {**_about(INCOMPLETE_RULE, product), "status": Status.NOT_AFFECTED, "impact_statement": seen}
    for item in report.findings:
        yield {**_finding(item, product), **_open(item)}
    for suppressed in report.suppressed:
        yield {**_finding(suppressed, product), **_closed(suppressed)}


def _about(rule: str, product: str) -> Json:
    return {
        "vulnerability": {"name": rule, "description": rule_text(rule).title},
        "products": [{"@id": product, "identifiers": {"purl": product}}],
    }


def _finding(item: ReportedFinding, product: str) -> Json:
    """The fingerprint goes along as another name: read back, the statement means this finding alone."""
    about = _about(item.rule, product)
    about["vulnerability"]["aliases"] = [item.fingerprint]
    path = item.location.path
    if path and product.startswith("pkg:huggingface/"):
        part = f"{product}#{quote(path)}"
        about["products"][0]["subcomponents"] = [{"@id": part, "identifiers": {"purl": part}}]
    return about


def _open(item: ReportedFinding) -> Json:
    told = f"{place(item.location)}: {item.message} ({item.severity}, confidence {item.confidence})"
    notes = {"status_notes": clip(told, _NOTE_CHARS)}
    if item.confidence is Confidence.HIGH:
        return {"status": Status.AFFECTED, **notes, "action_statement": item.remediation or _ACTION}
    return {"status": Status.UNDER_INVESTIGATION, **notes}


def _closed(item: Suppressed) -> Json:
    """The format takes either a justification of its list or words, not both."""
    until = f" (until {item.exception_expires})" if item.exception_expires else ""
    label, _, rest = item.exception_reason.partition(": ")
    if label not in JUSTIFICATIONS:
        return {"status": Status.NOT_AFFECTED, "impact_statement": f"{item.exception_reason}{until}"}
    notes = {"status_notes": f"{rest}{until}".strip()} if rest or until else {}
    return {"status": Status.NOT_AFFECTED, **notes, "justification": label}
