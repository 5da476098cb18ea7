from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable


def test_private_is_a_note() -> None:
    (finding,) = findings_of("private-repository", make_snapshot(info=make_info(private=True))).values()
    assert finding.severity == "info"


def test_public_is_quiet() -> None:
    assert run_check("private-repository", make_snapshot()).outcome == "pass"


def test_unknown_info() -> None:
    assert run_check("private-repository", make_snapshot(info=unavailable())).outcome == "unavailable"
