from __future__ import annotations

import pytest

from tests.builders import findings_of, make_facts, make_files, make_info, make_snapshot, run_check
from tests.checks.lined import descended, licensed
from trustaudit.facts import Known
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.snapshot import Card, CopySource


def severities(snapshot: object) -> list[str]:
    return [finding.severity for finding in findings_of("license-conflict", snapshot).values()]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("child", "parent", "expected"),
    [
        ("apache-2.0", "cc-by-nc-4.0", ["medium"]),
        ("mit", "llama3.1", ["medium"]),
        ("apache-2.0", "gemma", ["medium"]),
        ("apache-2.0", "openrail", ["low"]),
        ("mit", "gpl-3.0", ["low"]),
        ("apache-2.0", "mit", []),
        ("llama3.1", "llama3.1", []),
        ("cc-by-nc-4.0", "apache-2.0", []),
        ("apache-2.0", "something-of-ours", []),
        ("apache-2.0", "other", []),
        ("other", "cc-by-nc-4.0", []),
    ],
)
def test_child_and_parent(child: str, parent: str, expected: list[str]) -> None:
    info = make_info(card=Card(licenses=(child,)))
    assert severities(descended(licensed("a/b", parent), info=info)) == expected


def test_a_choice_of_licences_is_free_when_one_is() -> None:
    assert severities(descended(licensed("a/b", "apache-2.0", "cc-by-nc-4.0"))) == []


def test_contradictions_further_up_are_notes() -> None:
    info = make_info(card=Card(licenses=("cc-by-nc-4.0",)))
    line = (licensed("a/b", "mit"), licensed("c/d", "cc-by-nc-4.0", depth=2, parent="a/b"))
    assert severities(descended(*line, info=info)) == ["info"]


def text(path: str, kind: str, **data: str) -> FileFacts:
    return make_facts(path, "text", observations=(Observation(kind=kind, message="", data=tuple(data.items())),))


def test_the_repository_s_own_files() -> None:
    file = text("LICENSE", "license-text", license="cc-by-nc-4.0")
    gguf = make_facts(
        "m.gguf",
        "gguf",
        observations=(Observation(kind="gguf-metadata", message="", data=(("general.license", "llama3.1"),)),),
    )
    assert severities(make_snapshot(file_facts=(file, gguf))) == ["medium", "medium"]
    honest = text("LICENSE", "license-text", license="apache-2.0")
    assert run_check("license-conflict", make_snapshot(file_facts=(honest,))).outcome == "pass"


def test_the_original_of_a_copy() -> None:
    info = make_info(id="acme/model", card=Card(licenses=("cc-by-nc-4.0",)))
    source = CopySource(id="acme/model", claimed_in="history", info=info, files=make_files())
    assert severities(make_snapshot(copy_source=Known(value=source))) == ["medium"]
