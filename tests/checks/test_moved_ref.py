from __future__ import annotations

from tests.builders import COMMIT, findings_of, make_snapshot, run_check, unavailable
from trustaudit.engine import with_previous
from trustaudit.facts import Known
from trustaudit.snapshot import GitRef, Refs, Snapshot

ONE, TWO = "1" * 40, "2" * 40


def at(tag: str = "", branch: str = "main", ref: str = "org/model") -> Snapshot:
    tags = (GitRef(name="v1", ref="refs/tags/v1", target=tag),) if tag else ()
    branches = (GitRef(name=branch, ref=f"refs/heads/{branch}", target=COMMIT),)
    return make_snapshot(ref, refs=Known(value=Refs(tags=tags, branches=branches)))


def severities(now: Snapshot, before: Snapshot) -> list[str]:
    return [finding.severity for finding in findings_of("moved-ref", with_previous(now, before)).values()]


def test_tags() -> None:
    assert severities(at(ONE), at(ONE)) == []
    assert severities(at(TWO), at(ONE)) == ["high"]
    assert severities(at(), at(ONE)) == ["low"]
    assert severities(at(ONE), at()) == []


def test_a_tag_that_both_asked_for() -> None:
    before = make_snapshot("org/model@v1", commit=ONE)
    assert severities(at(TWO, ref="org/model@v1"), before) == ["high"]
    assert severities(at(ONE, ref="org/model@v1"), before) == []


def test_the_audited_branch() -> None:
    assert severities(at(branch="other"), at(branch="main")) == ["low"]


def test_nothing_to_compare_with() -> None:
    assert run_check("moved-ref", at(ONE)).outcome == "not_applicable"
    assert run_check("moved-ref", make_snapshot(refs=unavailable())).outcome == "unavailable"
