from __future__ import annotations

import pytest

from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.facts import Known
from trustaudit.snapshot import Sibling, Snapshot

NAMES = ("Llama-3.1-8B-Instruct", "bert-base-uncased", "all-MiniLM-L6-v2")


def owning(*names: str, days: float = 2, base: str = "", owner: str = "anthfoo") -> Snapshot:
    models = tuple(Sibling(id=f"{owner}/{name}", base_models=(base,) if base else ()) for name in names)
    publisher = make_publisher(name=owner, kind="user", created_at=days_ago(days), models=len(names), verified=None)
    info = make_info(id=f"{owner}/x", author=owner)
    return make_snapshot(f"{owner}/x", info=info, publisher=publisher, siblings=Known(value=models))


@pytest.mark.parametrize(("count", "days", "severity"), [(3, 2, "high"), (3, 20, "medium"), (2, 2, "medium")])
def test_several_copies(count: int, days: float, severity: str) -> None:
    (finding,) = findings_of("publisher-clones", owning(*NAMES[:count], days=days)).values()
    assert finding.severity == severity
    assert "anthfoo/Llama-3.1-8B-Instruct" in finding.evidence


def test_honest_newcomers() -> None:
    honest = (
        owning(*(f"{name}-GGUF" for name in NAMES), base="x/y"),
        owning(*NAMES, base="x/y"),
        owning("my-model", "my-other-model", "poems"),
        owning(NAMES[0]),
    )
    assert [run_check("publisher-clones", snapshot).outcome for snapshot in honest] == ["pass"] * 4
    assert run_check("publisher-clones", owning(*NAMES), publishers_trusted=frozenset({"anthfoo"})).outcome == "pass"


def test_not_asked_or_not_seen() -> None:
    assert run_check("publisher-clones", make_snapshot()).outcome == "not_applicable"
    assert run_check("publisher-clones", make_snapshot(siblings=unavailable())).outcome == "unavailable"
