"""File that the signature leaves out

## What it does
Lists files of a signed repository that its signature does not name. What runs code weighs most: pickles, Python,
programs, templates. Then weights and configuration; cards and pictures are a note. Files that the signer left out on
purpose (`ignore_paths`) are named too when they can run code. `.git*`, the signature itself and checksum files do not
count.

## Why it matters
A signature speaks of the files it lists and of no other. An extra `modeling.py` or `pytorch_model.bin` beside signed
safetensors is loaded by the same call.

## Example
`model.sig` signs four files; `loader.py` is a fifth.

## How to fix
Load only what is signed (`allow_patterns`), or ask the publisher to sign the whole repository.

## References
- https://github.com/ossf/model-signing-spec
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._provenance import judged
from trustaudit.checks._text import bounded, counted, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.provenance.signatures import Signature
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="signature-unsigned-files",
    title="File that the signature leaves out",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
    local=True,
)

_RUN = frozenset(
    {FileKind.PYTHON, FileKind.SHELL_SCRIPT, FileKind.TEMPLATE, FileKind.AMBIGUOUS, FileKind.NOTEBOOK, FileKind.NATIVE}
)
_MATTER = frozenset({FileKind.CONFIG, FileKind.ARCHIVE, FileKind.OPAQUE_ARCHIVE, FileKind.UNKNOWN})


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """One finding per level of what the signatures of the whole model, taken together, leave out."""
    return judged(META, snapshot, context, lambda found: bounded(META, _findings(found)))


def _findings(found: tuple[Signature, ...]) -> Iterator[Finding]:
    whole = [signature for signature in found if signature.manifest and signature.manifest.whole]
    signed = {path for signature in found for path in _signed(signature)}
    for signature in whole:
        left = [path for path in signature.comparison.unsigned if path not in signed]
        for severity, paths in _by_level(left).items():
            yield _finding(signature, f"{counted(len(paths), 'file')} not signed: {listed(paths)}", paths, severity)
        out = [path for path in signature.comparison.ignored if path not in signed]
        ignored = [path for path in out if _level(path) is Severity.HIGH]
        if ignored:
            message = f"left out by the signer on purpose, and can run code: {listed(ignored)}"
            yield _finding(signature, message, ignored, Severity.MEDIUM)


def _signed(signature: Signature) -> Iterable[str]:
    compared = signature.comparison
    return (*compared.agreeing, *(item.path for item in compared.different), *(path for path, _ in compared.unknown))


def _by_level(paths: Iterable[str]) -> dict[Severity, list[str]]:
    levels: dict[Severity, list[str]] = {}
    for path in paths:
        levels.setdefault(_level(path), []).append(path)
    return levels


def _level(path: str) -> Severity:
    kind = kind_of(path)
    if kind.runs_on_load or kind.starts_programs or kind in _RUN:
        return Severity.HIGH
    return Severity.MEDIUM if kind.is_weights or kind in _MATTER else Severity.INFO


def _finding(signature: Signature, message: str, paths: list[str], severity: Severity) -> Finding:
    return META.found(
        message,
        location=Location(path=paths[0]),
        severity=severity,
        evidence=f"{signature.path}: {signature.comparison.counted}",
        remediation="load only what is signed (allow_patterns)" if severity.rank else "",
        key=f"{signature.path}:{severity}",
        others=paths[1:],
    )
