from __future__ import annotations

import pytest

from tests.builders import make_facts, make_file, make_files, make_history, make_info, make_snapshot, unavailable
from tests.policy.judging import crashed, make_finding, results
from trustaudit.facts import Known, NotApplicable, Reason
from trustaudit.filefacts import Coverage
from trustaudit.finding import Category
from trustaudit.policy.evaluate import evaluate
from trustaudit.policy.model import load_policy, parse_policy
from trustaudit.report.model import Verdict
from trustaudit.snapshot import ScanRollup, Snapshot

DEFAULT, STRICT, PERMISSIVE = load_policy("default"), load_policy("strict"), load_policy("permissive")
GATED = unavailable(Reason.GATED, "401 GatedRepo")
GONE = unavailable(Reason.MISSING_OR_PRIVATE, "the Hub says 401")


def verdict(snapshot: Snapshot, *findings: tuple[str, str], policy: str = "default") -> Verdict:
    made = [make_finding(severity, confidence) for severity, confidence in findings]
    return evaluate(snapshot, results(*made), load_policy(policy)).verdict


@pytest.mark.parametrize(
    ("severity", "confidence", "default", "strict", "permissive"),
    [
        ("critical", "low", "block", "block", "block"),
        ("high", "medium", "block", "block", "review"),
        ("high", "low", "review", "block", "review"),
        ("medium", "high", "review", "block", "pass"),
        ("medium", "medium", "review", "review", "pass"),
        ("low", "high", "pass", "review", "pass"),
        ("low", "low", "pass", "pass", "pass"),
        ("info", "high", "pass", "pass", "pass"),
    ],
)
def test_thresholds(severity: str, confidence: str, default: str, strict: str, permissive: str) -> None:
    snapshot = make_snapshot()
    assert verdict(snapshot, (severity, confidence)) == default
    assert verdict(snapshot, (severity, confidence), policy="strict") == strict
    assert verdict(snapshot, (severity, confidence), policy="permissive") == permissive


def test_an_ordinary_model_passes_and_strict_agrees() -> None:
    for policy in (DEFAULT, STRICT, PERMISSIVE):
        judged = evaluate(make_snapshot(), [], policy)
        assert (judged.verdict, judged.score) == ("pass", 100)


def test_breakdown_names_every_category() -> None:
    judged = evaluate(make_snapshot(), results(make_finding("medium", category="name")), DEFAULT)
    assert list(judged.breakdown) == [str(category) for category in Category]
    assert judged.breakdown["name"].findings == 1
    assert judged.breakdown["execution"].score == 100


def test_a_missing_repository_is_incomplete_and_has_no_score() -> None:
    snapshot = make_snapshot(info=GONE, files=GONE, history=GONE, publisher=GONE, scan=GONE, commit=None)
    judged = evaluate(snapshot, [], DEFAULT)
    assert (judged.verdict, judged.score) == ("incomplete", None)
    assert "does not exist, is private, or was removed" in judged.headline


def test_block_outranks_incomplete_and_incomplete_outranks_review() -> None:
    snapshot = make_snapshot(files=GONE)
    assert verdict(snapshot, ("critical", "high")) == "block"
    assert verdict(snapshot, ("medium", "high")) == "incomplete"


@pytest.mark.parametrize("fact", ["history", "publisher", "scan"])
def test_only_strict_insists_on_context(fact: str) -> None:
    snapshot = make_snapshot(**{fact: unavailable()})  # type: ignore[arg-type]
    assert evaluate(snapshot, [], DEFAULT).verdict == "pass"
    judged = evaluate(snapshot, [], STRICT)
    assert judged.verdict == "incomplete"
    assert judged.missing[0].seen.path == f"({fact})"


def test_unfinished_scans_are_no_scans_for_strict() -> None:
    assert evaluate(make_snapshot(scan=ScanRollup(done=False)), [], STRICT).verdict == "incomplete"
    assert evaluate(make_snapshot(scan=ScanRollup(done=True)), [], STRICT).verdict == "pass"
    assert evaluate(make_snapshot(scan=ScanRollup(done=False)), [], DEFAULT).verdict == "pass"


def test_a_listing_that_stopped_is_incomplete() -> None:
    assert evaluate(make_snapshot(files=make_files("config.json", complete=False)), [], DEFAULT).verdict == "incomplete"


def test_gated_files_are_incomplete_before_and_after_they_were_asked_for() -> None:
    asked = make_snapshot(info=make_info(gated="auto"), history=GATED, not_inspected=(("config.json", GATED),))
    for snapshot in (make_snapshot(info=make_info(gated="auto"), history=GATED), asked):
        judged = evaluate(snapshot, [], DEFAULT)
        assert judged.verdict == "incomplete"
        assert "accepted conditions" in judged.headline


