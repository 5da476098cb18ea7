from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import (
    COMMIT,
    NOW,
    make_facts,
    make_file,
    make_files,
    make_info,
    make_scans,
    make_snapshot,
    unavailable,
)
from tests.policy.judging import make_finding, results
from tests.report import reporting
from tests.report.reporting import report
from trustaudit.facts import Known, NotApplicable, Unavailable
from trustaudit.filefacts import Coverage
from trustaudit.finding import Finding
from trustaudit.identity.publisher import PublisherScore
from trustaudit.identity.signal import Signal
from trustaudit.knowledge import Knowledge
from trustaudit.policy.model import load_policy
from trustaudit.report.build import build_document, build_report
from trustaudit.report.model import NotSeen, TrustReport
from trustaudit.report.publisher import publisher_report
from trustaudit.report.scans import hub_scans
from trustaudit.snapshot import Ancestor, Cost, RepoInfo, ScanRollup, Snapshot


def test_the_repository_is_named_as_asked_and_as_found() -> None:
    repo = report(make_snapshot("datasets/org/data@v1")).repo
    assert (repo.type, repo.id, repo.requested, repo.revision, repo.commit) == (
        "dataset",
        "org/data",
        "datasets/org/data@v1",
        "v1",
        COMMIT,
    )
    assert report(make_snapshot()).repo.revision == "main"


def test_local_files_are_reported_by_their_path() -> None:
    none = NotApplicable(why="local files")
    made = report(
        make_snapshot("local", origin="local", requested="./x", commit=None, endpoint="", info=none, publisher=none)
    )
    assert (made.repo.type, made.repo.id, made.repo.revision) == ("local", "./x", None)
    assert made.notes == ()
    assert not made.safe_load.possible


def test_findings_carry_docs_and_fingerprint() -> None:
    found = report(make_snapshot(), make_finding()).findings[0]
    assert found.docs == "docs/checks/some-rule.md"
    assert len(found.fingerprint) == 32


def test_checks_are_listed_in_the_order_they_ran() -> None:
    assert [item.id for item in reporting.blocked().checks][-1] == "quiet-check"


def test_coverage_counts_files_and_names_what_was_not_seen() -> None:
    facts = (
        make_facts("a.bin", "torch-zip", bytes_read=10),
        make_facts("b.bin", "pickle", Coverage.PARTIAL, reason="long"),
    )
    snapshot = make_snapshot(
        files=make_files("a.bin", "b.bin", "c.bin", "README.md"),
        file_facts=facts,
        not_inspected=(("c.bin", unavailable()),),
        history=unavailable(),
    )
    coverage = report(snapshot).coverage
    assert (coverage.files_total, coverage.files_inspected) == (4, 2)
    assert coverage.by_coverage == {"complete": 0, "structure": 1, "partial": 1, "none": 0}
    assert coverage.not_seen == (
        NotSeen(path="(history)", reason="timeout: no answer within 10 s"),
        NotSeen(path="b.bin", reason="long"),
        NotSeen(path="c.bin", reason="timeout: no answer within 10 s"),
    )
    assert [(file.path, file.bytes_read, file.size) for file in coverage.files] == [
        ("README.md", 0, 2_000),
        ("a.bin", 10, 2_000_000),
        ("b.bin", 0, 2_000_000),
        ("c.bin", 0, 2_000_000),
    ]


def test_unknown_files_have_no_total() -> None:
    assert reporting.missing().coverage.files_total is None


def test_the_publisher_is_shown_with_its_score() -> None:
    shown = publisher_report(make_snapshot(), PublisherScore(73, (Signal("followers", "800", 3),)))
    assert (shown.state, shown.name, shown.kind, shown.score) == ("known", "org", "organization", 73)
    assert shown.created_at == "2022-10-12T12:00:00+00:00"
    assert shown.signals == (("followers", "800", 3),)


def test_an_absent_publisher_says_why() -> None:
    assert publisher_report(make_snapshot(publisher=unavailable()), None).reason == "timeout: no answer within 10 s"
    nobody = publisher_report(make_snapshot(publisher=NotApplicable(why="root-level id")), None)
    assert (nobody.state, nobody.reason) == ("not_applicable", "root-level id")


def scans_of(*files: object, **more: object) -> str:
    found = hub_scans(make_snapshot(files=make_files(*files), **more))  # type: ignore[arg-type]
    return found.summary if found else "nothing"


@pytest.mark.parametrize(
    ("scans", "summary"),
    [
        (make_scans(), "5 of 5 scanners answered, all safe"),
        (
            make_scans(jFrogScan="unscanned", virusTotalScan="unscanned"),
            "3 of 5 scanners answered, all safe; JFrog and VirusTotal have not looked",
        ),
        (make_scans(jFrogScan="queued"), "4 of 5 scanners answered, all safe; JFrog has not looked (queued)"),
        (
            make_scans(jFrogScan="", avScan="error"),
            "3 of 5 scanners answered, all safe; antivirus and JFrog have not looked",
        ),
        (make_scans(avScan="unsafe"), "5 of 5 scanners answered; antivirus says unsafe (a.bin)"),
        (make_scans(avScan="malicious"), "5 of 5 scanners answered; antivirus says malicious (a.bin)"),
        (make_scans("unscanned"), "none of the Hub's scanners has answered"),
    ],
)
def test_scanners_are_counted_by_us(scans: object, summary: str) -> None:
    assert scans_of(make_file("a.bin", scans=scans)) == summary  # type: ignore[arg-type]


