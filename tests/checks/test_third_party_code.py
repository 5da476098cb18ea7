import pytest

from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from tests.checks.lined import ancestor
from tests.checks.templates import repository
from trustaudit.facts import Fact, Known, NotApplicable, Reason
from trustaudit.finding import Finding
from trustaudit.snapshot import Card, RepoInfo, Snapshot


def fine_tune(repo: str, **info: object) -> Snapshot:
    return make_snapshot(info=make_info(auto_map=(("AutoModel", f"{repo}--modeling_x.Model"),), **info))


def only(snapshot: Snapshot, **options: object) -> Finding:
    (finding,) = findings_of("third-party-code", snapshot, **options).values()
    return finding


def test_code_of_an_unrelated_owner_asks_for_a_look() -> None:
    finding = only(fine_tune("stranger/encoder-code"))
    assert (finding.severity, finding.confidence) == ("high", "low")


def test_code_of_a_stranger_named_by_a_new_account() -> None:
    publisher = make_publisher(kind="user", created_at=days_ago(2), created_from="api")
    finding = only(fine_tune("stranger/encoder-code").model_copy(update={"publisher": Known(value=publisher)}))
    assert (finding.severity, finding.confidence) == ("high", "medium")


@pytest.mark.parametrize(
    ("found", "confidence", "words"),
    [
        (unavailable(Reason.MISSING_OR_PRIVATE), "high", "does not exist"),
        (Known(value=make_info(id="stranger/code", created_at=days_ago(3))), "medium", "3 days old"),
        (Known(value=make_info(id="stranger/code", created_at=days_ago(800))), "low", "without a declared"),
        (unavailable(Reason.TIMEOUT), "low", "without a declared"),
    ],
)
def test_what_is_known_of_the_strangers_repository(found: Fact[RepoInfo], confidence: str, words: str) -> None:
    line = (ancestor("stranger/code", found=found, relation="code"),)
    finding = only(fine_tune("stranger/code").model_copy(update={"lineage": line}))
    assert (finding.severity, finding.confidence) == ("high", confidence)
    assert words in finding.message


def test_code_of_the_base_models_owner() -> None:
    for base in ({"base_models": ("acme/encoder",)}, {"card": Card(base_models=("Acme/encoder",))}):
        assert only(fine_tune("acme/encoder-code", **base)).severity == "medium"


def test_code_of_a_well_known_publisher() -> None:
    assert only(fine_tune("nomic-ai/nomic-bert-2048")).severity == "medium"


def test_code_of_a_publisher_the_policy_trusts() -> None:
    trusted = frozenset({"stranger"})
    assert only(fine_tune("stranger/encoder-code"), publishers_trusted=trusted).severity == "medium"


def test_code_of_the_same_owner() -> None:
    assert only(fine_tune("org/shared-code")).severity == "low"


def test_code_of_the_repository_itself_passes() -> None:
    assert run_check("third-party-code", fine_tune("org/model")).outcome == "pass"
    plain = make_snapshot(info=make_info(auto_map=(("AutoModel", "modeling_x.Model"),)))
    assert run_check("third-party-code", plain).outcome == "pass"


def test_one_finding_per_repository() -> None:
    pairs = (("AutoConfig", "a/b--configuration_x.C"), ("AutoModel", "a/b--modeling_x.M"))
    assert list(findings_of("third-party-code", make_snapshot(info=make_info(auto_map=pairs)))) == ["a/b"]


def test_unknown_info() -> None:
    assert run_check("third-party-code", make_snapshot(info=unavailable())).outcome == "unavailable"


def test_references_in_any_file() -> None:
    for files in (
        {"tokenizer_config_dot_json": {"auto_map": {"AutoTokenizer": ["stranger/code--t.T", None]}}},
        {"modules_dot_json": [{"idx": 0, "name": "0", "path": "", "type": "stranger/code--custom_st.Transformer"}]},
        {"generation_config_dot_json": {"custom_generate": "stranger/code"}},
        {"deep__config_dot_json": {"a": {"auto_map": {"AutoModel": "stranger/code--m.M"}}}},
    ):
        finding = only(repository(**files))
        assert (finding.severity, finding.key) == ("high", "stranger/code")
        assert finding.location.path is not None


def test_one_finding_for_file_and_hub() -> None:
    snapshot = repository(config_dot_json={"auto_map": {"AutoModel": "stranger/code--modeling_x.Model"}})
    told = make_info(auto_map=(("AutoModel", "stranger/code--modeling_x.Model"),))
    finding = only(snapshot.model_copy(update={"info": Known(value=told)}))
    assert finding.evidence == "AutoModel: stranger/code--modeling_x.Model"


def test_code_at_a_fixed_commit_is_told() -> None:
    config = {"auto_map": {"AutoModel": "stranger/code--m.M"}, "code_revision": "a" * 40}
    assert "at a fixed commit" in only(repository(config_dot_json=config)).message


def test_a_downloaded_folder() -> None:
    snapshot = repository(config_dot_json={"auto_map": {"AutoModel": "stranger/code--m.M"}})
    local = snapshot.model_copy(update={"origin": "local", "info": NotApplicable(why="local files")})
    assert only(local).severity == "medium"
