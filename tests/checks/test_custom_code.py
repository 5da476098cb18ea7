import pytest

from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from tests.checks.templates import repository
from trustaudit.facts import Known, NotApplicable
from trustaudit.snapshot import RepoInfo

AUTO_MAP = (("AutoConfig", "configuration_acme.AcmeConfig"), ("AutoModel", "modeling_acme.AcmeModel"))
CODE = ("configuration_acme.py", "modeling_acme.py", "model.safetensors", "README.md")


def test_auto_map_names_the_files_that_run() -> None:
    (finding,) = findings_of("custom-code", make_snapshot(files=CODE, info=make_info(auto_map=AUTO_MAP))).values()
    assert finding.severity == "medium"
    assert "configuration_acme.py, modeling_acme.py" in finding.message


@pytest.mark.parametrize(
    "info", [make_info(custom_class="modeling_acme.AcmeModel"), make_info(tags=("transformers", "custom_code"))]
)
def test_what_the_hub_itself_saw_counts(info: RepoInfo) -> None:
    assert "needed" in findings_of("custom-code", make_snapshot(files=CODE, info=info))


def test_declared_code_counts_without_a_file_list() -> None:
    snapshot = make_snapshot(files=unavailable(), info=make_info(auto_map=AUTO_MAP))
    assert list(findings_of("custom-code", snapshot)) == ["needed"]


def test_slow_and_fast_tokenizer_in_one_value() -> None:
    info = make_info(auto_map=(("AutoTokenizer", "['tokenization_a.Slow', 'tokenization_b.Fast', None]"),))
    snapshot = make_snapshot(files=["tokenization_a.py", "tokenization_b.py"], info=info)
    assert list(findings_of("custom-code", snapshot)) == ["needed"]


@pytest.mark.parametrize(
    ("reference", "severity"),
    [("../../evil.Model", "high"), ("a\\b.Model", "high"), ("pkg.module.Model", "medium"), ("Model", "medium")],
)
def test_references_that_are_no_module_and_class(reference: str, severity: str) -> None:
    found = findings_of("custom-code", make_snapshot(info=make_info(auto_map=(("AutoModel", reference),))))
    assert found["malformed:AutoModel"].severity == severity


def test_missing_file_is_said_only_when_the_list_is_whole() -> None:
    snapshot = make_snapshot(info=make_info(auto_map=AUTO_MAP))
    assert findings_of("custom-code", snapshot)["missing"].severity == "low"


def test_custom_generate() -> None:
    assert "generate" in findings_of("custom-code", make_snapshot(files=["custom_generate/generate.py"]))


def test_loose_python_files_are_a_note() -> None:
    (finding,) = findings_of("custom-code", make_snapshot(files=["train.py", "model.safetensors"])).values()
    assert (finding.key, finding.severity) == ("loose", "info")


def test_plain_model_passes_and_spaces_do_not_apply() -> None:
    assert run_check("custom-code", make_snapshot()).outcome == "pass"
    assert run_check("custom-code", make_snapshot("spaces/org/model", files=["app.py"])).outcome == "not_applicable"


def test_unknown_info_or_files() -> None:
    assert run_check("custom-code", make_snapshot(info=unavailable())).outcome == "unavailable"
    assert run_check("custom-code", make_snapshot(files=unavailable())).outcome == "unavailable"


def test_what_files_say_beats_what_the_hub_says() -> None:
    config = {"auto_map": {"AutoModel": "modeling_acme.AcmeModel"}}
    snapshot = repository("modeling_acme.py", config_dot_json=config)
    hub = make_info(auto_map=(("AutoModel", "modeling_acme.AcmeModel"),))
    for info in (hub, make_info()):
        (finding,) = findings_of("custom-code", snapshot.model_copy(update={"info": Known(value=info)})).values()
        assert (finding.severity, finding.location.path, finding.location.field) == (
            "medium",
            "config.json",
            "AutoModel",
        )
        assert finding.evidence.startswith("AutoModel: modeling_acme.AcmeModel; would run: modeling_acme.py (")


def test_code_that_only_a_tokenizer_names() -> None:
    config = {"auto_map": {"AutoTokenizer": ["tokenization_acme.Slow", None]}}
    found = findings_of("custom-code", repository("tokenization_acme.py", tokenizer_config_dot_json=config))
    assert list(found) == ["needed"]


def test_code_beside_a_configuration_of_a_folder() -> None:
    snapshot = repository("unet/my_unet.py", unet__config_dot_json={"auto_map": {"AutoModel": "my_unet.Net"}})
    assert "missing" not in findings_of("custom-code", snapshot)


def test_a_downloaded_folder() -> None:
    config = {"auto_map": {"AutoModel": "../evil.Model"}}
    snapshot = repository(config_dot_json=config).model_copy(
        update={"origin": "local", "info": NotApplicable(why="local files")}
    )
    assert findings_of("custom-code", snapshot)["malformed:AutoModel"].severity == "high"
