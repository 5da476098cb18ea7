import pytest

from tests.builders import COMMIT, findings_of, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.snapshot import GitRef, Refs

REQUEST = GitRef(name="refs/pr/7", ref="refs/pr/7", target=COMMIT)


@pytest.mark.parametrize("revision", ["refs/pr/1", "refs/pr/123"])
def test_pull_request_is_high(revision: str) -> None:
    (finding,) = findings_of("pull-request-revision", make_snapshot(f"org/model@{revision}")).values()
    assert finding.severity == "high"


def test_commit_that_only_a_pull_request_holds() -> None:
    refs = Refs(branches=(GitRef(name="main", ref="refs/heads/main", target="a" * 40),), pull_requests=(REQUEST,))
    snapshot = make_snapshot(f"org/model@{COMMIT}", refs=Known(value=refs))
    assert "refs/pr/7" in findings_of("pull-request-revision", snapshot)


def test_commit_that_a_branch_holds_too() -> None:
    refs = Refs(branches=(GitRef(name="main", ref="refs/heads/main", target=COMMIT),), pull_requests=(REQUEST,))
    snapshot = make_snapshot(f"org/model@{COMMIT}", refs=Known(value=refs))
    assert run_check("pull-request-revision", snapshot).outcome == "pass"


def test_commit_before_the_head_of_a_pull_request() -> None:
    request = REQUEST.model_copy(update={"target": "b" * 40})
    refs = Refs(branches=(GitRef(name="main", ref="refs/heads/main", target="a" * 40),), pull_requests=(request,))
    for accepted, outcome in ((False, "findings"), (True, "pass"), (None, "pass")):
        known = Known(value=refs.model_copy(update={"accepted": accepted}))
        found = run_check("pull-request-revision", make_snapshot(f"org/model@{COMMIT}", refs=known))
        assert (found.outcome == "pass") is (outcome == "pass")


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/convert/parquet", "pr-1", COMMIT])
def test_other_revisions_pass(revision: str) -> None:
    assert run_check("pull-request-revision", make_snapshot(f"org/model@{revision}")).outcome == "pass"


def test_revision_asked_for_is_judged_without_any_fact() -> None:
    snapshot = make_snapshot("org/model@refs/pr/1", info=unavailable(), refs=unavailable())
    assert findings_of("pull-request-revision", snapshot)
