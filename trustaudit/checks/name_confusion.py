"""Id that can be taken for a popular repository

## What it does

Compares owner and name with the popular list: the same name under another owner, a namespace
that reads like a known one (`meta-Ilama`, `rnicrosoft`) or carries its name (`openai-official`),
typing errors, owner and name packed into one name, and claims such as `official-` or `-original`.
Then it weighs what the names suggest against the evidence: the age of the account, a verified
domain, the publisher's score, a declared base model, and files made to be started by hand.

The finding's evidence names the rule that nominated the id (`same-name`, `namespace-lookalike`,
`namespace-typo`, `namespace-brand`, `name-typo`, `embedded-owner`, `claims-official`,
`version-confusion`, `misspelt-id`, `denied-namespace`). Ids of the popular list, its publishers
and known re-uploaders are not reported. Owners known for malicious repositories always are.

## Why it matters

Nobody but its owner can publish under a name, so the deception is another owner with the same or
a similar name. The malicious repositories of 2026 that were documented, `Open-OSS/privacy-filter`
among them, copied the name of a trending repository exactly, hours after their account was made,
and were trending themselves within a day.

## Example

`someone/privacy-filter`, from an account of 19 hours, without a declared base model: high. The
same name from an account of three years: low. A quantization `someone/Llama-3.1-8B-Instruct-GGUF`
that declares `meta-llama/Llama-3.1-8B-Instruct` as its base: nothing.

## How to fix

Load the repository that the finding names, if that is the one you meant. If you did choose this
one, read its card and its files before its name convinces you, pin the commit, and add the owner
to the trusted publishers of your policy. Publishers: declare `base_model` in the card.

## References

- https://arxiv.org/abs/2003.03471 (typing errors and look-alikes in package names)
- https://arxiv.org/abs/2502.20528 (why names only nominate, and metadata decides)
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter and anthfu, 2026-05)
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._owner import found_id, is_trusted, owner_of
from trustaudit.checks._redirects import ids_on_the_way
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.identity.evidence import NameEvidence, gather
from trustaudit.identity.judge import NameJudgement, judge_name
from trustaudit.identity.names import index_for
from trustaudit.identity.nomination import Rule
from trustaudit.identity.publisher import publisher_score
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="name-confusion",
    title="Id that can be taken for a popular repository",
    severity=Severity.HIGH,
    category=Category.NAME,
)


def run(snapshot: Snapshot, context: Context) -> Iterable[Finding]:
    """At most one finding: the worst that the name, weighed with the evidence, amounts to."""
    judged = _judged(snapshot, context)
    trusted = is_trusted(owner_of(judged), context)
    evidence = gather(snapshot, publisher_score(snapshot, context.knowledge).score, trusted=trusted)
    judgement = judge_name(judged, snapshot.ref.type, index_for(context.knowledge, snapshot.ref.type), evidence)
    if judgement.rule is not None and judgement.rule is not Rule.RENAMED:
        yield _finding(judged, judgement, evidence)


def _judged(snapshot: Snapshot, context: Context) -> str:
    """The id the Hub answered with; but one of a denied owner on the way to it is enough."""
    on_the_way = (snapshot.ref.id, *ids_on_the_way(snapshot))
    denied = context.knowledge.names.denied
    return next((repo_id for repo_id in on_the_way if owner_of(repo_id).casefold() in denied), found_id(snapshot))


def _finding(judged: str, judgement: NameJudgement, evidence: NameEvidence) -> Finding:
    return META.found(
        judgement.reason if judgement.rule is Rule.INVALID else f"{judged} {judgement.reason}",
        location=Location(field="id"),
        severity=judgement.severity,
        confidence=judgement.confidence,
        evidence="; ".join((f"rule {judgement.rule}", *_known(evidence), *judgement.benign)),
        remediation=_remediation(judgement),
        key=f"{judgement.rule}:{judgement.target or ''}",
    )


def _known(evidence: NameEvidence) -> tuple[str, ...]:
    age = "unknown" if evidence.account_age is None else f"{evidence.account_age:.1f} days"
    score = "unknown" if evidence.publisher_score is None else str(evidence.publisher_score)
    bases = ", ".join(evidence.base_models[:3]) or "none"
    files = ", ".join((*evidence.launchers, *evidence.scripts)[:3])
    known = (f"account age {age}", f"publisher score {score}", f"declared base model {bases}")
    return (*known, f"files to start {files}") if files else known


def _remediation(judgement: NameJudgement) -> str:
    if judgement.rule is Rule.DENIED:
        return "do not load anything of this owner; report it to the Hub"
    if judgement.target is None:
        return "check the id with whoever gave it to you"
    meant = judgement.target.rstrip("/")
    return f"if you meant {meant}, load that; otherwise do not let the name convince you"
