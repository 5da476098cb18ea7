"""Model that runs code from another repository

## What it does
Reports references of the form `owner/repo--module.Class` in `auto_map` and any other field of a configuration, and
`custom_generate`: code is not taken from the audited repository but from another one, at whatever its branch holds on
the day of loading.

## Why it matters
The audit of this repository says nothing about that code, and pinning `revision` does not pin it. Whoever
controls the other repository, or registers its name once it is deleted, runs code on your machine.
Fine-tunes of models with custom code copy such entries from the original, which is why the declared base
model's owner and well-known publishers weigh less, and why an unknown owner alone asks for a look and not for a
refusal. It is a refusal where the publisher of this repository is new as well, and where `--lineage` shows that the
other repository is days old or does not exist: then its name is anybody's to register.

## Example
`{"auto_map": {"AutoModel": "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"}}`

## How to fix
Audit the other repository too, and pin it: `code_revision="<commit>"`.

## References
- https://huggingface.co/docs/transformers/custom_models
- https://unit42.paloaltonetworks.com/model-namespace-reuse/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from trustaudit.checks._code_references import CodeReference, code_references
from trustaudit.checks._owner import NEW_DAYS, age_days, found_id, is_known_publisher, is_new_account, owner_of
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Severity
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="third-party-code",
    title="Model that runs code from another repository",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    applies_to=frozenset({RepoType.MODEL}),
    local=True,
)

_COMMIT = re.compile(r"[0-9a-f]{40}")


class Relation(Struct, frozen=True):
    """Whose the other repository is, in words, and how much that matters."""

    who: str
    severity: Severity
    confidence: Confidence = Confidence.MEDIUM


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """One finding per other repository."""
    findings = tuple(bounded(META, _findings(snapshot, context)))
    if not findings and isinstance(snapshot.info, Unavailable):
        return CheckResult.unavailable(META.id, snapshot.info)
    return CheckResult.of(META.id, findings)


def _findings(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    own = {snapshot.ref.id.casefold(), found_id(snapshot).casefold()}
    by_repo: dict[str, list[CodeReference]] = {}
    for reference in code_references(snapshot):
        if reference.repo and reference.repo.casefold() not in own:
            by_repo.setdefault(reference.repo.casefold(), []).append(reference)
    for _, references in sorted(by_repo.items()):
        yield _finding(references[0].repo, references, _relation(references[0].repo, snapshot, context))


def _relation(repo: str, snapshot: Snapshot, context: Context) -> Relation:
    """How close the other repository is to this one, and how bad that leaves the matter."""
    owner, info = owner_of(repo).casefold(), snapshot.repo_info
    if info is None:
        return Relation("whose relation to this model is not known", Severity.MEDIUM)
    if owner == owner_of(found_id(snapshot)).casefold():
        return Relation("of the same owner", Severity.LOW)
    bases = (*info.base_models, *(info.card.base_models if info.card else ()))
    if owner in {owner_of(base).casefold() for base in bases} - {""}:
        return Relation("of the owner of the declared base model", Severity.MEDIUM)
    if is_known_publisher(owner_of(repo), context):
        return Relation("of a well-known publisher", Severity.MEDIUM)
    return _of_stranger(repo, snapshot)


def _of_stranger(repo: str, snapshot: Snapshot) -> Relation:
    """Small publishers share code honestly: what else is known decides whether this is more than worth a look."""
    found = next((ancestor.found for ancestor in snapshot.lineage if ancestor.id.casefold() == repo.casefold()), None)
    if isinstance(found, Unavailable) and found.reason is Reason.MISSING_OR_PRIVATE:
        return Relation("that does not exist, so that anybody may register it", Severity.HIGH, Confidence.HIGH)
    age = age_days(snapshot, found.value.created_at) if isinstance(found, Known) else None
    if age is not None and age < NEW_DAYS:
        return Relation(f"that is {age:.0f} days old, of an unrelated owner", Severity.HIGH)
    told = "of an owner without a declared relation to this model"
    return Relation(told, Severity.HIGH, Confidence.MEDIUM if is_new_account(snapshot) else Confidence.LOW)


def _finding(repo: str, references: list[CodeReference], relation: Relation) -> Finding:
    pinned = all(_COMMIT.fullmatch(reference.revision) for reference in references)
    commit = "at a fixed commit" if pinned else "at no fixed commit"
    return META.found(
        f"trust_remote_code=True runs code from {repo}, a repository {relation.who}, {commit}",
        location=references[0].location,
        severity=relation.severity,
        confidence=relation.confidence,
        evidence=listed(f"{r.key}: {r.text}" for r in references),
        remediation=f"audit {repo} too and pin its code with code_revision",
        key=repo.casefold(),
    )
