"""Markdown for a job summary, a pull request or a ticket (GitHub's flavour; plain Markdown elsewhere).

Text from the Hub becomes text: no link, image, HTML, mention, emoji code, formula or table cell of
its own. Backslashes stop what the Markdown parser knows; what is found after it in plain text
(``@name``, ``www.``, ``://``, ``#1``, ``:tada:``) is put between backticks, where nobody looks. No
line starts with such text: there a dash or a number would mean a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from trustaudit.finding import Severity
from trustaudit.report.escape import clip, escaped, without_commands
from trustaudit.report.lineage import ancestor_words
from trustaudit.report.model import Document, ReportedFinding, TrustReport, Verdict
from trustaudit.report.signing import signature_words
from trustaudit.report.words import full_id, grouped, place, plural, spent

_SHOWN: Final = 25
_EVIDENCE_CHARS: Final = 300
_SIGNS: Final = {Verdict.PASS: "🟢", Verdict.REVIEW: "🟡", Verdict.BLOCK: "🔴", Verdict.INCOMPLETE: "⚪"}
_ORDER: Final = (Verdict.BLOCK, Verdict.INCOMPLETE, Verdict.REVIEW, Verdict.PASS)
_COMMIT_CHARS: Final = 7

_SPECIAL: Final = re.compile(r"(?P<later>@+|://|www\.|#(?=\d)|:(?=[\w+-]+:))|(?P<mark>[\\`*_\[\]<|~$&])", re.IGNORECASE)
_TICKS: Final = re.compile("`+")


def as_markdown(document: Document) -> str:
    """The report; for several a table of them all, then each that does not pass, worst verdict first."""
    clean = escaped(document)
    reports = sorted(clean.reports, key=lambda report: _ORDER.index(report.verdict))
    if len(reports) == 1:
        return without_commands(_report(reports[0], clean.policy.name))
    told = [_report(report, clean.policy.name) for report in reports if report.verdict is not Verdict.PASS]
    return without_commands("\n".join([_overview(clean, reports), *told]))


def plain(text: str) -> str:
    """Text that a Markdown renderer shows as it is."""
    return _SPECIAL.sub(_tamed, text)


def code(text: str) -> str:
    """A code span that nothing inside can close; empty text is a dash."""
    return f"{_fence(text)} {text} {_fence(text)}" if text.strip() else "-"


def _cell(text: str) -> str:
    """A code span in a table, where a bar would end the cell even inside of it."""
    return code(text.replace("|", r"\x7c"))


def _fence(text: str, least: int = 1) -> str:
    return "`" * max(least, *(len(run) + 1 for run in _TICKS.findall(text)), 0)


def _tamed(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found["mark"] else f"`{found[0]}`"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    lines = [headers, ["---"] * len(headers), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _overview(document: Document, reports: Sequence[TrustReport]) -> str:
    counts = " · ".join(f"{document.summary.get(verdict, 0):,} {verdict}" for verdict in Verdict)
    rows = [_overview_row(report) for report in reports]
    lines = table(("verdict", "repository", "score", "why"), rows) if rows else []
    return "\n".join([f"## trustaudit: {counts}", "", *lines, ""])


def _overview_row(report: TrustReport) -> list[str]:
    score = "-" if report.score is None else str(report.score)
    return [_verdict(report), _cell(full_id(report)), score, plain(report.headline)]


def _verdict(report: TrustReport) -> str:
    return f"{_SIGNS[report.verdict]} {report.verdict.upper()}"


def _report(report: TrustReport, policy: str) -> str:
    commit = f" @ {code(report.repo.commit[:_COMMIT_CHARS])}" if report.repo.commit else ""
    score = "No score" if report.score is None else f"Score {report.score} / 100"
    lines = [
        f"## {_verdict(report)} · {code(full_id(report))}{commit}",
        "",
        f"**{score}**: {plain(report.headline)}",
        "",
        *_findings(report),
        *(f"- {label}: {text}" for label, text in _facts(report, policy)),
        "",
        *_loading(report),
    ]
    return "\n".join(lines)


def _findings(report: TrustReport) -> list[str]:
    shown = [item for item in report.findings if item.severity is not Severity.INFO][:_SHOWN]
    if not shown:
        return []
    rest = len(report.findings) - len(shown)
    more = ["", f"And {plural(rest, 'more finding')}."] if rest else []
    rows = [_finding_row(item) for item in shown]
    return [*table(("severity", "where", "what", "rule"), rows), *more, ""]


def _finding_row(item: ReportedFinding) -> list[str]:
    sure = "" if item.confidence == "high" else f" ({item.confidence} confidence)"
    evidence = [f"<br>{_cell(clip(item.evidence, _EVIDENCE_CHARS))}"] if item.evidence else []
    remedy = [f"<br>{plain(item.remediation)}"] if item.remediation else []
    what = "".join([plain(item.message), sure, *evidence, *remedy])
    return [str(item.severity), _cell(place(item.location)), what, _cell(item.rule)]


def _facts(report: TrustReport, policy: str) -> list[tuple[str, str]]:
    return [
        ("Seen", _seen(report)),
        *(("**Not seen**", plain(text)) for text in grouped(report.coverage.not_seen)),
        *((("Hub scans", plain(report.hub_scans.summary)),) if report.hub_scans else ()),
        *(("Signed", plain(signature_words(item))) for item in report.signatures),
        *(("Made from", plain(ancestor_words(item))) for item in report.lineage),
        *(("Suppressed", f"{code(item.rule)} {plain(item.exception_reason)}") for item in report.suppressed),
        *(("Probably meant", code(text)) for text in report.did_you_mean),
        ("Policy", code(policy)),
        *(("Note", plain(text)) for text in report.notes),
    ]


def _seen(report: TrustReport) -> str:
    cost, coverage = report.cost, report.coverage
    total = "an unknown number of" if coverage.files_total is None else f"{coverage.files_total:,}"
    return f"{coverage.files_inspected:,} of {total} files opened · {spent(cost)}"


def _loading(report: TrustReport) -> list[str]:
    load = report.safe_load
    if not load.possible:
        return [f"**Loading**: {plain('; '.join(load.notes))}", ""]
    fence = _fence(load.call, least=3)
    notes = [f"- Note: {plain(text)}" for text in load.notes]
    return ["Load it safely:", "", f"{fence}python", load.call, fence, "", *notes, ""]
