"""The report for a person at a terminal: verdict, why, evidence worst first, what was not seen, what to do.

Every string is escaped once, at the entrance (``escape.escaped``), so nothing from the Hub can
move the cursor, colour a line or hide a letter. ``tabulate`` sets the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Final

from tabulate import tabulate

from trustaudit.finding import Severity
from trustaudit.policy.schema import DEFAULT_POLICY
from trustaudit.report.details import details
from trustaudit.report.escape import clip, clip_middle, escaped, without_commands
from trustaudit.report.lineage import lineage_lines
from trustaudit.report.model import Document, PublisherReport, ReportedFinding, SafeLoad, TrustReport, Verdict
from trustaudit.report.signing import signature_words
from trustaudit.report.style import Style
from trustaudit.report.words import full_id, grouped, place, plural, spent

INDENT: Final = "  "
WIDE: Final = 110
"""From this many columns on, the rule id gets a column of its own."""

_SHOWN_FINDINGS = 10
_SHOWN_GROUPS = 5
_SHOWN_REMEDIES = 3
_EVIDENCE_CHARS = 240
_COLUMN_CHARS = 30
_SEVERITY_CHARS = 8
_COMMIT_CHARS = 7
_SUMMARY_FIXED = 23  # verdict, score and the space between columns
_VERDICT_CHARS = len(Verdict.INCOMPLETE)
_ORDER: Final = (Verdict.BLOCK, Verdict.INCOMPLETE, Verdict.REVIEW, Verdict.PASS)


def as_table(document: Document, style: Style) -> str:
    """All reports, and a table of them when there are several."""
    clean = escaped(document)
    if style.quiet:
        return "".join(f"{_head(report, style, pad=_VERDICT_CHARS)}\n" for report in clean.reports)
    blocks = [_report(report, clean.policy.name, style) for report in clean.reports]
    if len(blocks) != 1:
        blocks.append(_summary(clean, style))
    return without_commands("\n\n\n".join(blocks) + "\n")


def summary_table(document: Document, style: Style) -> str:
    """Only the counts and one line per repository, worst first."""
    return _summary(escaped(document), style) + "\n"


def _report(report: TrustReport, policy: str, style: Style) -> str:
    sections = [
        _opening(report, style),
        _findings(report, style),
        _remedies(report, style),
        _labelled(_facts(report, policy, style), style),
        _loading(report.safe_load, style),
        _labelled(_context(report), style),
        *(details(report, style) if style.verbose else ()),
    ]
    return "\n\n".join(section for section in sections if section)


def _opening(report: TrustReport, style: Style) -> str:
    indent = " " * (len(report.verdict) + 2)
    return "\n".join([_head(report, style), *_wrapped(report.headline, style.width, indent)])


def _head(report: TrustReport, style: Style, *, pad: int = 0) -> str:
    """``BLOCK  org/name @ 4f1c2ab (main)   score 4 / 100``, the score at the right edge."""
    verdict = report.verdict.upper()
    left = f"{verdict:<{pad}}  {_named(report)}"
    right = "no score" if report.score is None else f"score {report.score} / 100"
    gap = max(2, style.width - len(left) - len(right))
    return style.paint(verdict, report.verdict) + left[len(verdict) :] + " " * gap + right


def _named(report: TrustReport) -> str:
    repo = report.repo
    commit = f" @ {repo.commit[:_COMMIT_CHARS]}" if repo.commit else ""
    branch = f" ({repo.revision})" if repo.revision and repo.revision != repo.commit else ""
    return f"{full_id(report)}{commit}{branch}"


def _findings(report: TrustReport, style: Style) -> str:
    shown = list(report.findings) if style.verbose else _worth_showing(report.findings)
    lines = _finding_table(shown, style) if shown else []
    hidden = len(report.findings) - len(shown)
    if hidden:
        word = "more" if shown else "minor"
        lines.append(f"{INDENT}+ {plural(hidden, f'{word} finding')} (-v shows {'it' if hidden == 1 else 'them'})")
    return "\n".join(lines)


def _worth_showing(findings: Sequence[ReportedFinding]) -> list[ReportedFinding]:
    """Medium and worse; where there is none, the low ones. Info never."""
    worse = [item for item in findings if item.severity.rank >= Severity.MEDIUM.rank]
    return (worse or [item for item in findings if item.severity is Severity.LOW])[:_SHOWN_FINDINGS]


def _finding_table(findings: Sequence[ReportedFinding], style: Style) -> list[str]:
    wide = style.width >= WIDE
    places = [place(item.location) for item in findings]
    rules = [item.rule for item in findings]
    column = min(_COLUMN_CHARS, max(len(text) for text in (*places, *(() if wide else rules))))
    taken = _SEVERITY_CHARS + column + (max(len(rule) for rule in rules) + 2 if wide else 0)
    room = max(20, style.width - len(INDENT) - taken - 4)
    rows = [_finding_row(item, column, room, style) for item in findings]
    return _plain([row if wide else _stacked(row) for row in rows])


def _finding_row(item: ReportedFinding, column: int, room: int, style: Style) -> list[str]:
    evidence = item.evidence if style.verbose else clip(item.evidence, _EVIDENCE_CHARS)
    sure = "" if item.confidence == "high" else f" ({item.confidence} confidence)"
    text = [*wrap(item.message + sure, room), *wrap(evidence, room, initial_indent="· ", subsequent_indent="  ")]
    severity = style.paint(str(item.severity), item.severity)
    return [severity, clip_middle(place(item.location), column), "\n".join(text), item.rule]


def _stacked(row: list[str]) -> list[str]:
    """The rule id below the place: eighty columns have no room for four columns."""
    severity, where, text, rule = row
    return [severity, f"{where}\n{rule}", text]


def _remedies(report: TrustReport, style: Style) -> str:
    if report.verdict is Verdict.PASS:
        return ""
    found = dict.fromkeys(item.remediation for item in _worth_showing(report.findings) if item.remediation)
    return _labelled([("To do", text) for text in list(found)[:_SHOWN_REMEDIES]], style)


def _facts(report: TrustReport, policy: str, style: Style) -> list[tuple[str, str]]:
    return [
        ("Seen", _seen(report)),
        *(("Not seen", text) for text in _not_seen(report, style)),
        *(("Publisher", text) for text in _publisher(report.publisher)),
        *((("Hub scans", report.hub_scans.summary),) if report.hub_scans else ()),
        *(("Signed", signature_words(item)) for item in report.signatures),
        *(("Made from", text) for text in lineage_lines(report)),
        *(("Suppressed", _suppressed(report, index)) for index in range(len(report.suppressed))),
        *((("Policy", policy),) if policy != DEFAULT_POLICY else ()),
    ]


def _seen(report: TrustReport) -> str:
    cost, coverage = report.cost, report.coverage
    total = "an unknown number of" if coverage.files_total is None else f"{coverage.files_total:,}"
    parts = [f"{coverage.files_inspected:,} of {total} files opened"]
    parts.append(spent(cost))
    if report.repo.type != "local":
        parts.append(f"{cost.api_requests} API + {cost.file_requests} file requests")
    return " · ".join([*parts, f"{cost.seconds:.1f} s"])


def _not_seen(report: TrustReport, style: Style) -> list[str]:
    groups = grouped(report.coverage.not_seen)
    shown = groups if style.verbose else groups[:_SHOWN_GROUPS]
    hidden = len(groups) - len(shown)
    return [*shown, *([f"and for {plural(hidden, 'more reason')} (-v)"] if hidden else [])]


def _publisher(owner: PublisherReport) -> list[str]:
    if owner.state != "known":
        return []
    verified = "verified " if owner.verified else ""
    parts = [
        f"{verified}{owner.kind} {owner.name}",
        *([f"created {owner.created_at[:10]}"] if owner.created_at else []),
        *([plural(owner.followers, "follower")] if owner.followers is not None else []),
        *([plural(owner.models, "model")] if owner.models is not None else []),
        *([f"score {owner.score} / 100"] if owner.score is not None else []),
    ]
    return [" · ".join(parts)]


def _suppressed(report: TrustReport, index: int) -> str:
    item = report.suppressed[index]
    until = f" until {item.exception_expires}" if item.exception_expires else ""
    return f"{item.severity} {item.rule} in {place(item.location)}{until}: {item.exception_reason}"


def _loading(load: SafeLoad, style: Style) -> str:
    if not load.possible:
        return _labelled([("Loading", text) for text in load.notes], style)
    lines = [f"{INDENT}Load it safely", *_wrapped(load.call, style.width, INDENT * 2, deeper=4)]
    for note in load.notes:
        lines += _wrapped(note, style.width, f"{INDENT}- ")
    return "\n".join(lines)


def _context(report: TrustReport) -> list[tuple[str, str]]:
    return [
        *(("Probably meant", text) for text in report.did_you_mean),
        *(("Notes", text) for text in report.notes),
    ]


def _summary(document: Document, style: Style) -> str:
    counts = " · ".join(f"{document.summary.get(verdict, 0):,} {verdict}" for verdict in Verdict)
    requests = sum(report.cost.api_requests for report in document.reports)
    head = f"{plural(len(document.reports), 'repository').replace('repositorys', 'repositories')} · {counts}"
    ordered = sorted(document.reports, key=lambda report: _ORDER.index(report.verdict))
    rows = [_summary_row(report, style) for report in ordered]
    headers = ("verdict", "repository", "score", "worst finding")
    table = tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True) if rows else ""
    return "\n".join([f"{head} · {plural(requests, 'API request')}", *_stripped(table)])


def _summary_row(report: TrustReport, style: Style) -> list[str]:
    room = max(20, style.width - _SUMMARY_FIXED)
    name = clip_middle(full_id(report), max(20, room // 2))
    worst = report.findings[0] if report.findings else None
    what = f"{worst.rule}  {place(worst.location)}" if worst else ""
    score = "-" if report.score is None else str(report.score)
    verdict = style.paint(report.verdict.upper(), report.verdict)
    return [verdict, name, score, clip(what, max(20, room // 2))]


def _labelled(rows: Iterable[tuple[str, str]], style: Style) -> str:
    """Label and text; a label is written once for all its texts."""
    listed = list(rows)
    if not listed:
        return ""
    column = max(len(label) for label, _ in listed)
    room = max(20, style.width - len(INDENT) - column - 2)
    cells: list[list[str]] = []
    last = ""
    for label, text in listed:
        cells.append(["" if label == last else label, "\n".join(_wrapped(text, room, "", deeper=len(INDENT)))])
        last = label
    return "\n".join(_plain(cells))


def _plain(rows: Sequence[Sequence[str]]) -> list[str]:
    table = tabulate(rows, tablefmt="plain", disable_numparse=True, preserve_whitespace=True)
    return [f"{INDENT}{line}".rstrip() for line in table.splitlines()]


def _stripped(table: str) -> list[str]:
    return [line.rstrip() for line in table.splitlines()]


def _wrapped(text: str, width: int, indent: str, *, deeper: int = 0) -> list[str]:
    below = " " * (len(indent) + deeper)
    return wrap(text, width, initial_indent=indent, subsequent_indent=below, break_on_hyphens=False)
