"""File that has no place in a model repository

## What it does
Reports programs, installers, Windows scripts, shortcuts, native libraries, Office files with macros, archives
that cannot be listed, Python bytecode without its source, and `.pth` files so small that they can only be
text. Judges by name, by the bytes where they were seen, and by type of repository: a Space is a program and may
well hold scripts, a repository of compute kernels holds native libraries by design.

## Why it matters
Weights need no programs beside them. In May 2026 a copy of a popular model reached the top of the trending
list with clean weights, and a `start.bat` and a `loader.py` that fetched malware.

## Example
`setup.exe` beside `model.safetensors`. A text file `utils.pth` of 80 bytes, which Python would run at every
start once it lies in `site-packages`.

## How to fix
Do not start it. Name the files you need with `allow_patterns`, or use `trustaudit download`.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
- https://docs.python.org/3/library/site.html (`.pth` files)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from trustaudit.checks._files import SeenFile, base_name, seen_files
from trustaudit.checks._owner import is_new_account
from trustaudit.checks._text import bounded, counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="foreign-file",
    title="File that has no place in a model repository",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.FILES}),
    local=True,
)

_SEVERITIES = {
    FileKind.EXECUTABLE: Severity.HIGH,
    FileKind.INSTALLER: Severity.HIGH,
    FileKind.SCRIPT_HOST: Severity.HIGH,
    FileKind.SHORTCUT: Severity.HIGH,
    FileKind.WINDOWS_SCRIPT: Severity.MEDIUM,
    FileKind.MACRO_DOCUMENT: Severity.MEDIUM,
    FileKind.LIBRARY: Severity.MEDIUM,
    FileKind.BYTECODE: Severity.MEDIUM,
    FileKind.PACKAGE: Severity.MEDIUM,
    FileKind.OPAQUE_ARCHIVE: Severity.LOW,
    FileKind.SHELL_SCRIPT: Severity.INFO,
}
# Within their kind less alarming: spaCy ships every model as a wheel; linkers' files start nothing by themselves.
_LOW_SUFFIXES = (".whl", ".egg", ".a", ".lib", ".o", ".url", ".website", ".webloc", ".class")
_ORDINARY_IN_SPACES = frozenset(
    {FileKind.WINDOWS_SCRIPT, FileKind.SHELL_SCRIPT, FileKind.LIBRARY, FileKind.PACKAGE, FileKind.BYTECODE}
)
_PROMISES = frozenset(
    {FileKind.CONFIG, FileKind.TEXT, FileKind.MEDIA, FileKind.DATA, FileKind.DOCUMENT, FileKind.TEMPLATE}
)
_KERNEL_WORDS = frozenset({"kernel", "kernels"})
_SMALLEST_CHECKPOINT = 400
"""Bytes: a torch archive of a single number has 700 to 1,500, a legacy file about 400."""


class _Foreign(Struct, frozen=True):
    """A file that does not belong, how bad by its kind, and the words for it."""

    seen: SeenFile
    severity: Severity
    label: str


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per file, bounded in number; mere notes are one finding together."""
    files = seen_files(snapshot)
    sources = {seen.path for seen in files if seen.kind is FileKind.PYTHON}
    foreign = [item for seen in files if (item := _judged(snapshot, seen, sources))]
    notes = [item for item in foreign if item.severity is Severity.INFO]
    findings = [_finding(snapshot, item) for item in foreign if item.severity is not Severity.INFO]
    return (*bounded(META, findings), *_notes(notes))


def _judged(snapshot: Snapshot, seen: SeenFile, sources: set[str]) -> _Foreign | None:
    if _is_import_hook(seen):
        return _Foreign(seen, Severity.MEDIUM, "possible import hook (too small for a checkpoint)")
    severity = _SEVERITIES.get(seen.kind)
    if severity is None:
        return None
    if seen.path.casefold().endswith(_LOW_SUFFIXES):
        severity = Severity.LOW
    if seen.kind is FileKind.BYTECODE and _has_source(seen.path, sources):
        severity = Severity.INFO
    return _Foreign(seen, _at_home(snapshot, seen.kind, severity), seen.label)


def _at_home(snapshot: Snapshot, kind: FileKind, severity: Severity) -> Severity:
    """The severity where such files are part of the purpose of the repository."""
    if snapshot.ref.type is RepoType.SPACE:
        return Severity.INFO if kind in _ORDINARY_IN_SPACES else severity
    if kind is FileKind.LIBRARY and _is_kernel_repo(snapshot):
        return Severity.LOW
    return severity.lowered() if snapshot.ref.type is RepoType.DATASET else severity


def _is_kernel_repo(snapshot: Snapshot) -> bool:
    info = snapshot.repo_info
    if info is None:
        return False
    words = {info.library_name or "", *info.tags}
    return bool(_KERNEL_WORDS.intersection(word.casefold() for word in words))


def _has_source(path: str, sources: set[str]) -> bool:
    """Whether ``a/__pycache__/b.cpython-312.pyc`` or ``a/b.pyc`` has its ``a/b.py`` beside it."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    above = folder.removesuffix("__pycache__").rstrip("/")
    return f"{above}/{stem}.py".lstrip("/") in sources


def _is_import_hook(seen: SeenFile) -> bool:
    entry = seen.entry
    small = entry.size is not None and 0 < entry.size < _SMALLEST_CHECKPOINT
    return small and entry.lfs is None and not seen.format and entry.path.casefold().endswith(".pth")


def _notes(notes: list[_Foreign]) -> Iterator[Finding]:
    if notes:
        yield META.found(
            f"{counted(len(notes), 'script or byte code file')} beside the model; nothing runs them by itself",
            location=Location(path=notes[0].seen.path),
            severity=Severity.INFO,
            evidence=listed(item.seen.path for item in notes),
            key="notes",
        )


def _finding(snapshot: Snapshot, item: _Foreign) -> Finding:
    disguised = item.seen.kind.starts_programs and _pretends(item.seen.path)
    what = f"{item.label} under the name of something else" if disguised else item.label
    return META.found(
        f"{what}: not part of a model, and harmful if somebody starts it",
        location=Location(path=item.seen.path),
        severity=item.severity,
        confidence=Confidence.HIGH if disguised else _confidence(snapshot, item.severity),
        evidence=f"{item.seen.format or item.seen.kind}: {base_name(item.seen.path)}",
        remediation="do not start it; name the files you need with allow_patterns",
        key=str(item.seen.kind),
    )


def _pretends(path: str) -> bool:
    """Whether a name promises weights, text or pictures. One without extension promises nothing."""
    named = kind_of(path)
    return not named.starts_programs and (named.is_weights or named in _PROMISES)


def _confidence(snapshot: Snapshot, severity: Severity) -> Confidence:
    """A name proves nothing; a program from an account of a few days is another matter."""
    return Confidence.LOW if severity is Severity.HIGH and not is_new_account(snapshot) else Confidence.MEDIUM
