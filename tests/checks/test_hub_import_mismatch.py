from tests.builders import findings_of, make_facts, make_file, make_scans, make_snapshot, run_check, unavailable
from trustaudit.filefacts import Coverage, PickleGlobal, Use
from trustaudit.snapshot import Snapshot

TENSOR = ("torch._utils", "_rebuild_tensor_v2")
SYSTEM = ("posix", "system")
THEIRS = [(*TENSOR, "innocuous")]


def both(
    theirs: list[tuple[str, str, str]], *ours: tuple[str, str], coverage: Coverage = Coverage.STRUCTURE
) -> Snapshot:
    found = tuple(
        PickleGlobal(module=module, name=name, use=Use.CALLED, opcode="GLOBAL", offset=0) for module, name in ours
    )
    facts = make_facts("model.bin", "torch-zip", coverage, globals=found)
    return make_snapshot(files=[make_file("model.bin", scans=make_scans(imports=theirs))], file_facts=(facts,))


def test_import_that_only_the_hub_saw() -> None:
    found = findings_of("hub-import-mismatch", both([*THEIRS, (*SYSTEM, "dangerous")], TENSOR))
    assert (found["unseen"].severity, found["unseen"].evidence) == ("medium", "posix.system")


def test_import_that_the_hub_missed() -> None:
    assert "unlisted" in findings_of("hub-import-mismatch", both(THEIRS, TENSOR, SYSTEM))


def test_differences_in_plain_data_do_not_count() -> None:
    theirs = [*THEIRS, ("__builtin__", "set", "innocuous"), ("torch", "FloatStorage", "innocuous")]
    snapshot = both(theirs, TENSOR, ("builtins", "set"), ("collections", "OrderedDict"), ("mypkg", "Net"))
    assert run_check("hub-import-mismatch", snapshot).outcome == "pass"


def test_equal_lists_pass() -> None:
    snapshot = both([(*SYSTEM, "dangerous")], SYSTEM)
    assert run_check("hub-import-mismatch", snapshot).outcome == "pass"


def test_one_list_alone_cannot_differ() -> None:
    partial = both([(*SYSTEM, "dangerous")], TENSOR, coverage=Coverage.PARTIAL)
    assert run_check("hub-import-mismatch", partial).outcome == "not_applicable"
    assert run_check("hub-import-mismatch", both([], SYSTEM)).outcome == "not_applicable"
    assert run_check("hub-import-mismatch", make_snapshot(files=unavailable())).outcome == "unavailable"
