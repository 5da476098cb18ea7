"""Which entries do without an info answer: never more requests than models, and nobody for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lock.locking import make_entry
from trustaudit.finding import Severity
from trustaudit.lockfile.glance import MOST_FILES, looked_at
from trustaudit.lockfile.groups import SHARED, is_due, thrift
from trustaudit.lockfile.model import FilePin, FindingPin, LockEntry, PublisherPin
from trustaudit.refs import RepoType
from trustaudit.report.model import Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODEL = make_entry()


def pins(*paths: str) -> tuple[FilePin, ...]:
    return tuple(FilePin(path=path, size=1, git="a" * 40) for path in paths)


PLAIN = pins(".gitattributes", "README.md", "config.json", "model.safetensors")


def entry(name: str, *, owner: str = "acme", verified: bool = True, **changes: Any) -> LockEntry:  # noqa: ANN401 - any field
    publisher = PublisherPin(name=owner, kind="organization", verified=verified)
    own = {
        "object_id": "a" * 24,
        "audited": NOW,
        "gated": "no",
        "verdict": Verdict.PASS,
        "files": PLAIN,
        "accepted": (),
    }
    return MODEL.model_copy(
        update={"id": f"{owner}/{name}", "publisher": publisher, "scan_issues": (), "findings": (), **own, **changes}
    )


def group(models: int, **changes: Any) -> list[LockEntry]:  # noqa: ANN401 - any field
    return [entry(f"m{number}", **changes) for number in range(models)]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=14))
def test_never_more_requests_than_models_but_for_single_ones(drawn: list[tuple[int, bool, bool]]) -> None:
    badges = dict.fromkeys(range(4), False) | {owner: verified for owner, verified, _ in drawn}
    entries = [
        entry(f"m{number}", owner=f"o{owner}", verified=badges[owner], files=(*PLAIN, *pins("a.bin") * pickled))
        for number, (owner, _, pickled) in enumerate(drawn)
    ]
    plan = thrift(entries, NOW)
    for owner in range(4):
        own = [item for item in entries if item.id.startswith(f"o{owner}/")]
        cost = len(own) - sum(item.key in plan.spared for item in own) + (f"o{owner}" in plan.paged) + badges[owner]
        if len(own) > 1:
            assert cost <= len(own) - (len(own) >= SHARED)
            assert any(item.key not in plan.spared for item in own)


@pytest.mark.parametrize("models", [2, 3, 4, 10])
def test_no_equal_is_left_out_for_good(models: int) -> None:
    entries = group(models)
    spared = [thrift(entries, NOW + timedelta(days=7 * week)).spared for week in range(60)]
    assert all(any(item.key not in some for some in spared) for item in entries)
    assert len({len(some) for some in spared}) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"files": (*PLAIN, *pins("pytorch_model.bin"))},
        {"files": (*PLAIN, *pins("modeling.py"))},
        {"files": (*PLAIN, *pins("what.is_this"))},
        {"verdict": Verdict.REVIEW},
        {"gated": "auto"},
        {"gated": None},
        {"answers_as": "acme/other"},
        {"object_id": None},
        {"files": ()},
    ],
)
def test_who_is_asked_before_others(more: dict[str, Any]) -> None:
    entries = [*group(4), entry("x", **more), *group(5)[4:]]
    for day in range(20):
        assert entries[4].key not in thrift(entries, NOW + timedelta(days=day)).spared


def test_scanners_that_had_not_finished_are_asked_for_first() -> None:
    risky = group(9, files=(*PLAIN, *pins("pytorch_model.bin")))
    unfinished = FindingPin(fingerprint="a" * 32, rule="hub-scan-coverage", severity=Severity.LOW)
    entries = [*risky, entry("x", files=risky[0].files, findings=(unfinished,))]
    for day in range(20):
        assert entries[-1].key not in thrift(entries, NOW + timedelta(days=day)).spared


def test_only_models_of_somebody_are_grouped() -> None:
    assert thrift([entry("m", type=RepoType.DATASET), entry("n", type=RepoType.DATASET)], NOW).spared == frozenset()
    assert thrift([MODEL.model_copy(update={"id": "gpt2"})] * 3, NOW).spared == frozenset()


def test_for_one_that_is_spared_no_page_is_asked() -> None:
    plan = thrift([*group(4, gated="manual"), entry("x")], NOW)
    assert len(plan.spared) == 1
    assert plan.paged == frozenset()


def test_owners_are_due_for_their_badge_or_after_a_day() -> None:
    assert is_due(entry("m"), NOW)
    assert not is_due(entry("m", verified=False), NOW)
    assert is_due(entry("m", verified=False), NOW + timedelta(days=1))
    assert not is_due(entry("m", publisher=None), NOW + timedelta(days=9))


def test_the_addresses_looked_at_are_few_and_those_that_can_run_come_first() -> None:
    many = entry("m", files=(*PLAIN, *pins(*(f"model-{n}.safetensors" for n in range(20)), "z.bin", "modeling.py")))
    found = [pin.path for pin in looked_at(many)]
    assert len(found) == MOST_FILES
    assert found[0] == "z.bin"
    assert [pin.path for pin in looked_at(entry("m", files=pins("README.md", "config.json")))] == ["README.md"]
