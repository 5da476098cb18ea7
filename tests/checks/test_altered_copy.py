from __future__ import annotations

from typing import Any

import pytest

from tests.builders import (
    days_ago,
    findings_of,
    make_commit,
    make_file,
    make_files,
    make_history,
    make_info,
    make_snapshot,
    run_check,
    unavailable,
)
from trustaudit.facts import Known
from trustaudit.finding import Finding
from trustaudit.refs import RepoType
from trustaudit.snapshot import Card, CopySource, FileEntry, Snapshot

ONE, TWO = "1a" * 32, "2b" * 32
COPY = make_commit(1, "bob", days=50, title="Duplicate from acme/model")
LATER = make_commit(2, "bob", days=20, title="Update")
PATHS = ("a.safetensors", "b.safetensors", "modeling.py", "config.json")


def entry(path: str, digest: str = ONE, **more: Any) -> FileEntry:  # noqa: ANN401 - any field
    return make_file(path, 2_000_000, sha256=digest, **more)


def copied(
    *changed: str,
    by: object = COPY,
    modified: float = 90,
    since: dict[str, float] | None = None,
    claimed_in: str = "history",
    **more: Any,  # noqa: ANN401 - any field
) -> Snapshot:
    """A copy of acme/model, whose ``changed`` files differ since commit ``by``; the original was modified so long ago."""
    here = [entry(path, TWO if path in changed else ONE, commit=by if path in changed else COPY) for path in PATHS]
    there = make_files(*(entry(path) for path in PATHS))
    source = CopySource(
        id="acme/model",
        claimed_in=claimed_in,  # type: ignore[arg-type]
        info=make_info(id="acme/model", last_modified=days_ago(modified)),
        files=there,
        changed=tuple(entry(path, commit=make_commit(9, days=days)) for path, days in (since or {}).items()),
    )
    history = make_history(LATER, COPY)
    return make_snapshot(
        "bob/model",
        files=here,
        history=history,
        **{"info": make_info(id="bob/model"), **more, "copy_source": Known(value=source)},
    )


def judged(snapshot: Snapshot) -> Finding:
    (finding,) = findings_of("altered-copy", snapshot).values()
    return finding


def test_a_true_copy_is_said_to_be_one() -> None:
    finding = judged(copied())
    assert (finding.severity, "3 files" in finding.message) == ("info", True)


@pytest.mark.parametrize("path", ["b.safetensors", "modeling.py"])
def test_a_difference_inside_the_copy_is_a_forgery(path: str) -> None:
    finding = judged(copied(path))
    assert (finding.severity, finding.confidence, finding.location.path) == ("high", "high", path)


def test_a_configuration_is_no_content() -> None:
    assert judged(copied("config.json")).severity == "info"


def test_the_original_may_have_changed_since() -> None:
    assert judged(copied("b.safetensors", modified=10, since={"b.safetensors": 10})).severity == "low"
    forged = judged(copied("b.safetensors", modified=10, since={"b.safetensors": 300}))
    assert (forged.severity, forged.confidence) == ("high", "high")
    unclear = judged(copied("b.safetensors", modified=10))
    assert (unclear.severity, unclear.confidence) == ("medium", "low")


def test_a_later_change_asks_for_a_look() -> None:
    finding = judged(copied("modeling.py", by=LATER))
    assert (finding.severity, finding.confidence) == ("high", "low")


@pytest.mark.parametrize(("path", "severity"), [("a.safetensors", "low"), ("modeling.py", "medium")])
def test_a_later_change_that_the_card_explains(path: str, severity: str) -> None:
    info = make_info(id="bob/model", card=Card(licenses=("mit",), base_models=("acme/model",)))
    assert judged(copied(path, by=LATER, info=info)).severity == severity


def test_a_copied_card_explains_nothing() -> None:
    info = make_info(id="bob/model", card=Card(licenses=("mit",), base_models=("the/originals-base",)))
    assert judged(copied("a.safetensors", by=LATER, info=info)).severity == "high"


@pytest.mark.parametrize(
    ("changed", "severity"), [(("modeling.py",), "high"), (("a.safetensors", "modeling.py"), "medium")]
)
def test_a_card_that_names_the_original(changed: tuple[str, ...], severity: str) -> None:
    assert judged(copied(*changed, claimed_in="card")).severity == severity


def test_all_different_is_a_model_of_its_own() -> None:
    snapshot = copied("a.safetensors", "b.safetensors", "modeling.py", claimed_in="card")
    assert run_check("altered-copy", snapshot).outcome == "pass"


def test_spaces_are_copied_to_be_changed() -> None:
    space = copied("modeling.py", by=LATER)
    ref = space.ref.model_copy(update={"type": RepoType.SPACE})
    assert judged(space.model_copy(update={"ref": ref})).severity == "low"


def test_nothing_claimed_or_nothing_seen() -> None:
    assert run_check("altered-copy", make_snapshot()).outcome == "not_applicable"
    assert run_check("altered-copy", make_snapshot(copy_source=unavailable())).outcome == "unavailable"
