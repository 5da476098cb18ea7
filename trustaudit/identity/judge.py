"""judge_name: what an id's name says, weighed against benign reasons and evidence about its publisher.

Names nominate, evidence decides. With names alone four in five nominations of similarity would be
wrong (ConfuGuard measured 80 % before metadata, 28 % after), so a judgement without evidence is a
reason to look, and the check ``name-confusion`` always brings evidence.
"""

from __future__ import annotations

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.finding import Confidence, Severity
from trustaudit.identity import name_rules, namespace_rules
from trustaudit.identity.evidence import NameEvidence
from trustaudit.identity.index import TRUSTED_TOP, NameIndex
from trustaudit.identity.nomination import Nomination, Query, Rule
from trustaudit.identity.suggest import correction, seeming_owner, suggest, suggest_root
from trustaudit.identity.weigh import Weighed, weigh
from trustaudit.refs import RepoRef, RepoType

_RULES = (
    namespace_rules.lookalike,
    namespace_rules.misspelt,
    namespace_rules.branded,
    name_rules.same_name,
    name_rules.misspelt,
    name_rules.claimed_official,
    name_rules.embedded_owner,
    name_rules.confused_version,
)
LONGEST_ID = 2 * 96 + 1
"""Two parts of 96 characters and a slash."""


class NameJudgement(Struct, frozen=True):
    """What is said of an id. Without a rule there is nothing to report; ``benign`` then says why, if anything spoke.

    ``target`` is the id it may be taken for, or a namespace with its slash; ``candidates`` are
    ids that may have been meant.
    """

    rule: Rule | None = None
    severity: Severity = Severity.INFO
    confidence: Confidence = Confidence.MEDIUM
    target: str | None = None
    reason: str = ""
    benign: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


def judge_name(
    ref_id: str,
    repo_type: RepoType,
    index: NameIndex,
    evidence: NameEvidence | None = None,
    *,
    as_unknown: bool = False,
) -> NameJudgement:
    """Judge ``name`` or ``namespace/name``. Total: any text gets a judgement.

    ``as_unknown`` judges an id that is listed as if it were not (evaluation).
    """
    if len(ref_id) > LONGEST_ID:
        return NameJudgement(Rule.INVALID, Severity.HIGH, Confidence.HIGH, reason="longer than any id of the Hub")
    try:
        ref = _read(ref_id, repo_type)
    except RefError as error:
        return _refused(ref_id, error, index)
    denied = index.names.denied.get((ref.namespace or "").casefold())
    if denied:
        reason = f"belongs to {ref.namespace}, known for malicious repositories ({denied})"
        return NameJudgement(Rule.DENIED, Severity.CRITICAL, Confidence.HIGH, reason=reason)
    if ref.id in index.listed and not as_unknown:
        return NameJudgement(benign=("listed as a popular repository",))
    return _renamed(ref, index) or _judge(ref, index, evidence)


def _read(ref_id: str, repo_type: RepoType) -> RepoRef:
    namespace, slash, name = ref_id.partition("/")
    if "/" in name or (slash and not namespace):
        raise RefError(f"{ref_id!a} is not a repository id")
    return RepoRef(type=repo_type, namespace=namespace, name=name) if slash else RepoRef(type=repo_type, name=ref_id)


def _refused(ref_id: str, error: RefError, index: NameIndex) -> NameJudgement:
    """T0: the Hub would refuse the id; look-alike characters arrive by paste."""
    meant = suggest(ref_id, index)
    target = meant[0] if meant else seeming_owner(ref_id, index)
    return NameJudgement(Rule.INVALID, Severity.HIGH, Confidence.HIGH, target, error.what, candidates=meant)


def _renamed(ref: RepoRef, index: NameIndex) -> NameJudgement | None:
    """T8: legacy ids and renamed owners, which the Hub redirects."""
    if ref.type is not RepoType.MODEL:
        return None
    moved = index.names.moved.get(ref.id.casefold())
    if moved and ref.namespace is None:
        return NameJudgement(target=moved.new, benign=(f"the former id of {moved.new}",), candidates=(moved.new,))
    renamed = index.names.renamed.get((ref.namespace or "").casefold())
    target = moved.new if moved else f"{renamed.new}/{ref.name}" if renamed else None
    if target is None:
        return None
    reason = f"was renamed to {target}"
    return NameJudgement(Rule.RENAMED, Severity.INFO, Confidence.MEDIUM, target, reason, candidates=(target,))


def _judge(ref: RepoRef, index: NameIndex, evidence: NameEvidence | None) -> NameJudgement:
    if ref.namespace is None:
        return _rootless(ref, index)
    query = Query(ref.namespace, ref.name)
    rank = index.rank_of(query.namespace, query.own)
    if rank is not None and rank <= TRUSTED_TOP:
        return _inside_trusted(query, index, evidence)
    nominations = nominate(query, index)
    weighed = [(nomination, weigh(nomination, query, index, evidence)) for nomination in nominations]
    return _worst(weighed) or _misspelt(query, index, evidence)


def nominate(query: Query, index: NameIndex) -> list[Nomination]:
    """What the rules say of an id in an untrusted namespace, from the names alone."""
    return [nomination for rule in _RULES if (nomination := rule(query, index)) is not None]


def _worst(weighed: list[tuple[Nomination, Weighed]]) -> NameJudgement | None:
    if not weighed:
        return None
    nomination, verdict = max(weighed, key=_weight)
    candidates = tuple(dict.fromkeys(other.target for other, _ in weighed if not other.is_vague))
    target = nomination.target or None
    if verdict.severity is None:
        return NameJudgement(target=target, benign=verdict.benign, candidates=candidates)
    reason = "; ".join((nomination.reason, *verdict.grave))
    return NameJudgement(
        nomination.rule, verdict.severity, verdict.confidence, target, reason, verdict.benign, candidates
    )


def _weight(weighed: tuple[Nomination, Weighed]) -> tuple[int, bool]:
    """Severity first; of equals the one that names a repository."""
    nomination, verdict = weighed
    return -1 if verdict.severity is None else verdict.severity.rank, not nomination.is_vague


def _inside_trusted(query: Query, index: NameIndex, evidence: NameEvidence | None) -> NameJudgement:
    judgement = _misspelt(query, index, evidence)
    return judgement if judgement.rule else NameJudgement(benign=("a publisher of popular repositories",))


def _misspelt(query: Query, index: NameIndex, evidence: NameEvidence | None) -> NameJudgement:
    """T7: a name nearly like one the same owner has. Only the owner can publish there: a typing error."""
    meant = correction(query, index) if evidence is None or not evidence.exists else None
    if meant is None:
        return NameJudgement()
    reason = f"is not known; {meant} is"
    return NameJudgement(Rule.MISSPELT, Severity.LOW, Confidence.LOW, meant, reason, candidates=(meant,))


def _rootless(ref: RepoRef, index: NameIndex) -> NameJudgement:
    """T7: an id without a namespace that is no legacy one. Nobody can create such an id any more."""
    if not index.listed.rows:
        return NameJudgement()
    meant = suggest_root(ref.name, index)
    reason = "has no owner, and is none of the old ids that need none"
    target = meant[0] if meant else None
    return NameJudgement(Rule.MISSPELT, Severity.LOW, Confidence.LOW, target, reason, candidates=meant)
