import pytest

from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable


@pytest.mark.parametrize("gate", ["auto", "manual"])
def test_gate_is_a_note(gate: str) -> None:
    (finding,) = findings_of("gated-repository", make_snapshot(info=make_info(gated=gate))).values()
    assert finding.severity == "info"
    assert gate in finding.evidence


@pytest.mark.parametrize("gate", ["no", None, "something new"])
def test_no_gate_is_quiet(gate: str | None) -> None:
    assert run_check("gated-repository", make_snapshot(info=make_info(gated=gate))).outcome == "pass"


def test_unknown_info() -> None:
    assert run_check("gated-repository", make_snapshot(info=unavailable())).outcome == "unavailable"
