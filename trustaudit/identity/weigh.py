"""Nomination and evidence to severity: the table in words.

Benign reasons come first; they lower or silence, except that nothing silences a copied name under
an account that is days old. Metadata alone never makes more than ``high``.

======================  ===========================================================================
evidence                effect on a nomination
======================  ===========================================================================
repository missing      at most low: there is nothing to load, only an id to correct
known re-uploader       silences the rules about repository names
popular publisher       one level down
verified domain         at most low
declared base model     silences the rules about names when the account is older than 30 days
account under 7 days    a copied name is high; other rules one level up
account under 30 days   the same, unless the base model is declared
account over 90 days    rules about names, and vague ones about owners, one level down
files to start          one level up; a copied name beside a desktop program is high
a claim of any name     one level down, unless the account is under 30 days old or files are to be started
publisher score         under 35 one level up, over 75 one level down
======================  ===========================================================================
"""

from __future__ import annotations

from msgspec import Struct

from trustaudit.finding import Confidence, Severity
from trustaudit.identity.evidence import NameEvidence
from trustaudit.identity.index import NameIndex
from trustaudit.identity.nomination import OWNER_RULES, Nomination, Query, Rule, continues
from trustaudit.identity.skeleton import name_skeleton

DOUBTFUL_SCORE = 35
GOOD_SCORE = 75


class Weighed(Struct, frozen=True):
    """The severity that is left, None when benign reasons explain the name; with the reasons of both sides."""

    severity: Severity | None
    confidence: Confidence = Confidence.MEDIUM
    benign: tuple[str, ...] = ()
    grave: tuple[str, ...] = ()


def weigh(nomination: Nomination, query: Query, index: NameIndex, evidence: NameEvidence | None) -> Weighed:
    """What is left of a nomination."""
    about_name = nomination.rule not in OWNER_RULES
    if about_name and index.names.is_reuploader(query.namespace):
        return Weighed(None, benign=(f"{query.namespace} is a known re-uploader",))
    popular = index.rank_of(query.namespace, query.own) is not None
    benign = (f"{query.namespace} has popular repositories of its own",) if popular else ()
    severity = nomination.severity.lowered() if popular else nomination.severity
    if evidence is None:
        return Weighed(_worth_saying(severity, about_name=about_name), benign=benign)
    return _with_evidence(nomination, severity, benign, evidence, declared=_is_declared(nomination, query, evidence))


def _with_evidence(
    nomination: Nomination, severity: Severity, benign: tuple[str, ...], evidence: NameEvidence, *, declared: bool
) -> Weighed:
    if evidence.trusted:
        return Weighed(None, benign=(*benign, "the policy trusts the publisher"))
    if evidence.verified:
        return Weighed(_at_most(severity, Severity.LOW), benign=(*benign, "the publisher's domain is verified"))
    if not evidence.exists:
        return Weighed(_at_most(severity, Severity.LOW), Confidence.LOW, (*benign, "there is no such repository"))
    benign = (*benign, "the base model is declared") if declared else benign
    about_owner = nomination.rule in OWNER_RULES
    weighed = _owner(nomination, severity, evidence) if about_owner else _name(nomination, severity, evidence, declared)
    if weighed is None or _worth_saying(weighed, about_name=not about_owner) is None:
        return Weighed(None, benign=benign)
    certain = evidence.is_young or bool(evidence.launchers)
    confidence = Confidence.HIGH if certain else Confidence.MEDIUM
    return Weighed(_at_most(weighed, Severity.HIGH), confidence, benign, _grave(evidence))


def _owner(nomination: Nomination, severity: Severity, evidence: NameEvidence) -> Severity:
    steps = _score_steps(evidence) + evidence.is_young + bool(evidence.launchers)
    if evidence.is_settled and (nomination.is_vague or nomination.rule is not Rule.LOOKALIKE):
        steps -= 1
    moved = _moved(severity, steps)
    vague = nomination.is_vague and nomination.rule is not Rule.LOOKALIKE
    return _at_most(moved, Severity.MEDIUM) if vague else moved


def _name(nomination: Nomination, severity: Severity, evidence: NameEvidence, declared: bool) -> Severity | None:  # noqa: FBT001 - one of four facts
    copied = nomination.rule is Rule.SAME_NAME
    if nomination.is_vague:
        return severity if evidence.is_young or evidence.launchers else severity.lowered()
    if evidence.launchers and copied:
        return Severity.HIGH
    if evidence.is_new or (evidence.is_young and not declared):
        honest_habit = declared and nomination.habitual
        return (Severity.MEDIUM if honest_habit else Severity.HIGH) if copied else severity.raised()
    steps = bool(evidence.launchers) + bool(evidence.scripts)
    if declared and not steps and not evidence.is_young:
        return None if evidence.account_age is not None else severity.lowered()
    if evidence.is_settled:
        steps -= 1
    return _moved(severity, steps + _score_steps(evidence))


def _score_steps(evidence: NameEvidence) -> int:
    score = evidence.publisher_score
    return 0 if score is None else (score < DOUBTFUL_SCORE) - (score > GOOD_SCORE)


def _is_declared(nomination: Nomination, query: Query, evidence: NameEvidence) -> bool:
    """Whether a declared base model is the target, or what the name continues."""
    bases = [base.casefold() for base in evidence.base_models]
    names = [base.rpartition("/")[2] for base in bases]
    skeleton = name_skeleton(query.name)
    return nomination.target.casefold() in bases or any(
        continues(query.name, name) or name_skeleton(name) == skeleton for name in names
    )


def _grave(evidence: NameEvidence) -> tuple[str, ...]:
    said = []
    if evidence.is_young:
        said.append(f"the account is {evidence.account_age:.1f} days old")
    if evidence.launchers:
        files = "1 file is" if len(evidence.launchers) == 1 else f"{len(evidence.launchers)} files are"
        said.append(f"{files} made to be started on a desktop")
    return tuple(said)


def _worth_saying(severity: Severity, *, about_name: bool) -> Severity | None:
    """A shared name that evidence explains is no finding; a namespace like another stays worth a line."""
    return None if about_name and severity is Severity.INFO else severity


def _moved(severity: Severity, steps: int) -> Severity:
    return severity.raised(steps) if steps > 0 else severity.lowered(-steps)


def _at_most(severity: Severity, most: Severity) -> Severity:
    return min(severity, most, key=lambda level: level.rank)
