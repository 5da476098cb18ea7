"""Model that runs code from another repository

## What it does
Reports references of the form `owner/repo--module.Class` in `auto_map` and any other field of a configuration, and
`custom_generate`: code is not taken from the audited repository but from another one, at whatever its branch holds on
the day of loading.

## Why it matters
The audit of this repository says nothing about that code, and pinning `revision` does not pin it. Whoever
controls the other repository, or registers its name once it is deleted, runs code on your machine.
Fine-tunes of models with custom code copy such entries from the original, which is why the declared base
model's owner and publishers you trust weigh less.

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

from trustaudit.checks._code_references import CodeReference, code_references
from trustaudit.checks._owner import found_id, is_known_publisher, owner_of
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Unavailable
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
        severity, who = _relation(references[0].repo, snapshot, context)
        yield _finding(references[0].repo, references, severity, who)


def _relation(repo: str, snapshot: Snapshot, context: Context) -> tuple[Severity, str]:
    """How close the other repository is to this one, and how bad that leaves the matter."""
    owner, info = owner_of(repo).casefold(), snapshot.repo_info
    if info is None:
        return Severity.MEDIUM, "whose relation to this model is not known"
    if owner == owner_of(found_id(snapshot)).casefold():
        return Severity.LOW, "of the same owner"
    bases = (*info.base_models, *(info.card.base_models if info.card else ()))
    if owner in {owner_of(base).casefold() for base in bases} - {""}:
        return Severity.MEDIUM, "of the owner of the declared base model"
    if is_known_publisher(owner_of(repo), context):
        return Severity.MEDIUM, "of a well-known publisher"
    return Severity.HIGH, "of an owner without a declared relation to this model"


def _finding(repo: str, references: list[CodeReference], severity: Severity, who: str) -> Finding:
    pinned = all(_COMMIT.fullmatch(reference.revision) for reference in references)
    return META.found(
        f"trust_remote_code=True runs code from {repo}, a repository {who}, at {'a' if pinned else 'no'} fixed commit",
        location=references[0].location,
        severity=severity,
        confidence=Confidence.MEDIUM,
        evidence=listed(f"{r.key}: {r.text}" for r in references),
        remediation=f"audit {repo} too and pin its code with code_revision",
        key=repo.casefold(),
    )
