"""Licence that its origin does not allow

## What it does
Compares the licence of the card with those that stand elsewhere: the text of a `LICENSE` file, `general.license` in
GGUF metadata, the original of a copy, and (with `--lineage`) every ancestor. Reports a permissive claim over something
that is non-commercial or under a community licence (Llama, Gemma), and, lower, over use restrictions and copyleft.
Contradictions between two ancestors are a note. Licences that are not in the table are not compared.

## Why it matters
A licence cannot be widened by those who pass a work on. Whoever ships a product on the word of the card is bound by
what the origin says.

## Example
Card: `license: apache-2.0`, `base_model: meta-llama/Llama-3.1-8B`, whose licence is `llama3.1`.

## How to fix
Go by the strictest licence of the line, or use a model whose line is free.

## References
- https://huggingface.co/docs/hub/repositories-licenses
- https://www.llama.com/llama3_1/license/ (redistribution of derivatives)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Known, value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.lineage.declared import DATASET, USES, gguf_metadata
from trustaudit.lineage.licences import contradiction, stated_licenses
from trustaudit.lineage.ways import way_of
from trustaudit.refs import RepoType
from trustaudit.snapshot import CopySource, Snapshot

META = CheckMeta(
    id="license-conflict",
    title="Licence that its origin does not allow",
    severity=Severity.MEDIUM,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.INFO}),
    applies_to=frozenset({RepoType.MODEL, RepoType.DATASET}),
)

_LINE = Location(field="lineage")
_NOT_PART_OF_IT = frozenset({DATASET, USES})


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """The card against files, original and ancestors; then ancestors against each other."""
    info = snapshot.repo_info
    mine = stated_licenses(info) if info else ()
    yield from bounded(META, [*_own_files(snapshot, mine), *_copied(snapshot, mine), *_ancestors(snapshot, mine)])


def _own_files(snapshot: Snapshot, mine: tuple[str, ...]) -> Iterator[Finding]:
    """Each other licence once, wherever it stands first."""
    told: set[str] = set()
    for facts in snapshot.file_facts:
        texts = [note.get("license") for note in facts.observations if note.kind == "license-text"]
        for name in (*texts, gguf_metadata(facts).get("general.license", "")):
            severity = contradiction(mine, (name,)) if name else None
            if severity is not None and name.casefold() not in told:
                told.add(name.casefold())
                message = f"the card says {listed(mine)}, and this file {name}"
                yield _finding(message, Location(path=facts.path), severity, name)


def _copied(snapshot: Snapshot, mine: tuple[str, ...]) -> Iterator[Finding]:
    source: CopySource | None = value_of(snapshot.copy_source)
    theirs = stated_licenses(source.info) if source else ()
    severity = contradiction(mine, theirs)
    if source is not None and severity is not None and not _is_ancestor(source.info.id, snapshot):
        message = f"the card says {listed(mine)}, and {source.info.id}, which this is a copy of, {listed(theirs)}"
        yield _finding(message, Location(field="cardData.license"), severity, source.info.id)


def _ancestors(snapshot: Snapshot, mine: tuple[str, ...]) -> Iterator[Finding]:
    stated = {ancestor.id: stated_licenses(info) for ancestor in snapshot.lineage if (info := value_of(ancestor.found))}
    for ancestor in snapshot.lineage:
        theirs = stated.get(ancestor.id, ())
        if ancestor.relation in _NOT_PART_OF_IT or not isinstance(ancestor.found, Known):
            continue
        way = way_of(ancestor, snapshot)
        severity = contradiction(mine, theirs)
        if severity is not None:
            message = f"the card says {listed(mine)}, and {ancestor.id}, which it is made from, {listed(theirs)}"
            yield _finding(message, _LINE, severity, ancestor.id, way)
        elif contradiction(stated.get(ancestor.parent, ()), theirs) is not None:
            claimed = listed(stated[ancestor.parent])
            message = f"{ancestor.parent} claims {claimed} over {listed(theirs)} of {ancestor.id}"
            yield _finding(message, _LINE, Severity.INFO, f"{ancestor.parent}:{ancestor.id}", way)


def _is_ancestor(repo_id: str, snapshot: Snapshot) -> bool:
    return any(ancestor.id.casefold() == repo_id.casefold() for ancestor in snapshot.lineage)


def _finding(message: str, location: Location, severity: Severity, key: str, evidence: str = "") -> Finding:
    return META.found(
        message,
        location=location,
        severity=severity,
        confidence=Confidence.HIGH if location.path else Confidence.MEDIUM,
        evidence=evidence,
        remediation="go by the strictest licence of the line" if severity.rank else "",
        key=key.casefold(),
    )
