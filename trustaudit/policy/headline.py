"""The one or two sentences at the top of a report, for a reader who is no specialist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trustaudit.errors import HubError
from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage
from trustaudit.finding import Category, Finding, Severity
from trustaudit.policy.gaps import Gap
from trustaudit.policy.schema import RequiredFact
from trustaudit.report.model import Verdict
from trustaudit.snapshot import Snapshot

_SENTENCE_CHARS = 200

_UNSEEN: Final = {
    RequiredFact.INFO: "Nothing could be seen",
    RequiredFact.FILES: "The list of files could not be seen in full",
    RequiredFact.HISTORY: "The commit history could not be seen",
    RequiredFact.PUBLISHER: "The publisher could not be seen",
    RequiredFact.SCAN: "The Hub's own scans could not be seen",
}


def headline(
    verdict: Verdict, snapshot: Snapshot, findings: Sequence[Finding], *, missing: Sequence[Gap], unseen: Sequence[Gap]
) -> str:
    """Why this verdict. ``findings`` are sorted worst first; ``missing`` made it incomplete, ``unseen`` is all gaps."""
    if verdict is Verdict.INCOMPLETE:
        return " ".join([_incomplete(snapshot, missing), *_already(findings)])
    if verdict is Verdict.PASS:
        return _passed(snapshot, findings, unseen)
    return " ".join(sentence(item) for item in _worst_two(findings))


def sentence(finding: Finding) -> str:
    """A finding's message with its file in front, unless the message names it."""
    path = finding.location.path
    text = finding.message if not path or path in finding.message else f"{path}: {finding.message}"
    short = text if len(text) <= _SENTENCE_CHARS else f"{text[:_SENTENCE_CHARS]}…"
    # A sentence that starts with the name of a file or repository keeps its case.
    starts_plainly = short.partition(" ")[0].isalpha()
    return _ended(short[:1].upper() + short[1:] if starts_plainly else short)


def explained(reason: Reason | None) -> tuple[str, str]:
    """The likely cause of an absence and what to try, in the words of the error that stands for it."""
    error = next((kind for kind in HubError.__subclasses__() if kind.reason is reason), None)
    return (error.default_cause, error.default_advice) if error and reason is not None else ("", "")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _worst_two(findings: Sequence[Finding]) -> list[Finding]:
    """The worst finding, and the next of another rule when it is about as bad."""
    first = findings[0]
    second = next((item for item in findings if item.rule != first.rule), None)
    near = second is not None and second.severity.rank >= max(first.severity.rank - 1, Severity.MEDIUM.rank)
    return [first, second] if second is not None and near else [first]


def _incomplete(snapshot: Snapshot, missing: Sequence[Gap]) -> str:
    first = missing[0]
    cause = explained(first.reason)[0] or first.seen.reason
    subject = _subject(snapshot, [gap for gap in missing if gap.fact is first.fact])
    return _ended(f"{subject}: {cause}" if cause else subject)


def _subject(snapshot: Snapshot, alike: Sequence[Gap]) -> str:
    """What could not be seen. ``alike`` are all gaps of one kind."""
    first = alike[0]
    if first.fact is not RequiredFact.CONTENTS:
        return _UNSEEN.get(first.fact, "Not everything could be seen") if first.fact else "Not everything could be seen"
    if not snapshot.file_facts:
        return "None of its files could be looked into"
    others = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
    return f"{first.seen.path}{others} can run code and could not be looked into"


def _already(findings: Sequence[Finding]) -> list[str]:
    worst = [item for item in findings[:1] if item.severity.rank >= Severity.MEDIUM.rank]
    return [f"What could be seen asks for a review: {sentence(item)}" for item in worst]


def _passed(snapshot: Snapshot, findings: Sequence[Finding], unseen: Sequence[Gap]) -> str:
    told = [item for item in findings if item.severity is not Severity.INFO]
    if not snapshot.file_facts:
        opened = "No file was opened" if snapshot.entries else "It has no files"
        return f"{opened}; {'only small things stand out' if told else 'nothing stands out'} in its metadata."
    blind = any(gap.fact is RequiredFact.CONTENTS for gap in unseen)
    opaque = sum(facts.coverage is Coverage.NONE for facts in snapshot.file_facts)
    runs = any(item.category in (Category.EXECUTION, Category.CONTENT) for item in told)
    parts = ["safetensors present"] if any(entry.path.endswith(".safetensors") for entry in snapshot.entries) else []
    if blind:
        parts.append("nothing bad was seen, but not every file that can run code was looked into")
    else:
        parts.append("nothing worse than the findings below" if runs else "nothing in it runs code on load")
    if opaque and not blind:
        count = "one file is" if opaque == 1 else f"{opaque} files are"
        parts[-1] = f"nothing that could be read runs code on load; {count} of no known format"
    text = "; ".join(parts)
    return _ended(text[:1].upper() + text[1:])
