from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot, unavailable
from tests.policy.judging import findings, results
from trustaudit.finding import Finding, Severity
from trustaudit.policy.evaluate import evaluate
from trustaudit.policy.model import builtin_names, load_policy, parse_policy

POLICIES = [load_policy(name) for name in builtin_names()]
SNAPSHOTS = [make_snapshot(), make_snapshot(history=unavailable()), make_snapshot(files=unavailable())]
RANK = {"pass": 0, "review": 1, "incomplete": 2, "block": 3}

policies = st.sampled_from(POLICIES)
snapshots = st.sampled_from(SNAPSHOTS)
several = st.lists(findings(), max_size=12)


@given(snapshots, several, findings(), policies)
def test_a_further_finding_never_raises_the_score_or_mends_the_verdict(
    snapshot: object, seen: list[Finding], more: Finding, policy: object
) -> None:
    before = evaluate(snapshot, results(*seen), policy)  # type: ignore[arg-type]
    after = evaluate(snapshot, results(*seen, more), policy)  # type: ignore[arg-type]
    assert RANK[after.verdict] >= RANK[before.verdict]
    if before.score is not None and after.score is not None:
        assert after.score <= before.score
    assert all(after.breakdown[name].score <= room.score for name, room in before.breakdown.items())


@given(several, st.integers(0, 11), policies)
def test_a_worse_finding_never_scores_better(seen: list[Finding], index: int, policy: object) -> None:
    if not seen:
        return
    at = index % len(seen)
    worse = seen[at].model_copy(update={"severity": seen[at].severity.raised()})
    unique = list(dict.fromkeys(seen))
    changed = [worse if item == seen[at] else item for item in unique]
    if len(set(changed)) < len(changed):
        return
    before = evaluate(make_snapshot(), results(*unique), policy)  # type: ignore[arg-type]
    after = evaluate(make_snapshot(), results(*changed), policy)  # type: ignore[arg-type]
    assert (after.score or 0) <= (before.score or 0)


@given(several, st.randoms(use_true_random=False), policies)
def test_the_order_of_findings_does_not_matter(seen: list[Finding], shuffler: object, policy: object) -> None:
    shuffled = list(seen)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    first = evaluate(make_snapshot(), results(*seen), policy)  # type: ignore[arg-type]
    assert first == evaluate(make_snapshot(), results(*shuffled), policy)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(several, st.sampled_from(["rule-a", "rule-b"]), st.sampled_from(["a.bin", "*", "b/*"]))
def test_every_finding_is_judged_or_visibly_suppressed(seen: list[Finding], rule: str, path: str) -> None:
    text = f"""name = "x"
severity = {{rule-c = "off"}}
[[exceptions]]
rule = "{rule}"
repo = "org/model"
path = "{path}"
reason = "because"
expires = 2030-01-01
"""
    judged = evaluate(make_snapshot(), results(*seen), parse_policy(text, source="p"))
    told = {*judged.findings, *(item.finding for item in judged.suppressed)}
    assert told == set(seen)
    assert all(item.reason for item in judged.suppressed)


@given(several, policies)
def test_a_critical_finding_always_blocks(seen: list[Finding], policy: object) -> None:
    judged = evaluate(make_snapshot(), results(*seen), policy)  # type: ignore[arg-type]
    if any(item.severity is Severity.CRITICAL for item in seen):
        assert judged.verdict == "block"
