"""The sections of one report, in the order a reader needs them. Each is nothing where there is nothing to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from trustaudit.finding import Severity
from trustaudit.report.escape import clip
from trustaudit.report.html.drawings import bar, family_tree, file_map, history_strip
from trustaudit.report.html.element import NOTHING, Child, Html, tag
from trustaudit.report.html.tables import cell, code, facts, folded, listed, number, severity_cell, table
from trustaudit.report.model import PublisherReport, ReportedFinding, Suppressed, TimelineEntry, TrustReport, Verdict
from trustaudit.report.signing import signature_words
from trustaudit.report.words import grouped, place, plural, size, spent

_COMMIT_CHARS: Final = 10
_SHOWN_FILES: Final = 5_000
_WORST_CHARS: Final = 120


def sections(report: TrustReport) -> Iterator[Html]:
    """All sections that have something to say."""
    yield _section("Findings", *_findings(report))
    yield _section("How to load it", *_loading(report))
    yield _section("Score by category", _breakdown(report))
    yield _section("What was seen", *_seen(report))
    yield _section("History", *_history(report))
    yield _section("Made from", *_lineage(report))
    yield _section("Signatures", listed(signature_words(item) for item in report.signatures))
    yield _section("Publisher", *_publisher(report.publisher))
    yield _section("Notes", *_notes(report))
    yield _section("Checks", *_checks(report))


def _section(title: str, *children: Child) -> Html:
    inside = [child for child in children if child]
    return tag("section", tag("h3", title), *inside) if inside else NOTHING


def _findings(report: TrustReport) -> Iterator[Html]:
    rows = [_finding(item) for item in report.findings]
    headers = ("Severity", "Where", "What", "Rule")
    yield table("Findings, worst first", headers, rows, class_="findings") or tag("p", "None.")
    excepted = [[*_finding(item), cell(_exception(item))] for item in report.suppressed]
    yield folded(
        f"{plural(len(excepted), 'finding')} under an exception of the policy",
        table("Suppressed findings", (*headers, "Exception"), excepted, class_="findings"),
    )


def _finding(item: ReportedFinding) -> list[Html]:
    sure = "" if item.confidence == "high" else f" ({item.confidence} confidence)"
    what = [
        tag("p", item.message, sure),
        tag("pre", item.evidence) if item.evidence else None,
        tag("p", tag("strong", "To do: "), item.remediation) if item.remediation else None,
    ]
    return [severity_cell(item.severity), cell(code(place(item.location))), cell(*what), cell(code(item.rule))]


def _exception(item: Suppressed) -> str:
    until = f" (until {item.exception_expires})" if item.exception_expires else ""
    return f"{item.exception_reason}{until}"


def _loading(report: TrustReport) -> Iterator[Html]:
    load = report.safe_load
    if load.possible:
        yield tag("pre", code(load.call), class_="call")
    yield listed(load.notes)
    yield folded(
        "File patterns",
        facts(
            (term, code(", ".join(patterns)))
            for term, patterns in (("allow", load.allow_patterns), ("ignore", load.ignore_patterns))
            if patterns
        ),
    )


def _breakdown(report: TrustReport) -> Html:
    rows = [
        [cell(category), cell(bar(room.score), class_="bar"), number(room.score), number(room.findings)]
        for category, room in report.breakdown.items()
    ]
    return table("Score by category, 0 to 100", ("Category", "", "Score", "Findings"), rows, class_="bars", numbers=2)


def _seen(report: TrustReport) -> Iterator[Html]:
    yield facts(_coverage(report))
    drawn = file_map(report.coverage.files)
    if drawn:
        note = "Areas grow with the cube root of a file's size and are filled as far as its bytes were read."
        yield tag("figure", drawn, _legend(), tag("figcaption", note))
    yield folded(f"All {plural(len(report.coverage.files), 'file')}", _files(report))


def _coverage(report: TrustReport) -> Iterator[tuple[str, Child]]:
    cost, coverage = report.cost, report.coverage
    total = "an unknown number of" if coverage.files_total is None else f"{coverage.files_total:,}"
    yield "Files", f"{coverage.files_inspected:,} of {total} opened"
    yield "Bytes", spent(cost)
    yield "Requests", f"{cost.api_requests:,} API + {cost.file_requests:,} file"
    if report.hub_scans is not None:
        yield "Hub scans", report.hub_scans.summary
    unseen = grouped(coverage.not_seen)
    if unseen:
        yield "Not seen", listed(unseen)


def _legend() -> Html:
    words = {
        "complete": "read whole",
        "structure": "all but the numbers read",
        "partial": "read in part",
        "none": "not opened",
    }
    return tag(
        "ul", *(tag("li", tag("span", "", class_=f"key {kind}"), text) for kind, text in words.items()), class_="legend"
    )


def _files(report: TrustReport) -> Html:
    rows = [
        [
            cell(code(file.path)),
            cell(file.format or "-"),
            cell(file.coverage),
            number(size(file.bytes_read), sort=file.bytes_read),
            number(size(file.size), sort=file.size or 0),
        ]
        for file in report.coverage.files[:_SHOWN_FILES]
    ]
    omitted = len(report.coverage.files) - len(rows)
    caption = f"Files; {omitted:,} more are in the JSON report" if omitted else "Files"
    return table(caption, ("Path", "Format", "Coverage", "Read", "Size"), rows, numbers=2)


def _history(report: TrustReport) -> Iterator[Html]:
    drawn = history_strip(report.timeline)
    if drawn:
        days = sorted(entry.date[:10] for entry in report.timeline if entry.date)
        span = tag("figcaption", tag("span", days[0]), tag("span", days[-1]), class_="ends")
        yield tag("figure", drawn, span)
    rows = [_commit(entry) for entry in report.timeline]
    title = f"{plural(len(rows), 'commit')}, newest first"
    yield folded(title, table("Commits", ("Date", "Commit", "Who", "What", "Last changed"), rows)) if rows else NOTHING


def _commit(entry: TimelineEntry) -> list[Html]:
    counts = {"weights": entry.weights, "code": entry.code, "files in all": entry.files}
    changed = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return [
        cell((entry.date or "-")[:10]),
        cell(code(entry.commit[:_COMMIT_CHARS])),
        cell(", ".join(entry.authors) or "-", class_="any"),
        cell(entry.title, class_="any"),
        cell(changed or "-", sort=entry.weights + entry.code),
    ]


def _lineage(report: TrustReport) -> Iterator[Html]:
    drawn = family_tree(report)
    if not drawn:
        return
    yield tag("figure", drawn)
    rows = [
        [
            cell(code(item.id)),
            cell(item.relation),
            cell(item.declared_in),
            cell(item.verdict or item.reason or item.state),
            cell(code((item.commit or "-")[:_COMMIT_CHARS])),
            cell(", ".join(item.licenses) or "-"),
            cell(", ".join(f"{found.severity} {found.rule}" for found in item.findings) or "-"),
        ]
        for item in report.lineage
    ]
    headers = ("Ancestor", "Relation", "Declared in", "Verdict", "Commit", "Licence", "Worst findings")
    yield folded(plural(len(rows), "ancestor"), table("Ancestors", headers, rows))


def _publisher(owner: PublisherReport) -> Iterator[Html]:
    if owner.state != "known":
        return
    verified = {True: "verified", False: "not verified"}
    told: tuple[tuple[str, str | None], ...] = (
        ("Name", owner.name),
        ("Kind", ", ".join(text for text in (owner.kind, verified.get(owner.verified or False)) if text)),
        ("Created", (owner.created_at or "")[:10]),
        ("Followers", f"{owner.followers:,}" if owner.followers is not None else ""),
        ("Models", f"{owner.models:,}" if owner.models is not None else ""),
        ("Members", f"{owner.members:,}" if owner.members is not None else ""),
        ("Score", f"{owner.score} / 100" if owner.score is not None else ""),
    )
    yield facts((term, value) for term, value in told if value)
    rows = [[cell(name), cell(value), cell(f"{points:+d}", sort=points)] for name, value, points in owner.signals]
    yield folded("Signals", table("Signals of the publisher's score", ("Signal", "Value", "Points"), rows))


def _notes(report: TrustReport) -> Iterator[Html]:
    meant = [f"Probably meant: {name}" for name in report.did_you_mean]
    yield listed([*meant, *report.notes])


def _checks(report: TrustReport) -> Iterator[Html]:
    counts = Counter(str(check.outcome) for check in report.checks)
    told = " · ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in counts.most_common())
    rows = [
        [cell(code(check.id)), cell(str(check.outcome).replace("_", " ")), cell(check.reason)]
        for check in report.checks
    ]
    yield folded(told, table("Checks", ("Check", "Outcome", "Reason"), rows)) if rows else NOTHING


def worst(findings: Sequence[ReportedFinding]) -> str:
    """The worst finding in a few words, unless it is but a note; findings come worst first."""
    if not findings or findings[0].severity is Severity.INFO:
        return ""
    return clip(f"{findings[0].rule} · {place(findings[0].location)}", _WORST_CHARS)


ORDER: Final = (Verdict.BLOCK, Verdict.INCOMPLETE, Verdict.REVIEW, Verdict.PASS)
"""Worst first."""