def test_gated_with_access_is_judged_like_any_other() -> None:
    assert evaluate(make_snapshot(info=make_info(gated="manual")), [], DEFAULT).verdict == "pass"


def test_without_a_plan_the_contents_are_not_missed() -> None:
    assert evaluate(make_snapshot(files=("pytorch_model.bin",)), [], DEFAULT).verdict == "pass"


def test_without_a_commit_nothing_could_be_read() -> None:
    assert evaluate(make_snapshot(files=("pytorch_model.bin",), commit=None), [], DEFAULT).verdict == "incomplete"
    assert evaluate(make_snapshot(commit=None), [], DEFAULT).verdict == "pass"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pytorch_model.bin", "incomplete"),
        ("weights.pkl", "incomplete"),
        ("modeling_x.py", "incomplete"),
        ("model.gguf", "pass"),
        ("config.json", "incomplete"),
        ("tokenizer_config.json", "incomplete"),
        ("hyperparams.yaml", "incomplete"),
        ("chat_template.jinja", "incomplete"),
        ("something.odd", "incomplete"),
        ("model.tar.gz", "incomplete"),
        ("README.md", "pass"),
        ("vocab.json", "pass"),
        ("tokenizer.json", "pass"),
        ("model-00001-of-00002.safetensors", "pass"),
        ("image.png", "pass"),
        ("train.parquet", "pass"),
        ("LICENSE", "pass"),
    ],
)
def test_an_unread_file_matters_when_it_can_run_code(path: str, expected: str) -> None:
    snapshot = make_snapshot(
        file_facts=(make_facts("model.safetensors", "safetensors"),), not_inspected=((path, unavailable()),)
    )
    assert evaluate(snapshot, [], DEFAULT).verdict == expected


def test_archives_matter_in_models_not_in_data_sets() -> None:
    ref = "datasets/org/data"
    shards = make_snapshot(ref, not_inspected=(("shard-0001.tar", unavailable()),))
    assert evaluate(shards, [], DEFAULT).verdict == "pass"


@pytest.mark.parametrize("coverage", [Coverage.PARTIAL, Coverage.NONE])
def test_half_read_files_count_by_what_their_bytes_are(coverage: Coverage) -> None:
    hidden = make_snapshot(file_facts=(make_facts("notes.txt", "pickle", coverage),))
    assert evaluate(hidden, [], DEFAULT).verdict == "incomplete"
    plain = make_snapshot(file_facts=(make_facts("model.safetensors", "safetensors", coverage),))
    assert evaluate(plain, [], DEFAULT).verdict == "pass"
    assert evaluate(plain, [], DEFAULT).gaps[0].seen.path == "model.safetensors"


@pytest.mark.parametrize(
    ("path", "bytes_read", "limits", "expected"),
    [
        ("model.bin", 4096, (), "pass"),
        ("weights.xyz", 4096, (), "pass"),
        ("model.pkl", 4096, (), "incomplete"),
        ("model.py", 4096, (), "incomplete"),
        ("weights.xyz", 0, (), "incomplete"),
        ("weights.xyz", 4096, ("budget-spent",), "incomplete"),
    ],
)
def test_bytes_of_no_known_format_were_looked_at(
    path: str, bytes_read: int, limits: tuple[str, ...], expected: str
) -> None:
    seen = make_facts(path, "unknown", Coverage.NONE, bytes_read=bytes_read, limits=limits)
    judged = evaluate(make_snapshot(file_facts=(seen,)), [], DEFAULT)
    assert judged.verdict == expected
    assert judged.gaps[0].seen.path == path


def test_a_loadable_file_that_no_answer_speaks_of_is_a_gap() -> None:
    files = make_files("model.safetensors", "late.pkl", make_file("empty.py", 0))
    snapshot = make_snapshot(files=files, file_facts=(make_facts("model.safetensors", "safetensors"),))
    judged = evaluate(snapshot, [], DEFAULT)
    assert [gap.seen.path for gap in judged.missing] == ["late.pkl"]


def test_permissive_passes_over_gaps_but_does_not_call_them_clean() -> None:
    snapshot = make_snapshot(
        file_facts=(make_facts("model.safetensors", "safetensors"),), not_inspected=(("x.pkl", unavailable()),)
    )
    judged = evaluate(snapshot, [], PERMISSIVE)
    assert judged.verdict == "pass"
    assert "not every file that can run code" in judged.headline


