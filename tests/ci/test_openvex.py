"""OpenVEX in and out: statements need reasons, the last word counts, a hostile file changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import COMMIT, make_file, make_files, make_snapshot
from tests.cli.harness import Cli
from tests.policy.judging import findings, looked, make_finding
from tests.report.reporting import GATED, POLICY, document, report
from trustaudit.errors import FileInputError
from trustaudit.finding import Finding, Location
from trustaudit.policy.model import Policy
from trustaudit.policy.vex import JUSTIFICATIONS
from trustaudit.policy.vex_files import read_vex
from trustaudit.report.as_openvex import as_openvex
from trustaudit.report.model import TrustReport, Verdict

PURL = f"pkg:huggingface/org/model@{COMMIT}"
SNAPSHOT = make_snapshot(files=make_files("config.json", make_file("model.pkl")), file_facts=looked("model.pkl"))
BAD = make_finding("critical")

# The rules of OpenVEX v0.2.0 that a writer can break, restated.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["@context", "@id", "author", "timestamp", "version", "statements"],
    "properties": {
        "@context": {"const": "https://openvex.dev/ns/v0.2.0"},
        "timestamp": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "version": {"type": "integer", "minimum": 1},
        "statements": {
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["vulnerability", "status", "products"],
                "properties": {
                    "vulnerability": {"required": ["name"]},
                    "status": {"enum": ["not_affected", "affected", "fixed", "under_investigation"]},
                    "justification": {"enum": list(JUSTIFICATIONS)},
                },
                "allOf": [
                    {
                        "if": {"properties": {"status": {"const": "not_affected"}}},
                        "then": {"oneOf": [{"required": ["justification"]}, {"required": ["impact_statement"]}]},
                    },
                    {
                        "if": {"properties": {"status": {"const": "affected"}}},
                        "then": {"required": ["action_statement"]},
                    },
                ],
            },
        },
    },
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vex.json"


def statement(
    status: str = "not_affected",
    name: str = "some-rule",
    product: str = PURL,
    **more: Any,  # noqa: ANN401 - any field
) -> dict[str, Any]:
    reason = {} if status == "affected" else {"justification": JUSTIFICATIONS[2]}
    return {"vulnerability": {"name": name}, "products": [{"@id": product}], "status": status, **reason, **more}


def vex(*statements: object) -> str:
    return json.dumps(
        {"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-01-01T00:00:00Z", "statements": statements}
    )


def judged(file: Path, text: str, *found: Finding) -> TrustReport:
    return report(SNAPSHOT, *found, policy=policy(file, text))


def policy(file: Path, text: str) -> Policy:
    file.write_text(text)
    return POLICY.model_copy(update={"statements": read_vex([file])})


@pytest.mark.parametrize("status", ["not_affected", "fixed"])
def test_a_statement_takes_a_finding_out_and_gives_its_reason(file: Path, status: str) -> None:
    found = judged(file, vex(statement(status, impact_statement="never unpickled here")), BAD)
    assert (found.verdict, found.findings) == (Verdict.PASS, ())
    assert found.suppressed[0].exception_reason == "vulnerable_code_not_in_execute_path: never unpickled here"


@pytest.mark.parametrize(
    "said",
    [
        statement("affected"),
        statement("under_investigation"),
        statement(name="another-rule"),
        statement(name="0" * 32),
        statement(product=f"pkg:huggingface/org/model@{'0' * 40}"),
        statement(product=f"pkg:huggingface/org/other@{COMMIT}"),
        statement(product=f"{PURL}?repo_type=dataset"),
        statement(product=f"{PURL}#other.pkl"),
        statement(product=f"pkg:pypi/model@{COMMIT}"),
        {**statement(), "products": []},
        {**statement(), "products": [{"@id": PURL, "subcomponents": [{"@id": f"{PURL}#other.pkl"}]}]},
        {**statement(), "products": [{"@id": PURL, "subcomponents": [{"@id": "urn:x"}]}]},
    ],
)
def test_what_says_something_else_changes_nothing(file: Path, said: object) -> None:
    assert judged(file, vex(said), BAD).verdict is Verdict.BLOCK


@pytest.mark.parametrize(
    "product",
    [
        PURL,
        "pkg:huggingface/org/model",
        "pkg:huggingface/Org/Model",
        f"{PURL}#model.pkl",
        PURL.replace("/org/", "/ORG/"),
    ],
)
def test_ways_to_name_the_product(file: Path, product: str) -> None:
    assert judged(file, vex(statement(product=product)), BAD).verdict is Verdict.PASS
    named = {**statement(), "products": [{"@id": "urn:x", "identifiers": {"purl": product}}]}
    assert judged(file, vex(named), BAD).verdict is Verdict.PASS


def test_a_fingerprint_means_one_finding(file: Path) -> None:
    other = make_finding("critical", key="another callable")
    print_ = report(SNAPSHOT, BAD).findings[0].fingerprint
    for said in (statement(name=print_), {**statement(), "vulnerability": {"name": "some-rule", "aliases": [print_]}}):
        found = judged(file, vex(said), BAD, other)
        assert (found.verdict, len(found.suppressed)) == (Verdict.BLOCK, 1)


def test_the_last_word_counts(file: Path) -> None:
    later = statement("affected", timestamp="2026-03-01T00:00:00Z")
    assert judged(file, vex(later, statement()), BAD).verdict is Verdict.BLOCK
    withdrawn = statement(timestamp="2026-04-01T00:00:00+02:00")
    assert judged(file, vex(later, statement(), withdrawn), BAD).verdict is Verdict.PASS


def test_an_idle_statement_is_named(file: Path) -> None:
    found = judged(file, vex(statement(name="another-rule")), BAD)
    assert "VEX statement not_affected for another-rule in org/model matched nothing" in found.notes


@settings(max_examples=25)
@given(st.lists(findings(), max_size=5))
def test_what_is_written_follows_the_format_and_is_the_same_again(found: list[Finding]) -> None:
    text = as_openvex(document(report(SNAPSHOT, *found)))
    jsonschema.validate(json.loads(text), SCHEMA)
    assert text == as_openvex(document(report(SNAPSHOT, *found)))


def test_an_incomplete_audit_is_under_investigation() -> None:
    unseen = report(make_snapshot(info=GATED, files=GATED))
    (said,) = json.loads(as_openvex(document(unseen)))["statements"]
    assert (said["vulnerability"]["name"], said["status"]) == ("incomplete-audit", "under_investigation")


def test_round_trip(file: Path) -> None:
    """Read back, a file changes nothing; with a status turned into not_affected, exactly that finding goes."""
    other = make_finding("high", "medium", rule="rule-b", location=Location(path="a b#c?.py", line=3))
    plain = report(SNAPSHOT, BAD, other)
    written = json.loads(as_openvex(document(plain)))
    assert [item["status"] for item in written["statements"]] == ["affected", "under_investigation"]
    assert judged(file, json.dumps(written), BAD, other) == plain
    for index, finding in enumerate((BAD, other)):
        turned = json.loads(json.dumps(written))
        turned["statements"][index].update(status="not_affected", justification=JUSTIFICATIONS[4])
        first = judged(file, json.dumps(turned), BAD, other)
        assert [item.rule for item in first.suppressed] == [finding.rule]
        again = json.loads(as_openvex(document(first)))
        jsonschema.validate(again, SCHEMA)
        assert judged(file, json.dumps(again), BAD, other).suppressed[0].rule == finding.rule


HOSTILE = [
    "",
    "null",
    "[]",
    "[" * 100_000,
    '{"@context": 1}',
    '{"@context": "https://example.org/ns", "statements": []}',
    '{"@context": "https://openvex.dev/ns/v0.2.0"}',
    '{"@context": "https://openvex.dev/ns/v0.2.0", "statements": ' + "9" * 5000 + "}",
    vex("x"),
    vex({"status": "fixed"}),
    vex({**statement(), "status": "harmless"}),
    vex({**statement(), "justification": "trust me"}),
    vex({**statement(), "justification": ""}),
    vex({**statement("fixed"), "justification": " ", "impact_statement": " "}),
    vex({**statement(), "products": "pkg:huggingface/org/model"}),
    vex({**statement(), "timestamp": "yesterday"}),
    vex({**statement(), "vulnerability": {"name": ["some-rule"]}}),
    vex(statement(product="pkg:huggingface/org/model@main")),
    vex(statement(product="pkg:huggingface/a/b/c/d")),
    vex(statement(product="pkg:huggingface/\u043erg/model")),
    vex(statement(product="pkg:huggingface/org/mo\x1b[2Jdel")),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_is_a_usage_error(cli: Cli, file: Path, text: str) -> None:
    file.write_text(text)
    ran = cli("check", "org/model", "--vex", str(file))
    assert (ran.code, ran.out) == (2, ""), ran
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.vex"
    path.write_bytes(data)
    with pytest.raises(FileInputError):
        read_vex([path])


def test_the_command_line_writes_what_it_reads(cli: Cli, file: Path) -> None:
    saved = file.with_name("facts.json")
    saved.write_text(make_snapshot().to_json())
    ran = cli("check", "--from-snapshot", str(saved), "--format", "openvex", "-o", str(file))
    assert ran.code in (0, 1, 3), ran
    jsonschema.validate(json.loads(file.read_text()), SCHEMA)
    assert cli("check", "--from-snapshot", str(saved), "--vex", str(file)).code == ran.code
