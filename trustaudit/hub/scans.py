"""The Hub's scanner verdicts of one file: today's shape and the one before 2024."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from trustaudit.facts import Fact, Known, Reason, Unavailable
from trustaudit.hub import wire
from trustaudit.hub.wire import WireScanner
from trustaudit.snapshot import SCANNERS, FileScans, HubPickleImport, ScannerVerdict

UNSETTLED = frozenset({"queued", ""})
"""Statuses that will change by themselves."""

_LEGACY_LEVELS = {"innocuous": "safe", "suspicious": "suspicious", "dangerous": "unsafe"}


def file_scans(found: Any, legacy: Any = None) -> Fact[FileScans]:  # noqa: ANN401 - JSON
    """``securityFileStatus`` as a fact. The Hub computes it later than the tree: absent is unknown."""
    if isinstance(found, dict):
        return Known(value=_scans(found))
    if isinstance(legacy, dict):
        return Known(value=_legacy(legacy))
    if found is None:
        return Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub gave no scanner verdicts for this file")
    return Unavailable(reason=Reason.BAD_ANSWER, detail="the Hub's scanner verdicts have another shape than documented")


def is_settled(fact: Fact[FileScans]) -> bool:
    """Whether the verdicts are there and none of them is still to come."""
    if not isinstance(fact, Known):
        return False
    states = {fact.value.status, *(scanner.status for scanner in fact.value.scanners)}
    return not states & UNSETTLED


def _scans(found: dict[str, Any]) -> FileScans:
    extra = sorted(key for key in found if key.endswith("Scan") and key not in SCANNERS)
    verdicts = (_verdict(name, found[name]) for name in (*SCANNERS, *extra) if name in found)
    return FileScans(status=wire.text(found.get("status")) or "", scanners=tuple(v for v in verdicts if v))


def _verdict(scanner: str, found: Any) -> ScannerVerdict | None:  # noqa: ANN401 - JSON
    try:
        parsed = WireScanner.model_validate(found)
    except ValidationError:
        return None
    return ScannerVerdict(
        scanner=scanner,
        status=parsed.status or "",
        message=parsed.message or "",
        report_link=parsed.report_link or "",
        version=parsed.version or "",
        imports=tuple(
            HubPickleImport(module=item.module or "", name=item.name or "", safety=item.safety or "")
            for item in parsed.imports
        ),
    )


def _legacy(found: dict[str, Any]) -> FileScans:
    """The shape before 2024. Mirrors send it with a constant "safe", so only its alarms count."""
    av, pickle = wire.mapping(found.get("avScan")), wire.mapping(found.get("pickleImportScan"))
    verdicts = []
    if av is not None:
        names = ", ".join(wire.texts(av.get("virusNames")))
        status = "unsafe" if av.get("virusFound") else "unscanned"
        verdicts.append(ScannerVerdict(scanner="avScan", status=status, message=names))
    if pickle is not None:
        verdicts.append(_legacy_pickle(pickle))
    status = "unsafe" if found.get("safe") is False else "unscanned"
    return FileScans(status=status, scanners=tuple(verdicts))


def _legacy_pickle(found: dict[str, Any]) -> ScannerVerdict:
    level = wire.text(found.get("highestSafetyLevel")) or ""
    parsed = WireScanner.model_validate({"pickleImports": found.get("imports")})
    imports = (HubPickleImport(module=i.module or "", name=i.name or "", safety=i.safety or "") for i in parsed.imports)
    return ScannerVerdict(
        scanner="pickleImportScan", status=_LEGACY_LEVELS.get(level, level or "unscanned"), imports=tuple(imports)
    )