def test_crashed_checks_count_by_category() -> None:
    snapshot = make_snapshot()
    assert evaluate(snapshot, crashed("unheard-of"), DEFAULT).verdict == "incomplete"
    for category, expected in (("content", "incomplete"), ("documentation", "pass"), ("history", "pass")):
        judged = evaluate(snapshot, crashed("c"), DEFAULT, categories={"c": Category(category)})
        assert judged.verdict == expected, category
    judged = evaluate(snapshot, crashed("c"), PERMISSIVE, categories={"c": Category.EXECUTION})
    assert judged.verdict == "incomplete"
    assert judged.gaps[0].seen.path == "(check c)"


def test_local_files_miss_no_hub_facts() -> None:
    none = NotApplicable(why="local files")
    snapshot = make_snapshot("local", origin="local", commit=None, info=none, history=none, publisher=none, scan=none)
    assert evaluate(snapshot, [], STRICT).verdict == "pass"


def test_findings_come_worst_first_and_once() -> None:
    low, high = make_finding("low"), make_finding("high", "low")
    critical = make_finding("critical", rule="z-rule")
    judged = evaluate(make_snapshot(), results(low, high, low, critical), DEFAULT)
    assert judged.findings == (critical, high, low)


def test_denied_repositories_block_under_every_name() -> None:
    denied = parse_policy('name = "x"\n[repos]\ndenied = ["Evil/*", "datasets/a/b"]', source="p")
    owner = parse_policy('name = "x"\n[publishers]\ndenied = ["EVIL"]', source="p")
    renamed = make_snapshot("good/model", info=make_info(id="evil/model"))
    for policy in (denied, owner):
        assert evaluate(renamed, [], policy).verdict == "block"
        assert evaluate(make_snapshot(), [], policy).verdict == "pass"
    assert evaluate(make_snapshot("a/b", info=make_info(id="a/b")), [], denied).verdict == "pass"
    assert evaluate(make_snapshot("datasets/a/b", info=make_info(id="a/b")), [], denied).verdict == "block"


def test_a_denial_is_told_once_when_a_check_tells_it_too() -> None:
    policy = parse_policy('name = "x"\n[repos]\ndenied = ["org/model"]', source="p")
    stated = make_finding("critical", rule="denied-by-policy", category="publisher", path=None)
    assert evaluate(make_snapshot(), results(stated), policy).findings == (stated,)


def test_only_listed_repositories_are_allowed_and_allowed_silences_nothing() -> None:
    policy = parse_policy('name = "x"\n[repos]\nallowed = ["org/*"]\n[publishers]\ntrusted = ["org"]', source="p")
    assert evaluate(make_snapshot(), [], policy).verdict == "pass"
    assert evaluate(make_snapshot(), results(make_finding("critical")), policy).verdict == "block"
    other = evaluate(make_snapshot("a/b", info=make_info(id="a/b")), [], policy)
    assert (other.verdict, other.findings[0].rule) == ("block", "not-allowed-by-policy")
    renamed = make_snapshot("org/model", info=make_info(id="elsewhere/model"))
    assert evaluate(renamed, [], policy).verdict == "block"


def test_headlines_say_why() -> None:
    worst = make_finding("critical", path="loader.py", message="downloads a file and starts it")
    clone = make_finding("high", rule="name-clone", category="name", path=None, message="copies the name of acme/x")
    judged = evaluate(make_snapshot(), results(clone, worst), DEFAULT)
    assert judged.headline == "loader.py: downloads a file and starts it. Copies the name of acme/x."
    seen = make_snapshot(file_facts=(make_facts("model.safetensors", "safetensors"),))
    assert evaluate(seen, [], DEFAULT).headline == "Safetensors present; nothing in it runs code on load."
    assert "No file was opened" in evaluate(make_snapshot(), [], DEFAULT).headline
    assert "no files" in evaluate(make_snapshot(files=()), [], DEFAULT).headline


def test_headline_counts_unread_files() -> None:
    unread = tuple((path, unavailable()) for path in ("a.bin", "b.bin", "c.bin"))
    snapshot = make_snapshot(file_facts=(make_facts("model.safetensors", "safetensors"),), not_inspected=unread)
    assert evaluate(snapshot, [], DEFAULT).headline.startswith("a.bin and 2 more can run code and could not be looked")


def test_a_tree_that_failed_is_told() -> None:
    files = make_files("config.json", source="siblings").model_copy(update={"problem": unavailable()})
    judged = evaluate(make_snapshot(files=Known(value=files), history=make_history()), [], DEFAULT)
    assert [gap.seen.path for gap in judged.gaps] == ["(tree)"]
