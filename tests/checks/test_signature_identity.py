import sys

import pytest

from tests.builders import findings_of, run_check
from tests.checks.signed import EXPECTED, FILES, STRANGER, repository, signed
from tests.provenance import signing
from trustaudit import provenance


def severity_of(snapshot: object, **options: object) -> str:
    (finding,) = findings_of("signature-identity", snapshot, **options).values()  # type: ignore[arg-type]
    return finding.severity


def test_expected_unexpected_and_unknown() -> None:
    assert severity_of(signed(), expected_signers=EXPECTED) == "info"
    assert severity_of(signed(key=STRANGER), expected_signers=EXPECTED) == "high"
    assert severity_of(signed(key=STRANGER)) == "info"


def test_a_name_that_nobody_vouches_for() -> None:
    fake = signing.certificate(STRANGER, "release", email="release@acme.example")
    text = signing.bundle(signing.statement(FILES), STRANGER, material=signing.chain_material([fake]))
    snapshot = repository(FILES, {"model.sig": text})
    assert severity_of(snapshot, expected_signers=frozenset({"release@acme.example"})) == "medium"
    assert severity_of(snapshot, expected_signers=frozenset({"someone@else.example"})) == "high"
    assert severity_of(snapshot) == "info"


def test_never_says_trusted() -> None:
    (finding,) = findings_of("signature-identity", signed(), expected_signers=EXPECTED).values()
    assert "trusted" not in finding.message


def test_an_expectation_that_cannot_be_checked_is_not_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    run_check("signature-identity", signed())
    monkeypatch.delattr(provenance, "crypto")
    monkeypatch.setitem(sys.modules, "trustaudit.provenance.crypto", None)
    assert run_check("signature-identity", signed(), expected_signers=EXPECTED).outcome == "unavailable"
    assert run_check("signature-identity", signed()).outcome == "finding"
