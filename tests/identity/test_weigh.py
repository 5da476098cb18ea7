"""What evidence makes of a name: the table of ``weigh.py``, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, days_ago, make_file, make_info, make_publisher, make_snapshot, unavailable
from trustaudit.finding import Severity
from trustaudit.identity.evidence import NameEvidence, days_between, gather
from trustaudit.identity.index import NameIndex
from trustaudit.identity.nomination import Nomination, Query, Rule
from trustaudit.identity.weigh import Weighed, weigh
from trustaudit.knowledge.listing import PopularList
from trustaudit.knowledge.names import load_names
from trustaudit.snapshot import Card

INDEX = NameIndex.build(PopularList(), load_names())
QUERY = Query("somebody", "privacy-screen")
CLONE = Nomination(Rule.SAME_NAME, Severity.MEDIUM, "tiny-org/privacy-screen", "has the name")
HABIT = Nomination(Rule.SAME_NAME, Severity.LOW, "unsloth/Lumen-7B-GGUF", "has the name", habitual=True)
TYPO = Nomination(Rule.NAME_TYPO, Severity.MEDIUM, "tiny-org/privacy-screens", "is one letter away")
LOOKALIKE = Nomination(Rule.LOOKALIKE, Severity.HIGH, "brightlabs/Lumen", "reads like")
BRAND = Nomination(Rule.BRAND, Severity.HIGH, "brightlabs/Lumen", "carries the name")
VAGUE = Nomination(Rule.OWNER_TYPO, Severity.LOW, "brightlabs/", "is one letter away")
CLAIM = Nomination(Rule.CLAIM, Severity.MEDIUM, "", "adds 'official'")
DECLARED = ("tiny-org/privacy-screen",)


def weighed(nomination: Nomination, query: Query = QUERY, **evidence: Any) -> Weighed:  # noqa: ANN401 - fields of the evidence
    return weigh(nomination, query, INDEX, NameEvidence(**evidence))


@pytest.mark.parametrize(
    ("nomination", "evidence", "severity"),
    [
        (CLONE, {}, "medium"),
        (CLONE, {"account_age": 0.8}, "high"),
        (CLONE, {"account_age": 0.8, "base_models": DECLARED}, "high"),
        (CLONE, {"account_age": 20}, "high"),
        (CLONE, {"account_age": 20, "base_models": DECLARED}, "medium"),
        (CLONE, {"account_age": 60}, "medium"),
        (CLONE, {"account_age": 60, "base_models": DECLARED}, None),
        (CLONE, {"account_age": 900}, "low"),
        (CLONE, {"account_age": 900, "base_models": DECLARED}, None),
        (CLONE, {"base_models": DECLARED}, "low"),
        (CLONE, {"account_age": 900, "publisher_score": 20}, "medium"),
        (CLONE, {"account_age": 900, "launchers": ("start.bat",)}, "high"),
        (CLONE, {"account_age": 900, "launchers": ("start.bat",), "base_models": DECLARED}, "high"),
        (CLONE, {"account_age": 900, "scripts": ("loader.py",)}, "medium"),
        (CLONE, {"account_age": 0.8, "verified": True}, "low"),
        (CLONE, {"account_age": 0.8, "trusted": True}, None),
        (CLONE, {"exists": False}, "low"),
        (HABIT, {"account_age": 900}, None),
        (HABIT, {"account_age": 2}, "high"),
        (TYPO, {"account_age": 2}, "high"),
        (TYPO, {"account_age": 900}, "low"),
        (CLAIM, {"account_age": 900}, "low"),
        (CLAIM, {"account_age": 60}, "low"),
        (CLAIM, {"account_age": 3}, "medium"),
        (CLAIM, {"account_age": 900, "launchers": ("start.bat",)}, "medium"),
        (LOOKALIKE, {"account_age": 900}, "high"),
        (LOOKALIKE, {"account_age": 900, "publisher_score": 90}, "medium"),
        (LOOKALIKE, {"account_age": 1}, "high"),
        (LOOKALIKE, {"exists": False}, "low"),
        (LOOKALIKE, {"verified": True}, "low"),
        (BRAND, {"account_age": 900}, "medium"),
        (BRAND, {"account_age": 3}, "high"),
        (VAGUE, {"account_age": 900}, "info"),
        (VAGUE, {"account_age": 1, "publisher_score": 10, "launchers": ("a.exe",)}, "medium"),
    ],
)
def test_table(nomination: Nomination, evidence: dict[str, Any], severity: str | None) -> None:
    assert weighed(nomination, **evidence).severity == severity


def test_a_conversion_that_declares_its_base_is_the_converters_habit() -> None:
    query = Query("somebody", "Lumen-7B-GGUF")
    bases = ("brightlabs/Lumen-7B",)
    assert weighed(HABIT, query, account_age=500, base_models=bases).severity is None
    assert weighed(HABIT, query, account_age=3, base_models=bases).severity == "medium"


def test_reuploaders_are_silent_about_names_and_not_about_owners() -> None:
    query = Query("Xenova", "privacy-screen")
    assert weighed(CLONE, query, account_age=1).severity is None
    assert weighed(LOOKALIKE, query).severity is not None


def test_new_accounts_are_named_in_the_reason() -> None:
    found = weighed(CLONE, account_age=0.8, launchers=("x.exe", "y.bat"))
    assert found.confidence == "high"
    assert found.grave == ("the account is 0.8 days old", "2 files are made to be started on a desktop")


ages = st.none() | st.floats(0, 5000)


@given(
    st.sampled_from([CLONE, HABIT, TYPO, LOOKALIKE, BRAND, VAGUE]),
    st.builds(
        NameEvidence,
        exists=st.booleans(),
        account_age=ages,
        verified=st.none() | st.booleans(),
        publisher_score=st.none() | st.integers(0, 100),
        base_models=st.sampled_from([(), DECLARED]),
        launchers=st.sampled_from([(), ("a.exe",)]),
        scripts=st.sampled_from([(), ("run.sh",)]),
    ),
)
def test_metadata_alone_is_never_critical(nomination: Nomination, evidence: NameEvidence) -> None:
    severity = weigh(nomination, QUERY, INDEX, evidence).severity
    assert severity is None or severity.rank <= Severity.HIGH.rank


@given(ages.filter(lambda age: age is not None), st.sampled_from([(), DECLARED]), st.integers(0, 100))
def test_a_copied_name_under_a_new_account_is_never_silent(age: float, bases: tuple[str, ...], score: int) -> None:
    severity = weighed(CLONE, account_age=min(age, 6.9), base_models=bases, publisher_score=score).severity
    assert severity == "high"


def test_gathering() -> None:
    info = make_info(base_models=("a/b",), card=Card(base_models=("a/b", "c/d")), tags=("base_model:quantized:e/f",))
    snapshot = make_snapshot(
        info=info,
        publisher=make_publisher(created_at=days_ago(3)),
        files=("README.md", "Start.BAT", make_file("tool/setup.py", 900), "modeling_x.py", "run.sh", "m.llamafile"),
    )
    evidence = gather(snapshot, 44)
    assert evidence.account_age == pytest.approx(3)
    assert evidence.base_models == ("a/b", "c/d", "e/f")
    assert evidence.launchers == ("Start.BAT",)
    assert evidence.scripts == ("run.sh", "tool/setup.py")
    assert evidence.publisher_score == 44


def test_scripts_belong_into_spaces() -> None:
    assert gather(make_snapshot("spaces/org/app", files=("main.py", "run.sh")), None).scripts == ()


def test_nothing_known() -> None:
    evidence = gather(make_snapshot(info=unavailable(), publisher=unavailable(), files=unavailable()), None)
    assert evidence == NameEvidence(exists=False)


def test_days_between_moments_with_and_without_zone() -> None:
    assert days_between(days_ago(2), NOW) == pytest.approx(2)
    assert days_between(days_ago(2).replace(tzinfo=None), NOW) == pytest.approx(2)
