"""Reports of every kind, as the goldens show them. Figures are fixed: nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Sequence

from tests.builders import (
    DEFAULT_FILES,
    days_ago,
    make_facts,
    make_file,
    make_files,
    make_info,
    make_publisher,
    make_scans,
    make_snapshot,
    unavailable,
)
from tests.policy.judging import make_finding
from trustaudit.facts import Reason
from trustaudit.finding import CheckResult, Finding, Location, Outcome
from trustaudit.policy.model import Policy, load_policy
from trustaudit.report.build import build_report
from trustaudit.report.model import Document, PolicyUsed, Tool, TrustReport, Verdict
from trustaudit.snapshot import Cost, Snapshot

COST = Cost(api_requests=4, file_requests=9, bytes=212_345, repo_bytes=2_812_345_678, seconds=0.61)
POLICY = load_policy("default")
GATED = unavailable(Reason.GATED, "401 GatedRepo")
GONE = unavailable(Reason.MISSING_OR_PRIVATE, "the Hub answered 401")

LOOKED = tuple(
    make_facts(path, detected, bytes_read=1_000, size=2_000)
    for path, detected in (
        (".gitattributes", "text"),
        ("README.md", "markdown"),
        ("config.json", "json"),
        ("model.safetensors", "safetensors"),
        ("tokenizer.json", "json"),
    )
)


def report(snapshot: Snapshot, *findings: Finding, policy: Policy = POLICY) -> TrustReport:
    """The report of a snapshot in which one check of each rule found these."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    results = [CheckResult.of(rule, [item for item in findings if item.rule == rule]) for rule in rules]
    return build_report(snapshot, [*results, CheckResult(id="quiet-check", outcome=Outcome.PASS)], policy)


def document(*reports: TrustReport, policy: Policy = POLICY) -> Document:
    """Like ``build_document``, with a tool whose version does not change."""
    return Document(
        tool=Tool(name="trustaudit", version="0", ruleset="0+test"),
        policy=PolicyUsed(name=policy.name, digest=policy.digest),
        reports=reports,
        summary={str(verdict): sum(item.verdict is verdict for item in reports) for verdict in Verdict},
    )


def clone_findings() -> Sequence[Finding]:
    return (
        make_finding(
            "critical",
            rule="code-download-execute",
            message="downloads a file and starts it",
            evidence='requests.get("http://files.example/u") → subprocess.Popen(…)',
            location=Location(path="loader.py", line=14),
            remediation="do not run loader.py",
        ),
        make_finding(
            "critical",
            rule="pickle-dangerous-call",
            category="content",
            message='calls posix.system("true") on load',
            location=Location(path="model.pkl", offset=0x70),
        ),
        make_finding(
            rule="name-clone",
            category="name",
            message="same name as a popular model",
            evidence="acme/privacy-filter, 1.2 M downloads a month; no base_model declared",
            location=Location(field="publisher"),
            remediation="use acme/privacy-filter",
        ),
        make_finding(
            confidence="medium",
            rule="engagement-inflated",
            category="publisher",
            message="667 likes, 4 followers, 19 h old",
            location=Location(field="publisher"),
        ),
        make_finding("low", rule="missing-card", category="documentation", message="no card", path="README.md"),
        make_finding("info", rule="unpinned-revision", category="integrity", message="main can move", path=None),
    )


def blocked() -> TrustReport:
    files = make_files(
        "README.md", "loader.py", make_file("model.pkl", scans=make_scans(jFrogScan="", virusTotalScan="queued"))
    )
    publisher = make_publisher(
        name="acme-official", kind="user", verified=None, created_at=days_ago(1), followers=4, models=1, members=None
    )
    snapshot = make_snapshot(
        "acme-official/privacy-filter",
        files=files,
        info=make_info(id="acme-official/privacy-filter"),
        publisher=publisher,
        cost=COST,
        file_facts=tuple(
            make_facts(p, f) for p, f in (("README.md", "text"), ("loader.py", "python"), ("model.pkl", "pickle"))
        ),
    )
    return report(snapshot, *clone_findings())


def passed() -> TrustReport:
    low = make_finding(
        "low", rule="unsafe-format", message="pickle beside safetensors; only tensors", path="pytorch_model.bin"
    )
    files = make_files(*DEFAULT_FILES, "pytorch_model.bin")
    facts = (*LOOKED, make_facts("pytorch_model.bin", "torch-zip", bytes_read=30_000, size=2_000_000))
    return report(make_snapshot(files=files, file_facts=facts, cost=COST), low)


def reviewed() -> TrustReport:
    medium = make_finding(
        "medium",
        rule="custom-code",
        message="loading needs trust_remote_code",
        path="modeling_x.py",
        remediation="read modeling_x.py first",
    )
    files = make_files(*DEFAULT_FILES, "modeling_x.py")
    info = make_info(auto_map=(("AutoModel", "modeling_x.X"),))
    return report(
        make_snapshot(files=files, info=info, file_facts=(*LOOKED, make_facts("modeling_x.py", "python")), cost=COST),
        medium,
    )


def gated() -> TrustReport:
    snapshot = make_snapshot(
        "meta/model",
        info=make_info(id="meta/model", gated="manual"),
        history=GATED,
        not_inspected=tuple((path, GATED) for path in DEFAULT_FILES),
        cost=Cost(api_requests=4, file_requests=1, bytes=9_000, repo_bytes=15_000_000_000, seconds=0.3),
    )
    return report(snapshot)


def missing() -> TrustReport:
    return report(
        make_snapshot("org/gone@v1", info=GONE, files=GONE, history=GONE, publisher=GONE, scan=GONE, commit=None)
    )


ALL = {"blocked": blocked, "passed": passed, "reviewed": reviewed, "gated": gated, "missing": missing}
