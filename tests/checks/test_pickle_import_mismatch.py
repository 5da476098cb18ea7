from __future__ import annotations

from fixtures.example_hub import files as made
from tests.builders import findings_of, make_file, make_files, make_scans, make_snapshot, run_check, unavailable
from tests.checks.inspected import facts_of

NAME = "pytorch_model.bin"


def snapshot_with(data: bytes, *imports: tuple[str, str, str]):  # noqa: ANN201 - a Snapshot
    entry = make_file(NAME, len(data), scans=make_scans(imports=imports))
    return make_snapshot(files=make_files(entry), file_facts=facts_of({NAME: data}))


def test_an_import_that_the_hub_did_not_see() -> None:
    snapshot = snapshot_with(made.calling_pickle("posix", "system"), ("collections", "OrderedDict", "innocuous"))
    (finding,) = findings_of("pickle-import-mismatch", snapshot).values()
    assert "posix.system" in finding.evidence


def test_an_import_that_only_the_hub_saw() -> None:
    snapshot = snapshot_with(made.state_dict_pickle(), ("posix", "system", "dangerous"))
    (finding,) = findings_of("pickle-import-mismatch", snapshot).values()
    assert "posix.system" in finding.evidence


def test_the_same_list_and_differences_in_tensor_code_stay_quiet() -> None:
    snapshot = snapshot_with(made.state_dict_pickle(), ("collections", "OrderedDict", "innocuous"))
    assert run_check("pickle-import-mismatch", snapshot).outcome == "pass"


def test_no_list_no_comparison() -> None:
    assert run_check("pickle-import-mismatch", snapshot_with(made.calling_pickle("posix", "system"))).outcome == "pass"


def test_unknown_files() -> None:
    assert run_check("pickle-import-mismatch", make_snapshot(files=unavailable())).outcome == "unavailable"
