import json

import pytest

from tests.builders import findings_of, make_snapshot, run_check
from tests.checks.signed import EXPECTED, FILES, KEY, STRANGER, repository, signed
from tests.provenance import signing
from trustaudit.facts import Reason, Unavailable
from trustaudit.filefacts import Provenance, ProvenanceFile


def test_a_signature_that_holds_passes() -> None:
    assert run_check("signature-invalid", signed(), expected_signers=EXPECTED).outcome == "pass"
    assert run_check("signature-invalid", signed()).outcome == "pass"


def test_one_that_does_not() -> None:
    stolen = {"publicKey": {"hint": signing.hint_of(KEY)}}
    text = signing.bundle(signing.statement(FILES), STRANGER, material=stolen)
    snapshot = repository(FILES, {"model.sig": text})
    (finding,) = findings_of("signature-invalid", snapshot, expected_signers=EXPECTED).values()
    assert (finding.severity, finding.confidence) == ("high", "high")


@pytest.mark.parametrize(("path", "severity"), [("model.sig", "medium"), ("weights.sig", "info")])
@pytest.mark.parametrize(
    "text", ["not json", "{}", json.dumps({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"})]
)
def test_what_is_no_signature(path: str, severity: str, text: str) -> None:
    (finding,) = findings_of("signature-invalid", repository(FILES, {path: text})).values()
    assert finding.severity == severity


def test_a_statement_about_no_files() -> None:
    text = signing.bundle({"_type": "x"}, KEY)
    (finding,) = findings_of("signature-invalid", repository(FILES, {"model.sig": text})).values()
    assert "no in-toto statement" in finding.message


def test_without_signatures_there_is_nothing_to_judge() -> None:
    assert run_check("signature-invalid", make_snapshot()).outcome == "not_applicable"


def test_a_signature_that_could_not_be_read() -> None:
    unread = Unavailable(reason=Reason.TOO_LARGE, detail="larger than 2 MB")
    provenance = Provenance(files=(ProvenanceFile(path="model.sig", kind="signature", text=unread),))
    result = run_check("signature-invalid", make_snapshot(files=["model.sig"], provenance=provenance))
    assert (result.outcome, "larger than" in result.reason) == ("unavailable", True)
    assert run_check("signature-invalid", make_snapshot(files=["model.sig"])).outcome == "unavailable"
