"""Places that name different base models

## What it does
Compares the base model of the card with the one that the files name: `base_model_name_or_path` of an adapter's
configuration, and `general.base_model.*` in the metadata of GGUF files. Old and new ids of one repository are equal,
and so is one model under two names (`-GGUF`, `-bnb-4bit`). A GGUF file made from a fine-tune names what the fine-tune
was made from: that is a note, when its own name or the known ancestors confirm it.

## Why it matters
The card is for people, `adapter_config.json` is for programs: loading an adapter fetches the base model that the
configuration names, whatever the card says. A card that names a trusted base lends its name to another one.

## Example
Card: `base_model: meta-llama/Llama-3.1-8B`. Configuration: `"base_model_name_or_path": "someone/llama-tuned"`.

## How to fix
Audit the base model that the files name, and load it yourself, pinned, before you put the adapter on top.

## References
- https://huggingface.co/docs/hub/model-cards#specifying-a-base-model
- https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._owner import is_known_publisher, owner_of
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.lineage.agreement import related, same_model, same_repo
from trustaudit.lineage.declared import ADAPTER, CARD, bases_in, gguf_metadata
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="base-model-mismatch",
    title="Places that name different base models",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.INFO}),
    applies_to=frozenset({RepoType.MODEL}),
)

_OWN_NAMES = ("general.name", "general.basename", "general.source.repo_url", "general.repo_url")


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per place that disagrees with the card; a card without base model disagrees with nobody."""
    card = bases_in(snapshot, CARD)
    if not card:
        return
    for base in bases_in(snapshot, ADAPTER):
        if not _is_among(base, card, context):
            yield _adapter(base, card, context)
    yield from bounded(META, _in_gguf(snapshot, card, context))


def _adapter(base: str, card: tuple[str, ...], context: Context) -> Finding:
    """Another quantization by a well-known publisher is usual; anything else is fetched and not what is promised."""
    owner = owner_of(base)
    known = is_known_publisher(owner, context) or context.knowledge.names.is_reuploader(owner)
    alike = any(related(base, other) for other in card)
    message = f"the adapter is loaded on top of {base}, and the card names {listed(card)}"
    return _finding(message, Location(path=ADAPTER), Severity.LOW if known and alike else Severity.MEDIUM, base)


def _in_gguf(snapshot: Snapshot, card: tuple[str, ...], context: Context) -> Iterator[Finding]:
    """Files of one repository usually agree with each other: each odd base is told once."""
    told: set[tuple[str, ...]] = set()
    for facts in snapshot.file_facts:
        bases = bases_in(snapshot, facts.path) if facts.format == "gguf" else ()
        if not bases or bases in told or any(_is_among(base, card, context) for base in bases):
            continue
        told.add(bases)
        severity = Severity.INFO if _is_further_up(bases, facts, card, snapshot, context) else Severity.MEDIUM
        message = f"the file says that it is made from {listed(bases)}, and the card names {listed(card)}"
        yield _finding(message, Location(path=facts.path), severity, bases[0])


def _is_further_up(
    bases: tuple[str, ...], facts: FileFacts, card: tuple[str, ...], snapshot: Snapshot, context: Context
) -> bool:
    """Whether the file means the parent of what it was converted from: by its own name, the lineage, or the family."""
    metadata = gguf_metadata(facts)
    own = [metadata[key] for key in _OWN_NAMES if metadata.get(key)]
    if any(same_model(name.rstrip("/"), base) for name in own for base in card):
        return True
    names = context.knowledge.names
    if any(same_repo(base, ancestor.id, names) for base in bases for ancestor in snapshot.lineage):
        return True
    return any(related(base, other) for base in bases for other in card)


def _is_among(base: str, card: tuple[str, ...], context: Context) -> bool:
    """The same repository, or the same name under the owner the card names or one known for re-uploading."""
    names = context.knowledge.names
    for other in card:
        if same_repo(base, other, names):
            return True
        owner = owner_of(base).casefold()
        vouched = owner == owner_of(other).casefold() or names.is_reuploader(owner)
        if vouched and same_model(base, other):
            return True
    return False


def _finding(message: str, location: Location, severity: Severity, base: str) -> Finding:
    return META.found(
        message,
        location=location,
        severity=severity,
        confidence=Confidence.MEDIUM,
        remediation=f"audit {base} too, and load the base model yourself, pinned" if severity.rank else "",
        key=base.casefold(),
    )
