from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from tests.checks.templates import repository
from trustaudit.facts import Known, NotApplicable
from trustaudit.finding import Finding
from trustaudit.snapshot import Card, Snapshot


def fine_tune(repo: str, **info: object) -> Snapshot:
    return make_snapshot(info=make_info(auto_map=(("AutoModel", f"{repo}--modeling_x.Model"),), **info))


def only(snapshot: Snapshot, **options: object) -> Finding:
    (finding,) = findings_of("third-party-code", snapshot, **options).values()
    return finding


def test_code_of_an_unrelated_owner_blocks() -> None:
    finding = only(fine_tune("stranger/encoder-code"))
    assert (finding.severity, finding.confidence) == ("high", "medium")


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