def test_a_scanner_that_looked_anywhere_has_answered_and_the_worst_counts() -> None:
    one = make_file("a.bin", scans=make_scans("unscanned", avScan="safe"))
    two = make_file("b.bin", scans=make_scans("unscanned", avScan="caution"))
    assert scans_of(one, two).startswith("1 of 5 scanners answered; antivirus says caution (b.bin)")


def test_no_scan_of_anything_is_no_summary() -> None:
    assert scans_of(make_file("a.bin", scans=unavailable())) == "nothing"


def test_a_roll_up_without_its_scanner_is_not_lost() -> None:
    legacy = make_scans("unscanned").model_copy(update={"status": "unsafe"})
    assert scans_of(make_file("a.bin", scans=legacy)).endswith("the Hub marks a.bin as unsafe")
    issues = ScanRollup(done=True, issues=(("b.bin", "suspicious"),))
    assert scans_of(make_file("a.bin"), scan=issues).endswith("the Hub marks b.bin as suspicious")
    found = hub_scans(make_snapshot(scan=issues))
    assert found is not None
    assert found.worst == "suspicious"


def test_notes_tell_what_puts_the_report_into_context() -> None:
    told = " | ".join(
        report(
            make_snapshot(
                endpoint="https://hub.example",
                moved=True,
                cost=Cost(cached_answers=3, oldest_answer=NOW - timedelta(days=5)),
            )
        ).notes
    )
    assert "answers come from https://hub.example, not from the public Hub" in told
    assert "main moved while" in told
    assert "3 answers come from the cache, the oldest 5 days old" in told


def test_a_pinned_report_on_the_public_hub_has_little_to_note() -> None:
    assert len(report(make_snapshot(f"org/model@{COMMIT}")).notes) == 1
    fresh = make_snapshot(
        f"org/model@{COMMIT}", cost=Cost(api_requests=1, cached_answers=3, oldest_answer=NOW - timedelta(minutes=5))
    )
    assert len(report(fresh).notes) == 1


def test_a_blocked_repository_can_be_reported() -> None:
    note = "to report it: https://huggingface.co/acme-official/privacy-filter/discussions"
    assert note in reporting.blocked().notes


def test_lineage_tells_the_way_and_circles_end() -> None:
    known: Known[RepoInfo] = Known(value=make_info(id="base/one"))
    chain = (
        Ancestor(id="base/one", relation="finetune", declared_in="card", found=known),
        Ancestor(id="base/two", relation="merge", declared_in="card", depth=2, parent="base/one"),
        Ancestor(id="base/three", relation="merge", declared_in="card", depth=3, parent="base/three"),
    )
    made = build_report(
        make_snapshot(lineage=chain), [], load_policy("default"), lineage_verdicts={"base/one": "pass"}
    ).lineage
    assert [(item.path, item.verdict) for item in made] == [
        (("org/model", "base/one"), "pass"),
        (("org/model", "base/one", "base/two"), None),
        (("org/model", "base/three"), None),
    ]
    assert (made[0].commit, made[1].state) == (COMMIT, "unavailable")


def test_documents_count_verdicts() -> None:
    policy = load_policy("default")
    made = build_document([reporting.blocked(), reporting.passed(), reporting.passed()], policy)
    assert made.summary == {"pass": 2, "review": 0, "block": 1, "incomplete": 0}
    assert made.policy.digest == policy.digest
    assert made.tool.ruleset.startswith(made.tool.version)


def test_a_snapshot_read_back_from_json_is_judged_the_same() -> None:
    snapshot = make_snapshot(file_facts=reporting.LOOKED, cost=reporting.COST)
    again = Snapshot.from_json(snapshot.to_json())
    found = results(*reporting.clone_findings())
    policy = load_policy("default")
    assert build_report(snapshot, found, policy) == build_report(again, found, policy)


def told(snapshot: Snapshot, *findings: Finding) -> TrustReport:
    return build_report(snapshot, results(*findings), load_policy("default"), Knowledge())


@pytest.mark.parametrize(
    ("why", "meant"), [(reporting.GONE, "meta-llama/Llama-3.1-8B"), (unavailable(), "")], ids=["missing", "slow"]
)
def test_a_misspelt_id_gets_suggestions_when_it_does_not_exist(why: Unavailable, meant: str) -> None:
    made = told(make_snapshot("meta-lama/Llama-3.1-8B", info=why, files=why, commit=None))
    assert made.did_you_mean[:1] == ((meant,) if meant else ())


def test_what_a_name_imitates_is_named_when_a_finding_says_so() -> None:
    info = make_info(id="meta-Ilama/Llama-3.1-8B", author="meta-Ilama")
    snapshot = make_snapshot("meta-Ilama/Llama-3.1-8B", info=info)
    assert told(snapshot).did_you_mean == ()
    assert told(snapshot, make_finding(category="name")).did_you_mean[0] == "meta-llama/Llama-3.1-8B"


def test_knowledge_adds_the_publisher_score_and_stale_lists() -> None:
    made = told(make_snapshot())
    assert made.publisher.score is not None
    assert made.publisher.signals
    later = told(make_snapshot(collected_at=NOW + timedelta(days=400)))
    assert any("popular models" in note and "days ago" in note for note in later.notes)
    local = make_snapshot("local", origin="local", requested="x", commit=None)
    assert told(local).publisher.score is None
