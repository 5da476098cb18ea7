"""Numbers and places in words, the same in every renderer."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from trustaudit.finding import Location
from trustaudit.report.model import CostReport, NotSeen, TrustReport

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_EXACT_FROM = 100
_NAMED = 2


def size(count: int | None) -> str:
    """Bytes in decimal units with two or three digits: ``212 kB``, ``2.8 GB``."""
    if count is None:
        return "unknown size"
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            break
        value /= _STEP
    whole = unit == _UNITS[0] or value >= _EXACT_FROM
    return f"{value:.0f} {unit}" if whole else f"{value:.1f} {unit}"


def spent(cost: CostReport) -> str:
    """``131 kB of 1.1 GB``; in small repositories the Hub's answers outweigh the files: ``13 kB for 9 kB of files``."""
    if cost.repo_bytes is None:
        return size(cost.bytes)
    total = size(cost.repo_bytes)
    return (
        f"{size(cost.bytes)} of {total}"
        if cost.bytes <= cost.repo_bytes
        else f"{size(cost.bytes)} for {total} of files"
    )


def plural(count: int, noun: str) -> str:
    """``1 file``, ``3 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def place(location: Location) -> str:
    """``loader.py:14``, ``model.pt/data.pkl @ 0x70``, or the name of a metadata field."""
    if location.path is None:
        return location.field or "repository"
    text = f"{location.path}/{location.member}" if location.member else location.path
    if location.line is not None:
        return f"{text}:{location.line}"
    return f"{text} @ {location.offset:#x}" if location.offset is not None else text


def full_id(report: TrustReport) -> str:
    """The id with its kind in front unless it is a model: ``datasets/org/name``."""
    repo = report.repo
    return repo.id if repo.type in ("model", "local") else f"{repo.type}s/{repo.id}"


def purl(report: TrustReport) -> str:
    """Package URL of exactly what was audited; empty for local files."""
    repo = report.repo
    if repo.type == "local":
        return ""
    version = f"@{quote(repo.commit, safe='')}" if repo.commit else ""
    return f"pkg:huggingface/{quote(repo.id)}{version}{'' if repo.type == 'model' else f'?repo_type={repo.type}'}"


def grouped(not_seen: Sequence[NotSeen]) -> list[str]:
    """One line per reason: ``history, 22 files (a.bin, b.bin, …): gated: …``."""
    by_reason: dict[str, list[str]] = {}
    for item in not_seen:
        by_reason.setdefault(item.reason, []).append(item.path)
    return [f"{', '.join([*_facts(paths), *_files(paths)])}: {reason}" for reason, paths in by_reason.items()]


def _facts(paths: list[str]) -> list[str]:
    return [path.strip("()") for path in paths if path.startswith("(")]


def _files(paths: list[str]) -> list[str]:
    files = [path for path in paths if not path.startswith("(")]
    return files if len(files) <= _NAMED else [f"{plural(len(files), 'file')} ({', '.join(files[:_NAMED])}, …)"]
