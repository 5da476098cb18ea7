"""How much of a repository was looked at, file by file, and what was not."""

from __future__ import annotations

from collections.abc import Sequence

from trustaudit.facts import Known
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.policy.gaps import Gap
from trustaudit.report.model import CoverageReport, ReportedFile
from trustaudit.snapshot import FileEntry, Snapshot


def coverage_report(snapshot: Snapshot, gaps: Sequence[Gap]) -> CoverageReport:
    """Counts, gaps, and one line per file of the tree, also of those that nobody needed to open."""
    looked = [facts for facts in snapshot.file_facts if facts.coverage is not Coverage.NONE]
    counts = {str(kind): sum(facts.coverage is kind for facts in snapshot.file_facts) for kind in Coverage}
    return CoverageReport(
        files_total=len(snapshot.entries) if isinstance(snapshot.files, Known) else None,
        files_inspected=len(looked),
        by_coverage=counts,
        not_seen=tuple(gap.seen for gap in gaps),
        files=tuple(_files(snapshot)),
    )


def _files(snapshot: Snapshot) -> list[ReportedFile]:
    facts = {item.path: item for item in snapshot.file_facts}
    entries = {entry.path: entry for entry in snapshot.entries}
    listed = {entry.path: entry.lfs.sha256 for entry in snapshot.entries if entry.lfs is not None and entry.lfs.sha256}
    sums = {**dict(snapshot.provenance.digests), **listed}
    return [_file(path, entries.get(path), facts.get(path), sums.get(path)) for path in sorted({*facts, *entries})]


def _file(path: str, entry: FileEntry | None, facts: FileFacts | None, sha256: str | None) -> ReportedFile:
    size = entry.size if entry is not None else None
    if facts is None:
        none = str(Coverage.NONE)
        return ReportedFile(path=path, format="", coverage=none, bytes_read=0, size=size, sha256=sha256)
    return ReportedFile(
        path=path,
        format=facts.format,
        coverage=str(facts.coverage),
        bytes_read=facts.bytes_read,
        size=facts.size if size is None else size,
        sha256=sha256,
    )
