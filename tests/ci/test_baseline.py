"""Baselines: deterministic, only what is new counts, nothing disappears."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.example_hub import files
from tests.builders import make_file, make_files, make_snapshot
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub
from tests.policy.judging import findings, looked, make_finding, results
from tests.report.reporting import POLICY, report
from trustaudit.errors import FileInputError
from trustaudit.finding import Finding
from trustaudit.policy.baseline import KnownFinding, baseline_text, read_baseline
from trustaudit.policy.evaluate import evaluate
from trustaudit.policy.model import Policy, parse_policy
from trustaudit.report.model import Verdict
from trustaudit.snapshot import Snapshot

RANK = [Verdict.PASS, Verdict.REVIEW, Verdict.INCOMPLETE, Verdict.BLOCK]


def snapshot(sha256: str = "ab" * 32) -> Snapshot:
    return make_snapshot(
        files=make_files("config.json", make_file("model.pkl", sha256=sha256)), file_facts=looked("model.pkl")
    )


def known(path: Path, *found: Finding, seen: Snapshot | None = None) -> Policy:
    """The default policy on top of a baseline of these findings."""
    path.write_text(baseline_text([report(seen or snapshot(), *found)]))
    return POLICY.model_copy(update={"baseline": read_baseline(path)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "baseline.json"


def test_a_known_finding_leaves_the_verdict_and_stays_in_the_report(file: Path) -> None:
    finding = make_finding("critical")
    judged = report(snapshot(), finding, policy=known(file, finding))
    assert (judged.verdict, judged.findings) == (Verdict.PASS, ())
    assert [(item.rule, item.exception_reason, item.exception_expires) for item in judged.suppressed] == [
        ("some-rule", "baseline", None)
    ]


def test_a_new_finding_fails_beside_a_known_one(file: Path) -> None:
    old, new = make_finding("critical"), make_finding("critical", key="another callable")
    judged = report(snapshot(), old, new, policy=known(file, old))
    assert judged.verdict is Verdict.BLOCK
    assert (len(judged.findings), len(judged.suppressed)) == (1, 1)


def test_what_got_worse_is_new(file: Path) -> None:
    policy = known(file, make_finding("medium", "medium"))
    for worse in (make_finding("critical", "medium"), make_finding("medium", "high")):
        assert report(snapshot(), worse, policy=policy).suppressed == ()
    assert len(report(snapshot(), make_finding("low", "medium"), policy=policy).suppressed) == 1


def test_other_bytes_at_the_same_place_are_new(file: Path) -> None:
    finding = make_finding("critical")
    policy = known(file, finding)
    assert report(snapshot("cd" * 32), finding, policy=policy).verdict is Verdict.BLOCK
    unlisted = make_snapshot(files=make_files(make_file("model.pkl", sha256=None)), file_facts=looked("model.pkl"))
    assert report(unlisted, finding, policy=policy).verdict is Verdict.BLOCK


def test_another_repository_is_not_covered(file: Path) -> None:
    finding = make_finding("critical")
    line = known(file, finding).baseline[0].model_copy(update={"repo": "org/other"})
    policy = POLICY.model_copy(update={"baseline": (line,)})
    assert report(snapshot(), finding, policy=policy).verdict is Verdict.BLOCK


def test_known_findings_that_are_gone_are_counted(file: Path) -> None:
    judged = report(snapshot(), policy=known(file, make_finding(), make_finding(key="x")))
    assert "baseline: 2 known findings of this repository did not recur" in judged.notes


@settings(max_examples=25)
@given(st.lists(findings(), max_size=6), st.randoms())
def test_the_text_depends_on_the_findings_alone(found: list[Finding], random: object) -> None:
    first = baseline_text([report(snapshot(), *found)])
    random.shuffle(found)  # type: ignore[attr-defined]
    assert baseline_text([report(snapshot(), *found, *found)]) == first
    assert first.isascii()
    assert json.loads(first)["baseline_version"] == "1"


@settings(max_examples=25)
@given(st.lists(findings(), max_size=6), st.lists(findings(), max_size=3))
def test_no_finding_is_lost_and_only_new_ones_count(old: list[Finding], new: list[Finding]) -> None:
    lines = json.loads(baseline_text([report(snapshot(), *old)]))["findings"]
    policy = POLICY.model_copy(update={"baseline": tuple(KnownFinding.model_validate(line) for line in lines)})
    plain = evaluate(snapshot(), results(*old, *new), POLICY)
    judged = evaluate(snapshot(), results(*old, *new), policy)
    assert {*judged.findings, *(item.finding for item in judged.suppressed)} == {*plain.findings}
    assert RANK.index(judged.verdict) <= RANK.index(plain.verdict)
    assert evaluate(snapshot(), results(*old), policy).verdict is Verdict.PASS


def test_writing_again_keeps_what_was_not_audited_now(file: Path) -> None:
    finding = make_finding("critical")
    policy = known(file, finding)
    other = policy.baseline[0].model_copy(update={"repo": "org/other"})
    again = report(snapshot(), finding, policy=policy)
    assert baseline_text([again]) == file.read_text()
    kept = json.loads(baseline_text([again], (*policy.baseline, other)))
    assert [line["repo"] for line in kept["findings"]] == ["org/model", "org/other"]


def test_the_digest_of_a_policy_tells_the_baseline(file: Path) -> None:
    assert known(file, make_finding()).digest != POLICY.digest
    assert known(file).digest == POLICY.digest


@pytest.mark.parametrize("key", ["baseline", "statements"])
def test_a_policy_file_cannot_bring_a_baseline(key: str) -> None:
    with pytest.raises(Exception, match=f"{key}: unknown key"):
        parse_policy(f'name = "x"\n{key} = []\n', source="x")


GOOD = {"repo": "a/b", "rule": "r", "severity": "low", "confidence": "low", "fingerprint": "0" * 32}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"baseline_version": "2", "findings": []}',
        '{"baseline_version": ["1"], "findings": []}',
        '{"baseline_version": "1"}',
        '{"baseline_version": "1", "findings": [], "more": 1}',
        json.dumps({"baseline_version": "1", "findings": [{**GOOD, "severity": "mild"}]}),
        json.dumps({"baseline_version": "1", "findings": [{**GOOD, "fingerprint": "*"}]}),
        json.dumps({"baseline_version": "1", "findings": [{**GOOD, "\x1b[2J": 1}]}),
        '{"baseline_version": "1", "findings": ' + "9" * 5000 + "}",
    ],
)
def test_a_file_that_does_not_hold_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(FileInputError) as caught:
        read_baseline(file)
    assert "\x1b" not in caught.value.diagnostics()


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.json"
    path.write_bytes(data)
    with pytest.raises(FileInputError):
        read_baseline(path)


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    loopback_hub.model(
        "acme/old", {"config.json": "{}", "pytorch_model.bin": files.torch_zip(files.calling_pickle("posix", "system"))}
    )
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("command", ["check", "batch"])
def test_from_the_command_line(cli: Cli, tmp_path: Path, command: str) -> None:
    file, listed = tmp_path / "baseline.json", tmp_path / "list.txt"
    listed.write_text("acme/old\n")
    what = "acme/old" if command == "check" else str(listed)
    first = cli(command, what, "--write-baseline", str(file), "-f", "json")
    assert first.code == 1, first
    written = file.read_text()
    second = cli(command, what, "--baseline", str(file), "--write-baseline", str(file), "-f", "json")
    assert second.code == 0, second
    assert file.read_text() == written
    before, after = (json.loads(ran.out)["reports"][0] for ran in (first, second))
    prints = {item["fingerprint"] for item in before["findings"]}
    assert {item["fingerprint"] for item in after["suppressed"]} == prints
    assert after["findings"] == []


@pytest.mark.usefixtures("hub")
def test_a_missing_baseline_is_a_usage_error(cli: Cli, tmp_path: Path) -> None:
    assert cli("check", "acme/old", "--baseline", str(tmp_path / "none")).code == 2
