from tests.builders import findings_of, make_files, make_info, make_snapshot, run_check, unavailable


def test_no_readme() -> None:
    (finding,) = findings_of("missing-card", make_snapshot(files=["model.safetensors", "docs/README.md"])).values()
    assert finding.severity == "low"


def test_card_without_metadata_is_a_note() -> None:
    found = findings_of("missing-card", make_snapshot(info=make_info(card=None)))
    assert found["empty"].severity == "info"


def test_card_passes_in_any_case() -> None:
    assert run_check("missing-card", make_snapshot(files=["readme.MD"])).outcome == "pass"


def test_card_passes_when_its_metadata_is_unknown() -> None:
    assert run_check("missing-card", make_snapshot(info=unavailable())).outcome == "pass"


def test_unknown_or_cut_off_files_are_no_pass() -> None:
    assert run_check("missing-card", make_snapshot(files=unavailable())).outcome == "unavailable"
    cut_off = make_snapshot(files=make_files("a.bin", complete=False))
    assert run_check("missing-card", cut_off).outcome == "unavailable"
