from tests.builders import findings_of, make_snapshot, run_check
from tests.checks.signed import FILES, KEY, repository, signed
from tests.provenance import signing


def test_a_note_and_no_more() -> None:
    (finding,) = findings_of("unsigned", make_snapshot()).values()
    assert finding.severity == "info"


def test_signed_models_have_no_note() -> None:
    assert run_check("unsigned", signed()).outcome == "pass"
    other = repository(FILES, {"acme.sig": signing.bundle(signing.statement(FILES), KEY)})
    assert run_check("unsigned", other).outcome == "pass"


def test_a_signature_of_one_file_is_not_one_of_the_model() -> None:
    (finding,) = findings_of("unsigned", repository(FILES, {"model.safetensors.sig": "{}"})).values()
    assert "single files" in finding.message
