"""Hub scanner raises an alarm

## What it does
Takes, for every file, the worst verdict of the Hub's five scanners, not the Hub's own roll-up, and says which
scanner said what. `unsafe` is high, `suspicious` medium, `caution` low. Where the Hub gives no verdicts per file,
its list of files with issues is used.

How sure that is depends on who spoke: the antivirus, two scanners at once, or the pickle scanner naming a
callable that we deny too weigh most; one scanner against two or more that call the file safe weighs least.

## Why it matters
The Hub warns and does not block: `from_pretrained` loads a file that is marked unsafe. On the other hand about
96 % of the alarms of earlier scanners were false. So no scanner's word is critical by itself.

## Example
`danger.dat` of mcpotato/42-eicar-street: antivirus "Py.Malware.CodeExec_builtins_eval", pickle scanner
"builtins.eval, dangerous".

## How to fix
Do not load the file before the alarm is explained. The scanner's page, linked in the file view of the Hub, says what
it saw.

## References
- https://huggingface.co/docs/hub/security-malware
- https://jfrog.com/blog/jfrog-and-hugging-face-join-forces/ (96 % false positives)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks._files import listing_is_whole
from trustaudit.checks._imports import HARMLESS, Opinion, is_function, opinion_of
from trustaudit.checks._scans import ALARMS, SAFE, answered, scanned_files, scanner_name
from trustaudit.checks._text import bounded, listed, shortened
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Reason, Unavailable, value_of
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import FileEntry, FileScans, HubPickleImport, ScannerVerdict, ScanRollup, Snapshot

META = CheckMeta(
    id="hub-scan-verdict",
    title="Hub scanner raises an alarm",
    severity=Severity.HIGH,
    category=Category.CONTENT,
)

_PICKLE_SCAN = "pickleImportScan"
_VIRUS_TOTAL_COUNT = re.compile(r"(\d{1,4})/\d{1,4} engines")
_FEW_ENGINES = 2
_MANY = 2


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """Findings per file; unavailable when neither files nor repository have scan results."""
    files = tuple(scanned_files(snapshot))
    findings = [finding for entry, scans in files for finding in _of_file(entry, scans, context)]
    findings += _of_rollup(snapshot, {entry.path for entry, _ in files})
    if not findings:
        gap = _gap(snapshot, seen_files=bool(files))
        return CheckResult.unavailable(META.id, gap) if gap else CheckResult.of(META.id, ())
    return CheckResult.of(META.id, tuple(bounded(META, findings)))


def _gap(snapshot: Snapshot, *, seen_files: bool) -> Unavailable | None:
    """Why silence is no answer: nothing was scanned, or the scan is not done."""
    rollup = _rollup(snapshot)
    if seen_files or (rollup is not None and rollup.done):
        return None
    if rollup is not None:
        return Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub has not finished its scan")
    facts = (snapshot.scan, snapshot.files)
    default = Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub gave no scan results")
    return next((fact for fact in facts if isinstance(fact, Unavailable)), default)


def _rollup(snapshot: Snapshot) -> ScanRollup | None:
    rollup: ScanRollup | None = value_of(snapshot.scan)
    return rollup or (snapshot.repo_info.scan if snapshot.repo_info else None)


def _of_file(entry: FileEntry, scans: FileScans, context: Context) -> Iterator[Finding]:
    verdicts = answered(scans)
    worst = max((v.status for v in verdicts), key=_rank, default=SAFE)
    if _rank(scans.status) > _rank(worst):
        yield _finding(entry.path, f"the Hub calls this file {scans.status}", scans.status, Confidence.MEDIUM, "")
        return
    if worst not in ALARMS:
        return
    accusers = [verdict for verdict in verdicts if verdict.status == worst]
    message = f"{listed(map(scanner_name, accusers))} calls this file {worst} ({len(verdicts)} of 5 scanners answered)"
    severity = _explained(accusers, context) or ALARMS[worst]
    confidence = _confidence(accusers, verdicts, context)
    yield _finding(entry.path, message, worst, confidence, _said(verdicts), severity)


def _rank(status: str) -> int:
    return ALARMS[status].rank if status in ALARMS else -1


def _said(verdicts: tuple[ScannerVerdict, ...]) -> str:
    """Every scanner's verdict, the worst first."""
    ordered = sorted(verdicts, key=lambda verdict: (-_rank(verdict.status), verdict.scanner))
    return "; ".join(f"{scanner_name(v)}: {v.status} {shortened(v.message)}".rstrip() for v in ordered)


def _explained(accusers: list[ScannerVerdict], context: Context) -> Severity | None:
    """Low when only the pickle scanner is worried, about plain data, libraries and unknown classes.

    Its word "suspicious" means no more than "not on my list"; classes of one's own are in most training files.
    """
    alone = len(accusers) == 1 and accusers[0].scanner == _PICKLE_SCAN and accusers[0].imports
    if not alone or accusers[0].status == "unsafe":
        return None
    return Severity.LOW if all(_is_plain(item, context) for item in accusers[0].imports) else None


def _is_plain(item: HubPickleImport, context: Context) -> bool:
    opinion = opinion_of(item.module, item.name, context)
    return opinion in HARMLESS or (opinion is Opinion.UNKNOWN and not is_function(item.name))


def _confidence(accusers: list[ScannerVerdict], verdicts: tuple[ScannerVerdict, ...], context: Context) -> Confidence:
    if len(accusers) >= _MANY or accusers[0].scanner == "avScan":
        return Confidence.HIGH
    accuser = accusers[0]
    if accuser.scanner == _PICKLE_SCAN:
        return _pickle_confidence(accuser, context)
    if _is_few_engines(accuser) or sum(verdict.status == SAFE for verdict in verdicts) >= _MANY:
        return Confidence.LOW
    return Confidence.MEDIUM


def _pickle_confidence(accuser: ScannerVerdict, context: Context) -> Confidence:
    """The Hub's list calls ``getattr`` of honest detectors dangerous too: our own table decides how sure it is."""
    opinions = {opinion_of(item.module, item.name, context) for item in accuser.imports}
    if Opinion.DENIED in opinions:
        return Confidence.HIGH
    return Confidence.LOW if opinions else Confidence.MEDIUM


def _is_few_engines(verdict: ScannerVerdict) -> bool:
    """One or two of seventy engines: at VirusTotal the usual false alarm."""
    counted = _VIRUS_TOTAL_COUNT.match(verdict.message)
    return counted is not None and int(counted[1]) <= _FEW_ENGINES


def _of_rollup(snapshot: Snapshot, with_scans: set[str]) -> Iterator[Finding]:
    """Issues of the repository's list. It carries no revision: a file that is not here may be of another one."""
    rollup = _rollup(snapshot)
    here = {entry.path for entry in snapshot.entries}
    for path, level in rollup.issues if rollup else ():
        if level not in ALARMS or path in with_scans:
            continue
        gone = path not in here and listing_is_whole(snapshot)
        message = f"the Hub lists this file as {level}" + ("; it is not in this revision" if gone else "")
        severity = Severity.LOW if gone else ALARMS[level]
        yield _finding(path, message, level, Confidence.MEDIUM, "from the repository's list of issues", severity)


def _finding(  # noqa: PLR0913, PLR0917 - one place makes all findings of this check
    path: str, message: str, status: str, confidence: Confidence, evidence: str, severity: Severity | None = None
) -> Finding:
    return META.found(
        message,
        location=Location(path=path),
        severity=severity or ALARMS[status],
        confidence=confidence,
        evidence=evidence,
        remediation="do not load this file before the alarm is explained",
        key=status,
    )
