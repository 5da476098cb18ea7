"""Weight file and its LFS pointer do not fit

## What it does
Reports a large file whose pointer and listing give different sizes, a weight file that is small enough to be
a pointer left as text, and weight files of zero bytes.

## Why it matters
A pointer that was committed as text makes loaders fail, or makes people fetch "the real file" from somewhere
else. Different sizes mean that the listing and the storage speak of two different files.

## Example
`pytorch_model.bin` with 134 bytes that is not in LFS: the text of a pointer rather than weights.

## How to fix
Ask the publisher to upload the file again with a client that understands LFS.

## References
- https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="lfs-pointer",
    title="Weight file and its LFS pointer do not fit",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
)

# A pointer names version, oid and size: about 130 bytes; the specification caps it below 1024.
_POINTER_SIZES = range(100, 200)
# Small arrays and pickles of this size are ordinary; whole models are not.
_WHOLE_MODELS = frozenset({FileKind.PICKLE, FileKind.CODE_CAPABLE, FileKind.TENSORS, FileKind.GRAPH})
_LIKE_TEXT = ("", "unknown", "text", "lfs-pointer")
_SMALL_BY_NATURE = (".pkl", ".pickle", ".p", ".joblib", ".index", ".pb", ".meta", ".msgpack", ".json")


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """Findings per file, bounded in number."""
    other = {facts.path for facts in snapshot.file_facts if facts.format not in _LIKE_TEXT}
    return bounded(META, (finding for seen in seen_files(snapshot) for finding in _of(seen, seen.path in other)))


def _of(seen: SeenFile, seen_as_other: bool) -> Iterator[Finding]:  # noqa: FBT001 - one fact of two
    entry = seen.entry
    if entry.lfs is not None:
        if entry.lfs.size is not None and entry.size is not None and entry.lfs.size != entry.size:
            message = f"listed with {entry.size} bytes, its pointer says {entry.lfs.size}"
            yield _finding(seen, message, Severity.HIGH, Confidence.MEDIUM, "size")
    elif not seen_as_other and _may_be_pointer(seen):
        message = f"a weight file of {entry.size} bytes outside LFS: most likely a pointer left as text"
        yield _finding(seen, message, Severity.MEDIUM, Confidence.LOW, "text")
    if seen.kind in _WHOLE_MODELS and entry.size == 0:
        yield _finding(seen, "a weight file without content", Severity.INFO, Confidence.HIGH, "empty")


def _may_be_pointer(seen: SeenFile) -> bool:
    """By its size alone, unless the bytes were seen to be something else."""
    small = seen.entry.size in _POINTER_SIZES and seen.kind in _WHOLE_MODELS
    return small and not _is_small_by_nature(seen.path)


def _is_small_by_nature(path: str) -> bool:
    return path.casefold().endswith(_SMALL_BY_NATURE)


def _finding(seen: SeenFile, message: str, severity: Severity, confidence: Confidence, key: str) -> Finding:
    return META.found(
        message,
        location=Location(path=seen.path),
        severity=severity,
        confidence=confidence,
        remediation="ask the publisher to upload the file again",
        key=key,
    )
