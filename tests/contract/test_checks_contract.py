"""What every check must hold, found by walking the folder rather than by trusting the list."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import trustaudit.checks
from tests.builders import make_snapshot, unavailable
from tests.strategies import snapshots
from trustaudit.checks import CHECK_MODULES, all_checks, check_by_id
from trustaudit.checks.interface import Check, Context, Need, Options
from trustaudit.finding import Outcome, Severity
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

FOLDER = Path(trustaudit.checks.__file__).parent
TESTS = Path(__file__).parent.parent / "checks"
SECTIONS = ("What it does", "Why it matters", "Example", "How to fix", "References")
CONTEXTS = (
    Context(knowledge=Knowledge()),
    Context(
        knowledge=Knowledge(),
        options=Options(
            licenses_allowed=frozenset({"mit"}),
            licenses_denied=frozenset({"other"}),
            publishers_trusted=frozenset({"other"}),
            publishers_denied=frozenset({"org"}),
            repos_denied=frozenset({"other/model"}),
        ),
    ),
)

every_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.meta.id)


def test_every_module_of_the_folder_is_listed_once() -> None:
    found = {path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_") and path.stem != "interface"}
    assert sorted(CHECK_MODULES) == sorted(found)


def test_ids_are_module_names() -> None:
    assert [check.meta.id for check in all_checks()] == [name.replace("_", "-") for name in CHECK_MODULES]


def test_looking_one_up() -> None:
    assert check_by_id("unsafe-format").meta.id == "unsafe-format"
    with pytest.raises(KeyError):
        check_by_id("no-such-check")


def test_listing_the_names_imports_no_check() -> None:
    """The command line imports the list on every start."""
    program = "import sys, trustaudit.checks; print([m for m in sys.modules if m == 'trustaudit.checks.unsafe_format'])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert told.stdout.strip() == "[]"


@every_check
def test_every_check_has_a_test_file(check: Check) -> None:
    assert (TESTS / f"test_{check.meta.id.replace('-', '_')}.py").exists()


@every_check
def test_docstring_is_a_page(check: Check) -> None:
    title = check.doc.partition("\n")[0]
    assert title
    assert not title.startswith("#")
    assert re.findall(r"^## (.+)$", check.doc, re.MULTILINE) == list(SECTIONS)


@every_check
def test_a_required_fact_that_is_unavailable_makes_the_check_unavailable(check: Check) -> None:
    for need in check.meta.needs - {Need.PREVIOUS}:
        field = "files" if need is Need.CONTENTS else str(need)
        snapshot = of_its_type(check).model_copy(update={field: unavailable()})
        result = check(snapshot, CONTEXTS[0])
        assert result.outcome is Outcome.UNAVAILABLE
        assert "no answer within 10 s" in result.reason


@every_check
def test_nothing_seen_is_never_reported_as_clean(check: Check) -> None:
    """With every fact gone, a check may accuse what was asked for, but not clear it.

    A check that only reads ``file_facts`` fails here until it declares ``Need.CONTENTS``.
    """
    asked_only = {"denied-by-policy", "pull-request-revision", "name-confusion"}
    gone = unavailable()
    snapshot = of_its_type(check).model_copy(
        update={"info": gone, "files": gone, "history": gone, "publisher": gone, "scan": gone, "refs": gone}
    )
    if check.meta.id not in asked_only:
        assert check(snapshot, CONTEXTS[0]).outcome is not Outcome.PASS


@every_check
def test_an_ordinary_model_gives_notes_at_most(check: Check) -> None:
    result = check(make_snapshot(), CONTEXTS[0])
    assert result.outcome is not Outcome.ERROR, result.reason
    assert all(finding.severity.rank <= Severity.LOW.rank for finding in result.findings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(snapshots())
def test_any_snapshot_is_judged_the_same_twice(snapshot: Snapshot) -> None:
    again = Snapshot.from_json(snapshot.to_json())
    for context in CONTEXTS:
        for check in all_checks():
            result = check(snapshot, context)
            assert result.outcome is not Outcome.ERROR, f"{check.meta.id}: {result.reason}"
            assert result == check(again, context)
            assert (result.outcome is Outcome.FINDING) == bool(result.findings)
            for finding in result.findings:
                assert finding.rule == check.meta.id
                assert finding.category is check.meta.category
                assert finding.message
                assert finding.location.path is not None or finding.location.field
                assert len(finding.message) < 2_000
                assert len(finding.evidence) < 10_000


def of_its_type(check: Check) -> Snapshot:
    """An ordinary repository of a kind that the check applies to."""
    kind = next(kind for kind in RepoType if kind in check.meta.applies_to)
    return make_snapshot("org/model" if kind is RepoType.MODEL else f"{kind.plural}/org/model")
